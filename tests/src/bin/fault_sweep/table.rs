//! The results as the table of docs/reliability.md.

use std::collections::BTreeMap;
use std::fmt::Write;

use system_tests::fault_proxy::Effect;

use crate::case::Case;
use crate::results::Outcome;

#[derive(Default)]
struct Count {
    tried: usize,
    converged: usize,
    not_met: usize,
}

impl Count {
    fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::NotMet => self.not_met += 1,
            Outcome::Converged => {
                self.tried += 1;
                self.converged += 1;
            }
            Outcome::Failed(_) => self.tried += 1,
        }
    }
}

pub fn render(results: &[(Case, Outcome)]) -> String {
    let mut rows: BTreeMap<_, Count> = BTreeMap::new();
    let mut all = Count::default();
    for (case, outcome) in results {
        let kind = if case.point.effect == Effect::Write { "write" } else { "read" };
        rows.entry((case.phase, kind, case.fault)).or_default().add(outcome);
        all.add(outcome);
    }
    let mut text = String::from("\n| phase | calls | fault | cases tried | converged | call did not come |\n");
    text.push_str("|---|---|---|---|---|---|\n");
    for ((phase, kind, fault), Count { tried, converged, not_met }) in &rows {
        let _ = writeln!(text, "| {phase} | {kind} | {fault} | {tried} | {converged} | {not_met} |");
    }
    let Count { tried, converged, not_met } = all;
    let _ = writeln!(text, "| all | | | {tried} | {converged} | {not_met} |");
    for (case, outcome) in results.iter().filter(|(_, outcome)| !outcome.is_good()) {
        let Outcome::Failed(problem) = outcome else { continue };
        let _ = writeln!(text, "\nFAILED {case}\n{problem}");
    }
    text
}
