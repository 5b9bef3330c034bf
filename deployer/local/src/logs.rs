//! The two processes and what they have written.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

/// A process of the local platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalProcess {
    /// MiniStack.
    Emulator,
    /// In front of it.
    Sandbox,
}

impl fmt::Display for LocalProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Emulator => "emulator",
            Self::Sandbox => "sandbox",
        })
    }
}

/// The end of a function's log, read from some position on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionLog {
    /// Whole lines only, without their ends.
    pub lines: Vec<String>,
    /// Where to read on: behind the last whole line.
    pub position: u64,
    /// When something was last written; None without a log.
    pub written: Option<SystemTime>,
}

/// Enough for a few thousand lines.
const READ_AT_MOST: u64 = 1 << 20;

/// The file's last lines; empty when there is no file.
pub(crate) fn tail(path: &Path, lines: usize) -> io::Result<Vec<String>> {
    let mut file = match File::open(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened?,
    };
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(READ_AT_MOST)))?;
    let mut content = Vec::new();
    file.read_to_end(&mut content)?;
    let text = String::from_utf8_lossy(&content);
    let all: Vec<&str> = text.lines().collect();
    Ok(all[all.len().saturating_sub(lines)..].iter().map(ToString::to_string).collect())
}

/// What was written since `position`; the end of the file without one. A file
/// that is shorter than that was begun anew and is read from its start.
pub(crate) fn read_on(path: &Path, position: Option<u64>) -> io::Result<FunctionLog> {
    let mut file = match File::open(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            return Ok(FunctionLog { lines: Vec::new(), position: 0, written: None });
        }
        opened => opened?,
    };
    let metadata = file.metadata()?;
    let end = metadata.len().saturating_sub(READ_AT_MOST);
    let start =
        position.filter(|position| *position <= metadata.len()).unwrap_or(if position.is_some() { 0 } else { end });
    file.seek(SeekFrom::Start(start))?;
    let mut content = Vec::new();
    file.take(READ_AT_MOST).read_to_end(&mut content)?;
    let whole = content.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    let text = String::from_utf8_lossy(&content[..whole]);
    // The first line of a file that is not read from its start may be cut.
    let cut = usize::from(position.is_none() && start > 0);
    Ok(FunctionLog {
        lines: text.lines().skip(cut).map(ToString::to_string).collect(),
        position: start + whole as u64,
        written: metadata.modified().ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tail_is_the_end_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        assert_eq!(tail(&path, 5).unwrap(), [] as [String; 0]);
        std::fs::write(&path, "one\ntwo\nthree\n").unwrap();
        assert_eq!(tail(&path, 2).unwrap(), ["two", "three"]);
        assert_eq!(tail(&path, 9).unwrap().len(), 3);
    }

    #[test]
    fn reading_on_gives_each_whole_line_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        assert_eq!(read_on(&path, None).unwrap().position, 0);
        std::fs::write(&path, "one\ntwo\nthr").unwrap();
        let first = read_on(&path, None).unwrap();
        assert_eq!((first.lines.as_slice(), first.position), (["one".to_string(), "two".to_string()].as_slice(), 8));
        assert!(read_on(&path, Some(8)).unwrap().lines.is_empty(), "a line that is being written waits");
        std::fs::write(&path, "one\ntwo\nthree\n").unwrap();
        assert_eq!(read_on(&path, Some(8)).unwrap().lines, ["three"]);
    }

    #[test]
    fn a_log_that_was_begun_anew_is_read_from_its_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "new\n").unwrap();
        assert_eq!(read_on(&path, Some(100)).unwrap().lines, ["new"]);
    }
}
