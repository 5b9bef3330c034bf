//! What a recipe found: a table, and what it adds up to.

use serde_json::{Map, Value};

/// A table with named columns. A row has as many cells as there are columns;
/// `null` stands for what is not set or could not be read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Findings {
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<Value>>,
    /// Sums and counts beside the rows. Numbers of several regions are added up.
    pub summary: Map<String, Value>,
}

impl Findings {
    pub fn table(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), ..Self::default() }
    }

    /// Adds a row, its cells in the order of the columns.
    pub fn push<const N: usize>(&mut self, cells: [Value; N]) {
        debug_assert_eq!(N, self.columns.len(), "{:?}", self.columns);
        self.rows.push(cells.into());
    }

    /// A sum or count beside the rows.
    pub fn sum(&mut self, name: &str, value: impl Into<Value>) {
        self.summary.insert(name.into(), value.into());
    }

    /// Sorts by a column, texts and numbers from small to large, then by the columns before it.
    pub fn sort_by(&mut self, column: &str) {
        let Some(index) = self.columns.iter().position(|name| *name == column) else { return };
        self.rows.sort_by(|a, b| {
            super::values::order(&a[index], &b[index]).then_with(|| super::values::order(&a[0], &b[0]))
        });
    }

    /// As [`Self::sort_by`], the largest first.
    pub fn sort_down_by(&mut self, column: &str) {
        let Some(index) = self.columns.iter().position(|name| *name == column) else { return };
        self.rows.sort_by(|a, b| {
            super::values::order(&b[index], &a[index]).then_with(|| super::values::order(&a[0], &b[0]))
        });
    }
}
