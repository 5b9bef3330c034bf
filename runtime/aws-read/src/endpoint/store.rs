//! The rule sets that are compiled in, each unpacked and parsed on first use.

use std::io::Read;
use std::sync::OnceLock;

use flate2::read::GzDecoder;

use super::rules::RuleSet;
use crate::services::{SERVICES, for_each_service, index};

/// A packed rule set and, once used, the parsed one.
struct Stored(&'static [u8], OnceLock<RuleSet>);

macro_rules! rule_sets {
    ($($name:literal),+ $(,)?) => {
        [$(Stored(
            include_bytes!(concat!("../../../../configs/aws-models/", $name, ".endpoints.json.gz")),
            OnceLock::new(),
        )),+]
    };
}

static RULES: [Stored; SERVICES.len()] = for_each_service!(rule_sets);

/// The endpoint rules of a service, named as its model is.
pub(crate) fn rules(service: &str) -> Option<&'static RuleSet> {
    let Stored(packed, parsed) = &RULES[index(service)?];
    let parse = || RuleSet::parse(&unpacked(packed)).expect("the rule set is compiled in and read by a test");
    Some(parsed.get_or_init(parse))
}

/// The text of a compiled-in gzip file.
pub(super) fn unpacked(packed: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text).expect("the file is compiled in and read by a test");
    text
}
