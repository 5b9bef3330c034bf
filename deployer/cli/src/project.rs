//! The checkout: where it is and what its environment files hold.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deployer_core::Failure;
use deployer_core::settings::{self, Settings, Sources};

use crate::stop::Stop;

const ENVIRONMENTS: &str = "environments";
/// Holds what all environments share.
const BASE: &str = "base";

/// The checkout, and the folder of environment files, which may be elsewhere.
#[derive(Debug, Clone)]
pub struct Project {
    pub root: PathBuf,
    /// Holds `base.toml` and a file for each environment.
    environments: PathBuf,
    /// The folder as messages name it.
    shown: PathBuf,
}

impl Project {
    /// The given checkout, or the nearest one from the current folder upwards,
    /// with its own environment files or those of another folder.
    pub fn find(given: Option<&Path>, environments: Option<&Path>) -> Result<Self, Failure> {
        let root = find_root(given)?;
        Ok(match environments {
            Some(folder) => Self { root, environments: folder.to_path_buf(), shown: folder.to_path_buf() },
            None => Self { environments: root.join(ENVIRONMENTS), shown: ENVIRONMENTS.into(), root },
        })
    }

    /// Names of all environments, sorted; `base` is none.
    pub fn environments(&self) -> Result<Vec<String>, Failure> {
        let files = self.files()?;
        let names = files.keys().filter_map(|path| settings::environment_name(path));
        Ok(names.filter(|name| *name != BASE).map(str::to_string).collect())
    }

    /// Settings of one environment, or all its faults.
    pub fn settings(&self, environment: &str) -> Result<Settings, Stop> {
        if environment == BASE {
            let cause = "it is what the others extend, not an environment of its own";
            let failure = Failure::new("config/unknown-environment", format!("load environment {BASE}"), cause);
            return Err(failure.with_hint("`deployer validate --all` lists the environments").into());
        }
        let sources = Sources {
            environment: environment.to_string(),
            files: self.files()?,
            variables: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        };
        Ok(settings::load(&sources)?)
    }

    /// Every environment file by the path that messages name it with.
    fn files(&self) -> Result<BTreeMap<String, String>, Failure> {
        let folder = &self.environments;
        let doing = || format!("read {}", folder.display());
        let entries = std::fs::read_dir(folder).map_err(|error| Failure::new("config/unreadable", doing(), error))?;
        let mut files = BTreeMap::new();
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if name.ends_with(".toml") {
                let text = std::fs::read_to_string(&path)
                    .map_err(|error| Failure::new("config/unreadable", format!("read {}", path.display()), error))?;
                files.insert(self.shown.join(name).display().to_string(), text);
            }
        }
        Ok(files)
    }
}

fn find_root(given: Option<&Path>) -> Result<PathBuf, Failure> {
    let start = match given {
        Some(folder) => folder.to_path_buf(),
        None => std::env::current_dir().map_err(|error| no_project(".", error))?,
    };
    let root = match given {
        Some(folder) => is_project(folder).then(|| folder.to_path_buf()),
        None => start.ancestors().find(|folder| is_project(folder)).map(Path::to_path_buf),
    };
    let root = root.ok_or_else(|| no_project(&start.display().to_string(), "no environments/base.toml there"))?;
    Ok(root.canonicalize().unwrap_or(root))
}

fn is_project(folder: &Path) -> bool {
    folder.join("environments/base.toml").is_file()
}

fn no_project(folder: &str, cause: impl std::fmt::Display) -> Failure {
    Failure::new("config/no-project", format!("find the checkout from {folder}"), cause)
        .with_hint("run deployer inside a checkout, or name one with --project")
}
