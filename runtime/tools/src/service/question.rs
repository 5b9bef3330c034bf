//! What a tool was asked, checked.

use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

/// The arguments of one call.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Question {
    pub query: String,
    /// Input of the operation, or what the recipe takes.
    pub parameters: Map<String, Value>,
}

/// A span of time, the end excluded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    pub start: OffsetDateTime,
    pub end: OffsetDateTime,
}

impl Question {
    /// A text parameter.
    pub fn text(&self, parameter: &str) -> Option<&str> {
        self.parameters.get(parameter)?.as_str()
    }

    /// A number parameter, or the number before this unit in the query (`90 days`, `5 %`), or the default.
    pub fn number(&self, parameter: &str, units: &[&str], default: f64) -> f64 {
        let given = self.parameters.get(parameter).and_then(Value::as_f64);
        given.or_else(|| self.number_before(units)).unwrap_or(default)
    }

    /// A list parameter, or the names that the query marks with quotes or backticks.
    pub fn names(&self, parameter: &str) -> Vec<String> {
        match self.parameters.get(parameter) {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(name)) => vec![name.clone()],
            _ => self.marked(),
        }
    }

    /// The span that the query or the parameters `hours` and `days` name, back from now.
    pub fn window(&self, now: OffsetDateTime, default: Duration) -> Window {
        let hours =
            self.number("hours", &["hour", "hours", "h"], 0.0) + 24.0 * self.number("days", &["day", "days", "d"], 0.0);
        let length = if hours > 0.0 { Duration::seconds_f64(hours.min(24.0 * 455.0) * 3600.0) } else { default };
        Window { start: now - length, end: now }
    }

    fn number_before(&self, units: &[&str]) -> Option<f64> {
        let spaced = self.query.to_lowercase().replace('%', " % ");
        let words: Vec<&str> = spaced.split_whitespace().map(|word| word.trim_matches(['?', ',', '.', '!'])).collect();
        words.windows(2).find(|pair| units.contains(&pair[1])).and_then(|pair| pair[0].parse().ok())
    }

    fn marked(&self) -> Vec<String> {
        let marks = ['"', '`', '\''];
        let quoted = marks.into_iter().flat_map(|mark| self.query.split(mark).skip(1).step_by(2));
        quoted.map(str::to_owned).filter(|name| !name.is_empty()).collect()
    }
}
