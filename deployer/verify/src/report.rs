//! What the smoke test found, link by link.

use deployer_core::Failure;

/// One link of the chain.
#[derive(Debug)]
pub struct Link {
    pub name: &'static str,
    pub outcome: Outcome,
}

#[derive(Debug)]
pub enum Outcome {
    /// What was seen.
    Passed(String),
    Failed(Failure),
    /// Could not be tried, and why.
    Unchecked(String),
}

/// All links in the order in which a question passes them.
#[derive(Debug, Default)]
pub struct Report {
    pub links: Vec<Link>,
}

impl Report {
    /// What makes the smoke test fail. Unchecked links count when `required`.
    pub fn failures(&self, required: bool) -> Vec<Failure> {
        self.links.iter().filter_map(|link| link.failure(required)).collect()
    }
}

impl Link {
    fn failure(&self, required: bool) -> Option<Failure> {
        match &self.outcome {
            Outcome::Passed(_) => None,
            Outcome::Failed(failure) => Some(failure.clone()),
            Outcome::Unchecked(reason) if required => Some(
                Failure::new("smoke/unchecked", format!("smoke test, link `{}`", self.name), reason)
                    .with_hint("set smoke.token in the environment file, or smoke.required = false"),
            ),
            Outcome::Unchecked(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcome: Outcome) -> Report {
        Report { links: vec![Link { name: "token", outcome }] }
    }

    #[test]
    fn an_unchecked_link_fails_only_where_the_test_is_required() {
        assert!(report(Outcome::Unchecked("no token".into())).failures(false).is_empty());
        assert_eq!(report(Outcome::Unchecked("no token".into())).failures(true)[0].code, "smoke/unchecked");
    }

    #[test]
    fn a_broken_link_always_fails() {
        let broken = Outcome::Failed(Failure::new("smoke/health", "ask", "503"));
        assert_eq!(report(broken).failures(false).len(), 1);
    }
}
