//! `deployer up`: build, plan, ask, deploy, test.

use deployer_aws::{CancellationToken, Run, execute};
use deployer_core::progress::Reporter;
use deployer_core::{Observed, Settings};
use deployer_verify::{Subject, verify};

use super::confirm;
use crate::arguments::Up;
use crate::artifacts::{self, Artifacts};
use crate::connection;
use crate::estate::{self, Estate};
use crate::interrupt;
use crate::project::Project;
use crate::session::{self, Session};
use crate::stop::Stop;
use crate::views;

pub async fn run(project: &Project, arguments: &Up) -> Result<(), Stop> {
    let settings = project.settings(&arguments.environment.name)?;
    let view = views::progress::ProgressView::new();
    let interrupt = interrupt::token();
    let platform = settings.platform;
    session::explained(platform, deploy(project, settings, arguments, &view, &interrupt).await)
}

async fn deploy(
    project: &Project,
    settings: Settings,
    arguments: &Up,
    reporter: &dyn Reporter,
    interrupt: &CancellationToken,
) -> Result<(), Stop> {
    let state = ("prepare the deployment", "nothing was changed");
    let preparing = prepare(project, settings, reporter);
    let (session, artifacts, estate) = interrupt::until_interrupted(interrupt, state, preparing).await?;
    let changed = !estate.plan.is_empty();
    if changed {
        views::plan::show(&estate.plan);
    }
    refuse_faults(&estate)?;
    if changed {
        confirm::apply(arguments.yes)?;
        apply(&session, &artifacts, &estate, reporter, interrupt).await?;
    }
    let observed = match changed {
        true => deployer_aws::observe(&session.clients, &session.settings).await,
        false => estate.observed,
    };
    let state = ("test the deployment", "everything is deployed, `up --smoke` tests it again");
    let finishing = finish(&session, &observed, Finish { changed, arguments }, reporter);
    interrupt::until_interrupted(interrupt, state, finishing).await
}

/// Compiles while the platform starts and AWS is asked who we are.
async fn prepare(
    project: &Project,
    settings: Settings,
    reporter: &dyn Reporter,
) -> Result<(Session, Artifacts, Estate), Stop> {
    let building = async { Ok::<_, Stop>(artifacts::build(project, &settings, reporter).await?) };
    let opening = Session::open(project, settings.clone(), reporter);
    let (artifacts, session) = tokio::try_join!(building, opening)?;
    let estate = estate::plan_settled(&session, &artifacts, reporter).await?;
    Ok((session, artifacts, estate))
}

fn refuse_faults(estate: &Estate) -> Result<(), Stop> {
    match estate.faults.is_empty() {
        true => Ok(()),
        false => Err(Stop::Failures(estate.faults.clone())),
    }
}

async fn apply(
    session: &Session,
    artifacts: &Artifacts,
    estate: &Estate,
    reporter: &dyn Reporter,
    interrupt: &CancellationToken,
) -> Result<(), Stop> {
    let run = Run {
        clients: &session.clients,
        settings: &session.settings,
        plan: &estate.plan,
        images: &artifacts.images,
        reporter,
        cancel: interrupt.clone(),
    };
    execute(&run).await?;
    Ok(())
}

struct Finish<'a> {
    changed: bool,
    arguments: &'a Up,
}

async fn finish(
    session: &Session,
    observed: &Observed,
    finish: Finish<'_>,
    reporter: &dyn Reporter,
) -> Result<(), Stop> {
    let connection = connection::of(session, observed)?;
    if !finish.changed {
        println!("Nothing to change: environment {} is as its settings say.", connection.environment);
    }
    if (finish.changed && !finish.arguments.no_smoke) || finish.arguments.smoke {
        smoke_test(session, &connection, reporter).await?;
    }
    let file = connection::write(&connection)?;
    views::outputs::show(&connection, &file);
    Ok(())
}

/// Uses the deployed system as a user would.
async fn smoke_test(session: &Session, connection: &contract::Connection, reporter: &dyn Reporter) -> Result<(), Stop> {
    let token = session.token().await.map(|token| token.map(|secret| secret.reveal().to_string()));
    let subject = Subject { connection, profile: session.settings.aws.profile.clone(), token };
    let report = verify(subject, reporter).await;
    let required = session.settings.smoke.required;
    let failures = report.failures(required);
    if failures.is_empty() { Ok(()) } else { Err(Stop::Failures(failures)) }
}
