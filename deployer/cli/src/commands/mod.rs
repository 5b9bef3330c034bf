//! One file per command; each reads like a recipe.

mod confirm;
mod connection;
mod down;
mod plan;
mod render;
mod sandbox;
mod status;
mod token;
mod up;
mod validate;

use crate::arguments::{Arguments, Command};
use crate::project::Project;
use crate::stop::Stop;

/// Runs the command that the arguments name.
pub async fn run(arguments: Arguments) -> Result<(), Stop> {
    let project = Project::find(arguments.project.as_deref())?;
    match arguments.command {
        Command::Up(arguments) => up::run(&project, &arguments).await,
        Command::Plan(arguments) => plan::run(&project, &arguments).await,
        Command::Down(arguments) => down::run(&project, &arguments).await,
        Command::Status(arguments) => status::run(&project, &arguments).await,
        Command::Validate(arguments) => validate::run(&project, &arguments),
        Command::Render(arguments) => render::run(&project, &arguments),
        Command::Connection(environment) => connection::run(&project, &environment).await,
        Command::Token(environment) => token::run(&project, &environment).await,
        Command::Sandbox(command) => sandbox::run(&project, &command).await,
    }
}
