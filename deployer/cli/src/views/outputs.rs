//! What a successful `up` ends with.

use std::path::Path;

use anstream::println;
use contract::Connection;

pub fn show(connection: &Connection, file: &Path) {
    println!();
    for (name, value) in [
        ("function URL", connection.function_url.as_str()),
        ("gateway", &connection.gateway_url),
        ("issuer", &connection.issuer),
        ("connection file", &file.display().to_string()),
    ] {
        println!("{name:<16} {value}");
    }
    println!("\nNext: cargo run -p chat -- --env {} \"What time is it?\"", connection.environment);
}
