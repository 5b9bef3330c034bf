//! An AWS region's name, checked: it becomes part of host names, and some come
//! from answers of the other side.

use std::fmt;

use crate::endpoint::partition;
use crate::text;

/// `eu-west-1`
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(String);

const DIRECTIONS: [&str; 9] =
    ["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest", "central"];

/// Regions of the `aws` partition that every account has without asking: those
/// from before 20 March 2019 (AWS Account Management reference guide, "Enable or
/// disable AWS Regions in your account").
const ENABLED_BY_DEFAULT: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

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

    /// The regions of all partitions, as this build knows them.
    pub fn known() -> impl Iterator<Item = &'static str> {
        // Pseudo regions such as aws-global have another form.
        partition::regions().filter(|name| Self::parse(name).is_some())
    }

    /// False for a name that only has the form of a region.
    pub fn is_known(&self) -> bool {
        Self::known().any(|name| name == self.0)
    }

    /// Known regions that were probably meant, the best first; at most three.
    pub fn nearest(name: &str) -> Vec<String> {
        text::nearest(name, Self::known())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True when an account sees this region only after somebody enabled it.
    pub(crate) fn needs_opting_in(&self) -> bool {
        partition::of(&self.0).id() == "aws" && !ENABLED_BY_DEFAULT.contains(&self.as_str())
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
    fn a_formed_but_unknown_region_has_neighbours() {
        let unknown = Region::parse("eu-west-9").unwrap();
        assert!(!unknown.is_known() && Region::default_region().is_known());
        assert!(Region::nearest("eu-west-9").iter().any(|name| name.starts_with("eu-west-")));
    }

    #[test]
    fn every_known_region_but_the_pseudo_regions_has_the_form() {
        let others: Vec<_> = partition::regions().filter(|name| Region::parse(name).is_none()).collect();
        assert!(others.iter().all(|name| name.starts_with("aws-") && name.ends_with("-global")), "{others:?}");
        assert!(Region::known().count() > 35);
    }

    #[test]
    fn newer_regions_need_opting_in() {
        let needs = |name: &str| Region::parse(name).unwrap().needs_opting_in();
        assert!(needs("af-south-1") && needs("eu-central-2"));
        assert!(!needs("us-east-1") && !needs("us-gov-west-1"));
        assert!(ENABLED_BY_DEFAULT.iter().all(|name| Region::known().any(|known| known == *name)));
    }
}
