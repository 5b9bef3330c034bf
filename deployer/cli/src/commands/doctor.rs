//! `deployer doctor`: which link of the chain is broken.

use crate::arguments::Doctor;
use crate::documents::{self, DoctorDocument};
use crate::inspection::doctor::examine;
use crate::project::Project;
use crate::stop::Stop;
use crate::views;

pub async fn run(project: &Project, arguments: &Doctor) -> Result<(), Stop> {
    let report = examine(project, arguments).await;
    match arguments.json {
        true => documents::print(&DoctorDocument::of(&report)),
        false => views::doctor::show(&report),
    }
    match report.broken() {
        Some(link) => Err(Stop::LinkBroken(link.code.unwrap_or_default())),
        None => Ok(()),
    }
}
