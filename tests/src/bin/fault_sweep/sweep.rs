//! Several places that take cases from one list.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use system_tests::disturbance::Rig;

use crate::case::{self, Case};
use crate::results::{Outcome, Results};

/// Tries what is wanted and not done; with no place, nothing. Returns all that is wanted.
pub fn run(places: usize, results: &Results, wanted: impl Fn(&Case) -> bool) -> Vec<Case> {
    // The first compiles; the others find everything built.
    let first = Rig::new();
    let cases: Vec<Case> = case::all(&first.recording).into_iter().filter(wanted).collect();
    let open: VecDeque<Case> = cases.iter().filter(|case| !results.is_done(case)).cloned().collect();
    println!("{} cases, {} to try, at {places} places", cases.len(), open.len());
    let open = Arc::new(Mutex::new(open));
    stop_at_ctrl_c(open.clone());
    let mut first = Some(first);
    std::thread::scope(|scope| {
        for _ in 0..places {
            let rig = first.take();
            scope.spawn(|| work(rig, &open, results));
        }
    });
    cases
}

/// Ctrl-C leaves nothing to begin: each place ends the case that it is at, and stops its platform.
fn stop_at_ctrl_c(open: Arc<Mutex<VecDeque<Case>>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    std::thread::spawn(move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            open.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    });
}

/// A place that a case has broken is given up for a new one.
fn work(mut rig: Option<Rig>, open: &Mutex<VecDeque<Case>>, results: &Results) {
    loop {
        let next = open.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(case) = next else { return };
        let here = rig.take().unwrap_or_default();
        let outcome = attempt(&here, &case);
        if outcome.is_good() {
            rig = Some(here);
        }
        results.note(&case, outcome);
    }
}

fn attempt(rig: &Rig, case: &Case) -> Outcome {
    let tried = catch_unwind(AssertUnwindSafe(|| {
        rig.prepare(case.phase);
        rig.try_one(case.phase, &case.point, case.fault)
    }));
    match tried {
        Ok(Ok(true)) => Outcome::Converged,
        Ok(Ok(false)) => Outcome::NotMet,
        Ok(Err(problem)) => Outcome::Failed(problem),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map_or("the place broke", String::as_str);
            Outcome::Failed(text.to_string())
        }
    }
}
