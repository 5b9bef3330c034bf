//! What commands that only look have to gather before they can show it: one
//! module per command, by its name.

pub mod doctor;
pub mod drift;
pub mod images;
pub mod logs;
