//! What a successful `up` ends with.

use std::path::Path;

use contract::Connection;

use super::out::say;

pub fn show(connection: &Connection, file: &Path) {
    say!();
    for (name, value) in [
        ("function URL", connection.function_url.as_str()),
        ("gateway", &connection.gateway_url),
        ("issuer", &connection.issuer),
        ("connection file", &file.display().to_string()),
    ] {
        say!("{name:<16} {value}");
    }
    say!("\nNext: cargo run -p chat -- --env {} \"What time is it?\"", connection.environment);
}
