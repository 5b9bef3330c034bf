//! A query's words, and the bucket names among them.

/// Lower-case words. Hyphens, dots and underscores inside a word stay: bucket
/// and region names hold them.
pub(super) fn words(query: &str) -> Vec<String> {
    let is_part = |character: char| character.is_alphanumeric() || "-._".contains(character);
    let pieces = query.split(|character: char| !is_part(character));
    let pieces = pieces.map(|piece| piece.trim_matches(|character| "-._".contains(character)).to_lowercase());
    pieces.filter(|piece| !piece.is_empty()).collect()
}

/// Bucket names that the query marks as such: quoted, as `s3://name` or ARN, or
/// after the word bucket and unlike any English word.
pub(super) fn marked_names(query: &str) -> Vec<String> {
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

/// S3's rules for new buckets, in short.
fn is_bucket_name(name: &str) -> bool {
    let fits =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || "-.".contains(character);
    (3..=63).contains(&name.len())
        && name.chars().all(fits)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.ends_with(|last: char| last.is_ascii_alphanumeric())
        && aws_read::Region::parse(name).is_none()
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
            assert_eq!(marked_names(query), ["logs"], "{query}");
        }
        assert_eq!(marked_names("is bucket app-logs-1 public?"), ["app-logs-1"]);
    }

    #[test]
    fn plain_words_and_regions_are_no_names() {
        for query in
            ["which bucket has no tags?", "buckets in eu-west-1", "bucket us-east-1", "what's in bob's account"]
        {
            assert_eq!(marked_names(query), Vec::<String>::new(), "{query}");
        }
    }
}
