//! Cargo's stderr: status lines become progress, the rest is kept for the
//! case that the build fails.

use deployer_core::{Failure, Reporter};

use super::CompileRequest;

/// Lines of a failed build that are shown.
const SHOWN_LINES: usize = 40;

/// Cargo's own words at the start of its status lines.
const STATUS: [&str; 10] = [
    "Adding",
    "Blocking",
    "Compiling",
    "Downloaded",
    "Downloading",
    "Dirty",
    "Finished",
    "Fresh",
    "Locking",
    "Updating",
];

/// What cargo has said so far.
pub(super) struct Diagnostics<'a> {
    reporter: &'a dyn Reporter,
    key: &'a str,
    crates: usize,
    /// Rendered diagnostics, a block each, as blank lines part them.
    blocks: Vec<Vec<String>>,
}

impl<'a> Diagnostics<'a> {
    pub(super) fn new(reporter: &'a dyn Reporter, key: &'a str) -> Self {
        Self { reporter, key, crates: 0, blocks: vec![Vec::new()] }
    }

    /// Crates compiled so far.
    pub(super) fn crates(&self) -> usize {
        self.crates
    }

    pub(super) fn read(&mut self, line: &str) {
        let (word, rest) = line.trim_start().split_once(' ').unwrap_or((line.trim_start(), ""));
        if line.starts_with(' ') && STATUS.contains(&word) {
            self.report(word, rest);
        } else if line.trim().is_empty() {
            self.blocks.push(Vec::new());
        } else if let Some(block) = self.blocks.last_mut() {
            block.push(line.to_string());
        }
    }

    fn report(&mut self, word: &str, rest: &str) {
        let subject = rest.split_whitespace().next().unwrap_or_default();
        match word {
            "Compiling" => {
                self.crates += 1;
                self.reporter.detail(self.key, format!("compiling {subject} ({})", self.crates));
            }
            "Blocking" => self.reporter.detail(self.key, "waiting for another cargo to finish"),
            "Downloaded" => self.reporter.detail(self.key, format!("downloaded {subject}")),
            "Downloading" | "Updating" => self.reporter.detail(self.key, "downloading crates"),
            _ => {}
        }
    }

    /// What went wrong, without the warnings that happened to stand beside it.
    pub(super) fn failure(&self, request: &CompileRequest) -> Failure {
        let errors = self.blocks.iter().filter(|block| !block.first().is_some_and(|line| line.starts_with("warning")));
        let lines: Vec<&str> = errors.flatten().map(String::as_str).collect();
        let text = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
        explain(request, text)
    }
}

fn explain(request: &CompileRequest, text: String) -> Failure {
    let doing = request.label();
    if let (Some(target), true) = (&request.target, text.contains("target may not be installed")) {
        return Failure::new("build/target-missing", doing, format!("Rust has no `{target}` target installed"))
            .with_hint(format!("run `rustup target add {target}`"));
    }
    if text.contains("linker `cc` not found") || text.contains("failed to find tool") {
        return Failure::new("build/compiler-missing", doing, text)
            .with_hint("install a C compiler: `apt install gcc`");
    }
    if text.contains("--locked") && text.contains("lock file") {
        return Failure::new("build/failed", doing, text)
            .with_hint("Cargo.lock does not match the manifests: run `cargo metadata` and look at the change");
    }
    Failure::new("build/failed", doing, text)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Mutex;

    use deployer_core::{Event, progress::Silent};

    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Reporter for Heard {
        fn report(&self, event: Event) {
            if let Event::Detail { text, .. } = event {
                self.0.lock().unwrap().push(text);
            }
        }
    }

    fn request() -> CompileRequest {
        CompileRequest {
            workspace: PathBuf::from("/w"),
            packages: vec!["agent".into()],
            target: Some("x86_64-unknown-linux-musl".into()),
            profile: "local".into(),
        }
    }

    fn failure(stderr: &str) -> Failure {
        let mut diagnostics = Diagnostics::new(&Silent, "key");
        stderr.lines().for_each(|line| diagnostics.read(line));
        diagnostics.failure(&request())
    }

    #[test]
    fn crates_are_counted_and_named() {
        let heard = Heard::default();
        let mut diagnostics = Diagnostics::new(&heard, "key");
        diagnostics.read("   Compiling cfg-if v1.0.4");
        diagnostics.read("   Compiling tokio v1.54.1");
        diagnostics.read("    Finished `local` profile [unoptimized] target(s) in 2.10s");
        assert_eq!(*heard.0.lock().unwrap(), ["compiling cfg-if (1)", "compiling tokio (2)"]);
        assert_eq!(diagnostics.crates(), 2);
    }

    #[test]
    fn failure_shows_the_error_and_not_the_warning() {
        let failure = failure(
            "   Compiling agent v0.1.0 (/w)\nwarning: unused import\n --> src/a.rs:1:5\n\n\
             error[E0425]: cannot find value `x`\n --> src/main.rs:3:5\n\nerror: could not compile `agent`\n",
        );
        assert_eq!(failure.code, "build/failed");
        assert!(failure.cause.contains("cannot find value `x`\n --> src/main.rs:3:5"), "{failure}");
        assert!(!failure.cause.contains("unused import"), "{failure}");
        assert!(!failure.cause.contains("Compiling"), "{failure}");
    }

    #[test]
    fn missing_target_says_how_to_get_it() {
        let failure = failure(
            "error[E0463]: can't find crate for `core`\n  |\n  = note: the `x86_64-unknown-linux-musl` target may \
             not be installed\n",
        );
        assert_eq!(failure.code, "build/target-missing");
        assert_eq!(failure.hint.as_deref(), Some("run `rustup target add x86_64-unknown-linux-musl`"));
    }

    #[test]
    fn missing_linker_says_what_to_install() {
        let failure = failure("error: linker `cc` not found\n");
        assert_eq!(failure.code, "build/compiler-missing");
        assert!(failure.hint.unwrap().contains("apt install gcc"));
    }
}
