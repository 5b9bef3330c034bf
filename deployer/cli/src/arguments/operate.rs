//! Looking after an environment: what it is, what was done to it, who is at
//! work on it, its logs, images, gateway and targets.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;
use deployer_core::StepId;

use super::Environment;
use super::duration::Span;

#[derive(Debug, Args)]
pub struct Outputs {
    #[command(flatten)]
    pub environment: Environment,
    /// Print JSON; what is not deployed is null.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  deployer history --env prod\n  deployer history --env prod --run 3f2a")]
pub struct History {
    #[command(flatten)]
    pub environment: Environment,
    /// Show the steps of one run: its id, or as much of its beginning as no other run has.
    #[arg(long, value_name = "ID")]
    pub run: Option<String>,
    /// Show at most so many runs.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "A holder that was killed needs no unlock: its lease ends by itself, at once on the same machine."
)]
pub struct Unlock {
    #[command(flatten)]
    pub environment: Environment,
    /// Break the lease without asking.
    #[arg(long, short = 'y')]
    pub yes: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Adoptable: gateway-role, gateway, foundation-stack, data-stack, application-stack, \
                  conversations-table, agent-log-group, tool-log-group.\n\n\
                  Example:\n  deployer adopt gateway-role --env prod")]
pub struct Adopt {
    /// Which resource, by the name that plans use.
    #[arg(value_parser = step_parser(), hide_possible_values = true)]
    pub resource: StepId,
    #[command(flatten)]
    pub environment: Environment,
    /// Adopt without asking.
    #[arg(long, short = 'y')]
    pub yes: bool,
}

fn step_parser() -> impl TypedValueParser<Value = StepId> {
    PossibleValuesParser::new(StepId::ALL.map(StepId::name)).map(|name| {
        let step = StepId::named(&name);
        step.expect("the parser lets only these names through")
    })
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  deployer logs --env prod --since 2h\n  deployer logs tools --env prod -f")]
pub struct Logs {
    /// Whose log; both when left out.
    #[arg(value_enum)]
    pub function: Option<LogFunction>,
    #[command(flatten)]
    pub environment: Environment,
    /// Go on printing what is logged, until Ctrl-C.
    #[arg(long, short = 'f')]
    pub follow: bool,
    /// How far back: 30s, 10m, 2h or 1d.
    #[arg(long, value_name = "TIME", default_value = "10m")]
    pub since: Span,
    /// Print at most so many lines of what is there already, the newest.
    #[arg(long, short = 'n', value_name = "N", default_value_t = 200)]
    pub lines: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub enum LogFunction {
    /// The agent function.
    Agent,
    /// The tool function.
    Tools,
}

impl LogFunction {
    /// What its lines begin with.
    pub fn label(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Tools => "tools",
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Images {
    /// List images with who uses them.
    List(ImagesList),
    /// Delete images that no function runs and no recent deployment needs.
    Gc(ImagesGc),
}

#[derive(Debug, Args)]
pub struct ImagesList {
    #[command(flatten)]
    pub environment: Environment,
    /// How many deployments count as candidates for a rollback.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub keep: usize,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Images pushed in the last hour always stay: a run may be about to deploy them.")]
pub struct ImagesGc {
    #[command(flatten)]
    pub environment: Environment,
    /// Keep the images of so many of the last good deployments, for a rollback.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub keep: usize,
    /// Only say what would be deleted.
    #[arg(long)]
    pub dry_run: bool,
    /// Delete without asking.
    #[arg(long, short = 'y')]
    pub yes: bool,
}

#[derive(Debug, Subcommand)]
pub enum Gateway {
    /// List every gateway of the account and region, with a mark at the environment's own.
    List(GatewayList),
    /// Show one gateway: status, authorizer, role, address and tags.
    Get(GatewayGet),
}

#[derive(Debug, Args)]
pub struct GatewayList {
    #[command(flatten)]
    pub environment: Environment,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct GatewayGet {
    /// Name or id; the environment's own gateway when left out.
    #[arg(value_name = "NAME|ID")]
    pub gateway: Option<String>,
    #[command(flatten)]
    pub environment: Environment,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Target {
    /// List every target of a gateway.
    List(TargetList),
    /// Show one target: status, function, credentials and tools.
    Get(TargetGet),
}

#[derive(Debug, Args)]
pub struct TargetList {
    /// Name or id of the gateway; the environment's own when left out.
    #[arg(long, value_name = "NAME|ID")]
    pub gateway: Option<String>,
    #[command(flatten)]
    pub environment: Environment,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct TargetGet {
    /// Name or id; the environment's own target when left out.
    #[arg(value_name = "NAME|ID")]
    pub target: Option<String>,
    /// Name or id of the gateway; the environment's own when left out.
    #[arg(long, value_name = "NAME|ID")]
    pub gateway: Option<String>,
    #[command(flatten)]
    pub environment: Environment,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  deployer completions bash > ~/.local/share/bash-completion/completions/deployer")]
pub struct Completions {
    /// For which shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  deployer man | man -l -\n  deployer man --out ~/.local/share/man/man1")]
pub struct Man {
    /// Write a page for every command to this folder, instead of the main page to stdout.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
