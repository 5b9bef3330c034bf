//! Differences of one resource: live against desired, without what the stack's
//! own step changes, parted into what is ours to put back and what is not.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::Change;
use super::change::Changes;
use super::readable::readable;
use crate::resource::Resource;

/// What differs from the template, and who has to do something about it.
#[derive(Debug, Default, PartialEq)]
pub struct Differences {
    pub ours: Vec<Change>,
    /// Made by others and theirs to remove, or beyond any call of ours.
    pub foreign: Vec<Change>,
}

/// How the live attributes came to be expected as they are.
#[derive(Clone, Copy)]
struct Sides<'a> {
    live: &'a Json,
    wanted: &'a Json,
    deployed: &'a Json,
}

impl Differences {
    /// A difference between `deployed` and `wanted` is the stack's own to make.
    pub fn between(live: &Resource, wanted: &Resource, deployed: &Resource) -> Self {
        let [live, wanted_json, deployed] = [live, wanted, deployed].map(|resource| readable(&json(resource)));
        let sides = Sides { live: &live, wanted: &wanted_json, deployed: &deployed };
        let mut all = Self::default();
        for name in names(&wanted_json) {
            let below = sides.below(name);
            match (wanted, name.as_str()) {
                (_, "kind" | "name") => {}
                (_, "tags") => all.ours.extend(below.tags()),
                (Resource::Function(_), "environment") => all.ours.extend(below.environment()),
                (Resource::FunctionPolicy(_), "statements") => all.statements(below),
                (Resource::Table(_), "indexes") => all.indexes(below),
                (Resource::ManagedPolicies(_), "policies") => all.policies(below),
                (Resource::Role(_), "attached_policies") => all.attachments(below),
                (resource, name) if is_fixed(resource, name) => all.foreign.extend(below.leaves(name)),
                (_, name) => all.ours.extend(below.leaves(name)),
            }
        }
        all
    }

    /// An index that is gone can be made again; one that differs or was added cannot be changed.
    fn indexes(&mut self, sides: Sides) {
        for name in names(sides.live).chain(names(sides.wanted).filter(|name| sides.live.get(name.as_str()).is_none()))
        {
            let below = sides.below(name);
            let side = if below.live.is_null() { &mut self.ours } else { &mut self.foreign };
            side.extend(below.leaves(&format!("index {name}")));
        }
    }

    /// A policy that no template of ours made is somebody else's; a description is fixed.
    fn policies(&mut self, sides: Sides) {
        for name in names(sides.live).chain(names(sides.wanted).filter(|name| sides.live.get(name.as_str()).is_none()))
        {
            let (below, path) = (sides.below(name), format!("policy {name}"));
            match (below.live.is_null(), below.wanted.is_null() && below.deployed.is_null()) {
                (_, true) => self.foreign.push(existence(path, Some("present"), None)),
                (true, _) if below.wanted == below.deployed => self.ours.push(existence(path, None, Some("present"))),
                (true, _) => {}
                _ => {
                    self.foreign.extend(below.below("description").leaves(&format!("{path}.description")));
                    self.ours.extend(below.below("document").leaves(&path));
                }
            }
        }
    }

    /// A role has ten places for attached policies. Where its template uses some,
    /// what others attached stays; a role without any is ours alone.
    fn attachments(&mut self, sides: Sides) {
        let [live, wanted, deployed] = [sides.live, sides.wanted, sides.deployed].map(texts);
        if wanted.is_empty() {
            return self.ours.extend(sides.leaves("attached_policies"));
        }
        let known: BTreeSet<&str> = wanted.union(&deployed).copied().collect();
        let attached = |arns: Vec<&str>| (!arns.is_empty()).then(|| arns.join(", "));
        let missing = attached(wanted.intersection(&deployed).copied().filter(|arn| !live.contains(arn)).collect());
        let added = attached(live.difference(&known).copied().collect());
        let change = |before, after| Change { path: "attached_policies".into(), before, after, replaces: false };
        self.ours.extend(missing.map(|arns| change(None, Some(arns))));
        self.foreign.extend(added.map(|arns| change(Some(arns), None)));
    }

    /// A statement that no template of ours made is somebody else's.
    fn statements(&mut self, sides: Sides) {
        for sid in names(sides.live).chain(names(sides.wanted).filter(|sid| sides.live.get(sid.as_str()).is_none())) {
            let below = sides.below(sid);
            let is_foreign = below.wanted.is_null() && below.deployed.is_null();
            let side = if is_foreign { &mut self.foreign } else { &mut self.ours };
            side.extend(below.leaves(&format!("statement {sid}")));
        }
    }
}

/// Attributes that AWS takes only when the resource is made.
fn is_fixed(resource: &Resource, attribute: &str) -> bool {
    matches!((resource, attribute), (Resource::Table(_), "keys") | (Resource::Repository(_), "encryption"))
}

impl<'a> Sides<'a> {
    fn below(self, name: &str) -> Self {
        let Self { live, wanted, deployed } = self;
        Self { live: &live[name], wanted: &wanted[name], deployed: &deployed[name] }
    }

    /// Tags that others add are theirs.
    fn tags(self) -> Vec<Change> {
        names(self.wanted).flat_map(|key| self.below(key).leaves(&format!("tag {key}"))).collect()
    }

    /// What others put into the environment may be a secret.
    fn environment(self) -> Vec<Change> {
        let mut changes = self.leaves("environment");
        let is_theirs = |change: &&mut Change| change.after.is_none();
        changes.iter_mut().filter(is_theirs).for_each(|change| change.before = Some("(not shown)".into()));
        changes
    }

    fn leaves(self, path: &str) -> Vec<Change> {
        let mut changes = Changes::default();
        self.collect(path, &mut changes);
        changes.into_vec()
    }

    fn collect(self, path: &str, changes: &mut Changes) {
        let Self { live, wanted, deployed } = self;
        if live.is_object() && wanted.is_object() && deployed.is_object() {
            let of_template = names(wanted).filter(|name| live.get(name.as_str()).is_none());
            for name in names(live).chain(of_template) {
                self.below(name).collect(&format!("{path}.{name}"), changes);
            }
        } else if wanted == deployed {
            changes.documents(path, live, wanted);
        }
    }
}

fn texts(list: &Json) -> BTreeSet<&str> {
    list.as_array().into_iter().flatten().filter_map(Json::as_str).collect()
}

fn existence(path: String, before: Option<&str>, after: Option<&str>) -> Change {
    Change { path, before: before.map(str::to_string), after: after.map(str::to_string), replaces: false }
}

/// What a resource is made with, one line an attribute.
pub fn attributes(resource: &Resource) -> Vec<Change> {
    let mut changes = Changes::default();
    let all = json(resource);
    if let Resource::ManagedPolicies(made) = resource {
        return made.policies.keys().map(|name| existence(format!("policy {name}"), None, Some("present"))).collect();
    }
    for name in names(&all).filter(|name| !matches!(name.as_str(), "kind" | "name" | "tags")) {
        let is_empty =
            all[name].as_object().is_some_and(|members| members.is_empty()) || all[name] == serde_json::json!([]);
        if !is_empty {
            changes.documents(name, &Json::Null, &all[name]);
        }
    }
    changes.into_vec()
}

fn json(resource: &Resource) -> Json {
    serde_json::to_value(resource).expect("attributes are JSON")
}

fn names(value: &Json) -> impl Iterator<Item = &String> {
    value.as_object().into_iter().flat_map(|members| members.keys())
}
