//! The read-only AWS client.
//!
//! It is driven by AWS's own service models instead of generated code: a call is
//! a service name, an operation name and JSON parameters. Only the operations of
//! configs/read-only-allowlist.toml exist for it; everything else is refused
//! before a request is built. It signs, retries, follows a bucket to its region,
//! pages within a budget and turns answers into JSON. It does not decide which
//! calls answer a question: that is the tools' work.

pub mod allowlist;
mod call;
mod client;
mod credentials;
mod endpoint;
mod error;
mod model;
mod paging;
mod parameters;
mod protocol;
mod region;
mod retry;
mod s3;
mod signing;
mod text;
mod transport;

pub use allowlist::{iam_actions, operations};
pub use call::{Answer, Budget, Call, ItemMap, Redactions};
pub use client::Client;
pub use error::{Fault, ReadError, Refusal};
pub use parameters::describe;
pub use region::Region;
pub use text::cleaned;
