//! The lease: who holds it, if anybody does.

use super::link::Verdict;

/// The lease's item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseFacts<'a> {
    /// `user@host pid N`
    pub holder: &'a str,
    /// RFC 3339.
    pub since: &'a str,
    /// Milliseconds since 1970; 0 once it was given back.
    pub expires_at: u64,
}

/// `now` in milliseconds since 1970.
pub fn lease(found: Option<LeaseFacts<'_>>, now: u64) -> Verdict {
    let Some(lease) = found.filter(|lease| lease.expires_at > 0) else { return Verdict::ok("free") };
    let LeaseFacts { holder, since, expires_at } = lease;
    match expires_at.checked_sub(now) {
        Some(left) if left > 0 => Verdict::warning(
            format!("held by {holder} since {since}, for {} more seconds unless it is renewed", left.div_ceil(1000)),
            "wait for that run; `deployer unlock` takes the lease from a run that is dead",
        ),
        _ => Verdict::ok(format!("free; {holder} died with it and it has expired")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::LinkState;

    #[test]
    fn a_lease_that_is_held_names_its_holder() {
        let at = |expires_at| lease(Some(LeaseFacts { holder: "ann@box pid 7", since: "t", expires_at }), 5_000);
        assert_eq!(lease(None, 5_000), Verdict::ok("free"));
        assert_eq!(at(0).state, LinkState::Ok);
        assert_eq!(at(5_000).state, LinkState::Ok);
        assert_eq!(at(6_500).state, LinkState::Warning);
        assert!(at(6_500).detail.contains("ann@box pid 7") && at(6_500).detail.contains("2 more seconds"));
    }
}
