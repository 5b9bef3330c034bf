//! `deployer down`: remove what `up` made, say what remains.

use deployer_aws::{CancellationToken, Run, RunKind, execute};
use deployer_core::plan::{Action, Plan, Step};
use deployer_core::progress::Reporter;
use deployer_core::teardown::{OnData, Teardown, teardown};
use deployer_core::{Observed, Settings, checks};

use super::confirm;
use crate::arguments::Down;
use crate::connection;
use crate::documents::{ResourceState, resource_states};
use crate::estate;
use crate::interrupt;
use crate::project::Project;
use crate::session::{self, Session};
use crate::stop::Stop;
use crate::views;
use crate::views::out::say;
use crate::views::plan::Detail;

pub async fn run(project: &Project, arguments: &Down) -> Result<(), Stop> {
    let settings = project.settings(&arguments.environment.name)?;
    let view = views::progress::ProgressView::new();
    let interrupt = interrupt::token();
    let platform = settings.platform;
    session::explained(platform, take_down(project, settings, arguments, &view, &interrupt).await)
}

async fn take_down(
    project: &Project,
    settings: Settings,
    arguments: &Down,
    reporter: &dyn Reporter,
    interrupt: &CancellationToken,
) -> Result<(), Stop> {
    let state = ("prepare the removal", "nothing was changed");
    let preparing = prepare(project, settings, reporter);
    let (session, observed) = interrupt::until_interrupted(interrupt, state, preparing).await?;
    let names = session.settings.names();
    let on_data = if arguments.delete_data { OnData::Delete } else { OnData::Keep };
    let request = Teardown { names: &names, region: &session.settings.aws.region, on_data };
    let plan = teardown(&request, &observed);
    show(&plan, &resource_states(&observed, &names), arguments)?;
    if !plan.is_empty() {
        confirm::removal(&session.settings, arguments.yes, arguments.confirm.as_deref())?;
        apply(&session, &plan, reporter, interrupt).await?;
    }
    connection::remove(&session.settings.environment)?;
    let observed = deployer_aws::observe(&session.clients, &session.settings).await;
    views::status::remaining(&observed, &names);
    Ok(())
}

async fn prepare(project: &Project, settings: Settings, reporter: &dyn Reporter) -> Result<(Session, Observed), Stop> {
    let session = Session::find_or_open(project, settings, reporter).await?;
    let observed = estate::observe_settled(&session, reporter).await?;
    Ok((session, observed))
}

/// Shows the plan and what it keeps, and refuses one with gaps.
fn show(plan: &Plan, states: &[ResourceState], arguments: &Down) -> Result<(), Stop> {
    if plan.is_empty() && plan.count(Action::Unchecked) == 0 {
        say!("Nothing to remove in environment {}.", plan.environment);
    } else {
        views::plan::show(plan, Detail::of(arguments.verbose));
    }
    let exists = |step: &&Step| states.iter().any(|state| state.step == step.id && !state.is_absent());
    for kept in plan.steps.iter().filter(|step| step.action == Action::Keep).filter(exists) {
        say!("Kept: {} {}", kept.resource, kept.reason);
    }
    let gaps = checks::gaps(plan);
    if gaps.is_empty() { Ok(()) } else { Err(Stop::Failures(gaps)) }
}

async fn apply(
    session: &Session,
    plan: &Plan,
    reporter: &dyn Reporter,
    interrupt: &CancellationToken,
) -> Result<(), Stop> {
    let images = Default::default();
    let run = Run {
        clients: &session.clients,
        settings: &session.settings,
        kind: RunKind::Down,
        plan,
        desired: None,
        rolls_back: None,
        saved_plan: None,
        images: &images,
        reporter,
        cancel: interrupt.clone(),
    };
    execute(&run).await?;
    Ok(())
}
