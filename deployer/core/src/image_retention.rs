//! Which images may be deleted: those that no function runs, that no recent
//! deployment could be rolled back to, and that nobody has just pushed.

use std::collections::BTreeSet;

/// An image younger than this may belong to a run that has pushed it and not deployed it yet.
pub const SAFE_AGE_SECONDS: i64 = 60 * 60;

/// An image in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub repository: String,
    /// `sha256:...`
    pub digest: String,
    /// Seconds since 1970.
    pub pushed_at: Option<i64>,
}

/// What still needs images.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Digests that functions run.
    pub live: BTreeSet<String>,
    /// Digests of the last deployments that can be rolled back to, newest first.
    pub deployments: Vec<BTreeSet<String>>,
    /// Seconds since 1970.
    pub now: i64,
}

/// Why an image stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    Live,
    /// It is of the deployment so many before the newest, which is 0.
    Deployment(usize),
    /// Pushed less than an hour ago.
    Recent,
    /// Nobody knows when it was pushed.
    UnknownAge,
}

/// All reasons to keep the image, the strongest first; an image without one may be deleted.
pub fn reasons(image: &Candidate, needs: &Needs) -> Vec<Reason> {
    let live = needs.live.contains(&image.digest).then_some(Reason::Live);
    let deployment = needs.deployments.iter().position(|digests| digests.contains(&image.digest));
    let age = match image.pushed_at {
        None => Some(Reason::UnknownAge),
        Some(pushed_at) => (needs.now.saturating_sub(pushed_at) < SAFE_AGE_SECONDS).then_some(Reason::Recent),
    };
    live.into_iter().chain(deployment.map(Reason::Deployment)).chain(age).collect()
}

/// The images that nothing needs.
pub fn unused<'a>(images: &'a [Candidate], needs: &Needs) -> Vec<&'a Candidate> {
    images.iter().filter(|image| reasons(image, needs).is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000;

    fn image(digest: &str, pushed_at: Option<i64>) -> Candidate {
        Candidate { repository: "r".into(), digest: digest.into(), pushed_at }
    }

    fn old(digest: &str) -> Candidate {
        image(digest, Some(NOW - SAFE_AGE_SECONDS))
    }

    fn digests(of: &[&str]) -> BTreeSet<String> {
        of.iter().map(|digest| digest.to_string()).collect()
    }

    fn needs() -> Needs {
        Needs { live: digests(&["live"]), deployments: vec![digests(&["live"]), digests(&["before"])], now: NOW }
    }

    #[test]
    fn an_old_image_that_nothing_needs_goes() {
        let images = [old("live"), old("before"), old("stray")];
        assert_eq!(unused(&images, &needs()), [&images[2]]);
    }

    #[test]
    fn a_live_image_stays_whatever_the_history_says() {
        let needs = Needs { deployments: vec![], ..needs() };
        assert_eq!(reasons(&old("live"), &needs), [Reason::Live]);
    }

    #[test]
    fn a_rollback_candidate_stays() {
        assert_eq!(reasons(&old("before"), &needs()), [Reason::Deployment(1)]);
        assert_eq!(reasons(&old("live"), &needs()), [Reason::Live, Reason::Deployment(0)]);
    }

    #[test]
    fn an_image_is_safe_for_its_first_hour() {
        let at = |age: i64| reasons(&image("stray", Some(NOW - age)), &needs());
        assert_eq!(at(SAFE_AGE_SECONDS - 1), [Reason::Recent]);
        assert_eq!(at(SAFE_AGE_SECONDS), []);
        assert_eq!(at(-600), [Reason::Recent], "pushed by a clock that is ahead of ours");
    }

    #[test]
    fn an_image_of_unknown_age_stays() {
        assert_eq!(reasons(&image("stray", None), &needs()), [Reason::UnknownAge]);
    }
}
