//! Which process we mean: its number alone may belong to another one later.

use std::fs;

use serde::{Deserialize, Serialize};

/// Position of the start time after the command's name in /proc/<pid>/stat
/// (proc_pid_stat(5): field 22; the name is field 2).
const START_TIME: usize = 19;

/// A process by number and start time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProcessIdentity {
    pub(crate) pid: u32,
    /// Clock ticks since the machine started.
    pub(crate) started: u64,
}

impl ProcessIdentity {
    /// The process that has the number now; ended ones that nobody waited for
    /// included.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Some(Self { pid, started: start_time(&stat)? })
    }

    /// True while this very process runs.
    pub(crate) fn is_alive(&self) -> bool {
        let Ok(stat) = fs::read_to_string(format!("/proc/{}/stat", self.pid)) else { return false };
        start_time(&stat) == Some(self.started) && !has_ended(&stat)
    }
}

/// The fields after the command's name, which may itself hold blanks and brackets.
fn fields(stat: &str) -> impl Iterator<Item = &str> {
    stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace()
}

fn start_time(stat: &str) -> Option<u64> {
    fields(stat).nth(START_TIME)?.parse().ok()
}

/// Zombie or dead.
fn has_ended(stat: &str) -> bool {
    matches!(fields(stat).next(), Some("Z" | "X" | "x"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn own_process_is_alive() {
        assert!(ProcessIdentity::of(std::process::id()).unwrap().is_alive());
    }

    #[test]
    fn reused_number_is_another_process() {
        let own = ProcessIdentity::of(std::process::id()).unwrap();
        let earlier = ProcessIdentity { started: own.started - 1, ..own };
        assert!(!earlier.is_alive());
    }

    #[test]
    fn ended_process_is_not_alive_even_before_it_is_waited_for() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let identity = ProcessIdentity::of(child.id()).unwrap();
        assert!(identity.is_alive());
        child.kill().unwrap();
        while identity.is_alive() {
            std::thread::yield_now();
        }
        assert_eq!(ProcessIdentity::of(child.id()), Some(identity), "it is a zombie now");
        child.wait().unwrap();
        assert_eq!(ProcessIdentity::of(identity.pid), None);
    }

    #[test]
    fn command_name_with_brackets_is_read_over() {
        let rest = (4..=21).map(|field| field.to_string()).collect::<Vec<_>>().join(" ");
        let stat = format!("7 (a) Z 9 (b)) S {rest} 4711 23");
        assert_eq!(start_time(&stat), Some(4711));
        assert!(!has_ended(&stat));
    }
}
