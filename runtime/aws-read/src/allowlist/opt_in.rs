//! Operations of the data tier that an environment allows, by name.

use std::collections::BTreeSet;

use thiserror::Error;

use super::tiers::{self, AllowedOperation, Tier};
use crate::text;

/// Exact names of operations of the data tier: `logs:StartQuery`. Nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataOptIn(BTreeSet<String>);

/// A name that cannot be opted in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("allow the data operation `{name}`: {}{}", self.cause(), self.meant())]
pub struct OptInFault {
    /// As it was given, cleaned and shortened.
    pub name: String,
    /// None when there is no such operation.
    pub tier: Option<Tier>,
    /// A name of the data tier.
    pub nearest: Option<String>,
}

impl OptInFault {
    fn cause(&self) -> &'static str {
        match self.tier {
            Some(Tier::Meta | Tier::MetaCurate) => "it may be called without being listed",
            Some(Tier::Write) => "it changes something, which no setting allows",
            Some(Tier::Never) => "no setting allows it",
            Some(Tier::Data) | None => "there is no such operation",
        }
    }

    fn meant(&self) -> String {
        self.nearest.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default()
    }
}

impl DataOptIn {
    /// Takes names in the form `service:Operation`.
    ///
    /// # Errors
    ///
    /// The first name that is not exactly one of the data tier.
    pub fn parse<Name: AsRef<str>>(names: &[Name]) -> Result<Self, OptInFault> {
        names.iter().map(|name| data_operation(name.as_ref())).collect::<Result<_, _>>().map(Self)
    }

    /// Whether an operation may be called.
    pub fn lets_pass(&self, operation: &AllowedOperation) -> bool {
        operation.tier().is_open() || self.0.contains(&operation.full_name())
    }
}

fn data_operation(name: &str) -> Result<String, OptInFault> {
    let tier = name.split_once(':').and_then(|(service, operation)| tiers::of(service)?.tier(operation));
    match tier {
        Some(Tier::Data) => Ok(name.to_owned()),
        tier => Err(OptInFault { name: text::short(name), tier, nearest: nearest(name) }),
    }
}

fn nearest(name: &str) -> Option<String> {
    let all = tiers::SERVICES.iter().filter_map(|service| tiers::of(service)).flat_map(|tiers| tiers.allowed());
    let data: Vec<String> = all.filter(|one| one.tier() == Tier::Data).map(AllowedOperation::full_name).collect();
    text::nearest(name, data.iter().map(String::as_str)).into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_operations_of_the_data_tier_are_opted_in() {
        assert!(DataOptIn::parse(&["logs:StartQuery", "s3:ListObjectsV2"]).is_ok());
        let refused = [
            ("s3:ListBuckets", Some(Tier::MetaCurate)),
            ("ec2:GetPasswordData", Some(Tier::Never)),
            ("s3:DeleteBucket", Some(Tier::Write)),
            ("logs:startquery", None),
            ("logs:StartQuery ", None),
            ("logs:*", None),
            ("StartQuery", None),
            ("", None),
        ];
        for (name, tier) in refused {
            assert_eq!(DataOptIn::parse(&["logs:StartQuery", name]).unwrap_err().tier, tier, "{name}");
        }
    }

    #[test]
    fn a_misspelt_opt_in_names_the_nearest() {
        let fault = DataOptIn::parse(&["logs:StartQuary"]).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "allow the data operation `logs:StartQuary`: there is no such operation; did you mean logs:StartQuery?"
        );
    }
}
