//! Settings of one environment: `environments/<name>.toml` over its `extends`
//! chain, with every default decided and every fault reported with file and line.

mod model;

pub use model::*;
