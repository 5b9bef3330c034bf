//! Processes that outlive the command that started them.

mod end;
mod identity;
mod launch;

pub(crate) use end::end;
pub(crate) use identity::ProcessIdentity;
pub(crate) use launch::Launch;
