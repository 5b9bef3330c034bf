//! The system as its users meet it: the built programs, a real local platform,
//! an ordinary AWS client. One binary, so that it links once.

mod bad_input;
mod conversations;
mod gateway;
mod interruption;
mod lifecycle;
mod questions;
mod shared;
mod templates;
