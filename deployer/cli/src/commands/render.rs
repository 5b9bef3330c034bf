//! `deployer render`: the templates as they would be deployed, or the policy
//! that the deployer itself needs. Needs no AWS account.

use std::path::{Path, PathBuf};

use deployer_core::desired::Location;
use deployer_core::permissions::{self, Policies};
use deployer_core::settings::{Platform, Settings};
use deployer_core::{Failure, render};
use serde_json::{Value, json};

use crate::arguments::{Render, Stack};
use crate::project::Project;
use crate::stop::Stop;
use crate::views::out::{say, tell};

/// Everything on the local platform is in this account.
const LOCAL_ACCOUNT: &str = "000000000000";

pub fn run(project: &Project, arguments: &Render) -> Result<(), Stop> {
    let settings = project.settings(&arguments.environment.name)?;
    match arguments.deployer_policy {
        true => deployer_policy(&settings, arguments.out.as_deref()),
        false => templates(&settings, arguments),
    }
}

fn templates(settings: &Settings, arguments: &Render) -> Result<(), Stop> {
    let failed = |error| Failure::new("plan/render", format!("render environment {}", settings.environment), error);
    let templates = [
        (Stack::Foundation, "foundation.yaml", render::foundation(settings).map_err(failed)?),
        (Stack::Data, "data.yaml", render::data(settings).map_err(failed)?),
        (Stack::ReadAccess, "read-access.yaml", render::read_access(settings).map_err(failed)?),
        (Stack::Application, "application.yaml", render::application(settings).map_err(failed)?),
    ];
    for (stack, file, text) in templates {
        match (&arguments.out, arguments.stack) {
            (Some(folder), _) => say!("{}", write(folder, file, &text)?.display()),
            (None, Some(wanted)) if wanted == stack => say!("{}", text.trim_end()),
            (None, Some(_)) => {}
            (None, None) => say!("---\n{}", text.trim_end()),
        }
    }
    Ok(())
}

fn deployer_policy(settings: &Settings, out: Option<&Path>) -> Result<(), Stop> {
    let policies = permissions::policies(settings, &location(settings)?);
    match out {
        Some(folder) => {
            for (file, document) in files(&policies) {
                say!("{}", write(folder, &file, &format!("{document:#}\n"))?.display());
            }
        }
        None => {
            if policies.deployer.len() > 1 {
                tell!("{} policies: IAM takes no longer ones; attach all of them", policies.deployer.len());
            }
            say!("{:#}", on_one_page(policies));
        }
    }
    Ok(())
}

/// One policy as it is, several as an array; with the policies of
/// CloudFormation's role both by their holder.
fn on_one_page(policies: Policies) -> Value {
    match policies.cloudformation {
        Some(cloudformation) => {
            json!({"deployer": one_or_all(policies.deployer), "cloudformation": one_or_all(cloudformation)})
        }
        None => one_or_all(policies.deployer),
    }
}

fn one_or_all(mut documents: Vec<Value>) -> Value {
    match documents.len() {
        1 => documents.remove(0),
        _ => Value::Array(documents),
    }
}

fn files(policies: &Policies) -> Vec<(String, &Value)> {
    let holders = [("deployer", Some(&policies.deployer)), ("cloudformation", policies.cloudformation.as_ref())];
    let mut files = Vec::new();
    for (holder, documents) in holders.iter().filter_map(|(holder, documents)| Some((holder, (*documents)?))) {
        for (index, document) in documents.iter().enumerate() {
            let number = if documents.len() > 1 { format!("-{}", index + 1) } else { String::new() };
            files.push((format!("{holder}-policy{number}.json"), document));
        }
    }
    files
}

/// Known without asking AWS only where the settings name the account.
fn location(settings: &Settings) -> Result<Location, Failure> {
    let account = match (settings.platform, &settings.aws.account) {
        (Platform::Local { .. }, _) => LOCAL_ACCOUNT.to_string(),
        (Platform::Aws, Some(account)) => account.clone(),
        (Platform::Aws, None) => {
            let doing = format!("render the deployer's policy for environment {}", settings.environment);
            let hint = format!("set `account` under [aws] in environments/{}.toml", settings.environment);
            return Err(Failure::new("config/no-account", doing, "the account is not known").with_hint(hint));
        }
    };
    Ok(Location { account, region: settings.aws.region.clone() })
}

fn write(folder: &Path, file: &str, text: &str) -> Result<PathBuf, Failure> {
    let path = folder.join(file);
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text));
    written.map_err(|error| Failure::new("run/write", format!("write {}", path.display()), error))?;
    Ok(path)
}
