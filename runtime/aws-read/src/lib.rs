//! The read-only AWS client.
//!
//! It is driven by AWS's own service models instead of generated code: a call is
//! a service name, an operation name and JSON parameters. Only the operations of
//! configs/aws-operations that are metadata, or data that the environment opted
//! into, exist for it; everything else is refused before a request is built. It
//! signs, retries, follows a bucket to its region, pages within a budget, turns
//! answers into JSON and takes secrets out of them. It does not decide which
//! calls answer a question: that is the tools' work.

pub mod allowlist;
mod call;
mod client;
mod credentials;
mod endpoint;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod listing;
mod model;
mod paging;
mod parameters;
mod protocol;
mod redaction;
mod region;
mod retry;
mod s3;
mod services;
mod session;
mod signing;
mod text;
mod transport;

pub use allowlist::{AllowedOperation, DataOptIn, OptInFault, Tier, iam_actions, operation, operations};
pub use call::{Answer, Budget, Call, ItemMap, Redactions};
pub use client::{Client, ClientSettings};
pub use error::{Fault, ReadError, Refusal};
pub use listing::result_list;
pub use model::check_answer;
pub use parameters::{check_parameters, describe, example};
pub use redaction::redact_text;
pub use region::Region;
pub use text::cleaned;
