//! `deployer completions`: a script for the shell.

use clap::CommandFactory;

use crate::arguments::{Arguments, Completions};
use crate::stop::Stop;
use crate::views::raw_output::write_stdout;

pub fn run(arguments: &Completions) -> Result<(), Stop> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "deployer", &mut script);
    write_stdout(&script)
}
