//! Which regions a question is about.

use aws_read::Region;
use serde_json::json;

use super::ask::{Ask, Unread};
use super::values::{list, text};

/// What the caller said about regions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Nothing: the function's own region.
    #[default]
    Unsaid,
    Named(Vec<Region>),
    /// Every region that the account has enabled.
    All,
}

/// Where services that are the same everywhere are asked, once.
const GLOBAL: [&str; 4] = ["iam", "route53", "ce", "budgets"];

/// True for a service whose answers do not depend on the region.
pub(crate) fn is_global(service: &str) -> bool {
    GLOBAL.contains(&service)
}

/// The region of this name, if AWS has it.
pub(crate) fn known(name: &str) -> Option<Region> {
    Region::parse(name).filter(Region::is_known)
}

/// Known regions that are written nearly so.
pub(crate) fn nearest(name: &str) -> Vec<String> {
    Region::nearest(name)
}

impl Wanted {
    /// The regions to ask, at most `most` of them, each once; what is left out is noted.
    /// The function's own comes first when all are wanted.
    pub async fn resolve(&self, ask: &Ask<'_>, most: usize) -> Vec<Region> {
        let mut regions = match self {
            Self::Unsaid => vec![ask.region.clone()],
            Self::Named(named) => named.clone(),
            Self::All => match enabled(ask).await {
                Ok(enabled) => enabled,
                Err(Unread) => {
                    ask.note(format!("The enabled regions could not be read, so only {} was asked.", ask.region));
                    vec![ask.region.clone()]
                }
            },
        };
        if regions.len() > most {
            let left_out: Vec<_> = regions.split_off(most).iter().map(Region::to_string).collect();
            ask.note(format!(
                "One question asks at most {most} regions; not asked: {}. Ask again with these in regions.",
                left_out.join(", ")
            ));
        }
        regions
    }
}

/// The account's regions, the function's own first, then by name.
async fn enabled(ask: &Ask<'_>) -> Result<Vec<Region>, Unread> {
    let answer = ask.read("ec2:DescribeRegions", json!({})).await?;
    let mut regions: Vec<_> =
        list(&answer, "Regions").filter_map(|region| Region::parse(text(region, "RegionName"))).collect();
    regions.sort_by_key(|region| (*region != ask.region, region.clone()));
    regions.dedup();
    if regions.is_empty() { Err(Unread) } else { Ok(regions) }
}
