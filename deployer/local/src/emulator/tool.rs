//! Running an installation tool and listening to it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;

/// A command of pip, uv or Python. It ends when its future is dropped.
pub(super) struct Tool {
    command: Command,
}

/// What the tool has said and how it ended.
pub(super) struct Output {
    pub(super) succeeded: bool,
    /// Of stdout and stderr, in the order they came.
    pub(super) lines: Vec<String>,
}

impl Output {
    /// The lines from the first error on, the last ones where nothing is
    /// called so.
    pub(super) fn errors(&self, at_most: usize) -> String {
        let is_error = |line: &String| line.to_lowercase().starts_with("error");
        match self.lines.iter().position(is_error) {
            Some(first) => self.lines[first..self.lines.len().min(first + at_most)].join("\n"),
            None => self.lines[self.lines.len().saturating_sub(at_most)..].join("\n"),
        }
    }
}

impl Tool {
    pub(super) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        // The user's own Python settings would lead to other packages.
        for name in ["PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "VIRTUAL_ENV"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        Self { command }
    }

    pub(super) fn arguments<Argument: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = Argument>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(super) fn path(mut self, argument: &Path) -> Self {
        self.command.arg(argument);
        self
    }

    /// Fails when the program cannot be started.
    pub(super) async fn run(mut self, on_line: &mut (dyn FnMut(&str) + Send)) -> std::io::Result<Output> {
        let mut child = self.command.spawn()?;
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let streams = (forward(child.stdout.take(), sender.clone()), forward(child.stderr.take(), sender));
        let listen = async {
            let mut lines = Vec::new();
            while let Some(line) = receiver.recv().await {
                on_line(&line);
                lines.push(line);
            }
            lines
        };
        let ((), (), lines) = tokio::join!(streams.0, streams.1, listen);
        Ok(Output { succeeded: child.wait().await?.success(), lines })
    }
}

async fn forward(stream: Option<impl AsyncRead + Unpin>, sender: tokio::sync::mpsc::UnboundedSender<String>) {
    let Some(stream) = stream else { return };
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if sender.send(line).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_streams_and_the_end_are_heard() {
        let mut heard = 0;
        let tool = Tool::new("sh").arguments(["-c", "echo out; echo bad >&2; exit 3"]);
        let output = tool.run(&mut |_| heard += 1).await.unwrap();
        assert!(!output.succeeded);
        assert_eq!(heard, 2);
        assert_eq!(output.lines.len(), 2);
    }

    #[test]
    fn errors_start_with_the_first_one() {
        let output = |text: &str| Output { succeeded: false, lines: text.lines().map(String::from).collect() };
        assert_eq!(output("Collecting six\nERROR: no\nERROR: six").errors(5), "ERROR: no\nERROR: six");
        assert_eq!(output("one\ntwo\nthree").errors(2), "two\nthree");
    }

    #[tokio::test]
    async fn missing_program_is_an_error() {
        assert!(Tool::new("no-such-program").run(&mut |_| {}).await.is_err());
    }
}
