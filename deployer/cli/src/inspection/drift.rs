//! `drift`: gathers everything that is compared. Whatever cannot be had is noted
//! as unchecked, and the rest is compared all the same.

use std::time::Duration;

use deployer_aws::{RunKind, State};
use deployer_core::desired::{DesiredImage, ImageDigests, ToolDefinition};
use deployer_core::drift::{
    Comparison, DriftReport, Findings, LiveImage, WantedImage, drift, image_findings, issuer_findings, parts_of,
    tool_findings,
};
use deployer_core::observed::Fact;
use deployer_core::plan::{Action, Plan, plan as plan_to};
use deployer_core::progress::Reporter;
use deployer_core::render::{PARAMETER_AGENT_IMAGE, PARAMETER_TOOLS_IMAGE};
use deployer_core::resource::Resource;
use deployer_core::{Desired, Failure, Observed, Settings, StepId};
use deployer_verify::check_issuer;

use crate::artifacts;
use crate::estate::desired_by;
use crate::project::Project;
use crate::session::Session;

/// Where the images' digests come from.
pub enum Source {
    /// What the sources build now.
    Built(ImageDigests),
    /// The last recorded deployment.
    Record,
    /// The same, since the sources do not build.
    Unbuilt(Failure),
}

impl Source {
    /// Sources that do not build are no reason to check nothing.
    pub async fn built(project: &Project, settings: &Settings, reporter: &dyn Reporter) -> Self {
        match artifacts::build(project, settings, reporter).await {
            Ok(artifacts) => Self::Built(artifacts.digests),
            Err(failure) => Self::Unbuilt(failure),
        }
    }
}

/// Everything that was read.
struct Seen {
    observed: Observed,
    recorded: Result<Option<Desired>, Failure>,
    running_tools: Result<Option<Vec<ToolDefinition>>, Failure>,
    issuer: Findings,
}

/// Reads, compares and reports. Fails only where the settings cannot be rendered.
pub async fn compare(session: &Session, source: Source) -> Result<DriftReport, Failure> {
    let mut seen = read(session).await;
    let mut beyond = std::mem::take(&mut seen.issuer);
    let recorded = noted(&mut beyond, "history", seen.recorded).flatten();
    let observed = &seen.observed;
    let wanted = wanted_digests(source, recorded.as_ref(), observed, &mut beyond);
    let desired = desired_by(session, &wanted.digests)?;
    let mut plan = plan_to(&desired, observed);
    if !wanted.known {
        leave_images_unchecked(&mut plan);
    }
    beyond.extend(tools(&plan, observed, seen.running_tools));
    let images = Images { session, observed, desired: &desired, recorded: recorded.as_ref(), plan: &plan };
    beyond.extend(images.findings(wanted.known).await);
    let recorded_plan = recorded.as_ref().map(|recorded| plan_to(recorded, observed));
    Ok(drift(Comparison { plan: &plan, recorded: recorded_plan.as_ref(), beyond }))
}

async fn read(session: &Session) -> Seen {
    let Session { clients, settings, .. } = session;
    let deadline = Duration::from_secs(settings.deadlines.call_seconds.into());
    let discovery_url = settings.issuer.discovery_url.as_deref().unwrap_or_default();
    let (observed, recorded, running_tools, issuer) = tokio::join!(
        deployer_aws::observe(clients, settings),
        last_deployment(session),
        deployer_aws::running_tools(clients, settings),
        check_issuer(discovery_url, deadline),
    );
    Seen { observed, recorded, running_tools, issuer: issuer_findings(discovery_url, &issuer) }
}

/// What the newest finished deployment deployed; None where none is recorded.
async fn last_deployment(session: &Session) -> Result<Option<Desired>, Failure> {
    let Session { clients, settings, .. } = session;
    let runs = deployer_aws::history(clients, settings).await?;
    let deployed = runs
        .into_iter()
        .find(|run| run.recorded && run.state == State::Done && matches!(run.kind, RunKind::Up | RunKind::Rollback));
    match deployed {
        Some(run) => deployer_aws::deployment(clients, settings, &run.run_id).await,
        None => Ok(None),
    }
}

/// What was read, or a note that it was not.
fn noted<T>(beyond: &mut Findings, resource: &str, read: Result<T, Failure>) -> Option<T> {
    read.map_err(|failure| beyond.extend(unread(resource, &failure))).ok()
}

fn unread(resource: &str, failure: &Failure) -> Findings {
    Findings::unchecked(resource, format!("{}: {}", failure.doing, failure.cause))
}

struct Wanted {
    digests: ImageDigests,
    /// False where nothing says which images should run.
    known: bool,
}

fn wanted_digests(source: Source, recorded: Option<&Desired>, observed: &Observed, beyond: &mut Findings) -> Wanted {
    if let Source::Unbuilt(failure) = &source {
        beyond.extend(unread("images", failure));
    }
    match (source, recorded) {
        (Source::Built(digests), _) => Wanted { digests, known: true },
        (_, Some(recorded)) => {
            let digest = |image: &DesiredImage| image.digest.clone();
            let digests = ImageDigests { agent: digest(&recorded.agent_image), tools: digest(&recorded.tools_image) };
            Wanted { digests, known: true }
        }
        (_, None) => Wanted { digests: deployed_digests(observed), known: false },
    }
}

/// What the application stack was deployed with, so that it is not taken for a difference.
fn deployed_digests(observed: &Observed) -> ImageDigests {
    let parameters = observed.application.present().map(|stack| &stack.parameters);
    let digest = |name: &str| {
        let uri = parameters.and_then(|parameters| parameters.get(name));
        uri.and_then(|uri| parts_of(uri)).map(|(_, digest)| digest.to_string()).unwrap_or_default()
    };
    ImageDigests { agent: digest(PARAMETER_AGENT_IMAGE), tools: digest(PARAMETER_TOOLS_IMAGE) }
}

fn leave_images_unchecked(plan: &mut Plan) {
    for step in &mut plan.steps {
        if matches!(step.id, StepId::AgentImage | StepId::ToolsImage) {
            step.action = Action::Unchecked;
            step.reason = "neither built nor recorded, so nothing says which image should run".into();
            step.changes.clear();
            step.operation = None;
        }
    }
}

/// The target's tools against those that the running function answers.
fn tools(plan: &Plan, observed: &Observed, running: Result<Option<Vec<ToolDefinition>>, Failure>) -> Findings {
    let Some(target) = observed.target.present() else { return Findings::default() };
    let resource = format!("target {}", target.name);
    match running {
        Ok(Some(running)) => {
            let mut found = tool_findings(&resource, &target.tools, &running);
            found.retain(|finding| !plan_tells(plan, StepId::Target, finding.path.trim_start_matches("running ")));
            found.into()
        }
        // The plan tells that the function is gone.
        Ok(None) => Findings::default(),
        Err(failure) => unread(&format!("tools of {resource}"), &failure),
    }
}

/// The two functions' images.
struct Images<'a> {
    session: &'a Session,
    observed: &'a Observed,
    desired: &'a Desired,
    recorded: Option<&'a Desired>,
    plan: &'a Plan,
}

impl Images<'_> {
    async fn findings(&self, known: bool) -> Findings {
        let (agent, tools) = tokio::join!(
            self.of(StepId::AgentFunction, |desired| &desired.agent_image, known),
            self.of(StepId::ToolFunction, |desired| &desired.tools_image, known),
        );
        let mut both = agent;
        both.extend(tools);
        both
    }

    async fn of(&self, id: StepId, image: fn(&Desired) -> &DesiredImage, known: bool) -> Findings {
        let Fact::Present(Resource::Function(function)) = self.observed.of_stack(id) else {
            return Findings::default();
        };
        let Some((repository, digest)) = parts_of(&function.image_uri) else { return Findings::default() };
        let wanted = image(self.desired);
        let settings = &self.session.settings;
        let part = if id == StepId::AgentFunction { &settings.agent } else { &settings.tools };
        let mut findings = Findings::default();
        let resource = format!("image of function {}", function.name);
        let read = deployer_aws::image_architecture(&self.session.clients, repository, digest).await;
        let live = LiveImage {
            function: function.name.clone(),
            digest: digest.to_string(),
            architecture: noted(&mut findings, &resource, read),
        };
        // A digest that the plan would deploy is in the plan already.
        let is_told = !known || plan_tells(self.plan, id, "image_uri");
        let wanted = WantedImage {
            digest: if is_told { digest } else { &wanted.digest },
            recorded_digest: self.recorded.map(|recorded| image(recorded).digest.as_str()),
            architecture: part.architecture.oci_name(),
        };
        findings.extend(image_findings(&live, &wanted).into());
        findings
    }
}

/// True where the plan holds a difference at this path or below it.
fn plan_tells(plan: &Plan, id: StepId, path: &str) -> bool {
    let step = plan.steps.iter().find(|step| step.id == id);
    step.is_some_and(|step| step.changes.iter().any(|change| change.path.starts_with(path)))
}
