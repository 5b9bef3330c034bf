//! The places of configs/redactions.toml.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

/// Places of one service: `Member`, `Shape.Member` or `Shape.Member.key`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Places {
    pub hidden: BTreeSet<String>,
    pub unless_identifier: BTreeSet<String>,
    /// Shapes, or places, whose trait does not count.
    pub visible: BTreeSet<String>,
    pub identifiers: BTreeSet<String>,
}

/// What happens to a value and everything below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// Looked through for what looks like a secret.
    Look,
    /// Left as it is.
    Keep,
    HideUnlessIdentifier,
    Hide,
}

static ALL: LazyLock<BTreeMap<String, Places>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../configs/redactions.toml"))
        .expect("configs/redactions.toml is compiled in and read by a test")
});

static NONE: Places = Places {
    hidden: BTreeSet::new(),
    unless_identifier: BTreeSet::new(),
    visible: BTreeSet::new(),
    identifiers: BTreeSet::new(),
};

/// The places of a service; none when the file has nothing about it.
pub(super) fn of(service: &str) -> &'static Places {
    ALL.get(service).unwrap_or(&NONE)
}

#[cfg(test)]
pub(super) fn all() -> &'static BTreeMap<String, Places> {
    &ALL
}

impl Places {
    /// What is done with a member; `trait_of` is the name of its shape when that is sensitive.
    pub fn treatment(&self, shape: &str, member: &str, sensitive_shape: Option<&str>) -> Treatment {
        let place = format!("{shape}.{member}");
        let listed = |places: &BTreeSet<String>| places.contains(member) || places.contains(&place);
        let is_sensitive =
            || sensitive_shape.is_some_and(|name| !self.visible.contains(name) && !listed(&self.visible));
        if listed(&self.identifiers) {
            Treatment::Keep
        } else if listed(&self.hidden) || is_sensitive() {
            Treatment::Hide
        } else if listed(&self.unless_identifier) {
            Treatment::HideUnlessIdentifier
        } else {
            Treatment::Look
        }
    }

    /// Keys of a member, which is a map, that are treated by themselves.
    pub fn keys<'a>(&'a self, shape: &str, member: &str) -> Vec<(&'a str, Treatment)> {
        let start = format!("{shape}.{member}.");
        let listed = |places: &'a BTreeSet<String>, treatment: Treatment| {
            let keys: Vec<_> = places.iter().filter_map(|place| place.strip_prefix(&start)).collect();
            keys.into_iter().map(move |key| (key, treatment))
        };
        let hidden = listed(&self.hidden, Treatment::Hide);
        hidden.chain(listed(&self.unless_identifier, Treatment::HideUnlessIdentifier)).collect()
    }
}
