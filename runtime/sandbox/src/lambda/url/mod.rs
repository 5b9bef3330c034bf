//! Function URLs: found by their id, guarded by signature and policies, turned
//! into events of payload format 2.0, answered buffered or as a stream.

mod answer;
mod cors;
mod event;
mod locate;
mod serve;

pub use locate::Urls;
pub use serve::UrlTarget;
