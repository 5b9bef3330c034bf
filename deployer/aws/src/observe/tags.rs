//! Tags as AWS lists them.

use std::collections::BTreeMap;

/// Keys with this prefix are AWS's own: nobody else can set or remove them.
const SYSTEM_PREFIX: &str = "aws:";

/// The tags that people and deployers set; CloudFormation's own are left out.
pub fn tags(pairs: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    pairs.into_iter().filter(|(key, _)| !key.starts_with(SYSTEM_PREFIX)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_tags_are_left_out() {
        let pair = |key: &str| (key.to_string(), "x".to_string());
        let found = tags([pair("aws:cloudformation:stack-name"), pair("Owner"), pair("awsome")]);
        assert_eq!(found.into_keys().collect::<Vec<_>>(), ["Owner", "awsome"]);
    }
}
