//! The look of tables.

use comfy_table::{ContentArrangement, Table, presets};

/// An empty table with these column heads, as wide as the terminal allows.
pub fn with_header<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header);
    table
}
