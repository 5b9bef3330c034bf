//! Links in the making: what depends on a broken link is skipped.

use deployer_core::doctor::{DoctorReport, LinkState, Verdict};

pub struct Chain {
    report: DoctorReport,
}

impl Chain {
    pub fn new(environment: &str) -> Self {
        Self { report: DoctorReport::new(environment) }
    }

    pub fn add(&mut self, name: &str, verdict: Verdict) {
        self.report.add(name, verdict);
    }

    /// What stands in the way of a link that needs these others, if anything does.
    pub fn obstacle(&self, needs: &[&str]) -> Option<Verdict> {
        let found = |name: &&str| self.report.links.iter().find(|link| link.name == **name);
        let needed: Vec<_> = needs.iter().filter_map(found).collect();
        if let Some(broken) = needed.iter().find(|link| link.state == LinkState::Broken) {
            return Some(Verdict::skipped(&broken.name));
        }
        if let Some(skipped) = needed.iter().find(|link| link.state == LinkState::Skipped) {
            return Some(Verdict { state: LinkState::Skipped, detail: skipped.detail.clone(), code: None, hint: None });
        }
        if needed.iter().any(|link| link.state == LinkState::NotDeployedYet) {
            return Some(Verdict::not_deployed());
        }
        let unchecked = needed.iter().find(|link| link.state == LinkState::Unchecked)?;
        Some(Verdict::unchecked(format!("needs link `{}`, which is unchecked", unchecked.name)))
    }

    /// The link, tried only where the others that it needs hold.
    pub async fn try_link(&mut self, name: &str, needs: &[&str], attempt: impl Future<Output = Verdict>) {
        let verdict = match self.obstacle(needs) {
            Some(obstacle) => obstacle,
            None => attempt.await,
        };
        self.add(name, verdict);
    }

    /// Links that nobody can try, since one before them is broken.
    pub fn skip(&mut self, names: &[&str]) {
        let broken = self.report.broken().map(|link| link.name.clone()).unwrap_or_default();
        for name in names {
            self.add(name, Verdict::skipped(&broken));
        }
    }

    pub fn finish(self) -> DoctorReport {
        self.report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn state(chain: &mut Chain, needs: &[&str]) -> LinkState {
        chain.try_link("last", needs, async { Verdict::ok("seen") }).await;
        chain.report.links.pop().map(|link| link.state).unwrap()
    }

    #[tokio::test]
    async fn a_link_is_skipped_behind_a_broken_one_and_behind_a_skipped_one() {
        let mut chain = Chain::new("test");
        chain.add("good", Verdict::ok("seen"));
        chain.add("warned", Verdict::warning("old", "renew"));
        chain.add("bad", Verdict::broken("x/y", "cause", "hint"));
        chain.skip(&["behind"]);
        assert_eq!(state(&mut chain, &["good", "warned"]).await, LinkState::Ok);
        assert_eq!(state(&mut chain, &["good", "bad"]).await, LinkState::Skipped);
        assert_eq!(state(&mut chain, &["behind"]).await, LinkState::Skipped);
        assert_eq!(chain.obstacle(&["behind"]).unwrap().detail, "link `bad` is broken");
    }

    #[tokio::test]
    async fn what_is_not_deployed_or_unchecked_passes_on_to_what_needs_it() {
        let mut chain = Chain::new("test");
        chain.add("absent", Verdict::not_deployed());
        chain.add("unknown", Verdict::unchecked("timeout"));
        assert_eq!(state(&mut chain, &["unknown", "absent"]).await, LinkState::NotDeployedYet);
        assert_eq!(state(&mut chain, &["unknown"]).await, LinkState::Unchecked);
    }
}
