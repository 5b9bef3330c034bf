//! A question that is answered by yes or no.

use std::io::{self, BufRead, Write};

use crate::{failure::Failure, view};

/// Asks on standard error and reads standard input; only `y` and `yes` are a yes.
/// The reading is on a thread of its own, so that Ctrl-C ends the wait.
///
/// # Errors
/// `chat/terminal` when standard input breaks.
pub async fn confirm(question: &str) -> Result<bool, Failure> {
    let failed = |error: io::Error| Failure::new("chat/terminal", "read the answer to a question", error);
    // Nobody is left to ask when standard error is closed; no answer is a no.
    let _ = write!(io::stderr(), "{} [y/N] ", view::printable(question)).and_then(|()| io::stderr().flush());
    let read = tokio::task::spawn_blocking(|| {
        let mut text = String::new();
        io::stdin().lock().read_line(&mut text).map(|_| text)
    });
    let text = read.await.map_err(io::Error::other).and_then(|text| text).map_err(failed)?;
    Ok(is_yes(&text))
}

pub(super) fn is_yes(text: &str) -> bool {
    ["y", "yes"].contains(&text.trim().to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_but_yes_is_no() {
        assert!(is_yes(" Y\n") && is_yes("yes"));
        assert!(!is_yes("") && !is_yes("yep") && !is_yes("n"));
    }
}
