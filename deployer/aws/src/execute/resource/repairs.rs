//! What was done to a resource, and how tags are compared.

use std::collections::BTreeMap;

/// The attributes that were put back.
#[derive(Debug, Default)]
pub struct Repairs {
    created: bool,
    attributes: Vec<String>,
}

impl Repairs {
    pub fn created(&mut self) {
        self.created = true;
    }

    pub fn note(&mut self, attribute: impl Into<String>) {
        self.attributes.push(attribute.into());
    }

    /// "put back: retention, tags"
    pub fn summary(self) -> String {
        match (self.created, self.attributes.is_empty()) {
            (true, _) => "created again".into(),
            (false, true) => "is as its template says".into(),
            (false, false) => format!("put back: {}", self.attributes.join(", ")),
        }
    }
}

/// The wanted tags that are missing or say something else.
pub fn missing_tags<'a>(
    wanted: &'a BTreeMap<String, String>,
    found: &BTreeMap<String, String>,
) -> BTreeMap<&'a str, &'a str> {
    let missing = wanted.iter().filter(|(key, value)| found.get(*key) != Some(*value));
    missing.map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_what_was_put_back() {
        let mut repairs = Repairs::default();
        assert_eq!(repairs.summary(), "is as its template says");
        repairs = Repairs::default();
        repairs.note("retention");
        repairs.note("tags");
        assert_eq!(repairs.summary(), "put back: retention, tags");
    }

    #[test]
    fn tags_of_others_are_not_missed() {
        let tags = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect::<BTreeMap<_, _>>()
        };
        let (wanted, found) = (tags(&[("a", "1"), ("b", "2")]), tags(&[("a", "1"), ("b", "other"), ("Theirs", "x")]));
        assert_eq!(missing_tags(&wanted, &found), BTreeMap::from([("b", "2")]));
    }
}
