//! Reads for `drift` and `doctor` beyond what a deployment observes: tools that
//! a running function answers, images by what is inside them, models, and what
//! the caller may do. Judging is left to `deployer-core`.

mod functions;
mod images;
mod models;
mod simulation;
mod tools;

pub use functions::function_state;
pub use images::image_architecture;
pub use models::model_facts;
pub use simulation::simulate;
pub use tools::running_tools;
