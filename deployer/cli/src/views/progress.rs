//! Progress on stderr: a line per step with its elapsed time, spinning in a
//! terminal, plain lines elsewhere.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use deployer_core::progress::{Event, Reporter};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::out::tell;

/// Hears events and writes lines.
pub struct ProgressView {
    bars: Option<MultiProgress>,
    lines: Mutex<HashMap<String, Line>>,
}

struct Line {
    label: String,
    started: Instant,
    bar: Option<ProgressBar>,
}

impl ProgressView {
    pub fn new() -> Self {
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        Self { bars, lines: Mutex::new(HashMap::new()) }
    }

    /// Prints above the spinning lines.
    fn print(&self, text: &str) {
        match &self.bars {
            // A failed write to a closed terminal is nobody's error.
            Some(bars) => drop(bars.println(text)),
            None => tell!("{text}"),
        }
    }

    fn start(&self, key: String, label: String) {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new_spinner().with_style(spinner()).with_message(label.clone()));
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        if bar.is_none() {
            self.print(&format!("… {label}"));
        }
        let line = Line { label, started: Instant::now(), bar };
        self.lines.lock().expect("no holder panics").insert(key, line);
    }

    fn detail(&self, key: &str, text: &str) {
        let lines = self.lines.lock().expect("no holder panics");
        match lines.get(key) {
            Some(Line { label, bar: Some(bar), .. }) => bar.set_message(format!("{label}: {text}")),
            Some(Line { label, bar: None, .. }) => self.print(&format!("  {label}: {text}")),
            None => {}
        }
    }

    fn end(&self, key: &str, mark: &str, text: &str) {
        let line = self.lines.lock().expect("no holder panics").remove(key);
        let Some(line) = line else { return self.print(&format!("{mark} {text}")) };
        if let Some(bar) = &line.bar {
            bar.finish_and_clear();
        }
        let separator = if text.is_empty() { "" } else { ": " };
        self.print(&format!("{mark} {}{separator}{text} ({})", line.label, elapsed(line.started.elapsed())));
    }
}

impl Reporter for ProgressView {
    fn report(&self, event: Event) {
        match event {
            Event::Started { key, label } => self.start(key, label),
            Event::Detail { key, text } => self.detail(&key, &text),
            Event::Finished { key, summary } => self.end(&key, "✓", &summary),
            Event::Failed { key, cause } => self.end(&key, "✗", &cause),
            Event::Note { text } => self.print(&text),
        }
    }
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}").expect("the template is constant")
}

/// "0.4 s", "2 min 5 s"
fn elapsed(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elapsed_time_reads_well() {
        assert_eq!(elapsed(Duration::from_millis(420)), "0.4 s");
        assert_eq!(elapsed(Duration::from_secs(125)), "2 min 5 s");
    }
}
