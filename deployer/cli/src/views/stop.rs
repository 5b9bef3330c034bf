//! How a command's early end reads.

use deployer_core::{Failure, StepId};
use owo_colors::OwoColorize;

use super::out::tell;
use crate::documents::ResourceState;
use crate::stop::{PartialRun, Stop};

pub fn show(stop: &Stop) {
    match stop {
        Stop::Configuration(faults) => {
            for fault in faults.iter() {
                tell!("{} {fault} [{}]", "error:".red().bold(), fault.code);
            }
            let count = faults.len();
            let noun = if count == 1 { "fault" } else { "faults" };
            tell!("{count} {noun} in environment files; nothing was changed");
        }
        Stop::Failures(failures) => failures.iter().for_each(failure),
        Stop::Partial(stopped) => partial(stopped),
        Stop::ChangesFound | Stop::LinkBroken(_) => {}
    }
}

fn failure(failure: &Failure) {
    tell!("{} {}: {} [{}]", "error:".red().bold(), failure.doing, failure.cause, failure.code);
    if let Some(hint) = &failure.hint {
        tell!("{} {hint}", "hint:".cyan());
    }
}

fn partial(stopped: &PartialRun) {
    failure(&stopped.run.failure);
    tell!("{:<10}{}", "done:", names(&stopped.run.done));
    tell!("{:<10}{}", "not done:", names(&stopped.run.not_done));
    if !stopped.left.is_empty() {
        tell!("what is not done stands like this in AWS:");
        let width = stopped.left.iter().map(|state| state.resource.chars().count()).max().unwrap_or_default();
        stopped.left.iter().for_each(|state| tell!("  {:<width$}  {}", state.resource, standing(state)));
    }
    tell!("run the same command again to finish");
    if let Some(command) = &stopped.rollback {
        tell!("or go back to the last good deployment: {command}");
    }
}

/// A stack's status with what it means for the reader.
fn standing(state: &ResourceState) -> String {
    let meaning = match state.status.as_str() {
        "UPDATE_ROLLBACK_COMPLETE" => "as before: CloudFormation took its changes back",
        "ROLLBACK_COMPLETE" => "empty: CloudFormation took its creation back; it is made again next time",
        "UPDATE_ROLLBACK_FAILED" => "between two states: its rollback is continued next time",
        "ROLLBACK_FAILED" | "DELETE_FAILED" | "CREATE_FAILED" => "unusable: it is deleted and made again next time",
        "FAILED" => "unusable: it is repaired next time",
        status if status.ends_with("_IN_PROGRESS") => "AWS is still at work; the next run waits for it",
        _ => return state.status.clone(),
    };
    format!("{} ({meaning})", state.status)
}

fn names(steps: &[StepId]) -> String {
    if steps.is_empty() {
        return "nothing".into();
    }
    let names: Vec<_> = steps.iter().map(|id| id.name().replace('-', " ")).collect();
    names.join(", ")
}
