//! Query parameters: known names, each once. An unknown one is refused like an unknown member of a body,
//! since a misspelt `confirm` or `cursor` must not go unnoticed.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use axum::http::Uri;
use url::form_urlencoded;

use super::shown;
use crate::failure::{Code, Failure};

/// The parameters of one request.
#[derive(Debug)]
pub struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    /// Reads the query of a call that takes these parameters and no others.
    pub fn read(uri: &'a Uri, known: &[&str]) -> Result<Self, Failure> {
        let mut parameters: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            if !known.contains(&name.as_ref()) {
                return Err(unknown(&name, known));
            }
            if parameters.iter().any(|(given, _)| *given == name) {
                return Err(invalid(format!("query parameter `{name}` is given twice")));
            }
            parameters.push((name, value));
        }
        Ok(Self(parameters))
    }

    /// Refuses whatever a call that takes no parameters is given.
    pub fn none(uri: &Uri) -> Result<(), Failure> {
        Query::read(uri, &[]).map(drop)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_ref())
    }

    /// A whole number in this range; none when it is not given.
    pub fn number(&self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        // A plus sign, which the parser would take, is no digit.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && range.contains(number));
        let (least, most) = (range.start(), range.end());
        let wrong = || invalid(format!("query parameter `{name}` must be a whole number from {least} to {most}"));
        number.ok_or_else(wrong).map(Some)
    }
}

fn unknown(name: &str, known: &[&str]) -> Failure {
    let hint = match known {
        [] => "this call takes no query parameters".to_owned(),
        known => format!("known parameters: {}", known.join(", ")),
    };
    Failure::new(Code::RequestUnknownField, format!("read the query: unknown parameter `{}`", shown(name))).hint(hint)
}

fn invalid(what: String) -> Failure {
    Failure::new(Code::RequestInvalid, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<(Option<String>, Option<u64>), Failure> {
        let uri: Uri = format!("/api/conversations?{query}").parse().unwrap();
        let query = Query::read(&uri, &["limit", "cursor"])?;
        Ok((query.text("cursor").map(String::from), query.number("limit", 1..=100)?))
    }

    #[test]
    fn known_parameters_are_read() {
        assert_eq!(read(""), Ok((None, None)));
        assert_eq!(read("cursor=a%2Bb&limit=7"), Ok((Some("a+b".into()), Some(7))));
    }

    #[test]
    fn anything_else_is_refused_by_its_name() {
        for (query, code, word) in [
            ("limt=7", Code::RequestUnknownField, "`limt`"),
            ("limit=7&limit=8", Code::RequestInvalid, "twice"),
            ("limit=0", Code::RequestInvalid, "from 1 to 100"),
            ("limit=101", Code::RequestInvalid, "`limit`"),
            ("limit=%2B7", Code::RequestInvalid, "`limit`"),
            ("limit=", Code::RequestInvalid, "`limit`"),
            ("limit=1e1", Code::RequestInvalid, "`limit`"),
            ("limit=99999999999999999999", Code::RequestInvalid, "`limit`"),
        ] {
            let failure = read(query).unwrap_err();
            assert_eq!(failure.code, code, "{query}");
            assert!(failure.message.contains(word), "{query}: {failure}");
        }
    }
}
