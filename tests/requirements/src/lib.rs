//! What a test needs and a newcomer's machine may lack.
//!
//! A missing program skips its tests with a line on stderr that says so; with
//! `REQUIRE_ALL_TESTS` set, as in CI, it fails them.

mod python;

use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

pub use python::{python_environment, python_environment_of, python_source};

static SKIPPED: AtomicUsize = AtomicUsize::new(0);

/// True when the program is on the PATH; otherwise says that `test` is skipped.
///
/// # Panics
/// When it is missing and `REQUIRE_ALL_TESTS` is set.
pub fn have_program(program: &str, test: &str) -> bool {
    let looked = Command::new("sh").args(["-c", "command -v \"$0\" >/dev/null", program]).status();
    if looked.is_ok_and(|status| status.success()) {
        return true;
    }
    assert!(std::env::var_os("REQUIRE_ALL_TESTS").is_none(), "{test} needs {program}, and nothing may be skipped");
    let count = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    // Written past the capture of the test runner, which only hooks the print macros.
    let _ = writeln!(std::io::stderr(), "SKIPPED ({count} in this binary): {test}: {program} is not installed");
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_itself_is_found() {
        assert!(have_program("sh", "this test"));
    }
}
