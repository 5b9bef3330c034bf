//! What updating a stack does to each of its resources: two templates with
//! their parameters compared, as CloudFormation's change set would.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::change::Changes;
use super::create_only::{is_create_only, is_taggable};
use super::readable::readable;
use super::{Change, ResourceChange, ResourceChangeKind};
use crate::desired::Location;
use crate::template::{Document, Item, Resolver};

/// A template and the parameters that are known.
pub struct Side<'a> {
    pub document: &'a Document,
    pub parameters: &'a BTreeMap<String, String>,
}

/// From what is deployed to what is desired.
pub struct Comparison<'a> {
    pub before: Side<'a>,
    pub after: Side<'a>,
    pub location: &'a Location,
    /// The stack's own tags differ; they reach everything that can be tagged.
    pub tags_differ: bool,
}

/// Every resource of a stack that is made from nothing.
pub fn additions(document: &Document) -> Vec<ResourceChange> {
    document.items.iter().map(|(id, item)| changed(id, item, ResourceChangeKind::Add)).collect()
}

impl Comparison<'_> {
    /// All that the change set may do, by logical id.
    pub fn expected(&self) -> Vec<ResourceChange> {
        let (before, after) = (&self.before.document.items, &self.after.document.items);
        let removed = before.iter().filter(|(id, _)| !after.contains_key(*id));
        let removed = removed.map(|(id, item)| changed(id, item, ResourceChangeKind::Remove));
        let kinds = self.kinds();
        let kept = kinds.into_iter().map(|(id, kind)| changed(id, &after[id], kind));
        removed.chain(kept).collect()
    }

    fn kinds(&self) -> BTreeMap<&str, ResourceChangeKind> {
        let items = self.after.document.items.iter();
        let mut kinds: BTreeMap<&str, ResourceChangeKind> =
            items.filter_map(|(id, item)| Some((id.as_str(), self.kind(id, item)?))).collect();
        self.add_dependants(&mut kinds);
        kinds
    }

    fn kind(&self, logical_id: &str, after: &Item) -> Option<ResourceChangeKind> {
        let Some(before) = self.before.document.items.get(logical_id) else { return Some(ResourceChangeKind::Add) };
        let properties = self.changed_properties(before, after);
        let replaced = |property: &String| is_create_only(&after.resource_type, property);
        let tagged = self.tags_differ && is_taggable(&after.resource_type);
        match () {
            () if before.resource_type != after.resource_type => Some(ResourceChangeKind::Replace),
            () if properties.iter().any(replaced) => Some(ResourceChangeKind::Replace),
            () if !properties.is_empty() || tagged => Some(ResourceChangeKind::Modify),
            () if before.policies != after.policies => Some(ResourceChangeKind::Modify),
            () => None,
        }
    }

    /// Names of the properties whose values differ once everything known is filled in.
    fn changed_properties(&self, before: &Item, after: &Item) -> Vec<String> {
        let (old, new) = (self.resolved(&self.before, before), self.resolved(&self.after, after));
        let names: BTreeSet<&String> =
            [&old, &new].into_iter().filter_map(Json::as_object).flat_map(|o| o.keys()).collect();
        names.into_iter().filter(|name| old.get(name.as_str()) != new.get(name.as_str())).cloned().collect()
    }

    fn resolved(&self, side: &Side, item: &Item) -> Json {
        Resolver { document: side.document, parameters: side.parameters, location: self.location }
            .resolve(&item.properties)
    }

    /// CloudFormation lists what takes an attribute of a changed resource as
    /// possibly changed too, since it does not foresee attributes
    /// (CloudFormation API reference, ResourceChangeDetail, `Dynamic`).
    fn add_dependants<'a>(&'a self, kinds: &mut BTreeMap<&'a str, ResourceChangeKind>) {
        loop {
            let takes = |item: &Item| kinds.iter().any(|(id, kind)| refers(&item.properties, id, *kind));
            let items = self.after.document.items.iter();
            let found: Vec<&str> = items
                .filter(|(id, item)| !kinds.contains_key(id.as_str()) && takes(item))
                .map(|(id, _)| id.as_str())
                .collect();
            if found.is_empty() {
                return;
            }
            kinds.extend(found.into_iter().map(|id| (id, ResourceChangeKind::Modify)));
        }
    }

    /// The differences as people read them, one a leaf; what is added or goes is one line.
    pub fn changes(&self) -> Vec<Change> {
        let (before, after) = (&self.before.document.items, &self.after.document.items);
        let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        ids.into_iter().flat_map(|id| self.of_resource(id, before.get(id), after.get(id))).collect()
    }

    fn of_resource(&self, id: &str, before: Option<&Item>, after: Option<&Item>) -> Vec<Change> {
        let mut changes = Changes::default();
        let type_of = |item: Option<&Item>| item.map(|item| item.resource_type.clone());
        changes.compare(id, type_of(before).as_deref(), type_of(after).as_deref());
        let (Some(before), Some(after)) = (before, after) else { return changes.into_vec() };
        let names = members(&before.properties).chain(members(&after.properties)).collect::<BTreeSet<_>>();
        let mut all = changes.into_vec();
        all.iter_mut().for_each(|change| change.replaces = true);
        for name in names {
            let mut changes = Changes::default();
            changes.documents(
                &format!("{id}.{name}"),
                &readable(&before.properties[name]),
                &readable(&after.properties[name]),
            );
            let replaces = is_create_only(&after.resource_type, name);
            all.extend(changes.into_vec().into_iter().map(|change| Change { replaces, ..change }));
        }
        let mut changes = Changes::default();
        changes.documents(id, &before.policies, &after.policies);
        all.extend(changes.into_vec());
        all
    }
}

fn changed(logical_id: &str, item: &Item, change: ResourceChangeKind) -> ResourceChange {
    ResourceChange { logical_id: logical_id.into(), resource_type: item.resource_type.clone(), change }
}

fn members(value: &Json) -> impl Iterator<Item = &String> {
    value.as_object().into_iter().flat_map(|members| members.keys())
}

/// True when a value takes an attribute of the resource, or its name where it is made again.
fn refers(value: &Json, logical_id: &str, kind: ResourceChangeKind) -> bool {
    let below = |value: &Json| refers(value, logical_id, kind);
    match value {
        Json::Object(members) => members.iter().any(|(key, value)| match (key.as_str(), value) {
            ("Fn::GetAtt", Json::Array(pair)) => pair.first().is_some_and(|id| id == logical_id),
            ("Ref", Json::String(id)) => id == logical_id && kind == ResourceChangeKind::Replace,
            (_, value) => below(value),
        }),
        Json::Array(items) => items.iter().any(below),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
