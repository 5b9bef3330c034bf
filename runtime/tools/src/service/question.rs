//! What a tool was asked: the query, and what it says about names, numbers and times.

use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use super::words::Words;
use super::{marks, spans};

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
        given.or_else(|| spans::number_before(&self.spoken(), units)).unwrap_or(default)
    }

    /// A list parameter, or the names that the query marks with quotes or backticks; without those its ARNs and ids.
    pub fn names(&self, parameter: &str) -> Vec<String> {
        match self.parameters.get(parameter) {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(name)) => vec![name.clone()],
            _ => marks::names(&self.query),
        }
    }

    /// The span that the parameters `hours` and `days`, or `start` and `end` name, or the query (`last 24 hours`,
    /// `yesterday`, `this month`), or this long back from now.
    pub fn window(&self, now: OffsetDateTime, default: Duration) -> Window {
        let given = self.given_span(now).or_else(|| spans::window(&self.spoken(), now));
        given.unwrap_or(Window { start: now - default, end: now })
    }

    /// The query's words; names that it quotes are none of them.
    pub fn words(&self) -> Words {
        Words::of(&self.spoken())
    }

    fn spoken(&self) -> String {
        marks::without_names(&self.query)
    }

    fn given_span(&self, now: OffsetDateTime) -> Option<Window> {
        let number = |name: &str| self.parameters.get(name).and_then(Value::as_f64).unwrap_or_default();
        let hours = number("hours") + 24.0 * number("days");
        if hours > 0.0 {
            return spans::window(&format!("{} minutes", (hours * 60.0).ceil()), now);
        }
        let start = spans::moment(self.text("start")?)?;
        let end = self.text("end").and_then(spans::moment).unwrap_or(now);
        (start < end).then_some(Window { start, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-22 09:30 UTC);

    fn question(query: &str, parameters: Value) -> Question {
        Question { query: query.into(), parameters: parameters.as_object().unwrap().clone() }
    }

    #[test]
    fn a_parameter_goes_before_what_the_query_says() {
        let asked = question("keys older than 90 days in `a`", json!({"days": 30, "names": ["b"]}));
        assert_eq!(asked.number("days", &["days"], 1.0), 30.0);
        assert_eq!(asked.names("names"), ["b"]);
        assert_eq!(asked.names("others"), ["a"]);
        assert_eq!(question("who uses i-0123456789abcdef0?", json!({})).names("x"), ["i-0123456789abcdef0"]);
        assert_eq!(asked.window(NOW, Duration::HOUR).start, NOW - Duration::days(30));
        assert_eq!(question("", json!({})).number("days", &["days"], 1.0), 1.0);
    }

    #[test]
    fn a_window_is_given_by_times_by_hours_or_by_default() {
        let times = question("yesterday", json!({"start": "2026-11-01", "end": "2026-11-02T12:00:00Z"}));
        let window = times.window(NOW, Duration::HOUR);
        assert_eq!((window.start, window.end), (datetime!(2026-11-01 00:00 UTC), datetime!(2026-11-02 12:00 UTC)));
        assert_eq!(question("", json!({"hours": 2})).window(NOW, Duration::DAY).start, NOW - Duration::hours(2));
        assert_eq!(question("", json!({})).window(NOW, Duration::DAY).start, NOW - Duration::DAY);
    }

    #[test]
    fn numbers_within_names_are_no_numbers_of_the_question() {
        assert_eq!(question("logs of `12 days`", json!({})).number("days", &["day"], 3.0), 3.0);
    }
}
