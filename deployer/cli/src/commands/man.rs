//! `deployer man`: manual pages, from the same text as --help.

use std::path::Path;

use clap::CommandFactory;
use deployer_core::Failure;

use crate::arguments::{Arguments, Man};
use crate::stop::Stop;
use crate::views::out::say;
use crate::views::raw_output::write_stdout;

pub fn run(arguments: &Man) -> Result<(), Stop> {
    match &arguments.out {
        Some(folder) => write_pages(folder),
        None => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(Arguments::command()).render(&mut page);
            rendered.map_err(|error| Failure::new("run/write", "render the manual page", error))?;
            write_stdout(&page)
        }
    }
}

/// One page for each command and subcommand: `deployer-images-gc.1`.
fn write_pages(folder: &Path) -> Result<(), Stop> {
    let failed = |error| Failure::new("run/write", format!("write manual pages to {}", folder.display()), error);
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(Arguments::command(), folder).map_err(failed)?;
    say!("{}", folder.display());
    Ok(())
}
