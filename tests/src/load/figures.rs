//! What a load measured, as people read it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::Memory;

const MIB: f64 = 1024.0 * 1024.0;
/// Part of the run over which memory is averaged, at most.
const MINUTE: Duration = Duration::from_secs(60);

/// Answers and how long they took.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    pub answers: usize,
    pub per_second: f64,
    /// Seconds of an answer that 50, 95 and 99 of 100 took at most, and of the slowest.
    pub percentiles: [f64; 4],
}

impl Figures {
    pub fn of(mut seconds: Vec<f64>, duration: Duration) -> Self {
        seconds.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let index = (seconds.len() as f64 * share).ceil() as usize;
            seconds.get(index.saturating_sub(1)).copied().unwrap_or_default()
        };
        let percentiles = [at(0.5), at(0.95), at(0.99), at(1.0)];
        Self { answers: seconds.len(), per_second: seconds.len() as f64 / duration.as_secs_f64(), percentiles }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [half, most, nearly_all, slowest] = self.percentiles;
        writeln!(f, "answers {}, {:.2} a second", self.answers, self.per_second)?;
        write!(f, "seconds of an answer: p50 {half:.2}, p95 {most:.2}, p99 {nearly_all:.2}, slowest {slowest:.2}")
    }
}

/// Mean resident bytes in the first minute, in the middle one and in the last, by process.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryReport {
    pub rows: BTreeMap<String, [f64; 3]>,
    /// Most instances of a function at the same time.
    pub instances: BTreeMap<String, usize>,
}

impl MemoryReport {
    pub fn of(samples: &[(Duration, Memory)]) -> Self {
        let last = samples.last().map(|(at, _)| *at).unwrap_or_default();
        let minute = MINUTE.min(last / 3);
        let from = |start: Duration| {
            let within = move |at: Duration| start <= at && at <= start + minute;
            means(samples.iter().filter(move |(at, _)| within(*at)).map(|(_, memory)| memory))
        };
        let parts = [from(Duration::ZERO), from((last - minute) / 2), from(last - minute)];
        let of = |name: &String| parts.each_ref().map(|means| means.get(name).copied().unwrap_or_default());
        let rows = parts.iter().flat_map(BTreeMap::keys).map(|name| (name.clone(), of(name))).collect();
        Self { rows, instances: most_instances(samples) }
    }
}

/// Of the two processes, and of one instance of each function.
fn means<'a>(samples: impl Iterator<Item = &'a Memory>) -> BTreeMap<String, f64> {
    let mut all: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for memory in samples {
        all.entry("sandbox".into()).or_default().push(memory.sandbox as f64);
        all.entry("emulator".into()).or_default().push(memory.emulator as f64);
        for (function, instances) in &memory.functions {
            all.entry(function.clone()).or_default().extend(instances.iter().map(|bytes| *bytes as f64));
        }
    }
    all.into_iter().map(|(name, values)| (name, values.iter().sum::<f64>() / values.len() as f64)).collect()
}

fn most_instances(samples: &[(Duration, Memory)]) -> BTreeMap<String, usize> {
    let mut most = BTreeMap::new();
    for (function, instances) in samples.iter().flat_map(|(_, memory)| &memory.functions) {
        let known = most.entry(function.clone()).or_default();
        *known = instances.len().max(*known);
    }
    most
}

impl fmt::Display for MemoryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "resident MiB, mean of the first minute, the middle one and the last")?;
        for (name, parts) in &self.rows {
            let instances = self.instances.get(name).map(|count| format!(", at most {count} instances, each"));
            let [first, middle, last] = parts.map(|bytes| bytes / MIB);
            writeln!(f, "  {name}{}: {first:.1}, {middle:.1}, {last:.1}", instances.unwrap_or_default())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_times() {
        let seconds = (1..=100).rev().map(f64::from).collect();
        let figures = Figures::of(seconds, Duration::from_secs(50));
        assert_eq!((figures.percentiles, figures.per_second), ([50.0, 95.0, 99.0, 100.0], 2.0));
    }

    #[test]
    fn memory_of_the_first_minute_stands_beside_that_of_later_ones() {
        let memory = |sandbox, tools: &[u64]| Memory {
            sandbox,
            emulator: 7,
            functions: BTreeMap::from([("tools".to_owned(), tools.to_vec())]),
        };
        let at = Duration::from_secs;
        let samples = [
            (at(0), memory(1, &[4])),
            (at(60), memory(3, &[4, 6])),
            (at(150), memory(5, &[])),
            (at(300), memory(9, &[5])),
        ];
        let report = MemoryReport::of(&samples);
        assert_eq!(report.rows["sandbox"], [2.0, 5.0, 9.0]);
        assert_eq!(report.rows["emulator"], [7.0; 3]);
        assert_eq!(report.instances["tools"], 2);
    }
}
