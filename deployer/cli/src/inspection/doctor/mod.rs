//! `doctor`: walks the chain from the settings to an answered question and says
//! of each link how it stands. What a read means is judged in `deployer-core`.

mod account;
mod chain;
mod deployed;
mod identity;

use deployer_core::doctor::DoctorReport;

use crate::arguments::Doctor;
use crate::project::Project;
use crate::session::Session;
use chain::Chain;

/// Every link, in order. Reads only, but for the question of `--ask`.
pub async fn examine(project: &Project, arguments: &Doctor) -> DoctorReport {
    let mut chain = Chain::new(&arguments.environment.name);
    let settings = account::settings(&mut chain, project, &arguments.environment.name);
    let session = match settings {
        Some(settings) => account::session(&mut chain, project, settings).await,
        None => account::none(&mut chain),
    };
    match session {
        Some(session) => connected(&mut chain, &session, arguments.ask).await,
        None => {
            account::skip_rest(&mut chain);
            identity::skip(&mut chain);
            deployed::skip(&mut chain);
        }
    }
    chain.finish()
}

/// What takes time is read at the same time; the links keep their order.
async fn connected(chain: &mut Chain, session: &Session, ask: bool) {
    let observing = deployer_aws::observe(&session.clients, &session.settings);
    let (observed, account, identity) = tokio::join!(observing, account::read(session), identity::read(session));
    account::add(chain, session, &observed, account);
    let token = identity::add(chain, session, identity);
    deployed::add(chain, session, &observed, deployed::Asking { token, question: ask }).await;
}
