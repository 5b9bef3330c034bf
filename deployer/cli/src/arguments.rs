//! Commands and flags.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Deploys the AWS operations agent: one file per environment, one command.
#[derive(Debug, Parser)]
#[command(
    name = "deployer",
    version,
    propagate_version = true,
    after_help = "Exit codes: 0 done; 1 user or configuration error; 2 usage; 3 changes found \
                  (plan --detailed-exitcode); 4 refused by AWS; 5 partly applied; 130 interrupted."
)]
pub struct Arguments {
    /// Folder of the checkout; found from the current folder upwards when left out.
    #[arg(long, global = true, value_name = "DIR")]
    pub project: Option<PathBuf>,
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
    /// Check environment files.
    Validate(Validate),
    /// Print the CloudFormation templates.
    Render(Render),
    /// Print the connection file that `chat` needs; it holds no secret.
    Connection(Environment),
    /// Print an access token from the environment's smoke test token source.
    Token(Environment),
    /// The local platform's processes.
    #[command(subcommand)]
    Sandbox(Sandbox),
}

/// Which environment.
#[derive(Debug, Args)]
pub struct Environment {
    /// Name of a file in environments/, without .toml.
    #[arg(long = "env", value_name = "NAME")]
    pub name: String,
}

#[derive(Debug, Args)]
pub struct Up {
    #[command(flatten)]
    pub environment: Environment,
    /// Apply the plan without asking.
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Run the smoke test even when nothing changed.
    #[arg(long, conflicts_with = "no_smoke")]
    pub smoke: bool,
    /// Leave the smoke test out.
    #[arg(long)]
    pub no_smoke: bool,
}

#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    pub environment: Environment,
    /// Print the plan as JSON.
    #[arg(long)]
    pub json: bool,
    /// Exit with 3 when the plan changes something.
    #[arg(long)]
    pub detailed_exitcode: bool,
}

#[derive(Debug, Args)]
pub struct Down {
    #[command(flatten)]
    pub environment: Environment,
    /// Remove without asking.
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Delete the conversations too.
    #[arg(long)]
    pub delete_data: bool,
    /// The environment's name again, for a protected environment where nobody can be asked for it.
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}

#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub environment: Environment,
    /// Print JSON: endpoints, region, account, env, resources.
    #[arg(long)]
    pub json: bool,
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
    /// Write the templates to files in this folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Stack {
    Foundation,
    Data,
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
