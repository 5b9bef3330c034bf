//! After the deployment: the connection, the smoke test, what to do next.

use contract::Connection;
use deployer_core::rollback::RunSummary;
use deployer_core::{Event, Failure, only};
use deployer_verify::{Subject, verify};

use super::Surroundings;
use super::prepare::Prepared;
use crate::connection;
use crate::documents::{SmokeDocument, UpDocument};
use crate::run_summaries;
use crate::session::Session;
use crate::stop::Stop;
use crate::views;
use crate::views::out::say;

/// Tests what was deployed and says how to reach it.
pub async fn finish(
    surroundings: &Surroundings<'_>,
    prepared: &Prepared,
    document: &mut UpDocument,
) -> Result<(), Stop> {
    let (arguments, session) = (surroundings.arguments, &prepared.session);
    let connection = match document.run_id {
        Some(_) => connection::of(session, &deployer_aws::observe(&session.clients, &session.settings).await),
        None => connection::of(session, &prepared.estate.observed),
    };
    // A part may be deployed before there is anything to reach.
    let connection = match connection {
        Err(failure) if arguments.only.is_some() => {
            surroundings.reporter.report(Event::Note { text: failure.to_string() });
            return Ok(());
        }
        connection => connection?,
    };
    document.outputs = Some(connection.clone());
    let file = connection::write(&connection)?;
    if document.run_id.is_none() && !arguments.json {
        say!("Nothing to change: {}.", unchanged(surroundings, &connection.environment));
    }
    test(surroundings, session, &connection, document).await?;
    if !arguments.json {
        views::outputs::show(&connection, &file);
    }
    Ok(())
}

/// What was found to be as wanted.
fn unchanged(surroundings: &Surroundings<'_>, environment: &str) -> String {
    let arguments = surroundings.arguments;
    match arguments.only {
        Some(part) => {
            format!("part {} of environment {environment} is as its settings say", only::Part::from(part).name())
        }
        None if arguments.rollback => format!("environment {environment} is as it was deployed then"),
        None if arguments.plan.is_some() => format!("environment {environment} is as the saved plan wants it"),
        None => format!("environment {environment} is as its settings say"),
    }
}

/// The run that the smoke test is about, when there is to be one.
enum Test {
    No,
    Yes { run_id: Option<String> },
}

async fn test(
    surroundings: &Surroundings<'_>,
    session: &Session,
    connection: &Connection,
    document: &mut UpDocument,
) -> Result<(), Stop> {
    let Test::Yes { run_id } = wanted(surroundings, session, document).await? else { return Ok(()) };
    let token = session.token().await.map(|token| token.map(|secret| secret.reveal().to_string()));
    let subject = Subject { connection, profile: session.settings.aws.profile.clone(), token };
    let report = verify(subject, surroundings.reporter).await;
    let failures = report.failures(session.settings.smoke.required);
    document.smoke = SmokeDocument::of(&report, failures.is_empty());
    if let Some(run_id) = run_id {
        note(surroundings, session, &run_id, failures.is_empty()).await;
    }
    if failures.is_empty() { Ok(()) } else { Err(Stop::Failures(failures)) }
}

/// After a change, when asked for, and where the last deployment did not come
/// to a good end: an unchanged environment is not a working one.
async fn wanted(surroundings: &Surroundings<'_>, session: &Session, document: &UpDocument) -> Result<Test, Failure> {
    let arguments = surroundings.arguments;
    if arguments.no_smoke {
        return Ok(Test::No);
    }
    if document.run_id.is_some() {
        return Ok(Test::Yes { run_id: document.run_id.clone() });
    }
    let runs = deployer_aws::history(&session.clients, &session.settings).await?;
    let newest = run_summaries::deployments(&runs).into_iter().next();
    let is_untested = newest.as_ref().is_some_and(ended_badly);
    match arguments.smoke || is_untested {
        true => Ok(Test::Yes { run_id: newest.map(|run| run.run_id) }),
        false => Ok(Test::No),
    }
}

/// A run that failed may have been made good by hand, or by a test that passed since.
fn ended_badly(run: &RunSummary) -> bool {
    match run.smoke_passed {
        Some(passed) => !passed,
        None => !run.done,
    }
}

/// What was found stays true when it cannot be noted.
async fn note(surroundings: &Surroundings<'_>, session: &Session, run_id: &str, passed: bool) {
    let noted = deployer_aws::note_smoke_test(&session.clients, &session.settings, run_id, passed).await;
    if let Err(failure) = noted {
        surroundings.reporter.report(Event::Note { text: failure.to_string() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unchanged_environment_is_tested_until_a_test_passed() {
        let run = |done, smoke_passed| RunSummary {
            run_id: "run".into(),
            done,
            smoke_passed,
            recorded: true,
            rolls_back: None,
        };
        assert!(ended_badly(&run(true, Some(false))) && ended_badly(&run(false, None)));
        assert!(!ended_badly(&run(true, None)) && !ended_badly(&run(true, Some(true))));
        assert!(!ended_badly(&run(false, Some(true))));
    }
}
