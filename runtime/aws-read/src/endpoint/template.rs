//! Text with places to fill: `https://{Bucket}.{url#authority}`, where `#`
//! leads into a value's own parts and `{{` stands for a brace.

use serde::Deserialize;
use serde_json::Value;

use super::rules::Scope;

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Template(Vec<Part>);

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// A name and the way into its value.
    Place(Vec<String>),
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (mut parts, mut literal) = (Vec::new(), String::new());
        let mut rest = text.as_str();
        while let Some(position) = rest.find(['{', '}']) {
            literal.push_str(&rest[..position]);
            let (brace, after) = rest[position..].split_at(1);
            if let Some(after_second) = after.strip_prefix(brace) {
                literal.push_str(brace);
                rest = after_second;
                continue;
            }
            let (place, after_place) = after
                .split_once('}')
                .filter(|_| brace == "{")
                .ok_or_else(|| format!("unbalanced braces in the template {text}"))?;
            parts.push(Part::Literal(std::mem::take(&mut literal)));
            parts.push(Part::Place(place.split('#').map(str::to_owned).collect()));
            rest = after_place;
        }
        literal.push_str(rest);
        parts.push(Part::Literal(literal));
        Ok(Self(parts))
    }
}

impl Template {
    /// Fails when a place has no text to fill it.
    pub fn fill(&self, scope: &Scope<'_>) -> Result<String, String> {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Literal(text) => filled.push_str(text),
                Part::Place(way) => filled.push_str(&found(way, scope)?),
            }
        }
        Ok(filled)
    }
}

fn found(way: &[String], scope: &Scope<'_>) -> Result<String, String> {
    let unset = || format!("endpoint value {} is not set", way.join("#"));
    let (name, inner) = way.split_first().ok_or_else(unset)?;
    let value = scope.get(name).ok_or_else(unset)?;
    match inner.iter().try_fold(value, |value, key| value.get(key)).ok_or_else(unset)? {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(flag) => Ok(flag.to_string()),
        _ => Err(unset()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Result<Vec<Part>, String> {
        Template::try_from(text.to_owned()).map(|template| template.0)
    }

    #[test]
    fn places_and_literals_are_told_apart() {
        let way = |names: &[&str]| Part::Place(names.iter().map(ToString::to_string).collect());
        let text = |text: &str| Part::Literal(text.into());
        let expected = vec![text("https://"), way(&["A"]), text("."), way(&["b", "c"]), text("/x")];
        assert_eq!(parts("https://{A}.{b#c}/x").unwrap(), expected);
        assert_eq!(parts("plain {{x}}").unwrap(), [text("plain {x}")]);
    }

    #[test]
    fn unbalanced_braces_are_refused() {
        for text in ["{open", "close}", "a{b"] {
            assert!(parts(text).unwrap_err().contains("unbalanced"), "{text}");
        }
    }
}
