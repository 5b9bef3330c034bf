//! Where in the parameters a value is: `Filters[0].Values`.

use std::fmt;

use super::ParameterFault;
use crate::text;

/// A chain back to the root, so that a path costs nothing until it is told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Path<'a> {
    Root,
    Member(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    pub fn member(&'a self, name: &'a str) -> Path<'a> {
        Path::Member(self, name)
    }

    pub fn item(&'a self, index: usize) -> Path<'a> {
        Path::Item(self, index)
    }

    pub fn fault(&self, problem: impl Into<String>) -> ParameterFault {
        ParameterFault::new(&self.to_string(), problem)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Member(Path::Root, name) => f.write_str(&text::short(name)),
            Path::Member(parent, name) => write!(f, "{parent}.{}", text::short(name)),
            Path::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}
