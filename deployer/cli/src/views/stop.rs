//! How a command's early end reads.

use anstream::eprintln;
use deployer_core::Failure;
use owo_colors::OwoColorize;

use crate::stop::Stop;

pub fn show(stop: &Stop) {
    match stop {
        Stop::Configuration(faults) => {
            for fault in faults.iter() {
                eprintln!("{} {fault} [{}]", "error:".red().bold(), fault.code);
            }
            let count = faults.len();
            eprintln!(
                "{count} {} in environment files; nothing was changed",
                if count == 1 { "fault" } else { "faults" }
            );
        }
        Stop::Failures(failures) => failures.iter().for_each(failure),
        Stop::Partial(stopped) => {
            failure(&stopped.failure);
            eprintln!("done:     {}", names(&stopped.done));
            eprintln!("not done: {}", names(&stopped.not_done));
            eprintln!("run the same command again to finish");
        }
        Stop::ChangesFound => {}
    }
}

fn failure(failure: &Failure) {
    eprintln!("{} {}: {} [{}]", "error:".red().bold(), failure.doing, failure.cause, failure.code);
    if let Some(hint) = &failure.hint {
        eprintln!("{} {hint}", "hint:".cyan());
    }
}

fn names(steps: &[deployer_core::StepId]) -> String {
    if steps.is_empty() {
        return "nothing".into();
    }
    let names: Vec<_> = steps.iter().map(|id| id.name().replace('-', " ")).collect();
    names.join(", ")
}
