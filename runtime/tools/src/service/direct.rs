//! Makes the read that the caller names: one operation, in all its regions at once.

use std::collections::BTreeMap;

use aws_read::{AllowedOperation, Answer, Budget, Region};
use contract::tool_call::{Completeness, Problem};
use serde_json::Value;

use super::arguments::Asked;
use super::ask::{Ask, Unread};
use super::cursor::{self, Origin, Position, Resume};
use super::recipe::nothing_read;
use super::regions::{self, Wanted};
use super::render::{self, Output};
use super::{Session, problem};
use crate::answer::Outcome;

/// One region's read: from where, and what came.
struct Read {
    region: Region,
    resume: Resume,
    answer: Answer,
}

/// Answers with one operation. Its parameters are checked before anything is read.
pub(crate) async fn run(
    operation: &'static AllowedOperation,
    asked: &Asked,
    session: &Session<'_>,
    ask: &Ask<'_>,
) -> Outcome {
    let parameters = Value::Object(asked.parameters.clone());
    if let Err(error) = aws_read::check_parameters(operation.service(), operation.name(), &parameters) {
        return Outcome::problems(vec![problem::of(&error)]);
    }
    let origin = origin(operation, asked, session);
    let places = match places(operation, asked, &origin, session, ask).await {
        Ok(places) => places,
        Err(problem) => return Outcome::problems(vec![*problem]),
    };
    let several = places.len() > 1 || matches!(&asked.regions, Wanted::Named(named) if named.len() > 1);
    let reads = places.into_iter().map(|(region, resume)| read(operation, asked, ask, region, resume));
    let reads: Vec<Read> = futures::future::join_all(reads).await.into_iter().flatten().collect();
    if reads.is_empty() {
        return nothing_read(session);
    }
    answered(operation, asked, session, &origin, reads, several).unwrap_or_else(|problem| Outcome {
        completeness: Some(session.ledger.completeness()),
        ..Outcome::problems(vec![*problem])
    })
}

/// Regions to ask, and where each goes on.
async fn places(
    operation: &AllowedOperation,
    asked: &Asked,
    origin: &Origin,
    session: &Session<'_>,
    ask: &Ask<'_>,
) -> Result<Vec<(Region, Resume)>, Box<Problem>> {
    let limits = &session.tools.settings.limits;
    if let Some(text) = &asked.cursor {
        return match cursor::read(text, origin, session.clock.now, limits.cursor_minutes)? {
            Position::Regions(open) => resumed(open).ok_or_else(|| cursor::foreign().into()),
            Position::Row(_) => Err(cursor::foreign().into()),
        };
    }
    let regions = match &asked.regions {
        Wanted::Unsaid => vec![ask.region.clone()],
        wanted if regions::is_global(operation.service()) => {
            if wanted != &Wanted::Named(vec![ask.region.clone()]) {
                ask.note(format!("{} is the same in every region, so it was asked once.", operation.service()));
            }
            vec![ask.region.clone()]
        }
        wanted => wanted.resolve(ask, limits.regions).await,
    };
    Ok(regions.into_iter().map(|region| (region, Resume::default())).collect())
}

fn resumed(open: BTreeMap<String, Resume>) -> Option<Vec<(Region, Resume)>> {
    open.into_iter().map(|(name, resume)| Some((regions::known(&name)?, resume))).collect()
}

async fn read(
    operation: &AllowedOperation,
    asked: &Asked,
    ask: &Ask<'_>,
    region: Region,
    resume: Resume,
) -> Option<Read> {
    let mut parameters = asked.parameters.clone();
    parameters.extend(resume.start.clone());
    let budget = ask.budget();
    let items = asked.max_items.unwrap_or(budget.max_items);
    let budget = Budget { max_items: items.saturating_add(resume.skip), ..budget };
    let list = aws_read::result_list(operation);
    let each_item = asked.select.as_ref().zip(list).and_then(|(select, list)| select.for_items_of(&list));
    let ask = ask.in_region(region.clone());
    let answer = ask.answer(&operation.full_name(), Value::Object(parameters), budget, each_item).await;
    match answer {
        Ok(answer) => Some(Read { region, resume, answer }),
        Err(Unread) => None,
    }
}

fn answered(
    operation: &AllowedOperation,
    asked: &Asked,
    session: &Session<'_>,
    origin: &Origin,
    mut reads: Vec<Read>,
    several: bool,
) -> Result<Outcome, Box<Problem>> {
    let list = aws_read::result_list(operation);
    let outputs = reads.iter_mut().map(|read| {
        let value = picked(std::mem::take(&mut read.answer.value), asked, list.as_deref())?;
        let list = list.clone().filter(|_| asked.select.is_none());
        let most = asked.max_items.unwrap_or(usize::MAX);
        Ok(Output { region: read.region.to_string(), value, list, skip: read.resume.skip, most })
    });
    let outputs = outputs.collect::<Result<Vec<_>, Box<Problem>>>()?;
    let limits = &session.tools.settings.limits;
    let rendered = render::outputs(&operation.full_name(), outputs, several, asked.format, limits.result_bytes);
    rendered.notes.iter().for_each(|note| session.ledger.note(note));
    let shown: usize = rendered.rows.iter().map(|(shown, _)| shown).sum();
    let read: usize = rendered.rows.iter().map(|(_, read)| read).sum();
    let whole = asked.cursor.is_none() && reads.iter().all(|read| !read.answer.truncated);
    let open = open(&reads, &rendered.rows);
    if shown < read {
        let goes_on = if open.is_some() { "; the cursor goes on" } else { "" };
        session.ledger.note(format!("{shown} of {read} items fit into this answer{goes_on}."));
    }
    let completeness = session.ledger.completeness();
    let completeness = Completeness {
        items: shown,
        found: whole.then_some(read),
        truncated: completeness.truncated || shown < read,
        cursor: open.map(|open| cursor::write(Position::Regions(open), origin, session.clock.now)),
        ..completeness
    };
    Ok(Outcome { completeness: Some(completeness), ..Outcome::result(rendered.result) })
}

/// What the caller selects, from the whole output or, where that was done page by page, from its pieces.
fn picked(mut output: Value, asked: &Asked, list: Option<&str>) -> Result<Value, Box<Problem>> {
    let Some(select) = &asked.select else { return Ok(output) };
    match list.filter(|list| select.for_items_of(list).is_some()) {
        Some(list) => select.joined(output[list].take()),
        None => select.pick(&output),
    }
}

/// Where each region goes on that has more; none when nothing is left, or no
/// answer could ever hold the next item.
fn open(reads: &[Read], rows: &[(usize, usize)]) -> Option<BTreeMap<String, Resume>> {
    let mut open = BTreeMap::new();
    for (read, (shown, there)) in reads.iter().zip(rows) {
        let next = match (&read.answer.next, shown < there) {
            (_, true) => Resume { skip: read.resume.skip + shown, ..read.resume.clone() },
            (Some(Value::Object(next)), false) => Resume { start: next.clone(), skip: 0 },
            (_, false) if read.answer.truncated && *there > 0 => {
                Resume { skip: read.resume.skip + there, ..read.resume.clone() }
            }
            _ => continue,
        };
        open.insert(read.region.to_string(), next);
    }
    let advances = rows.iter().any(|(shown, _)| *shown > 0) || rows.iter().all(|(_, there)| *there == 0);
    (!open.is_empty() && advances).then_some(open)
}

/// What a cursor of this answer belongs to; the query's words do not matter here.
fn origin(operation: &AllowedOperation, asked: &Asked, session: &Session<'_>) -> Origin {
    let parameters = cursor::canonical(&asked.parameters);
    let regions = format!("{:?}", asked.regions);
    let select = asked.select.as_ref().map(|select| select.text()).unwrap_or_default();
    Origin::of(&[session.tool.name, &operation.full_name(), &parameters, &regions, select])
}

#[cfg(test)]
#[path = "direct_tests.rs"]
mod tests;
