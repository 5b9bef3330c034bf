//! `deployer up`: get a plan, ask, deploy, test.

mod aftermath;
mod finish;
mod prepare;

use deployer_aws::{CancellationToken, Run, execute};
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

use prepare::Prepared;

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
    let interrupt = interrupt::token();
    let surroundings = Surroundings { arguments, reporter: &view, interrupt: &interrupt };
    let state = ("prepare the deployment", "nothing was changed");
    let preparing = prepare::prepare(project, settings, &surroundings);
    let result = async {
        let prepared = interrupt::until_interrupted(&interrupt, state, preparing).await?;
        surroundings.go_on(&prepared, document).await
    };
    session::explained(platform, result.await)
}

/// What every part of the command works with.
struct Surroundings<'a> {
    arguments: &'a Up,
    reporter: &'a dyn Reporter,
    interrupt: &'a CancellationToken,
}

impl Surroundings<'_> {
    async fn go_on(&self, prepared: &Prepared, document: &mut UpDocument) -> Result<(), Stop> {
        let changes = !prepared.estate.plan.is_empty();
        if changes || !prepared.estate.faults.is_empty() {
            self.show_plan(prepared);
        }
        refuse_faults(prepared)?;
        if changes {
            let given = Given { yes: self.arguments.yes, approve_iam: self.arguments.approve_iam };
            confirm::deployment(&prepared.estate.plan, &prepared.session.settings, given)?;
            self.apply(prepared, document).await?;
        }
        let state = ("test the deployment", "everything is deployed, `up --smoke` tests it again");
        let finishing = finish::finish(self, prepared, document);
        interrupt::until_interrupted(self.interrupt, state, finishing).await
    }

    /// Stdout is for the document where there is one.
    fn show_plan(&self, prepared: &Prepared) {
        let text = views::plan::text(&prepared.estate.plan, Detail::of(self.arguments.verbose));
        if self.arguments.json { tell!("{text}") } else { say!("{text}") }
    }

    async fn apply(&self, prepared: &Prepared, document: &mut UpDocument) -> Result<(), Stop> {
        let run = Run {
            clients: &prepared.session.clients,
            settings: &prepared.session.settings,
            kind: prepared.kind,
            plan: &prepared.estate.plan,
            desired: prepared.recorded(),
            rolls_back: prepared.rolls_back.clone(),
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
            Err(stopped) => Err(aftermath::of(&prepared.session, stopped, self.interrupt).await),
        }
    }
}

fn refuse_faults(prepared: &Prepared) -> Result<(), Stop> {
    match prepared.estate.faults.is_empty() {
        true => Ok(()),
        false => Err(Stop::Failures(prepared.estate.faults.clone())),
    }
}
