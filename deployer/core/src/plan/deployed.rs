//! What the stacks that exist say about their resources: their own templates
//! and parameters, read as the desired ones are.

use std::collections::BTreeMap;

use super::StepId;
use crate::desired::{Desired, DesiredStack};
use crate::observed::{Fact, Observed, ObservedStack, is_in_motion};
use crate::resource::Resource;
use crate::template::{Contents, Source, read};

/// A stack as far as its resources are concerned.
pub enum Made<'a> {
    /// Its resources should be there, as its template says.
    Complete,
    /// AWS works on it; the status says at what.
    InMotion(&'a str),
    /// It does not exist, holds nothing, or is made again.
    NotYet,
    /// It could not be read.
    Unknown,
}

impl<'a> Made<'a> {
    pub fn of(stack: &'a Fact<ObservedStack>) -> Self {
        match stack {
            Fact::Unknown(_) => Self::Unknown,
            Fact::Absent => Self::NotYet,
            Fact::Present(stack) if stack.is_lost() || stack.is_empty() => Self::NotYet,
            Fact::Present(stack) if is_in_motion(&stack.status) => Self::InMotion(&stack.status),
            Fact::Present(_) => Self::Complete,
        }
    }

    pub fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }
}

/// The resources of all stacks that are complete, as they were deployed.
pub fn deployed(desired: &Desired, observed: &Observed) -> BTreeMap<StepId, Resource> {
    let stacks = desired.stacks().into_iter().filter_map(|(id, wanted)| Some((id, wanted, observed.stack(id)?)));
    let complete = stacks.filter(|(_, _, found)| Made::of(found).is_complete());
    complete.filter_map(|(id, wanted, found)| Some(of_stack(desired, id, wanted, found.present()?))).flatten().collect()
}

/// A template that nobody can read makes nothing that we could look after.
fn of_stack(desired: &Desired, id: StepId, wanted: &DesiredStack, found: &ObservedStack) -> BTreeMap<StepId, Resource> {
    let ObservedStack { template, parameters, tags, .. } = found;
    let as_known = wanted.parameters.iter().all(|(key, value)| parameters.get(key) == Some(value));
    if as_known && found.has_template(&wanted.template) && *tags == wanted.tags {
        // Read when the desired state was made.
        let ids = desired.resources.keys().filter(|step| step.stack() == Some(id));
        return ids.filter_map(|step| Some((*step, wanted_with(desired, *step, parameters)?))).collect();
    }
    let source = Source { text: template, parameters, tags, location: &desired.location };
    read(&source).map(|Contents { resources, .. }| resources).unwrap_or_default()
}

/// A desired resource with the environment variables whose parameters have a value.
pub fn wanted_with(desired: &Desired, id: StepId, values: &BTreeMap<String, String>) -> Option<Resource> {
    let mut resource = desired.resources.get(&id)?.clone();
    if let (Resource::Function(function), Some(inputs)) = (&mut resource, desired.inputs.get(&id)) {
        let known = inputs.iter().filter_map(|(name, parameter)| Some((name.clone(), values.get(parameter)?.clone())));
        function.environment.extend(known);
    }
    Some(resource)
}
