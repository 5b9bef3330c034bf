//! One pass over an answer, led by its plan where there is something to know.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::places::Treatment;
use super::plan::{Part, Plan, Planned};
use super::{REDACTED, form, scan};
use crate::call::Redactions;
use crate::model::Kind;

/// Members that name what stands beside them.
const NAMES: [&str; 7] = ["Key", "Name", "OutputKey", "ParameterKey", "ParameterName", "key", "name"];

/// Members that hold the value of what a name beside them says.
const VALUES: [&str; 7] = ["ParameterValue", "StringValue", "Value", "Values", "stringValue", "value", "values"];

struct Walk<'a> {
    plan: Option<&'a Plan>,
    path: Vec<&'a str>,
    count: usize,
    paths: BTreeSet<String>,
}

/// What is known of a value: its shape where that matters, what the member that
/// holds it says of single keys, and what is done with it.
#[derive(Clone, Copy)]
struct Place<'a> {
    shape: Option<&'a Planned>,
    keys: &'a [(&'static str, Treatment)],
    treatment: Treatment,
}

/// Takes the secrets out of a page.
pub(super) fn redacted(plan: Option<&Plan>, page: &mut Value) -> Redactions {
    let mut walk = Walk { plan, path: Vec::new(), count: 0, paths: BTreeSet::new() };
    let shape = plan.and_then(|plan| plan.shape(plan.root())).filter(|shape| shape.is_loud);
    walk.value(Place { shape, keys: &[], treatment: Treatment::Look }, page);
    Redactions { count: walk.count, paths: walk.paths.into_iter().collect() }
}

/// True for the members by which one asks for the next page: `NextToken`, `KeyMarker`,
/// API Gateway's `position`.
pub(super) fn is_paging(name: &str) -> bool {
    name.ends_with("Token") || name.ends_with("Marker") || name == "position"
}

impl<'a> Walk<'a> {
    fn value(&mut self, place: Place<'a>, value: &'a mut Value) {
        if place.treatment == Treatment::Keep {
            return;
        }
        match value {
            Value::Object(members) => match place.shape.map(|shape| shape.kind) {
                Some(Kind::Map) => self.map(place, members),
                _ => self.structure(place, members),
            },
            Value::Array(elements) => self.list(place, elements),
            leaf => self.leaf(place.treatment, leaf),
        }
    }

    fn structure(&mut self, place: Place<'a>, members: &'a mut Map<String, Value>) {
        let is_top = self.path.is_empty();
        let is_secret = names_a_secret(members);
        for (name, child) in members {
            if is_top && child.is_string() && is_paging(name) {
                continue;
            }
            let part = place.shape.and_then(|shape| shape.parts.iter().find(|part| part.name == name));
            let inherited = match place.treatment {
                Treatment::Look if is_secret && VALUES.contains(&name.as_str()) => Treatment::HideUnlessIdentifier,
                Treatment::Look => Treatment::Look,
                _ if NAMES.contains(&name.as_str()) => Treatment::Look,
                hidden => hidden,
            };
            self.below(name, part, inherited, child);
        }
    }

    fn map(&mut self, place: Place<'a>, entries: &'a mut Map<String, Value>) {
        let part = place.shape.and_then(|shape| shape.parts.first());
        for (key, child) in entries {
            let of_key = place.keys.iter().find(|(named, _)| named == key).map(|(_, treatment)| *treatment);
            let inherited = of_key.map_or(place.treatment, |own| strictest(own, place.treatment));
            let is_secret = inherited == Treatment::Look && !child.is_object() && form::is_secret_name(key);
            let inherited = if is_secret { Treatment::HideUnlessIdentifier } else { inherited };
            self.below("*", part, inherited, child);
        }
    }

    /// A member or an entry, with the part of the plan that describes it.
    fn below(&mut self, name: &'a str, part: Option<&'a Part>, inherited: Treatment, child: &'a mut Value) {
        let treatment = part.map_or(inherited, |part| strictest(part.treatment, inherited));
        let keys = part.map_or(&[][..], |part| &part.keys);
        self.path.push(name);
        self.value(Place { shape: self.shape_of(part, treatment), keys, treatment }, child);
        self.path.pop();
    }

    fn list(&mut self, place: Place<'a>, elements: &'a mut [Value]) {
        let part = place.shape.and_then(|shape| shape.parts.first());
        let treatment = part.map_or(place.treatment, |part| strictest(part.treatment, place.treatment));
        let shape = self.shape_of(part, treatment);
        // The value of a command's option stands in an element of its own.
        let mut is_option_value = false;
        for element in elements {
            let own = if is_option_value { Treatment::HideUnlessIdentifier } else { Treatment::Look };
            is_option_value = element.as_str().is_some_and(names_an_option);
            self.value(Place { shape, keys: &[], treatment: strictest(own, treatment) }, element);
        }
    }

    /// The shape below a part, where the JSON alone does not say enough.
    fn shape_of(&self, part: Option<&Part>, treatment: Treatment) -> Option<&'a Planned> {
        let shape = self.plan?.shape(part?.shape)?;
        (shape.is_loud || treatment != Treatment::Look).then_some(shape)
    }

    fn leaf(&mut self, treatment: Treatment, leaf: &mut Value) {
        match treatment {
            Treatment::Keep => {}
            Treatment::Look => self.text(leaf),
            Treatment::HideUnlessIdentifier if is_identifier(leaf) => {}
            Treatment::Hide | Treatment::HideUnlessIdentifier => {
                if !is_nothing(leaf) {
                    *leaf = REDACTED.into();
                    self.found(1);
                }
            }
        }
    }

    fn text(&mut self, leaf: &mut Value) {
        let Value::String(text) = leaf else { return };
        if let Some(redacted) = scan::redacted(text) {
            *text = redacted.text;
            self.found(redacted.count);
        }
    }

    fn found(&mut self, count: usize) {
        self.count += count;
        self.paths.insert(self.path.join("."));
    }
}

/// What a place says itself outweighs what is done around it, unless that hides.
fn strictest(own: Treatment, inherited: Treatment) -> Treatment {
    match (own, inherited) {
        (Treatment::Hide, _) | (_, Treatment::Hide) => Treatment::Hide,
        (Treatment::Look, inherited) => inherited,
        (own, _) => own,
    }
}

/// True for `{"Name": "DB_PASSWORD", "Value": ...}`.
fn names_a_secret(members: &Map<String, Value>) -> bool {
    let named = |name: &&str| members.get(*name).and_then(Value::as_str).is_some_and(form::is_secret_name);
    NAMES.iter().any(named) && VALUES.iter().any(|value| members.contains_key(*value))
}

/// True for `--db-password`.
fn names_an_option(element: &str) -> bool {
    element.starts_with('-') && !element.contains(['=', ' ']) && form::is_secret_name(element)
}

fn is_identifier(leaf: &Value) -> bool {
    match leaf {
        Value::String(text) => form::is_identifier(text),
        Value::Number(number) => form::is_identifier(&number.to_string()),
        _ => true,
    }
}

/// Nothing to hide, or hidden before.
fn is_nothing(leaf: &Value) -> bool {
    leaf.is_null() || leaf.as_str().is_some_and(|text| text.is_empty() || text == REDACTED)
}
