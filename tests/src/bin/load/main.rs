//! Holds many conversations at once with an agent on a fresh local platform,
//! and says what was lost or crossed, and what it took.
//!
//! `cargo run -p system-tests --bin load -- --conversations 200 --minutes 10`.
//! Ends with 1 when a message was lost, crossed or broken. docs/benchmarks.md
//! has the results.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use system_tests::Place;
use system_tests::load::{Load, run};

/// Puts an agent under load, with a scripted model.
#[derive(Debug, Parser)]
struct Arguments {
    /// Conversations at the same time.
    #[arg(long, default_value_t = 200)]
    conversations: usize,
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Mean pause in seconds before each question of a conversation.
    #[arg(long, default_value_t = 40.0)]
    think: f64,
    /// Seconds that the scripted model takes for one answer.
    #[arg(long, default_value_t = 1.0)]
    answer: f64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let load = Load {
        conversations: arguments.conversations,
        duration: Duration::from_secs_f64(arguments.minutes * 60.0),
        think: Duration::from_secs_f64(arguments.think),
        answer: Duration::from_secs_f64(arguments.answer),
    };
    let place = Place::new();
    place.deploy(&["up", "--env", "local", "--yes"]).succeeded();
    println!("{load:?}");
    let report = run(&place, load);
    println!("{}\n{}", report.figures, report.memory);
    println!("refused before an answer began: {}", report.refused.len());
    report.refused.iter().take(5).for_each(|why| println!("  {why}"));
    println!("lost, crossed or broken: {}", report.faults.len());
    report.faults.iter().for_each(|fault| println!("  {fault}"));
    match report.faults.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
