//! The statements of one service's actions: those that can be narrowed on the
//! account's own resources, the others on `*`.

use std::collections::BTreeSet;

use super::actions::{ASKED_WITHOUT_RESOURCE, action};
use super::arns;
use super::tiers::Tiers;

/// What a policy's actions are allowed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The account's own resources, where the reference knows an ARN.
    Own,
    /// Everything: the local platform's emulator takes most reads for reads of `*`
    /// (see `permissions/emulator`), and an ARN would deny them.
    Everything,
}

/// One IAM statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadStatement {
    pub sid: String,
    /// `Allow` or `Deny`.
    pub effect: &'static str,
    /// Sorted.
    pub actions: Vec<String>,
    /// `*`, or patterns for `Fn::Sub`.
    pub resources: Vec<String>,
}

/// The statements of some actions of one service, by the service's IAM prefix.
pub fn of_service(prefix: &str, actions: &[&str], tiers: &Tiers, reach: Reach) -> Vec<ReadStatement> {
    let (narrow, open): (Vec<&str>, Vec<&str>) = actions.iter().partition(|action| can_be_narrowed(action));
    let denied: BTreeSet<String> = actions.iter().flat_map(|action| tiers.denied(action)).map(arns::denied).collect();
    let patterns = narrow.iter().filter_map(|name| action(name)).flat_map(|action| &action.resources);
    let patterns = arns::of_account(patterns.map(String::as_str));
    let is_denied = |pattern: &String| denied.iter().any(|denied| arns::matches(denied, pattern));
    let resources = match reach {
        Reach::Own => patterns.into_iter().filter(|pattern| !is_denied(pattern)).collect(),
        Reach::Everything => vec!["*".to_string()],
    };
    let sid = capitalized(prefix);
    let owned = |actions: &[&str]| actions.iter().map(|action| action.to_string()).collect::<Vec<_>>();
    let refused = actions.iter().copied().filter(|action| denied_somewhere(action, tiers)).collect::<Vec<_>>();
    [
        ReadStatement { sid: sid.clone(), effect: "Allow", actions: owned(&narrow), resources },
        ReadStatement {
            sid: format!("{sid}WithoutArn"),
            effect: "Allow",
            actions: owned(&open),
            resources: vec!["*".into()],
        },
        ReadStatement {
            sid: format!("{sid}Refused"),
            effect: "Deny",
            actions: owned(&refused),
            resources: denied.into_iter().collect(),
        },
    ]
    .into_iter()
    .filter(|statement| !statement.actions.is_empty())
    .collect()
}

fn denied_somewhere(action: &str, tiers: &Tiers) -> bool {
    tiers.denied(action).next().is_some()
}

fn can_be_narrowed(name: &str) -> bool {
    let known = action(name).is_some_and(|action| !action.resources.is_empty());
    known && !ASKED_WITHOUT_RESOURCE.contains(&name)
}

fn capitalized(prefix: &str) -> String {
    let (first, rest) = prefix.split_at(prefix.len().min(1));
    // A Sid holds letters and digits only.
    first.to_uppercase() + &rest.replace('-', "")
}
