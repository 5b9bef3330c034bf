//! `deployer render`: the templates as they would be deployed. Needs no AWS account.

use deployer_core::{Failure, render};

use crate::arguments::{Render, Stack};
use crate::project::Project;
use crate::stop::Stop;

pub fn run(project: &Project, arguments: &Render) -> Result<(), Stop> {
    let settings = project.settings(&arguments.environment.name)?;
    let failed = |error| Failure::new("plan/render", format!("render environment {}", settings.environment), error);
    let templates = [
        (Stack::Foundation, "foundation.yaml", render::foundation(&settings).map_err(failed)?),
        (Stack::Data, "data.yaml", render::data(&settings).map_err(failed)?),
        (Stack::Application, "application.yaml", render::application(&settings).map_err(failed)?),
    ];
    for (stack, file, text) in templates {
        match (&arguments.out, arguments.stack) {
            (Some(folder), _) => {
                let path = folder.join(file);
                let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, &text));
                written.map_err(|error| Failure::new("run/write", format!("write {}", path.display()), error))?;
                println!("{}", path.display());
            }
            (None, Some(wanted)) if wanted == stack => print!("{text}"),
            (None, Some(_)) => {}
            (None, None) => print!("---\n{text}"),
        }
    }
    Ok(())
}
