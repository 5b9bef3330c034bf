//! What is done in each shape of one answer.

use std::collections::{HashMap, HashSet};

use super::places::{Places, Treatment};
use crate::model::{Kind, Reference, Service, Shape};

/// The shapes that an operation's output reaches.
pub(super) struct Plan {
    root: &'static str,
    shapes: HashMap<&'static str, Planned>,
}

pub(super) struct Planned {
    pub kind: Kind,
    /// Members of a structure; the one element of a list or map.
    pub parts: Vec<Part>,
    /// True when the model says something about this shape or one below it, which
    /// the JSON alone does not show.
    pub is_loud: bool,
}

pub(super) struct Part {
    pub name: &'static str,
    pub shape: &'static str,
    pub treatment: Treatment,
    /// Keys of a map that are treated by themselves.
    pub keys: Vec<(&'static str, Treatment)>,
}

impl Plan {
    pub fn new(service: &'static Service, root: &'static str, places: &'static Places) -> Self {
        let mut plan = Self { root, shapes: HashMap::new() };
        plan.add(service, root, places);
        plan.spread();
        plan
    }

    pub fn root(&self) -> &'static str {
        self.root
    }

    pub fn shape(&self, name: &str) -> Option<&Planned> {
        self.shapes.get(name)
    }

    fn add(&mut self, service: &'static Service, name: &'static str, places: &'static Places) {
        if self.shapes.contains_key(name) {
            return;
        }
        let shape = service.shape(name);
        let parts = parts(shape).map(|(member, reference)| part(service, name, member, reference, places)).collect();
        // Whose keys are names of secrets cannot be told from a structure without the model.
        let planned = Planned { kind: shape.kind, parts, is_loud: shape.kind == Kind::Map };
        let is_loud = planned.is_loud || planned.parts.iter().any(Part::is_special);
        let below: Vec<&'static str> = planned.parts.iter().map(|part| part.shape).collect();
        self.shapes.insert(name, Planned { is_loud, ..planned });
        for name in below {
            self.add(service, name, places);
        }
    }

    /// Makes loud whatever leads to something loud.
    fn spread(&mut self) {
        loop {
            let loud: HashSet<&str> =
                self.shapes.iter().filter(|(_, shape)| shape.is_loud).map(|(name, _)| *name).collect();
            let leads =
                |shape: &&mut Planned| !shape.is_loud && shape.parts.iter().any(|part| loud.contains(part.shape));
            let found: Vec<&mut Planned> = self.shapes.values_mut().filter(leads).collect();
            if found.is_empty() {
                return;
            }
            found.into_iter().for_each(|shape| shape.is_loud = true);
        }
    }
}

impl Part {
    fn is_special(&self) -> bool {
        self.treatment != Treatment::Look || !self.keys.is_empty()
    }
}

/// Members by name; the element of a list or map has none.
fn parts(shape: &'static Shape) -> impl Iterator<Item = (&'static str, &'static Reference)> {
    let element = shape.member.as_deref().or(shape.value.as_deref());
    shape.members.iter().chain(element.map(|reference| ("", reference)))
}

fn part(
    service: &'static Service,
    shape: &'static str,
    name: &'static str,
    reference: &'static Reference,
    places: &'static Places,
) -> Part {
    let sensitive = service.shape(reference.shape).sensitive.then_some(reference.shape);
    let treatment = places.treatment(shape, name, sensitive);
    Part { name, shape: reference.shape, treatment, keys: places.keys(shape, name) }
}
