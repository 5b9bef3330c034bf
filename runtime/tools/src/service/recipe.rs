//! Runs a recipe: its parameters checked, in every region at the same time, the
//! findings of all regions in one table.

use contract::tool_call::{Completeness, Problem};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, timeout_at};

use super::arguments::{Asked, kind};
use super::ask::Ask;
use super::cursor::{self, Origin, Position};
use super::findings::Findings;
use super::nearest::{nearest, shortened};
use super::regions::Wanted;
use super::render::{self, Extent, Table};
use super::{Kind, Parameter, Recipe, Scope, Session};
use crate::answer::Outcome;

/// What `parameters` hold for a recipe, in the kinds that it takes.
///
/// Fails with all unknown names and wrong kinds.
pub(crate) fn parameters(recipe: &Recipe, given: &Map<String, Value>) -> Result<Map<String, Value>, Vec<Problem>> {
    let (mut taken, mut problems) = (Map::new(), Vec::new());
    for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
        match recipe.takes.iter().find(|parameter| parameter.name == name) {
            None => problems.push(unknown(recipe, name)),
            Some(parameter) => match converted(parameter.kind, value) {
                Some(value) => {
                    taken.insert(name.clone(), value);
                }
                None => problems.push(wrong_kind(parameter, value)),
            },
        }
    }
    if problems.is_empty() { Ok(taken) } else { Err(problems) }
}

fn unknown(recipe: &Recipe, name: &str) -> Problem {
    let name = shortened(name);
    let names: Vec<_> = recipe.takes.iter().map(|parameter| parameter.name).collect();
    let takes = if names.is_empty() { "no parameters".to_owned() } else { names.join(", ") };
    let message = format!("parameters: {} does not take {name}; it takes {takes}", recipe.name);
    Problem::new("arguments/parameters", message).at(format!("parameters.{name}")).nearest(nearest(&name, names))
}

fn wrong_kind(parameter: &Parameter, value: &Value) -> Problem {
    let expected = match parameter.kind {
        Kind::Text => "a text",
        Kind::Number => "a number",
        Kind::List => "a list of texts",
    };
    let message = format!("parameters: {}: expected {expected}, found {}", parameter.name, kind(value));
    Problem::new("arguments/parameters", message).at(format!("parameters.{}", parameter.name)).expected(expected)
}

/// A number may be written as text, and a list of one be a text.
fn converted(kind: Kind, value: &Value) -> Option<Value> {
    match (kind, value) {
        (Kind::Text, Value::String(_)) | (Kind::Number, Value::Number(_)) => Some(value.clone()),
        (Kind::Number, Value::String(text)) => {
            text.trim().parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| json!(number))
        }
        (Kind::List, Value::String(text)) => Some(json!([text])),
        (Kind::List, Value::Array(items)) if items.iter().all(Value::is_string) => Some(value.clone()),
        _ => None,
    }
}

/// Answers with one recipe.
pub(crate) async fn run(recipe: &'static Recipe, asked: &Asked, session: &Session<'_>, ask: &Ask<'_>) -> Outcome {
    let limits = &session.tools.settings.limits;
    let origin = origin(recipe, asked, session);
    let position = asked.cursor.as_deref().map(|text| {
        cursor::read(text, &origin, session.clock.now, limits.cursor_minutes).and_then(|position| match position {
            Position::Row(row) => Ok(row),
            Position::Regions(_) => Err(cursor::foreign().into()),
        })
    });
    let from = match position.transpose() {
        Ok(from) => from.unwrap_or_default(),
        Err(problem) => return Outcome::problems(vec![*problem]),
    };
    if asked.select.is_some() {
        ask.note("select was not used: it picks from an operation of AWS, not from this answer.");
    }
    let Some((table, truncated)) = findings(recipe, asked, session, ask).await else {
        return nothing_read(session);
    };
    let found = table.rows.len();
    let extent = Extent { from, rows: asked.max_items.unwrap_or(usize::MAX), bytes: limits.result_bytes };
    let rendered = render::table(recipe.name, table, asked.format, extent);
    let end = from + rendered.shown;
    let more = end < found;
    if more {
        ask.note(format!("Rows {} to {end} of {found} are here; the cursor goes on.", from + 1));
    }
    rendered.notes.iter().for_each(|note| ask.note(note));
    let completeness = session.ledger.completeness();
    let completeness = Completeness {
        items: rendered.shown,
        found: Some(found),
        truncated: completeness.truncated || truncated || more,
        cursor: (more && rendered.shown > 0).then(|| cursor::write(Position::Row(end), &origin, session.clock.now)),
        ..completeness
    };
    Outcome { completeness: Some(completeness), ..Outcome::result(rendered.result) }
}

/// The error of an answer for which nothing could be read.
pub(crate) fn nothing_read(session: &Session<'_>) -> Outcome {
    let unknown = || match Instant::now() >= session.clock.deadline {
        true => Problem::new("read/deadline", "the time for this answer was over before anything was read"),
        false => Problem::new("read/answer", "AWS gave no answer that this question could be answered from"),
    };
    let problem = session.ledger.failed_altogether().unwrap_or_else(unknown);
    Outcome { completeness: Some(session.ledger.completeness()), ..Outcome::problems(vec![problem]) }
}

/// The rows of all regions, and whether a region is missing; none when nothing was read.
async fn findings(
    recipe: &'static Recipe,
    asked: &Asked,
    session: &Session<'_>,
    ask: &Ask<'_>,
) -> Option<(Table, bool)> {
    let limits = &session.tools.settings.limits;
    let regions = match (recipe.scope, &asked.regions) {
        (Scope::Region, wanted) => wanted.resolve(ask, limits.regions).await,
        (Scope::Account, Wanted::Unsaid) => vec![ask.region.clone()],
        (Scope::Account, _) => {
            ask.note("This question is about the whole account, so it was asked once and not in each region.");
            vec![ask.region.clone()]
        }
    };
    if recipe.scope == Scope::Region && asked.regions == Wanted::Unsaid {
        ask.note(format!("Only {} was asked; name other regions, or all, in regions.", ask.region));
    }
    let asks: Vec<_> = regions.iter().map(|region| ask.in_region(region.clone()).only(recipe.reads)).collect();
    let deadline = session.clock.deadline;
    let runs = asks.iter().map(|ask| timeout_at(deadline, (recipe.run)(ask)));
    let mut by_region = Vec::new();
    let mut unread = Vec::new();
    for (region, found) in regions.iter().zip(futures::future::join_all(runs).await) {
        match found {
            Ok(Ok(findings)) => by_region.push((region.to_string(), findings)),
            Ok(Err(_)) => unread.push(region.to_string()),
            Err(_) => {
                ask.note("The time for this answer was over before everything was read: it is not complete.");
                unread.push(region.to_string());
            }
        }
    }
    if by_region.is_empty() || session.ledger.failed_altogether().is_some() {
        return None;
    }
    if !unread.is_empty() {
        ask.note(format!("Without rows, since it could not be read: {}.", unread.join(", ")));
    }
    Some((merged(by_region, regions.len() > 1), !unread.is_empty()))
}

/// Rows in the order of the regions, the region in front when several were asked.
fn merged(by_region: Vec<(String, Findings)>, several: bool) -> Table {
    let mut table = Table::default();
    for (region, findings) in by_region {
        if table.columns.is_empty() {
            let region = several.then_some("region");
            table.columns = region.into_iter().chain(findings.columns.iter().copied()).map(str::to_owned).collect();
        }
        let with_region = |row: Vec<Value>| match several {
            true => std::iter::once(json!(region)).chain(row).collect(),
            false => row,
        };
        table.rows.extend(findings.rows.into_iter().map(with_region));
        add(&mut table.summary, findings.summary);
    }
    table
}

/// Numbers are added up, below the same names too; of anything else the first is kept.
fn add(sums: &mut Map<String, Value>, more: Map<String, Value>) {
    for (name, value) in more {
        match (sums.get_mut(&name), value) {
            (Some(Value::Object(sum)), Value::Object(value)) => add(sum, value),
            (Some(sum), value) => {
                if let Some(total) = total(sum, &value) {
                    *sum = total;
                }
            }
            (None, value) => {
                sums.insert(name, value);
            }
        }
    }
}

fn total(a: &Value, b: &Value) -> Option<Value> {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a.checked_add(b).map(Value::from),
        _ => Some(json!(a.as_f64()? + b.as_f64()?)),
    }
}

/// What a cursor of this answer belongs to.
fn origin(recipe: &Recipe, asked: &Asked, session: &Session<'_>) -> Origin {
    let parameters = cursor::canonical(&asked.parameters);
    let regions = format!("{:?}", asked.regions);
    Origin::of(&[session.tool.name, recipe.name, &asked.query, &parameters, &regions])
}

#[cfg(test)]
#[path = "recipe_tests.rs"]
mod tests;
