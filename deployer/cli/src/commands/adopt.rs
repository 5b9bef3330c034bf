//! `deployer adopt`: takes over what has our name and was made by somebody else.

use std::collections::BTreeMap;

use deployer_aws::{Run, RunKind, execute, observe};
use deployer_core::adoption::{adopted, adoption};
use deployer_core::desired::{Desired, ImageDigests, desired};
use deployer_core::plan::{Action, Plan, Step, plan};
use deployer_core::{Failure, Observed, StepId};

use super::ask::Question;
use crate::arguments::Adopt;
use crate::interrupt;
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;
use crate::views;
use crate::views::out::say;

pub async fn run(project: &Project, arguments: &Adopt) -> Result<(), Stop> {
    let session = Session::find(project, project.settings(&arguments.environment.name)?).await?;
    let observed = observe(&session.clients, &session.settings).await;
    let digests = deployed(&observed);
    let desired = wanted(&session, digests.as_ref())?;
    let step = adoption(arguments.resource, &session.settings.names(), &desired, &observed)?;
    if step.action == Action::Keep {
        say!("{}: {}; there is nothing to adopt.", step.resource, step.reason);
        return Ok(());
    }
    let later = (digests.is_some() || !holds_images(step.id)).then(|| later_changes(&desired, &observed, &step));
    views::adopt::show(&step, &observed.resource(step.id), later.as_deref());
    let text = "Type adopt to take it over:";
    if !arguments.yes {
        Question { doing: &format!("adopt {}", step.resource), text, flags: "--yes" }.typed("adopt")?;
    }
    let resource = step.resource.clone();
    execute_step(&session, step).await?;
    say!("{} is ours now; `deployer up --env {}` goes on from there.", resource, session.settings.environment);
    Ok(())
}

/// What the environment should look like. What is adopted depends on no image,
/// so nothing is built for it: images that are not known are left empty.
fn wanted(session: &Session, digests: Option<&ImageDigests>) -> Result<Desired, Failure> {
    let settings = &session.settings;
    let unknown = ImageDigests { agent: String::new(), tools: String::new() };
    desired(settings, session.clients.location(), digests.unwrap_or(&unknown))
        .map_err(|error| Failure::new("plan/render", format!("plan environment {}", settings.environment), error))
}

/// True for what a plan compares image digests of.
fn holds_images(id: StepId) -> bool {
    id == StepId::ApplicationStack || id.stack() == Some(StepId::ApplicationStack)
}

/// Digests of the deployed images, by the application stack's parameters.
fn deployed(observed: &Observed) -> Option<ImageDigests> {
    use deployer_core::render::{PARAMETER_AGENT_IMAGE, PARAMETER_TOOLS_IMAGE};
    let parameters = &observed.application.present()?.parameters;
    let digest = |name| Some(parameters.get(name)?.split_once('@')?.1.to_string());
    Some(ImageDigests { agent: digest(PARAMETER_AGENT_IMAGE)?, tools: digest(PARAMETER_TOOLS_IMAGE)? })
}

/// What `up` would then do to it, and to what it makes if it is a stack.
fn later_changes(desired: &Desired, observed: &Observed, step: &Step) -> Vec<Step> {
    let of_it = |id: StepId| id == step.id || id.stack() == Some(step.id) || step.id.stack() == Some(id);
    let after = adopted(observed, step);
    plan(desired, &after).steps.into_iter().filter(|later| of_it(later.id) && later.operation.is_some()).collect()
}

async fn execute_step(session: &Session, step: Step) -> Result<(), Stop> {
    let location = session.clients.location();
    let plan = Plan {
        environment: session.settings.environment.clone(),
        account: location.account.clone(),
        region: location.region.clone(),
        steps: vec![step],
        access: vec![],
    };
    let view = views::progress::ProgressView::new();
    let run = Run {
        clients: &session.clients,
        settings: &session.settings,
        kind: RunKind::Adopt,
        plan: &plan,
        desired: None,
        rolls_back: None,
        saved_plan: None,
        images: &BTreeMap::new(),
        reporter: &view,
        cancel: interrupt::token(),
    };
    execute(&run).await?;
    Ok(())
}
