//! `deployer up`: get a plan, ask, deploy, test.

mod aftermath;
mod earlier;
mod finish;
mod prepared;
mod saved;
mod sources;

use deployer_aws::{CancellationToken, Run, execute};
use deployer_core::Settings;
use deployer_core::progress::Reporter;

use super::confirm::{self, Given};
use crate::arguments::Up;
use crate::documents::{self, UpDocument};
use crate::interrupt;
use crate::project::Project;
use crate::session;
use crate::stop::Stop;
use crate::views;
use crate::views::out::{say, tell};
use crate::views::plan::Detail;

use prepared::Prepared;

/// What Ctrl-C cuts off before and after the run, and what that leaves.
const PREPARATION: (&str, &str) = ("prepare the deployment", "nothing was changed");
const TEST: (&str, &str) = ("test the deployment", "everything is deployed, `up --smoke` tests it again");

pub async fn run(project: &Project, arguments: &Up) -> Result<(), Stop> {
    let mut document = UpDocument::new(&arguments.environment.name);
    let result = deploy(project, arguments, &mut document).await;
    if arguments.json {
        documents::print(&document.ended(&result));
    }
    result
}

async fn deploy(project: &Project, arguments: &Up, document: &mut UpDocument) -> Result<(), Stop> {
    let settings = project.settings(&arguments.environment.name)?;
    let platform = settings.platform;
    let view = views::progress::ProgressView::new();
    let surroundings = Surroundings { arguments, reporter: &view, interrupt: &interrupt::token() };
    session::explained(platform, surroundings.deploy(project, settings, document).await)
}

/// What every part of the command works with.
struct Surroundings<'a> {
    arguments: &'a Up,
    reporter: &'a dyn Reporter,
    interrupt: &'a CancellationToken,
}

impl Surroundings<'_> {
    async fn deploy(&self, project: &Project, settings: Settings, document: &mut UpDocument) -> Result<(), Stop> {
        let preparing = self.prepare(project, settings);
        let prepared = interrupt::until_interrupted(self.interrupt, PREPARATION, preparing).await?;
        self.show_plan(&prepared);
        refuse_faults(&prepared)?;
        if !prepared.estate.plan.is_empty() {
            self.confirm(&prepared)?;
            self.apply(&prepared, document).await?;
        }
        let finishing = finish::finish(self, &prepared, document);
        interrupt::until_interrupted(self.interrupt, TEST, finishing).await
    }

    async fn prepare(&self, project: &Project, settings: Settings) -> Result<Prepared, Stop> {
        match &self.arguments.plan {
            Some(folder) => saved::prepare(project, settings, folder, self).await,
            None if self.arguments.rollback => earlier::prepare(project, settings, self).await,
            None => sources::prepare(project, settings, self).await,
        }
    }

    /// Where there is something to see. Stdout is for the document where there is one.
    fn show_plan(&self, prepared: &Prepared) {
        let estate = &prepared.estate;
        if estate.plan.is_empty() && estate.faults.is_empty() {
            return;
        }
        let text = views::plan::text(&estate.plan, Detail::of(self.arguments.verbose));
        if self.arguments.json { tell!("{text}") } else { say!("{text}") }
    }

    fn confirm(&self, prepared: &Prepared) -> Result<(), Stop> {
        let given = Given { yes: self.arguments.yes, approve_iam: self.arguments.approve_iam };
        confirm::deployment(&prepared.estate.plan, &prepared.session.settings, given)
    }

    async fn apply(&self, prepared: &Prepared, document: &mut UpDocument) -> Result<(), Stop> {
        let run = Run {
            clients: &prepared.session.clients,
            settings: &prepared.session.settings,
            kind: prepared.kind(),
            plan: &prepared.estate.plan,
            desired: prepared.recorded(),
            rolls_back: prepared.rolls_back(),
            saved_plan: prepared.saved_plan(),
            images: &prepared.images,
            reporter: self.reporter,
            cancel: self.interrupt.clone(),
        };
        match execute(&run).await {
            Ok(outcome) => {
                document.run_id = Some(outcome.run_id);
                document.done = outcome.done;
                Ok(())
            }
            Err(stopped) => Err(aftermath::of(prepared, stopped, self.interrupt).await),
        }
    }
}

fn refuse_faults(prepared: &Prepared) -> Result<(), Stop> {
    match prepared.estate.faults.is_empty() {
        true => Ok(()),
        false => Err(Stop::Failures(prepared.estate.faults.clone())),
    }
}
