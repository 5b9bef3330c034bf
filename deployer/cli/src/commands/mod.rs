//! One file per command; each reads like a recipe.

mod adopt;
mod ask;
mod completions;
mod confirm;
mod connection;
mod doctor;
mod down;
mod drift;
mod gateway;
mod history;
mod images;
mod logs;
mod man;
mod outputs;
mod plan;
mod render;
mod sandbox;
mod status;
mod target;
mod token;
mod unlock;
mod up;
mod validate;

use crate::arguments::{Arguments, Command};
use crate::project::Project;
use crate::stop::Stop;

/// Runs the command that the arguments name.
pub async fn run(arguments: Arguments) -> Result<(), Stop> {
    let Arguments { project, environments, command } = arguments;
    let project = || Project::find(project.as_deref(), environments.as_deref());
    match command {
        Command::Up(arguments) => up::run(&project()?, &arguments).await,
        Command::Plan(arguments) => plan::run(&project()?, &arguments).await,
        Command::Down(arguments) => down::run(&project()?, &arguments).await,
        Command::Status(arguments) => status::run(&project()?, &arguments).await,
        Command::Drift(arguments) => drift::run(&project()?, &arguments).await,
        Command::Doctor(arguments) => doctor::run(&project()?, &arguments).await,
        Command::Validate(arguments) => validate::run(&project()?, &arguments),
        Command::Render(arguments) => render::run(&project()?, &arguments),
        Command::Connection(environment) => connection::run(&project()?, &environment).await,
        Command::Token(environment) => token::run(&project()?, &environment).await,
        Command::Sandbox(command) => sandbox::run(&project()?, &command).await,
        Command::Outputs(arguments) => outputs::run(&project()?, &arguments).await,
        Command::History(arguments) => history::run(&project()?, &arguments).await,
        Command::Unlock(arguments) => unlock::run(&project()?, &arguments).await,
        Command::Adopt(arguments) => adopt::run(&project()?, &arguments).await,
        Command::Logs(arguments) => logs::run(&project()?, &arguments).await,
        Command::Images(command) => images::run(&project()?, &command).await,
        Command::Gateway(command) => gateway::run(&project()?, &command).await,
        Command::Target(command) => target::run(&project()?, &command).await,
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
    }
}
