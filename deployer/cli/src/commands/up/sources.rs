//! The plan of what the checkout's sources and settings describe.

use deployer_core::Settings;

use super::Surroundings;
use super::prepared::{Origin, Prepared};
use crate::artifacts;
use crate::estate;
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;

/// Compiles while the platform starts and AWS is asked who we are.
pub async fn prepare(project: &Project, settings: Settings, surroundings: &Surroundings<'_>) -> Result<Prepared, Stop> {
    let reporter = surroundings.reporter;
    let building = async { Ok::<_, Stop>(artifacts::build(project, &settings, reporter).await?) };
    let opening = Session::open(project, settings.clone(), reporter);
    let (artifacts, session) = tokio::try_join!(building, opening)?;
    let part = surroundings.arguments.only.map(Into::into);
    let estate = estate::plan_settled(&session, &artifacts, reporter).await?.limited_to(part, &session.settings);
    Ok(Prepared { session, estate, images: artifacts.images, origin: Origin::Sources, part })
}
