//! Printing that outlives its reader: `deployer plan | head -1` closes stdout,
//! and neither that nor a closed stderr may stop a deployment or panic.
//!
//! `say!` prints a line to stdout, `tell!` one to stderr. Colours are removed
//! where the stream is no terminal.

use std::fmt::Arguments;
use std::io::{self, Write};

/// Prints a line of the result to stdout.
macro_rules! say {
    () => { $crate::views::out::to_stdout(format_args!("")) };
    ($($text:tt)+) => { $crate::views::out::to_stdout(format_args!($($text)+)) };
}

/// Prints a line of progress or of a problem to stderr.
macro_rules! tell {
    () => { $crate::views::out::to_stderr(format_args!("")) };
    ($($text:tt)+) => { $crate::views::out::to_stderr(format_args!($($text)+)) };
}

pub(crate) use say;
pub(crate) use tell;

/// What `say!` calls.
pub fn to_stdout(text: Arguments<'_>) {
    if let Err(error) = write_line(&mut anstream::stdout(), text) {
        tell!("could not write the result to stdout: {error}");
    }
}

/// What `tell!` calls. Nobody is left to hear that stderr failed.
pub fn to_stderr(text: Arguments<'_>) {
    let _ = write_line(&mut anstream::stderr(), text);
}

/// A reader that has gone away wants no more, which is no error.
fn write_line(stream: &mut impl Write, text: Arguments<'_>) -> io::Result<()> {
    let written = stream.write_all(format!("{text}\n").as_bytes()).and_then(|()| stream.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing(io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn reader_that_went_away_is_no_error() {
        assert!(write_line(&mut Failing(io::ErrorKind::BrokenPipe), format_args!("text")).is_ok());
        assert!(write_line(&mut Failing(io::ErrorKind::StorageFull), format_args!("text")).is_err());
    }

    #[test]
    fn line_ends_once() {
        let mut written = Vec::new();
        write_line(&mut written, format_args!("{} steps", 2)).unwrap();
        assert_eq!(written, b"2 steps\n");
    }
}
