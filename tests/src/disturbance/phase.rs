//! The three commands that are disturbed.

use std::fmt;

/// A command, from the state in which it has everything to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// `up` in an empty account.
    Fresh,
    /// `up` after a change of every setting that reaches a resource.
    Update,
    /// `down --delete-data`.
    Down,
}

impl Phase {
    pub const ALL: [Self; 3] = [Self::Fresh, Self::Update, Self::Down];

    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Fresh | Self::Update => &["up", "--env", "local", "--yes", "--no-smoke"],
            Self::Down => &["down", "--env", "local", "--yes", "--delete-data"],
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Update => "update",
            Self::Down => "down",
        }
    }

    /// What is over the shipped local environment when the phase is over. `generation`
    /// tells one update's tags from another's: a tag that is no longer wanted stays where it is.
    pub(super) fn settings(self, generation: usize) -> String {
        match self {
            Self::Fresh | Self::Down => DEADLINES.to_string(),
            Self::Update => format!("{DEADLINES}[project.tags]\nOwner = \"team-{generation}\"\n{CHANGES}"),
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Short, so that a call that is never answered costs seconds.
const DEADLINES: &str = "
[deadlines]
call_seconds = 1
attempts = 2
resource_seconds = 20
stack_seconds = 30
iam_seconds = 10
lease_seconds = 4
";

/// Reaches every resource: tags go on all that can be tagged.
const CHANGES: &str = r#"
[issuer]
discovery_url = "local-platform"
allowed_audience = ["api://default", "api://another"]

[agent]
memory_mb = 640
timeout_seconds = 200

[tools]
memory_mb = 768
timeout_seconds = 600

[conversations]
ttl_days = 20

[logs]
retention_days = 30
level = "debug"

[function_url]
invokers = ["arn:aws:iam::000000000000:role/caller"]

[function_url.cors]
allow_origins = ["https://console.example.com"]
"#;
