//! `drift` and `doctor`.

use clap::Args;

use super::Environment;

#[derive(Debug, Args)]
pub struct Drift {
    #[command(flatten)]
    pub environment: Environment,
    /// Print one JSON document on stdout.
    #[arg(long)]
    pub json: bool,
    /// Compile nothing: compare images with those of the last recorded deployment.
    #[arg(long)]
    pub no_build: bool,
}

#[derive(Debug, Args)]
pub struct Doctor {
    #[command(flatten)]
    pub environment: Environment,
    /// Print one JSON document on stdout.
    #[arg(long)]
    pub json: bool,
    /// Ask the agent a question, too; the model's answer costs money.
    #[arg(long)]
    pub ask: bool,
}
