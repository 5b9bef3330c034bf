//! A table of Markdown, fitted to the terminal.

use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::inline::plain;

/// Lines without frames; the head is set off by a rule and bold. Rows that have no
/// delimiter row after the first (GitHub's tables, section 4.10) are shown as they are.
pub(super) fn render(rows: &[String], width: usize) -> String {
    let cells: Vec<Vec<String>> = rows.iter().map(|row| split(row)).collect();
    let Some(alignments) = cells.get(1).and_then(|cells| delimiters(cells)) else {
        return rows.iter().map(|row| format!("{}\n", plain(row))).collect();
    };
    let mut table = Table::new();
    let rule = LineStyle::none().fill('─').junction('─');
    table.load_style(TableStyle::new().header_separator(rule)).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX)).set_truncation_indicator("…");
    table.enforce_styling();
    table.set_header(cells[0].iter().map(|cell| Cell::new(plain(cell)).add_attribute(Attribute::Bold)));
    for row in &cells[2..] {
        table.add_row(row.iter().take(alignments.len()).map(|cell| plain(cell)));
    }
    for (column, alignment) in table.column_iter_mut().zip(alignments) {
        column.set_cell_alignment(alignment);
    }
    format!("{table}\n")
}

/// The cells of a row: between bars that are not escaped.
fn split(row: &str) -> Vec<String> {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let row = row.strip_suffix('|').filter(|row| !row.ends_with('\\')).unwrap_or(row);
    let mut cells = vec![String::new()];
    let mut escaped = false;
    for character in row.chars() {
        match (character, cells.last_mut()) {
            ('|', Some(cell)) if escaped => {
                cell.pop();
                cell.push('|');
            }
            ('|', _) => cells.push(String::new()),
            (other, Some(cell)) => cell.push(other),
            (_, None) => {}
        }
        escaped = character == '\\' && !escaped;
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

/// The alignments that a delimiter row gives; `None` when it is another row.
fn delimiters(cells: &[String]) -> Option<Vec<CellAlignment>> {
    cells.iter().map(|cell| alignment(cell)).collect()
}

fn alignment(cell: &str) -> Option<CellAlignment> {
    let dashes = cell.trim_matches(':');
    if dashes.is_empty() || !dashes.bytes().all(|byte| byte == b'-') {
        return None;
    }
    Some(match (cell.starts_with(':'), cell.ends_with(':')) {
        (true, true) => CellAlignment::Center,
        (false, true) => CellAlignment::Right,
        _ => CellAlignment::Left,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_between_bars_that_are_not_escaped() {
        assert_eq!(split(r"| a \| b | `c` |"), [r"a | b", "`c`"]);
        assert_eq!(split("| a | b"), ["a", "b"]);
    }

    #[test]
    fn rows_without_a_delimiter_row_are_no_table() {
        let rows = ["| a **b** |".to_owned(), "| c |".to_owned()];
        assert_eq!(render(&rows, 80), "| a b |\n| c |\n");
    }

    #[test]
    fn a_row_with_more_cells_than_the_head_is_cut() {
        let rows = ["|a|b|", "|-|-|", "|1|2|3|", "|1|"].map(String::from);
        assert!(!render(&rows, 80).contains('3'));
    }
}
