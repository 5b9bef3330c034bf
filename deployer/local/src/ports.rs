//! Ports on the loopback interface.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;

use deployer_core::Failure;

/// Below the range from which the kernel takes ports for outgoing connections
/// (ip(7), ip_local_port_range: 32768 and up), which would sooner or later take
/// a port that we keep.
const RANGE: RangeInclusive<u16> = 20_000..=29_999;

/// A port that nobody listens on, to be kept.
pub(crate) fn free() -> Result<u16, Failure> {
    // A hasher's random seed: two platforms should not try the same ports.
    let seed = RandomState::new().build_hasher().finish();
    let first = usize::try_from(seed % RANGE.len() as u64).unwrap_or_default();
    let candidates = RANGE.skip(first).chain(RANGE.take(first));
    candidates.into_iter().find(|port| is_free(*port)).ok_or_else(|| {
        let all = format!("all ports from {} to {} are taken", RANGE.start(), RANGE.end());
        Failure::new("local/port-taken", "find a free port on 127.0.0.1", all)
    })
}

pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Fails with `local/port-taken`.
pub(crate) fn check_free(port: u16) -> Result<(), Failure> {
    if is_free(port) { Ok(()) } else { Err(taken(port)) }
}

pub(crate) fn taken(port: u16) -> Failure {
    Failure::new(
        "local/port-taken",
        format!("start the local platform on port {port}"),
        "another process listens on it or it may not be opened",
    )
    .with_hint(format!(
        "see who has it with `ss -ltnp 'sport = :{port}'` and end that, or choose another port for the local platform \
         in the environment file; what is deployed there needs `up` again after a change of port"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_port_can_be_listened_on_and_kept() {
        let port = free().unwrap();
        assert!(RANGE.contains(&port));
        assert!(is_free(port));
    }

    #[test]
    fn taken_port_is_named() {
        let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = holder.local_addr().unwrap().port();
        let failure = check_free(port).unwrap_err();
        assert_eq!(failure.code, "local/port-taken");
        assert!(failure.doing.contains(&port.to_string()) && failure.hint.is_some());
        drop(holder);
        assert!(check_free(port).is_ok());
    }
}
