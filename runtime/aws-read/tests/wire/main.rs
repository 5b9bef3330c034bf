//! The client against loopback servers that play AWS from a script.

mod failures;
mod limits;
mod pages;
mod protocols;
mod s3;
mod server;
mod sessions;
