//! Cargo's messages on stdout, one JSON document a line
//! (https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages).

use std::path::PathBuf;

use serde::Deserialize;

#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Name and path of the executable that the line tells of, wherever the
/// target directory is.
pub(super) fn executable(line: &str) -> Option<(String, PathBuf)> {
    let message: Message = serde_json::from_str(line).ok()?;
    if message.reason != "compiler-artifact" {
        return None;
    }
    Some((message.target?.name, message.executable?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artifact_with_executable_is_found() {
        let line = r#"{"reason":"compiler-artifact","package_id":"path+file:///w#agent@0.1.0",
            "target":{"kind":["bin"],"name":"agent"},"executable":"/target/local/agent","fresh":true}"#;
        assert_eq!(executable(line), Some(("agent".into(), PathBuf::from("/target/local/agent"))));
    }

    #[test]
    fn other_messages_are_passed_over() {
        for line in [
            r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}"#,
            r#"{"reason":"build-finished","success":true}"#,
            "not json",
        ] {
            assert_eq!(executable(line), None);
        }
    }
}
