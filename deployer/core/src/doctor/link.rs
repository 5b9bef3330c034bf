//! Links and the report that they make.

use schemars::JsonSchema;
use serde::Serialize;

use crate::failure::Failure;
use crate::observed::{Gap, GapReason};

/// How one link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    Ok,
    /// It holds, but somebody should look at it.
    Warning,
    Broken,
    /// It could not be tried.
    Unchecked,
    NotDeployedYet,
    /// Not tried, since a link before it is broken.
    Skipped,
}

/// What is known about one link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub state: LinkState,
    /// What was seen, or the cause.
    pub detail: String,
    /// Set for broken links.
    pub code: Option<&'static str>,
    pub hint: Option<String>,
}

impl Verdict {
    fn new(state: LinkState, detail: impl Into<String>) -> Self {
        Self { state, detail: detail.into(), code: None, hint: None }
    }

    pub fn ok(seen: impl Into<String>) -> Self {
        Self::new(LinkState::Ok, seen)
    }

    pub fn warning(seen: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(LinkState::Warning, seen).with_hint(hint)
    }

    pub fn broken(code: &'static str, cause: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: Some(code), ..Self::new(LinkState::Broken, cause).with_hint(hint) }
    }

    pub fn unchecked(reason: impl Into<String>) -> Self {
        Self::new(LinkState::Unchecked, reason)
    }

    pub fn not_deployed() -> Self {
        Self::new(LinkState::NotDeployedYet, "does not exist yet").with_hint("`deployer up` makes it")
    }

    /// What does not exist though the stack that needs it does is not pending, but lost.
    pub fn where_deployed(self, is_deployed: bool) -> Self {
        match self.state {
            LinkState::NotDeployedYet if is_deployed => Self::broken(
                "resource/missing",
                "is missing, though the application stack is there",
                "`deployer up` makes it again",
            ),
            _ => self,
        }
    }

    pub fn skipped(broken: &str) -> Self {
        Self::new(LinkState::Skipped, format!("link `{broken}` is broken"))
    }

    /// A read that was refused breaks the link: a deployment needs the same read.
    pub fn gap(gap: &Gap) -> Self {
        match gap.reason {
            GapReason::Denied => Self::broken("aws/denied", &gap.message, "allow the read to whoever deploys"),
            GapReason::Throttled | GapReason::Failed => Self::unchecked(&gap.message),
        }
    }

    /// A read that failed, of something that need not be readable to deploy.
    pub fn unread(failure: &Failure) -> Self {
        Self::unchecked(format!("{}: {}", failure.doing, failure.cause))
    }

    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    pub fn is_broken(&self) -> bool {
        self.state == LinkState::Broken
    }
}

impl From<Failure> for Verdict {
    fn from(failure: Failure) -> Self {
        let detail = format!("{}: {}", failure.doing, failure.cause);
        Self { state: LinkState::Broken, detail, code: Some(failure.code), hint: failure.hint }
    }
}

/// One link of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Link {
    pub name: String,
    pub state: LinkState,
    /// What was seen, or the cause.
    pub detail: String,
    /// Failure code of a broken link, `aws/denied` for example.
    pub code: Option<&'static str>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Every link in the order in which a deployment and a question need them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DoctorReport {
    pub environment: String,
    /// No link is broken.
    pub healthy: bool,
    pub links: Vec<Link>,
}

impl DoctorReport {
    pub fn new(environment: impl Into<String>) -> Self {
        Self { environment: environment.into(), healthy: true, links: vec![] }
    }

    pub fn add(&mut self, name: impl Into<String>, verdict: Verdict) {
        self.healthy &= !verdict.is_broken();
        let Verdict { state, detail, code, hint } = verdict;
        self.links.push(Link { name: name.into(), state, detail, code, hint });
    }

    /// The first broken link.
    pub fn broken(&self) -> Option<&Link> {
        self.links.iter().find(|link| link.state == LinkState::Broken)
    }

    pub fn count(&self, state: LinkState) -> usize {
        self.links.iter().filter(|link| link.state == state).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_read_breaks_a_link_and_a_failed_one_leaves_it_unchecked() {
        let gap = |reason| Verdict::gap(&Gap { reason, message: "m".into() }).state;
        assert_eq!(gap(GapReason::Denied), LinkState::Broken);
        assert_eq!(gap(GapReason::Failed), LinkState::Unchecked);
    }

    #[test]
    fn what_is_missing_from_a_deployed_environment_is_broken() {
        assert_eq!(Verdict::not_deployed().where_deployed(false).state, LinkState::NotDeployedYet);
        assert_eq!(Verdict::not_deployed().where_deployed(true).code, Some("resource/missing"));
        assert_eq!(Verdict::ok("seen").where_deployed(true), Verdict::ok("seen"));
    }

    #[test]
    fn only_broken_links_make_a_report_unhealthy() {
        let mut report = DoctorReport::new("test");
        report.add("a", Verdict::warning("old", "renew"));
        report.add("b", Verdict::not_deployed());
        report.add("c", Verdict::skipped("a"));
        assert!(report.healthy && report.broken().is_none());
        report.add("d", Failure::new("aws/denied", "read", "no").into());
        assert_eq!(report.broken().map(|link| link.name.as_str()), Some("d"));
        assert!(!report.healthy);
    }
}
