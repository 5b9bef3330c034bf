//! `deployer validate`: every fault of one environment or of all.

use deployer_core::settings::Fault;

use crate::arguments::Validate;
use crate::project::Project;
use crate::stop::Stop;
use crate::views::out::say;

pub fn run(project: &Project, arguments: &Validate) -> Result<(), Stop> {
    let environments = match &arguments.environment {
        Some(name) => vec![name.clone()],
        None => project.environments()?,
    };
    let mut faults: Vec<Fault> = Vec::new();
    for environment in &environments {
        match project.settings(environment) {
            Ok(_) => say!("{environment}: valid"),
            Err(Stop::Configuration(found)) => {
                say!("{environment}: {} at fault", found.len());
                // A fault in a shared base is found once per environment.
                let new: Vec<Fault> = found.into_iter().filter(|fault| !faults.contains(fault)).collect();
                faults.extend(new);
            }
            Err(other) => return Err(other),
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Stop::Configuration(faults)) }
}
