//! The one error of this crate: what we were doing to what, the cause, a hint
//! and a stable code. Nothing in it ever holds a token or a credential.

use std::{borrow::Cow, error::Error, fmt, io};

use contract::error::ErrorDetail;

/// Code of a failure that is the user's own Ctrl-C.
const INTERRUPTED: &str = "chat/interrupted";

/// Code of output that nobody reads any more, as after `| head`.
const OUTPUT_CLOSED: &str = "chat/output-closed";

/// Why something did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    code: Cow<'static, str>,
    doing: String,
    cause: String,
    hint: Option<String>,
}

impl Failure {
    /// `doing` names the action and its object ("read connection file /x"), `cause` speaks for itself.
    pub fn new(code: &'static str, doing: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self { code: Cow::Borrowed(code), doing: doing.into(), cause: cause.to_string(), hint: None }
    }

    /// A failure that the agent reported itself, with its own code and hint.
    pub fn reported(doing: impl Into<String>, detail: ErrorDetail) -> Self {
        Self { code: Cow::Owned(detail.code), doing: doing.into(), cause: detail.message, hint: detail.hint }
    }

    pub fn interrupted() -> Self {
        Self::new(INTERRUPTED, "finish the command", "stopped by Ctrl-C")
    }

    /// Output that cannot be written.
    pub fn output(doing: &str, error: io::Error) -> Self {
        let closed = error.kind() == io::ErrorKind::BrokenPipe;
        Self::new(if closed { OUTPUT_CLOSED } else { "chat/output" }, doing, error)
    }

    /// What the reader can do about it, in place of what was said before.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds to a hint that is there already.
    pub fn also_hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        self.hint = Some(match self.hint {
            Some(first) => format!("{first}; {hint}"),
            None => hint,
        });
        self
    }

    pub fn code(&self) -> &str {
        &self.code
    }

    /// Whether whoever read the output has left: who cuts a list with `head` wants no word about it.
    pub fn is_closed_output(&self) -> bool {
        self.code == OUTPUT_CLOSED
    }

    /// Whether the user stopped it.
    pub fn is_interrupt(&self) -> bool {
        self.code == INTERRUPTED
    }

    /// Exit status of a process that ends with this failure.
    pub fn exit_status(&self) -> u8 {
        if self.is_interrupt() { 130 } else { 1 }
    }

    /// The form that `--json` prints, the same as the agent's own errors.
    pub fn detail(&self) -> ErrorDetail {
        let message = format!("{}: {}", self.doing, self.cause);
        ErrorDetail { code: self.code.to_string(), message, hint: self.hint.clone() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}: {}", self.code, self.doing, self.cause)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

impl Error for Failure {}

/// An error and all its causes in one line: libraries often keep the telling part at the bottom.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_names_action_cause_hint_and_code() {
        let failure = Failure::new("connection/missing", "read /x.json", "no such file").hint("run `deployer up`");
        assert_eq!(
            failure.to_string(),
            "error[connection/missing]: read /x.json: no such file\n  hint: run `deployer up`"
        );
    }

    #[test]
    fn only_an_interrupt_ends_with_130() {
        assert_eq!(Failure::interrupted().exit_status(), 130);
        assert_eq!(Failure::new("agent/failed", "ask", "no").exit_status(), 1);
    }
}
