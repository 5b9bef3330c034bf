//! Pauses between attempts.

use std::time::Duration;

/// Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"):
/// clients that were refused together do not come back together.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// The longest pause after the first attempt; it doubles with every further one.
    pub base: Duration,
    /// No pause is longer.
    pub most: Duration,
}

impl Backoff {
    /// A random pause after this many attempts, counted from 1.
    pub fn pause(&self, attempts: u32) -> Duration {
        self.longest(attempts).mul_f64(fastrand::f64())
    }

    fn longest(&self, attempts: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        self.base.saturating_mul(doubled).min(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { base: Duration::from_millis(100), most: Duration::from_secs(1) };

    #[test]
    fn pauses_double_up_to_the_longest() {
        let longest = [1, 2, 3, 4, 5, u32::MAX].map(|attempts| BACKOFF.longest(attempts).as_millis());
        assert_eq!(longest, [100, 200, 400, 800, 1000, 1000]);
    }

    #[test]
    fn pauses_are_spread_over_the_whole_range() {
        let pauses: Vec<_> = (0..1000).map(|_| BACKOFF.pause(1)).collect();
        assert!(pauses.iter().all(|pause| *pause <= BACKOFF.base));
        assert!(pauses.iter().any(|pause| *pause < BACKOFF.base / 2));
        assert!(pauses.iter().any(|pause| *pause > BACKOFF.base / 2));
    }
}
