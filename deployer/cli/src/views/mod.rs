//! What people see: results on stdout, progress and problems on stderr.

pub mod outputs;
pub mod plan;
pub mod progress;
pub mod status;
pub mod stop;
