//! The page of `chat serve` as people meet it: a headless Chromium, the built
//! `chat`, a deployed local platform and a scripted model. One binary, so that it links once.

mod access;
mod answers;
mod approvals;
mod chromium;
mod conversations;
mod page;
mod safety;
mod stage;
