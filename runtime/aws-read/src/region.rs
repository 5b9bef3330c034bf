//! An AWS region's name, checked: it becomes part of host names, and some come
//! from answers of the other side.

use std::fmt;

/// `eu-west-1`
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(String);

/// Suffix of service host names by the region's partition (botocore's
/// partitions.json). The first prefix that fits decides.
const DNS_SUFFIXES: [(&str, &str); 7] = [
    ("cn-", "amazonaws.com.cn"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("eusc-", "amazonaws.eu"),
    ("", "amazonaws.com"),
];

const DIRECTIONS: [&str; 9] =
    ["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest", "central"];

impl Region {
    /// Where a client without a configured region looks.
    pub fn default_region() -> Self {
        Self("us-east-1".into())
    }

    /// Takes what is formed like a region: an area of two letters (or `eusc`),
    /// perhaps a partition or country, a direction and a number (`us-gov-west-1`).
    pub fn parse(name: &str) -> Option<Self> {
        let words: Vec<&str> = name.split('-').collect();
        let (area, between, direction, number) = match words[..] {
            [area, direction, number] => (area, None, direction, number),
            [area, between, direction, number] => (area, Some(between), direction, number),
            _ => return None,
        };
        let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_area = (area.len() == 2 && is_word(area)) || area == "eusc";
        let is_between = between.is_none_or(|word| (2..=5).contains(&word.len()) && is_word(word));
        let is_number = (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        let is_region = is_area && is_between && DIRECTIONS.contains(&direction) && is_number;
        is_region.then(|| Self(name.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `amazonaws.com`, or what the region's partition has instead.
    pub(crate) fn dns_suffix(&self) -> &'static str {
        let fitting = DNS_SUFFIXES.iter().find(|(prefix, _)| self.0.starts_with(prefix));
        fitting.map_or("amazonaws.com", |(_, suffix)| suffix)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_names_are_taken() {
        for name in ["us-east-1", "eu-west-3", "us-gov-west-1", "ap-southeast-7", "eusc-de-east-1", "us-isob-east-1"] {
            assert!(Region::parse(name).is_some(), "{name}");
        }
    }

    #[test]
    fn bucket_names_and_what_could_change_a_host_are_refused() {
        for name in [
            "",
            "us-east",
            "evil.example-east-1",
            "us-east-1/",
            "us-east-1@x",
            "US-EAST-1",
            "-us-east-1",
            "1",
            "app-data-1",
            "my-logs-1",
        ] {
            assert!(Region::parse(name).is_none(), "{name}");
        }
    }

    #[test]
    fn partitions_have_their_own_suffix() {
        assert_eq!(Region::parse("cn-north-1").unwrap().dns_suffix(), "amazonaws.com.cn");
        assert_eq!(Region::parse("us-gov-west-1").unwrap().dns_suffix(), "amazonaws.com");
        assert_eq!(Region::parse("us-isob-east-1").unwrap().dns_suffix(), "sc2s.sgov.gov");
    }
}
