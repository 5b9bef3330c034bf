//! What people see: results on stdout, progress and problems on stderr.

pub mod addresses;
pub mod adopt;
pub mod doctor;
pub mod drift;
pub mod foreign;
pub mod gateways;
pub mod history;
pub mod images;
pub mod logs;
pub mod out;
pub mod outputs;
pub mod plan;
pub mod progress;
pub mod raw_output;
pub mod status;
pub mod stop;
pub mod table;
pub mod targets;
