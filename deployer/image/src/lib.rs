//! Container images without a daemon: compile the functions, build an image
//! whose digest depends on its content alone, keep it as an OCI image layout,
//! push it by digest.
//!
//! Knows nothing of AWS clients: a registry is a host and a password.

mod ca_bundle;
mod cache;
mod compile;
mod digest;
mod image;
mod inspect;
mod layer;
mod layout;
mod manifest;
mod push;
mod registry;
mod session;

pub use ca_bundle::ca_bundle_pem;
pub use cache::cached_image;
pub use compile::{CompileRequest, compile, compile_if_changed};
pub use digest::sha256_digest;
pub use image::{BlobDescriptor, Image, ImageSource};
pub use inspect::architecture;
pub use push::{PushSummary, push};
pub use registry::{Patience, Registry, Secret};
