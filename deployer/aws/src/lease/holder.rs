//! Which process this is, and whether another one is still alive.

use std::fs;
use std::os::unix::fs::MetadataExt;

use schemars::JsonSchema;
use serde::Serialize;

/// A process, told from any later one with the same id by its start time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Process {
    pub host: String,
    /// Boot id and process namespace: only within the same one do process ids mean the same.
    pub machine: String,
    pub pid: u32,
    /// Clock ticks from boot to the start (proc(5), field 22 of /proc/pid/stat); 0 where that cannot be read.
    pub start: u64,
}

impl Process {
    /// This process.
    pub fn current() -> Self {
        let pid = std::process::id();
        Self { host: host(), machine: machine(), pid, start: start_of(pid).unwrap_or(0) }
    }

    /// `user@host pid N`
    pub fn label(&self) -> String {
        format!("{}@{} pid {}", user(), self.host, self.pid)
    }
}

/// Start time of the process with this id; None when there is none.
pub fn start_of(pid: u32) -> Option<u64> {
    start_in(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The command name stands in parentheses and may hold anything, so fields count from the last one.
fn start_in(stat: &str) -> Option<u64> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "unknown-host".into() } else { name.trim().to_string() }
}

fn machine() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{}/{}", boot.trim(), namespace.display())
}

fn user() -> String {
    let Ok(uid) = fs::metadata("/proc/self").map(|this| this.uid()) else { return "unknown-user".into() };
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_of(&accounts, uid).unwrap_or_else(|| format!("uid-{uid}"))
}

fn name_of(accounts: &str, uid: u32) -> Option<String> {
    let uid = uid.to_string();
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_keeps_its_start_time() {
        let this = Process::current();
        assert!(this.start > 0);
        assert_eq!(start_of(this.pid), Some(this.start));
    }

    #[test]
    fn a_command_name_with_spaces_and_parentheses_is_skipped() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 12 13";
        assert_eq!(start_in(stat), Some(4711));
    }

    #[test]
    fn a_user_is_found_by_number() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/sh\n";
        assert_eq!(name_of(accounts, 1000).as_deref(), Some("ann"));
        assert_eq!(name_of(accounts, 5), None);
    }
}
