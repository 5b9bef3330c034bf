//! Tries each write of the three phases with each fault, and each read with
//! two, one at a time, and counts what converged. docs/reliability.md has the
//! results.
//!
//! `cargo run -p system-tests --bin fault-sweep -- --places 2`. Goes on where it
//! was stopped; `--results` names the file that says where.

mod case;
mod results;
mod sweep;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use system_tests::fault_proxy::Effect;
use system_tests::project_root;

use crate::results::Results;

/// Disturbs deployments on local platforms of its own, one fault at a time.
#[derive(Debug, Parser)]
struct Arguments {
    /// Local platforms that work at the same time.
    #[arg(long, default_value_t = 2)]
    places: usize,
    /// One JSON line for each case tried; cases that converged are not tried again.
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
    /// Only reads or only writes.
    #[arg(long, value_parser = effect)]
    only: Option<Effect>,
    /// Only cases whose name holds this text: a phase, an operation, a resource, a fault.
    #[arg(long, value_name = "TEXT", default_value = "")]
    matching: String,
    /// Print the cases and try none.
    #[arg(long)]
    list: bool,
}

fn effect(text: &str) -> Result<Effect, String> {
    match text {
        "reads" => Ok(Effect::Read),
        "writes" => Ok(Effect::Write),
        _ => Err("`reads` or `writes`".into()),
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let file = arguments.results.clone().unwrap_or_else(|| project_root().join("target/fault-sweep.jsonl"));
    let results = Results::open(&file);
    println!("results: {}", file.display());
    let wanted = |case: &case::Case| {
        arguments.only.is_none_or(|effect| effect == case.point.effect)
            && case.to_string().contains(&arguments.matching)
    };
    let cases = sweep::run(if arguments.list { 0 } else { arguments.places }, &results, wanted);
    if arguments.list {
        cases.iter().for_each(|case| println!("{case}"));
        return ExitCode::SUCCESS;
    }
    let found = results.of(&cases);
    print!("{}", table::render(&found));
    match found.iter().all(|(_, outcome)| outcome.is_good()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
