//! Members of a structure in the model's order.

use std::fmt;
use std::ops::Index;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::Reference;

/// Name and reference of each member. Structures are small, so that a list is
/// smaller than a tree and as quick.
#[derive(Debug, Default)]
pub(crate) struct Members(Vec<(&'static str, Reference)>);

impl Members {
    pub fn get(&self, name: &str) -> Option<&Reference> {
        self.iter().find(|(member, _)| *member == name).map(|(_, reference)| reference)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, &Reference)> {
        self.0.iter().map(|(name, reference)| (*name, reference))
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }
}

impl Index<&str> for Members {
    type Output = Reference;

    fn index(&self, name: &str) -> &Reference {
        self.get(name).unwrap_or_else(|| panic!("no member {name}"))
    }
}

impl Deserialize<'static> for Members {
    fn deserialize<D: Deserializer<'static>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl Visitor<'static> for InOrder {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("members of a structure")
    }

    fn visit_map<A: MapAccess<'static>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry::<&'static str, Reference>()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
