//! `deployer down`: remove what `up` made, say what remains.

use deployer_aws::{Run, execute};
use deployer_core::checks;
use deployer_core::plan::Action;
use deployer_core::teardown::{OnData, Teardown, teardown};

use super::confirm;
use crate::arguments::Down;
use crate::connection;
use crate::estate;
use crate::interrupt;
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;
use crate::views;

pub async fn run(project: &Project, arguments: &Down) -> Result<(), Stop> {
    let settings = project.settings(&arguments.environment.name)?;
    let view = views::progress::ProgressView::new();
    let cancel = interrupt::token();
    let session = Session::open(project, settings, &view).await?;
    let observed = estate::observe_settled(&session, &view).await?;
    let names = session.settings.names();
    let on_data = if arguments.delete_data { OnData::Delete } else { OnData::Keep };
    let request = Teardown { names: &names, region: &session.settings.aws.region, on_data };
    let plan = teardown(&request, &observed);
    if plan.is_empty() && plan.count(Action::Unchecked) == 0 {
        println!("Nothing to remove in environment {}.", session.settings.environment);
    } else {
        views::plan::show(&plan);
    }
    let gaps = checks::gaps(&plan);
    if !gaps.is_empty() {
        return Err(Stop::Failures(gaps));
    }
    if !plan.is_empty() {
        if session.settings.protected {
            confirm::protected(&session.settings.environment, arguments.confirm.as_deref())?;
        }
        confirm::apply(arguments.yes)?;
        let images = Default::default();
        let run = Run {
            clients: &session.clients,
            settings: &session.settings,
            plan: &plan,
            images: &images,
            reporter: &view,
            cancel,
        };
        execute(&run).await?;
    }
    connection::remove(&session.settings.environment)?;
    let observed = deployer_aws::observe(&session.clients, &session.settings).await;
    views::status::remaining(&observed, &names);
    Ok(())
}
