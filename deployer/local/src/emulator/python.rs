//! The machine's Python interpreters.

use std::path::PathBuf;

use deployer_core::Failure;

use super::tool::Tool;

/// The oldest that the emulator runs on.
const OLDEST: Version = (3, 10);

const CANDIDATES: [&str; 6] = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];

const DESCRIBE: &str = "import sys; print(sys.executable); print(*sys.version_info[:2])";

type Version = (u32, u32);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Python {
    pub(super) path: PathBuf,
    version: Version,
}

/// The first interpreter that is new enough.
///
/// Fails with `local/python-missing` or `local/python-too-old`.
pub(super) async fn find() -> Result<Python, Failure> {
    let mut found = Vec::new();
    for candidate in CANDIDATES {
        if let Some(python) = describe(candidate).await {
            let is_new_enough = python.version >= OLDEST;
            found.push(python);
            if is_new_enough {
                break;
            }
        }
    }
    choose(found)
}

async fn describe(candidate: &str) -> Option<Python> {
    let output = Tool::new(candidate).arguments(["-c", DESCRIBE]).run(&mut |_| {}).await.ok()?;
    if output.succeeded { parse(&output.lines) } else { None }
}

fn parse(lines: &[String]) -> Option<Python> {
    let [path, version] = lines else { return None };
    let (major, minor) = version.split_once(' ')?;
    Some(Python { path: path.into(), version: (major.parse().ok()?, minor.parse().ok()?) })
}

fn choose(found: Vec<Python>) -> Result<Python, Failure> {
    const DOING: &str = "find a Python for the emulator";
    let newest = found.iter().map(|python| python.version).max();
    if let Some(python) = found.into_iter().find(|python| python.version >= OLDEST) {
        return Ok(python);
    }
    Err(match newest {
        None => Failure::new("local/python-missing", DOING, "`python3` was not found")
            .with_hint("install it: `apt install python3 python3-venv`, or uv (https://docs.astral.sh/uv/)"),
        Some((major, minor)) => Failure::new(
            "local/python-too-old",
            DOING,
            format!("Python {major}.{minor} is too old, {}.{} or newer is needed", OLDEST.0, OLDEST.1),
        )
        .with_hint("install a newer Python as `python3.11` or `python3`, or uv (https://docs.astral.sh/uv/)"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(version: Version) -> Python {
        Python { path: "/usr/bin/python3".into(), version }
    }

    #[test]
    fn description_is_understood() {
        let lines = |path: &str, version: &str| [path.to_string(), version.to_string()];
        assert_eq!(parse(&lines("/usr/bin/python3", "3 11")), Some(python((3, 11))));
        assert_eq!(parse(&lines("/usr/bin/python3", "pyenv: no such command")), None);
    }

    #[test]
    fn first_that_is_new_enough_is_chosen() {
        assert_eq!(choose(vec![python((3, 9)), python((3, 12))]), Ok(python((3, 12))));
    }

    #[test]
    fn missing_and_old_interpreters_have_their_hints() {
        let missing = choose(vec![]).unwrap_err();
        assert_eq!(missing.code, "local/python-missing");
        assert!(missing.hint.unwrap().contains("apt install python3 python3-venv"));
        let old = choose(vec![python((3, 9)), python((3, 8))]).unwrap_err();
        assert_eq!(old.code, "local/python-too-old");
        assert!(old.cause.contains("3.9") && old.cause.contains("3.10"));
    }
}
