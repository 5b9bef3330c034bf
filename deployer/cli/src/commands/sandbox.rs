//! `deployer sandbox`: the local platform's processes.

use deployer_core::settings::Platform;
use deployer_local::{Folders, LocalPlatform, LocalProcess};

use crate::arguments::{LogSource, Sandbox};
use crate::project::Project;
use crate::session;
use crate::stop::Stop;
use crate::views;
use crate::views::out::say;

/// The environment whose port the local platform takes.
const LOCAL_ENVIRONMENT: &str = "local";

pub async fn run(project: &Project, command: &Sandbox) -> Result<(), Stop> {
    let view = views::progress::ProgressView::new();
    let platform = LocalPlatform::new(Folders::discover()?);
    match command {
        Sandbox::Start => {
            let port = match project.settings(LOCAL_ENVIRONMENT)?.platform {
                Platform::Local { port } => port,
                Platform::Aws => 0,
            };
            let running = session::start_platform(project, port, &view).await?;
            say!("{}", running.base_url);
        }
        Sandbox::Stop => {
            platform.stop(&view).await?;
            say!("The local platform is stopped; what is deployed there is kept.");
        }
        Sandbox::Status { json } => views::status::show_platform(&platform.status().await?, *json),
        Sandbox::Logs { source, lines } => {
            let names = project.settings(LOCAL_ENVIRONMENT)?.names();
            let found = match source {
                LogSource::Emulator => platform.logs(LocalProcess::Emulator, *lines)?,
                LogSource::Sandbox => platform.logs(LocalProcess::Sandbox, *lines)?,
                LogSource::Agent => platform.function_logs(&names.agent_function(), *lines)?,
                LogSource::Tools => platform.function_logs(&names.tool_function(), *lines)?,
            };
            found.iter().for_each(|line| say!("{line}"));
        }
    }
    Ok(())
}
