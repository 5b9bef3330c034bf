//! What came of each case, kept in a file, so that a sweep can be stopped.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::case::Case;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Converged,
    /// The call did not come, so nothing went wrong: how often AWS is asked until something is there differs.
    NotMet,
    Failed(String),
}

impl Outcome {
    pub fn is_good(&self) -> bool {
        !matches!(self, Self::Failed(_))
    }
}

pub struct Results {
    state: Mutex<State>,
}

struct State {
    outcomes: BTreeMap<String, Outcome>,
    file: File,
}

impl Results {
    pub fn open(path: &Path) -> Self {
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("the folder can be made");
        let text = fs::read_to_string(path).unwrap_or_default();
        let outcomes = text.lines().filter_map(|line| parse(&serde_json::from_str(line).ok()?)).collect();
        let file = OpenOptions::new().create(true).append(true).open(path).expect("the results can be written");
        Self { state: Mutex::new(State { outcomes, file }) }
    }

    pub fn is_done(&self, case: &Case) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.outcomes.get(&case.to_string()).is_some_and(Outcome::is_good)
    }

    pub fn note(&self, case: &Case, outcome: Outcome) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (word, problem) = match &outcome {
            Outcome::Converged => ("converged", None),
            Outcome::NotMet => ("not-met", None),
            Outcome::Failed(problem) => ("failed", Some(problem)),
        };
        let line = json!({"case": case.to_string(), "outcome": word, "problem": problem});
        writeln!(state.file, "{line}").expect("the results can be written");
        let left = state.outcomes.len() + 1;
        println!("{left:>5} {word:<9} {case}");
        if let Some(problem) = problem {
            println!("{problem}");
        }
        state.outcomes.insert(case.to_string(), outcome);
    }

    /// Outcomes of those cases that have one.
    pub fn of(&self, cases: &[Case]) -> Vec<(Case, Outcome)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        cases.iter().filter_map(|case| Some((case.clone(), state.outcomes.get(&case.to_string())?.clone()))).collect()
    }
}

fn parse(line: &Value) -> Option<(String, Outcome)> {
    let outcome = match line["outcome"].as_str()? {
        "converged" => Outcome::Converged,
        "not-met" => Outcome::NotMet,
        _ => Outcome::Failed(line["problem"].as_str().unwrap_or_default().to_string()),
    };
    Some((line["case"].as_str()?.to_string(), outcome))
}
