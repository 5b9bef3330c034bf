//! Commands and flags.

#[cfg(test)]
mod command_lines;
mod deploy;
mod duration;
mod examine;
mod operate;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use deploy::*;
pub use examine::*;
pub use operate::*;

/// The last part of --help. `stop` maps failures to them.
pub const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    user or configuration error, or something did not work
  2    wrong usage
  3    changes or drift found (plan --detailed-exitcode, drift)
  4    refused by AWS: credentials, permission, quota
  5    partly applied: the same command again finishes it
  130  interrupted";

/// Deploys the AWS operations agent: one file per environment, one command.
#[derive(Debug, Parser)]
#[command(
    name = "deployer",
    version,
    propagate_version = true,
    after_help = EXIT_CODES
)]
pub struct Arguments {
    /// Folder of the checkout; found from the current folder upwards when left out.
    #[arg(long, global = true, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// Folder of the environment files, base.toml among them; the checkout's environments/ when left out.
    #[arg(long, global = true, value_name = "DIR")]
    pub environments: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build, plan, ask, deploy and test an environment.
    Up(Up),
    /// Show what `up` would change; changes nothing.
    Plan(Plan),
    /// Remove what `up` made; the conversations stay unless --delete-data.
    Down(Down),
    /// Show addresses and the state of every resource.
    Status(Status),
    /// Compare everything that is live with what should be; changes nothing.
    Drift(Drift),
    /// Walk the chain from the settings to an answer and name the broken link.
    Doctor(Doctor),
    /// Check environment files.
    Validate(Validate),
    /// Print the CloudFormation templates, or the deployer's own policy.
    Render(Render),
    /// Print the connection file that `chat` needs; it holds no secret.
    Connection(Environment),
    /// Print an access token from the environment's smoke test token source.
    Token(Environment),
    /// The local platform's processes.
    #[command(subcommand)]
    Sandbox(Sandbox),
    /// Print names, ARNs and addresses of what is deployed.
    Outputs(Outputs),
    /// List what was run against an environment, or the steps of one run.
    History(History),
    /// Take the lease away from a run that will not end.
    Unlock(Unlock),
    /// Take over a resource that has our name and was made by somebody else.
    Adopt(Adopt),
    /// Print what the functions have logged.
    Logs(Logs),
    /// List the images in the repositories, or delete those that nothing needs.
    #[command(subcommand)]
    Images(Images),
    /// List gateways, or show one.
    #[command(subcommand)]
    Gateway(Gateway),
    /// List the targets of a gateway, or show one.
    #[command(subcommand)]
    Target(Target),
    /// Print a script that completes commands in a shell.
    Completions(Completions),
    /// Print the manual page, or write a page for every command.
    Man(Man),
}

/// Which environment.
#[derive(Debug, Args)]
pub struct Environment {
    /// Name of a file in environments/, without .toml.
    #[arg(long = "env", value_name = "NAME")]
    pub name: String,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Validate {
    /// Name of a file in environments/, without .toml.
    #[arg(long = "env", value_name = "NAME")]
    pub environment: Option<String>,
    /// Check every environment.
    #[arg(long)]
    pub all: bool,
}

#[derive(Debug, Args)]
pub struct Render {
    #[command(flatten)]
    pub environment: Environment,
    /// Print only this template.
    #[arg(long, conflicts_with = "out")]
    pub stack: Option<Stack>,
    /// Print what the deployer itself has to be allowed, as IAM policies, instead of the templates.
    #[arg(long, conflicts_with = "stack")]
    pub deployer_policy: bool,
    /// Write to files in this folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Stack {
    Foundation,
    Data,
    ReadAccess,
    Application,
}

#[derive(Debug, Subcommand)]
pub enum Sandbox {
    /// Start the local platform.
    Start,
    /// Stop the local platform; what is deployed there is kept.
    Stop,
    /// Show its processes and addresses.
    Status {
        #[arg(long)]
        json: bool,
    },
    /// Print the end of its logs.
    Logs {
        /// Whose log.
        #[arg(value_enum, default_value = "sandbox")]
        source: LogSource,
        /// How many lines.
        #[arg(long, short = 'n', default_value_t = 50)]
        lines: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogSource {
    Emulator,
    Sandbox,
    /// The agent function.
    Agent,
    /// The tool function.
    Tools,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        super::Arguments::command().debug_assert();
    }
}
