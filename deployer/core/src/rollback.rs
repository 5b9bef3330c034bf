//! Which earlier deployment `up --rollback` goes back to.

use crate::failure::Failure;
use crate::plan::{Operation, Plan};

/// What counts about one run of the history. Runs that deploy nothing (`down`,
/// `adopt`) are left out by who makes these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSummary {
    pub run_id: String,
    /// It came to its end.
    pub done: bool,
    /// None when it was not tested.
    pub smoke_passed: Option<bool>,
    /// What it deployed was recorded.
    pub recorded: bool,
    /// The run whose deployment it deployed again, for a rollback.
    pub rolls_back: Option<String>,
}

impl RunSummary {
    /// True when what it deployed worked as far as anybody looked, and can be had again.
    pub fn is_good(&self) -> bool {
        self.done && self.recorded && self.smoke_passed != Some(false)
    }
}

/// The good runs that a rollback may go back to, best first, from runs newest first.
///
/// What the newest run deployed is none of them when that is good, and never is
/// what an earlier rollback left behind.
pub fn candidates(runs: &[RunSummary]) -> Vec<&RunSummary> {
    let current = runs.first().filter(|newest| newest.is_good()).map(|newest| origin(newest, runs));
    let is_left = |index: usize| (0..index).any(|earlier| passes_over(runs, earlier, index));
    runs.iter()
        .enumerate()
        .filter(|(index, run)| run.is_good() && !is_left(*index) && current != Some(origin(run, runs)))
        .map(|(_, run)| run)
        .collect()
}

/// The run that first deployed what this one deployed.
fn origin<'a>(run: &'a RunSummary, runs: &'a [RunSummary]) -> &'a str {
    let place = runs.iter().position(|other| other.run_id == run.run_id).map_or(runs.len(), |place| place + 1);
    let (mut origin, mut wanted) = (run.run_id.as_str(), run.rolls_back.as_deref());
    // A run only goes back to older ones, so one pass finds the first.
    for older in &runs[place..] {
        if wanted == Some(older.run_id.as_str()) {
            (origin, wanted) = (&older.run_id, older.rolls_back.as_deref());
        }
    }
    wanted.unwrap_or(origin)
}

/// True when the run at `rollback` went back to one older than that at `index`.
fn passes_over(runs: &[RunSummary], rollback: usize, index: usize) -> bool {
    let Some(target) = &runs[rollback].rolls_back else { return false };
    runs[index..].iter().skip(1).any(|older| older.run_id == *target)
}

/// `rollback/image-gone` for every image that would have to be pushed: a
/// rollback builds nothing.
pub fn missing_images(plan: &Plan) -> Vec<Failure> {
    let operations = plan.steps.iter().filter_map(|step| step.operation.as_ref());
    operations
        .filter_map(|operation| match operation {
            Operation::PushImage { repository, digest } => Some(image_gone(repository, digest)),
            _ => None,
        })
        .collect()
}

fn image_gone(repository: &str, digest: &str) -> Failure {
    let cause = format!("image {digest} is no longer in repository {repository}");
    Failure::new("rollback/image-gone", format!("go back to the image of {repository}"), cause)
        .with_hint("check out the sources of that deployment and run `deployer up`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;
    use crate::samples;

    fn good(run_id: &str) -> RunSummary {
        RunSummary { run_id: run_id.into(), done: true, smoke_passed: Some(true), recorded: true, rolls_back: None }
    }

    fn failed(run_id: &str) -> RunSummary {
        RunSummary { done: false, smoke_passed: None, ..good(run_id) }
    }

    fn rollback(run_id: &str, to: &str) -> RunSummary {
        RunSummary { rolls_back: Some(to.into()), ..good(run_id) }
    }

    fn chosen(runs: &[RunSummary]) -> Vec<&str> {
        candidates(runs).into_iter().map(|run| run.run_id.as_str()).collect()
    }

    #[test]
    fn failed_run_goes_back_to_the_newest_good_one() {
        assert_eq!(chosen(&[failed("3"), good("2"), good("1")]), ["2", "1"]);
    }

    #[test]
    fn good_run_goes_back_to_the_one_before_it() {
        assert_eq!(chosen(&[good("3"), failed("2"), good("1")]), ["1"]);
    }

    #[test]
    fn run_that_failed_its_smoke_test_is_not_good() {
        let broken = |run_id| RunSummary { smoke_passed: Some(false), ..good(run_id) };
        assert_eq!(chosen(&[broken("3"), broken("2"), good("1")]), ["1"]);
    }

    #[test]
    fn untested_run_is_good_and_an_unrecorded_one_is_not() {
        let untested = RunSummary { smoke_passed: None, ..good("2") };
        let unrecorded = RunSummary { recorded: false, ..good("1") };
        assert_eq!(chosen(&[failed("3"), untested, unrecorded]), ["2"]);
    }

    #[test]
    fn second_rollback_goes_further_back() {
        let runs = [rollback("4", "2"), good("3"), good("2"), good("1")];
        assert_eq!(chosen(&runs), ["1"]);
        let runs = [rollback("5", "1"), rollback("4", "2"), good("3"), good("2"), good("1")];
        assert!(chosen(&runs).is_empty());
    }

    #[test]
    fn what_a_rollback_left_is_not_gone_back_to() {
        assert_eq!(chosen(&[failed("4"), rollback("3", "1"), good("2"), good("1")]), ["3", "1"]);
        assert_eq!(chosen(&[good("4"), rollback("3", "1"), good("2"), good("1")]), ["3", "1"]);
    }

    #[test]
    fn rollback_to_a_rollback_is_known_for_what_it_deployed() {
        let runs = [rollback("5", "3"), failed("4"), rollback("3", "1"), good("2"), good("1")];
        assert!(chosen(&runs).is_empty());
    }

    #[test]
    fn nothing_to_go_back_to_is_no_candidate() {
        assert!(chosen(&[]).is_empty());
        assert!(chosen(&[good("1")]).is_empty());
        assert!(chosen(&[failed("1")]).is_empty());
    }

    #[test]
    fn image_that_is_gone_is_named() {
        let faults = missing_images(&plan(&samples::estate(), &samples::nothing()));
        assert!(faults.iter().any(|fault| fault.cause.contains("sha256:aa")));
        assert!(faults.iter().all(|fault| fault.code == "rollback/image-gone"));
    }
}
