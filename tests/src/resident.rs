//! Resident memory of processes, and which of them are a platform's (proc(5)).

use std::collections::{BTreeMap, BTreeSet};

use crate::Place;

/// Variable in the environment of every function's process.
const FUNCTION_NAME: &str = "AWS_LAMBDA_FUNCTION_NAME=";

/// The process's resident memory in bytes (VmRSS); None when it has ended.
pub fn resident(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// The two processes of a local platform; functions' processes descend from the sandbox.
#[derive(Debug, Clone, Copy)]
pub struct PlatformProcesses {
    pub sandbox: u32,
    pub emulator: u32,
}

/// Resident bytes at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    pub sandbox: u64,
    pub emulator: u64,
    /// Of each running instance, by the function's name.
    pub functions: BTreeMap<String, Vec<u64>>,
}

impl PlatformProcesses {
    pub fn of(place: &Place) -> Self {
        let status = place.deploy(&["sandbox", "status", "--json"]).succeeded().json();
        let number = |process: &str| status[process]["pid"].as_u64().and_then(|id| u32::try_from(id).ok());
        let running = |process| number(process).unwrap_or_else(|| panic!("no {process} runs: {status}"));
        Self { sandbox: running("sandbox"), emulator: running("emulator") }
    }

    pub fn memory(&self) -> Memory {
        let mut memory = Memory {
            sandbox: resident(self.sandbox).unwrap_or_default(),
            emulator: resident(self.emulator).unwrap_or_default(),
            ..Default::default()
        };
        for process in descendants(self.sandbox) {
            if let (Some(function), Some(bytes)) = (function_of(process), resident(process)) {
                memory.functions.entry(function).or_default().push(bytes);
            }
        }
        memory
    }
}

/// Processes that this one started, and theirs.
fn descendants(of: u32) -> BTreeSet<u32> {
    let entries = std::fs::read_dir("/proc").expect("proc(5) is mounted").flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let parents: BTreeMap<u32, u32> = numbers.filter_map(|id| Some((id, parent(id)?))).collect();
    let mut found = BTreeSet::from([of]);
    loop {
        let before = found.len();
        let children: Vec<u32> =
            parents.iter().filter(|(_, parent)| found.contains(parent)).map(|(id, _)| *id).collect();
        found.extend(children);
        if found.len() == before {
            found.remove(&of);
            return found;
        }
    }
}

fn parent(id: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before it may hold anything, brackets included; state and parent follow.
    stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
}

/// The function whose program this process is; None for bubblewrap around it.
fn function_of(id: u32) -> Option<String> {
    let program = std::fs::read_to_string(format!("/proc/{id}/comm")).ok()?;
    let environment = std::fs::read(format!("/proc/{id}/environ")).ok()?;
    let variables = environment.split(|byte| *byte == 0).filter_map(|line| std::str::from_utf8(line).ok());
    let name = variables.filter_map(|line| line.strip_prefix(FUNCTION_NAME)).next()?;
    (program.trim() != "bwrap").then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_child_is_found_with_its_function_and_its_memory() {
        let mut child = Command::new("sleep")
            .arg("60")
            .env("AWS_LAMBDA_FUNCTION_NAME", "tools")
            .stdout(Stdio::null())
            .spawn()
            .expect("sleep starts");
        let found = descendants(std::process::id());
        let (function, bytes) = (function_of(child.id()), resident(child.id()));
        child.kill().and_then(|()| child.wait()).expect("it can be ended");
        assert!(found.contains(&child.id()), "{found:?}");
        assert_eq!(function.as_deref(), Some("tools"));
        assert!(bytes.is_some_and(|bytes| bytes > 0));
    }
}
