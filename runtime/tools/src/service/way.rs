//! What answers a call: the recipe or operation that it names, or the one that its
//! words lead to.

use aws_read::{AllowedOperation, ReadError, Tier};
use contract::tool_call::Problem;

use super::arguments::Asked;
use super::choose::{self, Choice};
use super::guide::{self, Why};
use super::nearest::nearest;
use super::words::Words;
use super::{Recipe, ServiceTool, Session, problem};
use crate::dispatch;

/// What answers a call.
pub(crate) enum Way {
    Recipe(&'static Recipe),
    Operation(&'static AllowedOperation),
    Guide(Why),
}

/// Fails for a name that is neither a recipe of the tool nor an operation that it may call.
pub(crate) fn find(asked: &Asked, words: &Words, session: &Session<'_>) -> Result<Way, Box<Problem>> {
    if let Some(name) = &asked.operation {
        return named(name, session);
    }
    if choose::asks_for_change(&asked.query) {
        return Ok(Way::Guide(Why::Change));
    }
    Ok(match choose::choose(session.tool.recipes, words) {
        Choice::Recipe(recipe) => Way::Recipe(recipe),
        Choice::Unclear => Way::Guide(Why::Unclear),
    })
}

/// The recipe or the operation of this name, perhaps with the service in front of it.
fn named(name: &str, session: &Session<'_>) -> Result<Way, Box<Problem>> {
    let tool = session.tool;
    if let Some(recipe) = tool.recipes.iter().find(|recipe| recipe.name == name) {
        return Ok(Way::Recipe(recipe));
    }
    let (service, operation) = match name.split_once(':') {
        Some((service, operation)) => (Some(service), operation),
        None => (None, name),
    };
    if let Some(service) = service.filter(|service| !tool.services.contains(service)) {
        return Err(other_service(service, operation, tool).into());
    }
    let found: Vec<_> = services(tool, service).filter_map(|service| aws_read::operation(service, operation)).collect();
    match &found[..] {
        [] => Err(unknown(service, operation, tool).into()),
        [first, _, ..] if first.service() != tool.services[0] => Err(ambiguous(operation, &found).into()),
        [found, ..] if guide::is_callable(found, session) => Ok(Way::Operation(found)),
        [found, ..] => Err(refused(found.service(), operation, Some(found.tier()), Vec::new()).into()),
    }
}

/// The tool's main service goes before its others, which are equals.
fn ambiguous(operation: &str, found: &[&AllowedOperation]) -> Problem {
    let names: Vec<_> = found.iter().map(|found| found.full_name()).collect();
    let message = format!("operation: {operation} is an operation of several services: {}", names.join(", "));
    Problem::new("operation/ambiguous", message).at("operation").nearest(names)
}

fn services(tool: &ServiceTool, service: Option<&str>) -> impl Iterator<Item = &'static str> {
    tool.services.iter().copied().filter(move |known| service.is_none_or(|service| service == *known))
}

/// A service that another tool reads, or none does.
fn other_service(service: &str, operation: &str, tool: &ServiceTool) -> Problem {
    let others = dispatch::service_tools().filter(|other| other.services.contains(&service));
    let others: Vec<_> = others.map(|other| other.name.to_owned()).collect();
    let services = tool.services.join(", ");
    let message = match &others[..] {
        [] => format!("operation: {} reads {services}, not {service}", tool.name),
        others => format!("operation: {service}:{operation} is for {}, not for {}", others.join(" or "), tool.name),
    };
    let problem = Problem::new("operation/other-tool", message).at("operation");
    problem.expected(format!("an operation of {services}")).nearest(others)
}

/// A name that is neither a recipe nor an operation that may be called.
fn unknown(service: Option<&str>, operation: &str, tool: &ServiceTool) -> Problem {
    let has_it =
        |other: &&ServiceTool| other.services.iter().any(|service| aws_read::operation(service, operation).is_some());
    if let Some(other) = dispatch::service_tools().find(has_it).filter(|_| service.is_none()) {
        let message = format!("operation: {operation} is for {}, not for {}", other.name, tool.name);
        return Problem::new("operation/other-tool", message).at("operation").nearest(vec![other.name.into()]);
    }
    let operations = services(tool, service).flat_map(aws_read::operations).map(AllowedOperation::name);
    let names = tool.recipes.iter().map(|recipe| recipe.name).chain(operations);
    refused(service.unwrap_or(tool.services[0]), operation, None, nearest(operation, names))
}

fn refused(service: &str, operation: &str, tier: Option<Tier>, nearest: Vec<String>) -> Problem {
    let (service, operation) = (service.to_owned(), operation.to_owned());
    problem::of(&ReadError::NotAllowed { service, operation, tier, nearest })
}

#[cfg(test)]
#[path = "way_tests.rs"]
mod tests;
