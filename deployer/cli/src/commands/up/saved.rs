//! A saved plan, or what is left of one that an earlier run has begun. Compiles nothing.

use std::path::Path;

use deployer_aws::{RunRecord, State, StepRecord};
use deployer_core::progress::Event;
use deployer_core::saved_plan::{Progress, SavedPlan};
use deployer_core::{Failure, Plan, Settings};

use super::Surroundings;
use super::prepared::{Origin, Prepared};
use crate::estate;
use crate::plan_folder::PlanFolder;
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;

pub async fn prepare(
    project: &Project,
    settings: Settings,
    folder: &Path,
    surroundings: &Surroundings<'_>,
) -> Result<Prepared, Stop> {
    let PlanFolder { saved, images } = PlanFolder::load(folder)?;
    saved.check_settings(&settings)?;
    let session = Session::find_or_open(project, settings, surroundings.reporter).await?;
    let settings = &session.settings;
    saved.check_location(settings, session.clients.location())?;
    saved.check_desired(settings, &estate::desired_by(&session, &saved.digests())?)?;
    let observed = estate::observe_settled(&session, surroundings.reporter).await?;
    let estate = estate::decide(settings, saved.desired.clone(), observed).limited_to(saved.only, settings);
    let begun = match saved.check_state(settings, &estate.plan) {
        Ok(()) => false,
        Err(stale) => {
            check_rest(&session, &saved, &estate.plan, stale, surroundings).await?;
            true
        }
    };
    let origin = Origin::Saved { identity: saved.identity(), begun };
    Ok(Prepared { session, estate, images, origin, part: saved.only })
}

/// Things have moved. Goes on where earlier runs of this plan moved them, and
/// `rest` finishes what they left; otherwise the plan is as `stale` as it was found.
async fn check_rest(
    session: &Session,
    saved: &SavedPlan,
    rest: &Plan,
    stale: Failure,
    surroundings: &Surroundings<'_>,
) -> Result<(), Failure> {
    let (clients, settings) = (&session.clients, &session.settings);
    let runs = deployer_aws::history(clients, settings).await?;
    let Some(attempts) = attempts(&runs, &saved.identity(), !surroundings.arguments.no_smoke) else {
        return Err(stale);
    };
    let mut progress = Progress::default();
    for run in attempts {
        note(&mut progress, &deployer_aws::run_steps(clients, settings, &run.run_id).await?);
    }
    saved.check_rest(settings, rest, &progress)?;
    surroundings.reporter.report(Event::Note { text: told(attempts) });
    Ok(())
}

/// The newest runs of the history where they applied this plan and did not
/// finish it, newest first; None where they did, or where another run came
/// after them. None of them where nothing is recorded at all: the history
/// begins with the foundation stack.
fn attempts<'a>(runs: &'a [RunRecord], identity: &str, with_smoke_test: bool) -> Option<&'a [RunRecord]> {
    let count = runs.iter().take_while(|run| run.plan.as_deref() == Some(identity)).count();
    let attempts = &runs[..count];
    match (runs.is_empty(), attempts.first()) {
        (true, _) => Some(attempts),
        (false, newest) => newest.is_some_and(|newest| !is_finished(newest, with_smoke_test)).then_some(attempts),
    }
}

/// The smoke test belongs to the command: a run may have been killed during it.
fn is_finished(run: &RunRecord, with_smoke_test: bool) -> bool {
    match run.smoke_passed {
        Some(passed) => passed,
        None => run.state == State::Done && !with_smoke_test,
    }
}

/// A step that was refused because its resource had moved never began.
fn note(progress: &mut Progress, steps: &[StepRecord]) {
    let begun = steps.iter().filter(|step| step.code.as_deref() != Some("plan/stale"));
    for (id, state) in begun.filter_map(|step| Some((step.id?, step.state))) {
        let reached = if state == State::Done { &mut progress.done } else { &mut progress.begun };
        reached.insert(id);
    }
}

fn told(attempts: &[RunRecord]) -> String {
    match attempts.last() {
        Some(first) => format!("going on with the saved plan that run {} of {} began", first.run_id, first.started),
        None => "going on with the saved plan: its foundation stack was begun before".into(),
    }
}

#[cfg(test)]
mod tests {
    use deployer_aws::RunKind;
    use deployer_core::StepId;

    use super::*;

    fn run(plan: Option<&str>, state: State, smoke_passed: Option<bool>) -> RunRecord {
        RunRecord {
            run_id: "run".into(),
            kind: RunKind::Up,
            started: "2026-01-01T00:00:00Z".into(),
            finished: None,
            state,
            holder: "ann@box pid 7".into(),
            principal: String::new(),
            steps: vec![],
            failure: None,
            smoke_passed,
            rolls_back: None,
            plan: plan.map(str::to_string),
            recorded: true,
        }
    }

    fn count(runs: &[RunRecord], with_smoke_test: bool) -> Option<usize> {
        attempts(runs, "this", with_smoke_test).map(<[_]>::len)
    }

    #[test]
    fn runs_count_until_one_of_another_plan() {
        let this = |state| run(Some("this"), state, None);
        let runs = [this(State::Running), this(State::Failed), run(None, State::Done, None), this(State::Failed)];
        assert_eq!(count(&runs, true), Some(2));
        assert_eq!(count(&runs[2..], true), None);
        assert_eq!(count(&[run(Some("other"), State::Failed, None)], true), None);
        assert_eq!(count(&[], true), Some(0));
    }

    #[test]
    fn plan_is_finished_with_the_smoke_test_that_was_asked_for() {
        let ended = |state, smoke_passed, with_smoke_test| {
            count(&[run(Some("this"), state, smoke_passed)], with_smoke_test).is_none()
        };
        assert!(ended(State::Done, Some(true), true) && ended(State::Done, None, false));
        assert!(ended(State::Running, Some(true), true), "nothing was left but the test");
        assert!(!ended(State::Done, None, true) && !ended(State::Done, Some(false), false));
        assert!(!ended(State::Interrupted, None, false));
    }

    #[test]
    fn refused_step_never_began() {
        let step = |id, state, code: Option<&str>| StepRecord {
            number: 0,
            id: Some(id),
            step: String::new(),
            reason: String::new(),
            state,
            result: None,
            code: code.map(str::to_string),
            at: String::new(),
        };
        let mut progress = Progress::default();
        note(
            &mut progress,
            &[
                step(StepId::DataStack, State::Done, None),
                step(StepId::Gateway, State::Running, None),
                step(StepId::GatewayRole, State::Failed, Some("aws/failed")),
                step(StepId::Target, State::Failed, Some("plan/stale")),
            ],
        );
        assert_eq!(progress.done, [StepId::DataStack].into());
        assert_eq!(progress.begun, [StepId::Gateway, StepId::GatewayRole].into());
    }
}
