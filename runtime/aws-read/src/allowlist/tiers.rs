//! The tier files, parsed when their service is first asked for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

use super::rules::Rules;
pub(super) use crate::services::SERVICES;
use crate::services::{for_each_service, index};

/// What an operation does, as far as it decides whether it may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Reads metadata.
    Meta,
    /// Reads metadata of which AWS's own access levels say little, so that each was judged by hand.
    MetaCurate,
    /// Reads what people stored, logged or wrote: only where it is opted in by name.
    Data,
    /// Gives out secrets, mints credentials, has an effect or a price, or no policy can allow it.
    Never,
    /// Changes something.
    Write,
}

impl Tier {
    /// True where no opt-in is needed.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Meta | Self::MetaCurate)
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Meta => "meta",
            Self::MetaCurate => "meta-curate",
            Self::Data => "data",
            Self::Never => "never",
            Self::Write => "write",
        })
    }
}

/// An operation of an allowed tier, or of the data tier.
#[derive(Debug, PartialEq)]
pub struct AllowedOperation {
    service: &'static str,
    name: String,
    tier: Tier,
    iam_actions: Vec<String>,
    pub(super) rules: Rules,
}

impl AllowedOperation {
    /// As the service model's folder is called: `s3`.
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// In AWS's spelling: `ListBuckets`.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// What the caller's role must allow: `s3:ListAllMyBuckets`.
    pub fn iam_actions(&self) -> &[String] {
        &self.iam_actions
    }

    /// `s3:ListBuckets`
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.service, self.name)
    }
}

/// A tier file: configs/aws-operations/<service>.toml.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    #[serde(default)]
    meta: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    meta_curate: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    data: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    forced: BTreeMap<String, BTreeMap<String, Value>>,
    #[serde(default)]
    forbidden: BTreeMap<String, Vec<String>>,
    /// For the role's policies, which the deployer writes.
    #[serde(default, rename = "denied")]
    _denied: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    refused_actions: BTreeMap<String, Vec<String>>,
    refused: Refused,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    never: Vec<String>,
    write: Vec<String>,
}

/// The tiers of one service.
pub(super) struct Tiers {
    /// Sorted by name.
    allowed: Vec<AllowedOperation>,
    refused: BTreeMap<String, Tier>,
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests hold the allowed operations' actions against it"))]
    pub(super) refused_actions: BTreeMap<String, Vec<String>>,
}

impl Tiers {
    fn parse(service: &'static str, text: &str) -> Result<Self, toml::de::Error> {
        let File { meta, meta_curate, data, mut forced, mut forbidden, refused_actions, refused, .. } =
            toml::from_str(text)?;
        let tables = [(Tier::Meta, meta), (Tier::MetaCurate, meta_curate), (Tier::Data, data)];
        let listed = tables.into_iter().flat_map(|(tier, table)| table.into_iter().map(move |line| (tier, line)));
        let mut allowed: Vec<AllowedOperation> = listed
            .map(|(tier, (name, iam_actions))| {
                let rules = Rules::new(forced.remove(&name), forbidden.remove(&name));
                AllowedOperation { service, name, tier, iam_actions, rules }
            })
            .collect();
        allowed.sort_by(|a, b| a.name.cmp(&b.name));
        let never = refused.never.into_iter().map(|name| (name, Tier::Never));
        let write = refused.write.into_iter().map(|name| (name, Tier::Write));
        Ok(Self { allowed, refused: never.chain(write).collect(), refused_actions })
    }

    pub fn allowed(&self) -> &[AllowedOperation] {
        &self.allowed
    }

    pub fn find(&self, name: &str) -> Option<&AllowedOperation> {
        let index = self.allowed.binary_search_by(|operation| operation.name.as_str().cmp(name)).ok()?;
        Some(&self.allowed[index])
    }

    /// None for what is no operation of this service.
    pub fn tier(&self, name: &str) -> Option<Tier> {
        self.find(name).map(AllowedOperation::tier).or_else(|| self.refused.get(name).copied())
    }

    #[cfg(test)]
    pub fn refused(&self) -> impl Iterator<Item = (&str, Tier)> {
        self.refused.iter().map(|(name, tier)| (name.as_str(), *tier))
    }
}

struct Embedded {
    text: &'static str,
    tiers: OnceLock<Tiers>,
}

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        [$(Embedded {
            text: include_str!(concat!("../../../../configs/aws-operations/", $name, ".toml")),
            tiers: OnceLock::new(),
        }),+]
    };
}

static FILES: [Embedded; SERVICES.len()] = for_each_service!(files);

/// The tiers of a service; none for a name that is no service.
pub(super) fn of(service: &str) -> Option<&'static Tiers> {
    let index = index(service)?;
    let Embedded { text, tiers } = &FILES[index];
    let parse = || Tiers::parse(SERVICES[index], text).expect("the tier file is compiled in and read by a test");
    Some(tiers.get_or_init(parse))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_an_unknown_table_is_refused() {
        let file = "[refused]\nnever = []\nwrite = []\n";
        assert!(Tiers::parse("s3", file).is_ok());
        assert!(Tiers::parse("s3", &format!("[mata]\nGetX = []\n{file}")).is_err());
        assert!(Tiers::parse("s3", &format!("{file}review = [\"GetX\"]\n")).is_err());
    }
}
