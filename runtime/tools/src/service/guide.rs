//! The answer to a question that no recipe answers: nothing is read, and the
//! caller learns how to ask with structure.

use aws_read::{AllowedOperation, Tier};
use serde_json::{Map, Value, json};

use super::choose;
use super::words::{Words, split};
use super::{Kind, Recipe, Session};
use crate::answer::Outcome;

/// Recipes and operations that are offered.
const MOST_RECIPES: usize = 5;
const MOST_OPERATIONS: usize = 5;

/// Parameters that are told of one operation, and the length of each, in characters.
const MOST_PARAMETERS: usize = 12;
const LONGEST_PARAMETER: usize = 160;

/// Why a guide is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Change,
    Unclear,
}

/// `{"answered": false, "message", "recipes", "other_recipes", "operations"}`: what
/// comes nearest to the query, each with a call that is complete; the tool's other
/// recipes as `{name: what it answers}`.
pub(crate) fn run(query: &str, words: &Words, why: Why, session: &Session<'_>) -> Outcome {
    let nearest = choose::nearest(session.tool.recipes, words, MOST_RECIPES);
    let others = session.tool.recipes.iter().filter(|recipe| nearest.iter().all(|near| near.name != recipe.name));
    let others: Map<_, _> = others.map(|recipe| (recipe.name.to_owned(), json!(recipe.answers))).collect();
    let recipes: Vec<_> = nearest.into_iter().map(|recipe| offered_recipe(query, recipe)).collect();
    let operations = operations(words, session).into_iter();
    let operations: Vec<_> = operations.map(|operation| offered_operation(query, operation)).collect();
    Outcome::result(json!({
        "answered": false,
        "message": message(why),
        "recipes": recipes,
        "other_recipes": others,
        "operations": operations,
    }))
}

fn message(why: Why) -> &'static str {
    match why {
        Why::Change => {
            "Nothing was read and nothing was changed: these tools only read. To look at what is there, call again \
             with one of these in operation."
        }
        Why::Unclear => {
            "Nothing was read: the query fits none of this tool's questions, or more than one. Call again with one of \
             these in operation, with the parameters that it takes."
        }
    }
}

fn offered_recipe(query: &str, recipe: &Recipe) -> Value {
    let takes = recipe.takes.iter().map(|parameter| {
        let kind = match parameter.kind {
            Kind::Text => "text",
            Kind::Number => "number",
            Kind::List => "list of texts",
        };
        (parameter.name.to_owned(), json!(format!("{kind}: {}", parameter.means)))
    });
    let takes: Map<_, _> = takes.collect();
    let mut offered = json!({
        "operation": recipe.name,
        "answers": recipe.answers,
        "question": recipe.example,
        "example": {"query": query, "operation": recipe.name},
    });
    if !takes.is_empty() {
        offered["parameters"] = Value::Object(takes);
    }
    offered
}

fn offered_operation(query: &str, operation: &AllowedOperation) -> Value {
    let mut example = json!({"query": query, "operation": operation.full_name()});
    let parameters = aws_read::example(operation);
    if parameters.as_object().is_some_and(|members| !members.is_empty()) {
        example["parameters"] = parameters.to_string().into();
    }
    json!({"operation": operation.full_name(), "parameters": described(operation), "example": example})
}

/// The parameters in words, required ones first.
fn described(operation: &AllowedOperation) -> Map<String, Value> {
    let described = aws_read::describe(operation);
    let parameters = described.as_object().into_iter().flatten();
    let mut parameters: Vec<_> = parameters.filter_map(|(name, text)| Some((name, text.as_str()?))).collect();
    parameters.sort_by_key(|(_, text)| !text.ends_with(REQUIRED));
    let left_out = parameters.len().saturating_sub(MOST_PARAMETERS);
    let told = parameters.into_iter().take(MOST_PARAMETERS).map(|(name, text)| (name.clone(), json!(short(text))));
    let mut told: Map<_, _> = told.collect();
    if left_out > 0 {
        told.insert("...".into(), json!(format!("{left_out} more")));
    }
    told
}

/// How a described parameter ends that the operation cannot do without.
const REQUIRED: &str = ", required";

fn short(text: &str) -> String {
    let required = if text.ends_with(REQUIRED) { REQUIRED } else { "" };
    match text.char_indices().nth(LONGEST_PARAMETER) {
        Some((end, _)) => format!("{}...{required}", &text[..end]),
        None => text.to_owned(),
    }
}

/// The operations whose names have most of the query's words, best first.
pub(crate) fn operations(words: &Words, session: &Session<'_>) -> Vec<&'static AllowedOperation> {
    let callable = session.tool.services.iter().flat_map(|service| aws_read::operations(service));
    let callable = callable.filter(|operation| is_callable(operation, session));
    let mut rated: Vec<_> = callable.filter_map(|operation| Some((rating(operation, words)?, operation))).collect();
    rated.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.name().len().cmp(&b.1.name().len())));
    rated.into_iter().take(MOST_OPERATIONS).map(|(_, operation)| operation).collect()
}

/// True when the environment lets this operation be called.
pub(crate) fn is_callable(operation: &AllowedOperation, session: &Session<'_>) -> bool {
    operation.tier() != Tier::Data || session.tools.settings.data_operations.contains(&operation.full_name())
}

/// Words of the name that the query says and the share of the name that they are,
/// then parameters that the query says; none when the name has no word of it.
fn rating(operation: &AllowedOperation, words: &Words) -> Option<(usize, usize)> {
    let parts = parts(operation.name());
    let subject: Vec<_> = parts.iter().skip(1).collect();
    let said = subject.iter().filter(|part| words.has(part)).count();
    if said == 0 {
        return None;
    }
    let share = 100 * said / subject.len();
    let described = aws_read::describe(operation);
    let parameters = described.as_object().into_iter().flatten();
    let mentioned = parameters.filter(|(name, _)| self::parts(name).iter().all(|part| words.has(part))).count();
    Some((10 * said + share, mentioned))
}

/// The words of a name in AWS's spelling: `DescribeDBInstances` is `describe`, `db`, `instances`.
fn parts(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut spaced = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let after_small = index > 0 && !letters[index - 1].is_uppercase();
        let before_small = letters.get(index + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && index > 0 && (after_small || before_small) {
            spaced.push(' ');
        }
        spaced.push(*letter);
    }
    split(&spaced)
}

#[cfg(test)]
#[path = "guide_tests.rs"]
mod tests;
