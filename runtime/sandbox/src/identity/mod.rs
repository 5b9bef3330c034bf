//! Who calls, and may they.
//!
//! The sandbox answers some AWS calls itself, so it checks their signatures and
//! permissions itself. Credentials are learnt from the answers of IAM and STS
//! that pass through the front; the policies of users and roles are evaluated by
//! the emulator, those that name principals (of functions, and trust) here.

mod caller;
mod canonical;
mod capture;
mod condition;
mod credentials;
mod gate;
mod policy;
mod signature;
mod simulation;

pub use caller::{Caller, CallerKind, Denied};
pub use credentials::{Credentials, Principal, ROOT_ACCOUNT};
pub use gate::{Identity, IdentityError};
pub use policy::{PolicyPrincipal, PolicyRequest, allows};
pub use signature::credential_scope;
pub use simulation::Decision;
