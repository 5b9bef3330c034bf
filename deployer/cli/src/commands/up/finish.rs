//! After the deployment: the connection, the smoke test, what to do next.

use contract::Connection;
use deployer_core::rollback::RunSummary;
use deployer_core::{Event, Failure};
use deployer_verify::{Subject, verify};

use super::Surroundings;
use super::prepared::{Origin, Prepared};
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
    // A part may be deployed before there is anything to reach.
    let connection = match connect(prepared, document).await {
        Err(failure) if prepared.part.is_some() => {
            surroundings.reporter.report(Event::Note { text: failure.to_string() });
            return Ok(());
        }
        connection => connection?,
    };
    document.outputs = Some(connection.clone());
    let file = connection::write(&connection)?;
    let shows = !surroundings.arguments.json;
    if document.run_id.is_none() && shows {
        say!("Nothing to change: {}.", unchanged(prepared));
    }
    test(surroundings, prepared, &connection, document).await?;
    if shows {
        views::outputs::show(&connection, &file);
    }
    Ok(())
}

/// How to reach what is deployed now.
async fn connect(prepared: &Prepared, document: &UpDocument) -> Result<Connection, Failure> {
    let session = &prepared.session;
    match document.run_id {
        Some(_) => connection::of(session, &deployer_aws::observe(&session.clients, &session.settings).await),
        None => connection::of(session, &prepared.estate.observed),
    }
}

/// What was found to be as wanted.
fn unchanged(prepared: &Prepared) -> String {
    let environment = format!("environment {}", prepared.session.settings.environment);
    let what = prepared.part.map_or(environment.clone(), |part| format!("part {} of {environment}", part.name()));
    match prepared.origin {
        Origin::Sources => format!("{what} is as its settings say"),
        Origin::Saved { .. } => format!("{what} is as the saved plan wants it"),
        Origin::Earlier { .. } => format!("{what} is as it was deployed then"),
    }
}

/// The run that the smoke test is about, when there is to be one.
enum Test {
    No,
    Yes { run_id: Option<String> },
}

async fn test(
    surroundings: &Surroundings<'_>,
    prepared: &Prepared,
    connection: &Connection,
    document: &mut UpDocument,
) -> Result<(), Stop> {
    let Test::Yes { run_id } = wanted(surroundings, prepared, document).await? else { return Ok(()) };
    let session = &prepared.session;
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
async fn wanted(surroundings: &Surroundings<'_>, prepared: &Prepared, document: &UpDocument) -> Result<Test, Failure> {
    let (arguments, session) = (surroundings.arguments, &prepared.session);
    if arguments.no_smoke {
        return Ok(Test::No);
    }
    if document.run_id.is_some() {
        return Ok(Test::Yes { run_id: document.run_id.clone() });
    }
    let runs = deployer_aws::history(&session.clients, &session.settings).await?;
    let newest = run_summaries::deployments(&runs).into_iter().next();
    let is_untested = newest.as_ref().is_some_and(ended_badly);
    match arguments.smoke || prepared.is_begun() || is_untested {
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
