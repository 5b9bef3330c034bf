//! May the lease be taken? A function of the item, the clock and the processes of this machine.

use super::holder::Process;
use super::record::LeaseRecord;

/// What to do about the item that was read.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// Write with this fence, provided that nothing has changed since.
    Take { fence: u64 },
    /// Somebody is at work.
    Locked,
}

/// `start_of` gives the start time of a process of this machine, None when there is no such process.
pub fn decide(
    found: Option<&LeaseRecord>,
    now_ms: u64,
    this: &Process,
    start_of: impl Fn(u32) -> Option<u64>,
) -> Decision {
    let Some(lease) = found else { return Decision::Take { fence: 1 } };
    let expired = lease.expires_at <= now_ms;
    let holder = &lease.process;
    let dead = holder.machine == this.machine && start_of(holder.pid) != Some(holder.start);
    if expired || dead { Decision::Take { fence: lease.fence + 1 } } else { Decision::Locked }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000;

    fn process(machine: &str, pid: u32) -> Process {
        Process { host: "box".into(), machine: machine.into(), pid, start: 50 }
    }

    fn held(machine: &str, expires_at: u64) -> LeaseRecord {
        LeaseRecord {
            holder: "ann@box pid 7".into(),
            process: process(machine, 7),
            since: String::new(),
            fence: 4,
            token: "t".into(),
            expires_at,
        }
    }

    fn decide_here(lease: &LeaseRecord, start_of_holder: Option<u64>) -> Decision {
        decide(Some(lease), NOW, &process("here", 8), |_| start_of_holder)
    }

    #[test]
    fn a_lease_never_taken_starts_the_count() {
        assert_eq!(decide(None, NOW, &process("here", 8), |_| None), Decision::Take { fence: 1 });
    }

    #[test]
    fn a_living_holder_keeps_its_lease() {
        assert_eq!(decide_here(&held("here", NOW + 1), Some(50)), Decision::Locked);
    }

    #[test]
    fn an_expired_lease_is_taken_even_from_a_living_holder() {
        assert_eq!(decide_here(&held("here", NOW), Some(50)), Decision::Take { fence: 5 });
    }

    #[test]
    fn a_dead_holder_on_this_machine_is_replaced_at_once() {
        assert_eq!(decide_here(&held("here", NOW + 1), None), Decision::Take { fence: 5 });
    }

    #[test]
    fn another_process_with_the_holders_id_is_not_the_holder() {
        assert_eq!(decide_here(&held("here", NOW + 1), Some(51)), Decision::Take { fence: 5 });
    }

    #[test]
    fn nothing_is_concluded_about_processes_of_another_machine() {
        assert_eq!(decide_here(&held("there", NOW + 1), None), Decision::Locked);
    }

    #[test]
    fn a_released_lease_can_be_taken() {
        assert_eq!(decide_here(&held("there", 0), None), Decision::Take { fence: 5 });
    }
}
