//! Tables and outputs as results: JSON or tab-separated, never longer than
//! allowed, cut between rows and nowhere else.

use serde_json::{Map, Value, json};

use super::arguments::Format;
use crate::answer::clean;

/// A recipe's rows of all regions.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Value>>,
    pub summary: Map<String, Value>,
}

/// Which rows are wanted, and how many bytes their JSON may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// Rows to leave out at the start.
    pub from: usize,
    pub rows: usize,
    pub bytes: usize,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Rendered {
    pub result: Value,
    /// Rows in it.
    pub shown: usize,
    pub notes: Vec<String>,
}

/// Rows from which on a text tells once what is the same in all of them.
const MANY: usize = 5;

/// `{"recipe", "columns", "rows", "summary"}`, or `{"recipe", "tsv", "summary"}`; of
/// many rows, a column whose cells are all the same stands in `every_row` instead.
pub(crate) fn table(recipe: &str, mut table: Table, format: Format, extent: Extent) -> Rendered {
    let mut notes = Vec::new();
    let mut summary = Value::Object(std::mem::take(&mut table.summary));
    clean(&mut summary);
    round(&mut summary);
    if length(&summary) > extent.bytes / 2 {
        notes.push("The summary is left out: it is too long for one answer.".to_owned());
        summary = json!({});
    }
    let wanted = table.rows.into_iter().skip(extent.from).take(extent.rows);
    let mut rows: Vec<Value> = wanted.map(Value::from).collect();
    rows.iter_mut().for_each(|row| {
        clean(row);
        round(row);
    });
    let (result, shown) = match format {
        Format::Json => {
            let mut result = json!({"recipe": recipe, "columns": table.columns, "rows": [], "summary": summary});
            let room = extent.bytes.saturating_sub(length(&result));
            rows.truncate(fitting(&rows, room, |row| length(row) + 1));
            let shown = rows.len();
            result["rows"] = rows.into();
            (result, shown)
        }
        Format::Tsv => {
            let same = told_once(&mut table.columns, &mut rows);
            let mut result = json!({"recipe": recipe, "tsv": line(&table.columns), "summary": summary});
            if !same.is_empty() {
                result["every_row"] = Value::Object(same);
            }
            let lines: Vec<String> = rows.iter().map(|row| line(cells(row))).collect();
            let room = extent.bytes.saturating_sub(length(&result));
            let shown = fitting(&lines, room, |line| escaped_length(line));
            result["tsv"] = json!(line(&table.columns) + &lines[..shown].concat());
            (result, shown)
        }
    };
    Rendered { result, shown, notes }
}

/// Takes the columns out that hold the same in all of many rows; one column always stays.
fn told_once(columns: &mut Vec<String>, rows: &mut [Value]) -> Map<String, Value> {
    let mut told = Map::new();
    if rows.len() < MANY {
        return told;
    }
    for index in (0..columns.len()).rev() {
        let is_same = rows.windows(2).all(|pair| pair[0][index] == pair[1][index]);
        if is_same && columns.len() > 1 {
            told.insert(columns.remove(index), rows[0][index].clone());
            rows.iter_mut().filter_map(Value::as_array_mut).for_each(|row| drop(row.remove(index)));
        }
    }
    told
}

/// One region's output of an operation, or what was selected from it.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub region: String,
    pub value: Value,
    /// Member that holds the operation's result list, where it is known.
    pub list: Option<String>,
    /// Rows of the list that were answered earlier.
    pub skip: usize,
    /// Rows that are wanted; AWS's pages may have brought more.
    pub most: usize,
}

/// The outputs of one operation in one or several regions.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Outputs {
    pub result: Value,
    /// For each output: rows in the result, and rows that there were behind those skipped.
    pub rows: Vec<(usize, usize)>,
    pub notes: Vec<String>,
}

/// `{"operation", "output"}`, by region when several were asked: `{"operation", "outputs": {"us-east-1": ...}}`;
/// as text `{"operation", "tsv"}`.
pub(crate) fn outputs(operation: &str, outputs: Vec<Output>, several: bool, format: Format, bytes: usize) -> Outputs {
    let mut parts: Vec<Part> = outputs.into_iter().map(Part::new).collect();
    if format == Format::Tsv && parts.iter().all(|part| part.path.is_some()) {
        return tsv(operation, &parts, several, bytes);
    }
    let mut notes = Vec::new();
    if format == Format::Tsv {
        notes.push("The output has no list of rows, so it is given as JSON.".to_owned());
    }
    let mut base = length(&assembled(operation, &parts, several));
    if base > bytes && parts.iter_mut().map(|part| shorten(&mut part.frame, bytes / 4)).sum::<usize>() > 0 {
        notes.push("Long texts are cut off in this answer.".to_owned());
        base = length(&assembled(operation, &parts, several));
    }
    if base > bytes {
        notes.push(format!(
            "The output has {base} bytes, more than the {bytes} of an answer: pick from it with select."
        ));
        let rows = parts.iter().map(|part| (0, part.rows.len())).collect();
        return Outputs { result: json!({"operation": operation, "output": null}), rows, notes };
    }
    let mut room = bytes - base;
    let mut rows = Vec::new();
    for part in &mut parts {
        let shown = fitting(&part.rows, room, |row| length(row) + 1).min(part.most);
        room -= part.rows[..shown].iter().map(|row| length(row) + 1).sum::<usize>();
        rows.push((shown, part.rows.len()));
        part.fill(shown);
    }
    Outputs { result: assembled(operation, &parts, several), rows, notes }
}

/// An output taken apart: its rows, and the rest of it with an empty list in their place.
struct Part {
    region: String,
    frame: Value,
    path: Option<Vec<String>>,
    rows: Vec<Value>,
    most: usize,
}

impl Part {
    fn new(output: Output) -> Self {
        let Output { region, value: mut frame, list, skip, most } = output;
        clean(&mut frame);
        let path = longest_list(&frame, list.as_deref());
        let taken = path.as_ref().and_then(|path| at(&mut frame, path)).map(Value::take);
        let rows: Vec<Value> = match taken {
            Some(Value::Array(rows)) => rows.into_iter().skip(skip).collect(),
            _ => Vec::new(),
        };
        let mut part = Self { region, frame, path, rows, most };
        part.place(Vec::new());
        part
    }

    /// Puts the first rows back.
    fn fill(&mut self, shown: usize) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.truncate(shown);
        self.place(rows);
    }

    fn place(&mut self, rows: Vec<Value>) {
        if let Some(list) = self.path.as_ref().and_then(|path| at(&mut self.frame, path)) {
            *list = rows.into();
        }
    }
}

fn assembled(operation: &str, parts: &[Part], several: bool) -> Value {
    if several {
        let by_region = parts.iter().map(|part| (part.region.clone(), part.frame.clone()));
        return json!({"operation": operation, "outputs": Value::Object(by_region.collect())});
    }
    json!({"operation": operation, "output": parts.first().map(|part| part.frame.clone())})
}

/// Rows below each other, the region in front when there are several.
fn tsv(operation: &str, parts: &[Part], several: bool, bytes: usize) -> Outputs {
    let columns = columns(parts.iter().flat_map(|part| &part.rows));
    let region = several.then_some("region");
    let names = columns.iter().map(String::as_str);
    let header = if columns.is_empty() { String::new() } else { line(region.into_iter().chain(names)) };
    let mut result = json!({"operation": operation, "tsv": header});
    let mut room = bytes.saturating_sub(length(&result));
    let (mut text, mut rows) = (header, Vec::new());
    for part in parts {
        let region = several.then(|| part.region.clone());
        let lines: Vec<String> =
            part.rows.iter().map(|row| line(region.iter().cloned().chain(cells_of(row, &columns)))).collect();
        let shown = fitting(&lines, room, |line| escaped_length(line)).min(part.most);
        room -= lines[..shown].iter().map(|line| escaped_length(line)).sum::<usize>();
        rows.push((shown, lines.len()));
        text += &lines[..shown].concat();
    }
    result["tsv"] = text.into();
    Outputs { result, rows, notes: Vec::new() }
}

/// The members of rows that are objects, in the order in which they come.
fn columns<'a>(rows: impl Iterator<Item = &'a Value>) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for name in rows.filter_map(Value::as_object).flat_map(Map::keys) {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    columns
}

fn cells_of(row: &Value, columns: &[String]) -> Vec<String> {
    match row {
        Value::Object(members) => columns.iter().map(|name| members.get(name).map(cell).unwrap_or_default()).collect(),
        Value::Array(_) => cells(row),
        other => vec![cell(other)],
    }
}

fn cells(row: &Value) -> Vec<String> {
    row.as_array().into_iter().flatten().map(cell).collect()
}

/// A cell's text; what is neither text nor number is compact JSON.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Cells in one line, with its end. Tabs and line breaks within cells become blanks.
fn line(cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let cells = cells.into_iter().map(|cell| cell.as_ref().replace(['\t', '\n', '\r'], " "));
    cells.collect::<Vec<_>>().join("\t") + "\n"
}

/// How many items from the first on fit into the room.
fn fitting<T>(items: &[T], mut room: usize, size: impl Fn(&T) -> usize) -> usize {
    let fits = |item: &&T| {
        let left = room.checked_sub(size(item));
        room = left.unwrap_or_default();
        left.is_some()
    };
    items.iter().take_while(fits).count()
}

/// Where the list is that a caller means by the output's items: the given member,
/// or the longest list in the value, three objects deep at most.
fn longest_list(value: &Value, known: Option<&str>) -> Option<Vec<String>> {
    const DEEPEST: usize = 3;
    if value.is_array() {
        return Some(Vec::new());
    }
    if let Some(name) = known.filter(|name| value.get(name).is_some_and(Value::is_array)) {
        return Some(vec![name.to_owned()]);
    }
    let mut found = Vec::new();
    lists(value, &mut Vec::new(), DEEPEST, &mut found);
    // Of lists of the same length the first one counts, so that a cursor means the same list.
    found.into_iter().rev().max_by_key(|(length, _)| *length).map(|(_, path)| path)
}

fn lists(value: &Value, path: &mut Vec<String>, depth: usize, found: &mut Vec<(usize, Vec<String>)>) {
    for (name, member) in value.as_object().into_iter().flatten() {
        path.push(name.clone());
        match member {
            Value::Array(items) => found.push((items.len(), path.clone())),
            Value::Object(_) if depth > 1 => lists(member, path, depth - 1, found),
            _ => {}
        }
        path.pop();
    }
}

fn at<'a>(value: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, name| value.get_mut(name.as_str()))
}

/// Cuts texts off that are longer than this, in bytes; gives how many were.
fn shorten(value: &mut Value, most: usize) -> usize {
    match value {
        Value::String(text) if text.len() > most => {
            let kept = text.floor_char_boundary(most);
            let cut = text.len() - kept;
            text.truncate(kept);
            text.push_str(&format!("... ({cut} bytes more)"));
            1
        }
        Value::Array(items) => items.iter_mut().map(|item| shorten(item, most)).sum(),
        Value::Object(members) => members.values_mut().map(|member| shorten(member, most)).sum(),
        _ => 0,
    }
}

/// Whole numbers without a fraction, others to six places: sums of binary
/// fractions have digits that nobody measured.
fn round(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let exact = number.as_f64().unwrap_or_default();
            let rounded = (exact * 1e6).round() / 1e6;
            let shown = if rounded == 0.0 { exact } else { rounded };
            *value = if shown.fract() == 0.0 && shown.abs() < 9e15 { json!(shown as i64) } else { json!(shown) };
        }
        Value::Array(items) => items.iter_mut().for_each(round),
        Value::Object(members) => members.values_mut().for_each(round),
        _ => {}
    }
}

/// Bytes of a value as JSON.
pub(crate) fn length(value: &Value) -> usize {
    serde_json::to_string(value).map_or(0, |text| text.len())
}

/// Bytes of a text within a JSON text.
fn escaped_length(text: &str) -> usize {
    serde_json::to_string(text).map_or(0, |text| text.len() - 2)
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
