//! MiniStack: what answers for AWS behind the sandbox.

mod install;
mod installation;
mod python;
mod server;
mod tool;

pub(crate) use install::ensure_installed;
pub(crate) use installation::installation_id;
pub(crate) use server::launch;

/// As in requirements.txt.
pub(crate) const VERSION: &str = "1.5.33";

/// The emulator and everything it needs, each file by its hash.
const REQUIREMENTS: &str = include_str!("requirements.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_requirement_is_pinned_and_has_hashes() {
        assert!(REQUIREMENTS.contains(&format!("ministack=={VERSION} ")));
        let joined = REQUIREMENTS.replace("\\\n", " ");
        let lines: Vec<&str> = joined.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
        assert!(lines.len() > 10);
        for line in lines {
            assert!(line.contains("==") && line.contains("--hash=sha256:"), "{line}");
        }
    }
}
