//! Bucket names in a question.

use crate::service::Question;

/// Words of settings, which a question may quote as it quotes names.
const VALUES: [&str; 12] =
    ["aes256", "aws", "disabled", "enabled", "false", "none", "null", "off", "on", "suspended", "true", "unknown"];

/// The buckets that the caller gave, or that the query marks as names.
pub(super) fn given(question: &Question) -> Vec<String> {
    match question.parameters.contains_key("buckets") {
        true => question.names("buckets"),
        false => marked(&question.query),
    }
}

/// Lower-case words. Hyphens, dots and underscores inside a word stay: names of
/// buckets and regions hold them.
pub(super) fn words(query: &str) -> Vec<String> {
    let is_part = |character: char| character.is_alphanumeric() || "-._".contains(character);
    let pieces = query.split(|character: char| !is_part(character));
    let pieces = pieces.map(|piece| piece.trim_matches(|character| "-._".contains(character)).to_lowercase());
    pieces.filter(|piece| !piece.is_empty()).collect()
}

/// Names that are quoted, addressed as `s3://name` or by ARN, or that follow the
/// word bucket and look like no English word.
fn marked(query: &str) -> Vec<String> {
    let quoted = ['"', '`', '\''].into_iter().flat_map(|quote| query.split(quote).skip(1).step_by(2));
    let quoted = quoted.filter(|name| is_bucket_name(name)).map(str::to_owned);
    let addressed = ["s3://", "arn:aws:s3:::"].into_iter().flat_map(|prefix| after(query, prefix));
    let words = words(query);
    let following =
        words.windows(2).filter(|pair| ["bucket", "buckets", "named", "called"].contains(&pair[0].as_str()));
    let following = following.map(|pair| pair[1].clone()).filter(|name| is_telling(name) && is_bucket_name(name));
    let mut names: Vec<String> = Vec::new();
    for name in quoted.chain(addressed).chain(following) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The names that stand right after each occurrence of the prefix.
fn after<'a>(query: &'a str, prefix: &'a str) -> impl Iterator<Item = String> + 'a {
    query.split(prefix).skip(1).filter_map(|rest| words(rest).into_iter().next()).filter(|name| is_bucket_name(name))
}

/// S3's rules for names of new buckets, in short; no name of a region, no value of a setting.
fn is_bucket_name(name: &str) -> bool {
    let fits =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || "-.".contains(character);
    (3..=63).contains(&name.len())
        && name.chars().all(fits)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.ends_with(|last: char| last.is_ascii_alphanumeric())
        && aws_read::Region::parse(name).is_none()
        && !VALUES.contains(&name)
}

/// Holds a digit, hyphen or dot, as most bucket names and few English words do.
fn is_telling(word: &str) -> bool {
    word.contains(|character: char| character.is_ascii_digit() || "-.".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_regions_stay_whole() {
        assert_eq!(
            words("Is my-data.bucket's tag set, in EU-West-1?"),
            ["is", "my-data.bucket", "s", "tag", "set", "in", "eu-west-1"]
        );
    }

    #[test]
    fn marked_names_are_found() {
        for query in [
            "encryption of 'logs'",
            "is bob's `logs` encrypted",
            "tags of s3://logs/some/key",
            "versioning of arn:aws:s3:::logs please",
        ] {
            assert_eq!(marked(query), ["logs"], "{query}");
        }
        assert_eq!(marked("is bucket app-logs-1 public?"), ["app-logs-1"]);
    }

    #[test]
    fn plain_words_regions_and_values_are_no_names() {
        for query in [
            "which bucket has no tags?",
            "buckets in eu-west-1",
            "bucket us-east-1",
            "what's in bob's account",
            "buckets with versioning 'off'",
        ] {
            assert_eq!(marked(query), Vec::<String>::new(), "{query}");
        }
    }

    #[test]
    fn the_parameter_goes_before_the_query() {
        let parameters = serde_json::json!({"buckets": ["one"]}).as_object().unwrap().clone();
        assert_eq!(given(&Question { query: "is bucket app-2 public?".into(), parameters }), ["one"]);
    }
}
