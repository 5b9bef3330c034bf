//! `up`, `plan`, `down` and `status`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use deployer_core::only;

use super::Environment;

#[derive(Debug, Args)]
pub struct Up {
    #[command(flatten)]
    pub environment: Environment,
    /// Apply the plan without asking; a plan that gives anyone more access wants --approve-iam too.
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Approve what the plan changes in who may do what.
    #[arg(long)]
    pub approve_iam: bool,
    /// Apply exactly the plan that `plan --out DIR` saved, finishing it where an earlier run of it stopped; refuse
    /// when anything else has moved since.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["only", "rollback"])]
    pub plan: Option<PathBuf>,
    /// Deploy a part and leave the rest as it is.
    #[arg(long, value_enum, value_name = "PART")]
    pub only: Option<Part>,
    /// Go back to the last good deployment: its images by digest, its configuration as recorded.
    #[arg(long, conflicts_with = "only")]
    pub rollback: bool,
    /// Run the smoke test even when nothing changed.
    #[arg(long, conflicts_with = "no_smoke")]
    pub smoke: bool,
    /// Leave the smoke test out.
    #[arg(long)]
    pub no_smoke: bool,
    /// Print one JSON document on stdout, also on failure.
    #[arg(long)]
    pub json: bool,
    /// Show resources that stay as they are, too.
    #[arg(long, short)]
    pub verbose: bool,
}

#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    pub environment: Environment,
    /// Save the plan and the images that it pushes to this folder, for `up --plan`.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Plan a part and leave the rest as it is.
    #[arg(long, value_enum, value_name = "PART")]
    pub only: Option<Part>,
    /// Print one JSON document on stdout.
    #[arg(long)]
    pub json: bool,
    /// Exit with 3 when the plan changes something.
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Show resources that stay as they are, too.
    #[arg(long, short)]
    pub verbose: bool,
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
    /// Show resources that stay as they are, too.
    #[arg(long, short)]
    pub verbose: bool,
}

#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub environment: Environment,
    /// Print one JSON document on stdout: endpoints, region, account, env, resources.
    #[arg(long)]
    pub json: bool,
}

/// A part of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Both function images.
    Images,
    /// The four stacks and what they make.
    Stack,
    /// The gateway, its role, its target and the role's permission to invoke.
    Gateway,
}

impl From<Part> for only::Part {
    fn from(part: Part) -> Self {
        match part {
            Part::Images => Self::Images,
            Part::Stack => Self::Stack,
            Part::Gateway => Self::Gateway,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use clap::error::ErrorKind;

    use super::*;
    use crate::arguments::{Arguments, Command};

    fn parse(line: &str) -> Result<Command, ErrorKind> {
        let words = ["deployer"].into_iter().chain(line.split_whitespace());
        Arguments::try_parse_from(words).map(|arguments| arguments.command).map_err(|error| error.kind())
    }

    #[test]
    fn saved_plan_is_named_by_its_folder() {
        let Ok(Command::Up(up)) = parse("up --env prod --plan out/plan --yes --approve-iam --json") else { panic!() };
        assert_eq!(up.plan, Some(PathBuf::from("out/plan")));
        assert!(up.yes && up.approve_iam && up.json && !up.rollback);
        let Ok(Command::Plan(plan)) = parse("plan --env prod --out out/plan --detailed-exitcode") else { panic!() };
        assert_eq!(plan.out, Some(PathBuf::from("out/plan")));
    }

    #[test]
    fn parts_have_names() {
        for (name, part) in [("images", Part::Images), ("stack", Part::Stack), ("gateway", Part::Gateway)] {
            let Ok(Command::Up(up)) = parse(&format!("up --env prod --only {name}")) else { panic!() };
            assert_eq!(up.only, Some(part));
            assert_eq!(only::Part::from(part).name(), name);
        }
        assert_eq!(parse("plan --env prod --only tables").err(), Some(ErrorKind::InvalidValue));
    }

    #[test]
    fn ways_to_get_a_plan_exclude_each_other() {
        for line in [
            "up --env prod --plan x --only stack",
            "up --env prod --plan x --rollback",
            "up --env prod --rollback --only stack",
            "up --env prod --smoke --no-smoke",
        ] {
            assert_eq!(parse(line).err(), Some(ErrorKind::ArgumentConflict), "{line}");
        }
    }

    #[test]
    fn environment_is_required() {
        for command in ["up", "plan", "down", "status"] {
            assert_eq!(parse(command).err(), Some(ErrorKind::MissingRequiredArgument), "{command}");
        }
    }
}
