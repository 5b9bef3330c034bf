//! The image that a function really runs: its digest against what the same
//! sources build, its architecture against the settings'.

use super::report::{Cause, Finding};

/// A function's image as it is live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveImage {
    pub function: String,
    /// `sha256:...`
    pub digest: String,
    /// As the image's configuration spells it, `amd64` or `arm64`; None where it could not be read.
    pub architecture: Option<String>,
}

/// What should run.
pub struct WantedImage<'a> {
    pub digest: &'a str,
    /// Of the last recorded deployment.
    pub recorded_digest: Option<&'a str>,
    /// As an image configuration spells it.
    pub architecture: &'a str,
}

/// Where the live image differs.
pub fn image_findings(live: &LiveImage, wanted: &WantedImage<'_>) -> Vec<Finding> {
    let resource = format!("function {}", live.function);
    let mut findings = Vec::new();
    if live.digest != wanted.digest {
        let cause = match wanted.recorded_digest {
            Some(recorded) if recorded != live.digest => Cause::Drift,
            _ => Cause::Pending,
        };
        let finding = Finding::drifted(&resource, "running image", Some(wanted.digest), Some(&live.digest));
        findings.push(finding.caused_by(cause).with_note("expected is what the sources build"));
    }
    if let Some(architecture) = live.architecture.as_deref().filter(|found| *found != wanted.architecture) {
        let path = "architecture of the running image";
        findings.push(Finding::drifted(&resource, path, Some(wanted.architecture), Some(architecture)));
    }
    findings
}

/// Repository and digest of an image URI that names a digest.
pub fn parts_of(image_uri: &str) -> Option<(&str, &str)> {
    let (_host, path) = image_uri.split_once('/')?;
    path.split_once('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(digest: &str, architecture: Option<&str>) -> LiveImage {
        LiveImage { function: "agent".into(), digest: digest.into(), architecture: architecture.map(Into::into) }
    }

    fn found(live: &LiveImage, recorded: Option<&str>) -> Vec<Finding> {
        image_findings(live, &WantedImage { digest: "sha256:new", recorded_digest: recorded, architecture: "arm64" })
    }

    #[test]
    fn an_image_nobody_deployed_is_drift_and_an_older_one_is_pending() {
        assert!(found(&live("sha256:new", Some("arm64")), None).is_empty());
        assert_eq!(found(&live("sha256:old", None), Some("sha256:old"))[0].cause, Cause::Pending);
        assert_eq!(found(&live("sha256:strange", None), Some("sha256:old"))[0].cause, Cause::Drift);
    }

    #[test]
    fn an_image_of_another_architecture_is_found() {
        let found = found(&live("sha256:new", Some("amd64")), None);
        assert_eq!((found[0].expected.as_deref(), found[0].actual.as_deref()), (Some("arm64"), Some("amd64")));
    }

    #[test]
    fn an_image_uri_has_a_repository_and_a_digest() {
        assert_eq!(parts_of("1.dkr.ecr.us-east-1.amazonaws.com/team/r@sha256:aa"), Some(("team/r", "sha256:aa")));
        assert_eq!(parts_of("1.dkr.ecr.us-east-1.amazonaws.com/r:latest"), None);
    }
}
