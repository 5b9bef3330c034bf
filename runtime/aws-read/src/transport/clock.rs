//! The time that requests are signed with. AWS refuses signatures that are more
//! than five minutes off, so a wrong clock of this machine is corrected by AWS's.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// A smaller difference is not why a signature was refused, in seconds.
const WORTH_CORRECTING: i64 = 120;

#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// AWS's time less this machine's, in seconds.
    offset: AtomicI64,
}

impl Clock {
    pub fn now(&self) -> SystemTime {
        shifted(SystemTime::now(), self.offset.load(Ordering::Relaxed))
    }

    /// Takes over the time of a Date header; false when that changes little.
    pub fn correct(&self, date: &str) -> bool {
        let Ok(theirs) = DateTime::from_str(date, Format::HttpDate) else { return false };
        let ours = DateTime::from(SystemTime::now()).secs();
        let offset = theirs.secs().saturating_sub(ours);
        let before = self.offset.load(Ordering::Relaxed);
        let is_worth_it = offset.abs_diff(before) > WORTH_CORRECTING.unsigned_abs();
        if is_worth_it {
            self.offset.store(offset, Ordering::Relaxed);
        }
        is_worth_it
    }
}

fn shifted(time: SystemTime, seconds: i64) -> SystemTime {
    let difference = Duration::from_secs(seconds.unsigned_abs());
    let shifted = if seconds < 0 { time.checked_sub(difference) } else { time.checked_add(difference) };
    shifted.unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(offset: i64) -> String {
        let time = DateTime::from(shifted(SystemTime::now(), offset));
        time.fmt(Format::HttpDate).unwrap()
    }

    #[test]
    fn a_clock_that_is_an_hour_off_is_corrected_once() {
        let clock = Clock::default();
        assert!(clock.correct(&date(3600)));
        let ahead = clock.now().duration_since(SystemTime::now()).unwrap();
        assert!(ahead > Duration::from_secs(3500) && ahead < Duration::from_secs(3700), "{ahead:?}");
        assert!(!clock.correct(&date(3600)));
        assert!(clock.correct(&date(-3600)));
        assert!(clock.now() < SystemTime::now());
    }

    #[test]
    fn small_differences_and_nonsense_change_nothing() {
        let clock = Clock::default();
        assert!(!clock.correct(&date(30)) && !clock.correct("yesterday") && !clock.correct(""));
    }
}
