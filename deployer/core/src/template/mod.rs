//! Reads a rendered template back: which resources it makes, with which
//! attributes, for given parameters in a given place.
//!
//! Only what our own templates use is understood: YAML without tags, and the
//! intrinsics `Ref`, `Fn::GetAtt` and `Fn::Sub` in their long form. A value that
//! cannot be resolved stays as the intrinsic that it is.

mod contents;
mod document;
mod function;
mod logical_ids;
mod properties;
mod resolve;
mod storage;

pub use contents::{Contents, Source, read};
pub(crate) use document::{Document, Item};
pub(crate) use logical_ids::step_of;
pub(crate) use resolve::Resolver;
