//! `hello_world`: shows that tools can be reached.

use contract::tool_arguments::Greeting;
use serde_json::{Value, json};

use crate::answer::Outcome;

pub(crate) fn run(arguments: &Value) -> Outcome {
    match serde_json::from_value::<Greeting>(arguments.clone()) {
        Ok(greeting) => Outcome::result(json!(text(greeting.name.as_deref()))),
        Err(_) => Outcome::error("name: expected a string"),
    }
}

fn text(name: Option<&str>) -> String {
    let name = name.map(aws_read::cleaned).unwrap_or_default();
    match name.trim() {
        "" => "Hello, World!".into(),
        name => format!("Hello, {name}!"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_greeted_and_none_is_the_world() {
        assert_eq!(run(&json!({"name": "Ada"})).result, Some(json!("Hello, Ada!")));
        assert_eq!(run(&json!({})).result, Some(json!("Hello, World!")));
        assert_eq!(run(&json!({"name": "  "})).result, Some(json!("Hello, World!")));
    }

    #[test]
    fn a_name_that_is_no_text_is_an_error() {
        assert_eq!(run(&json!({"name": 7})).error.as_deref(), Some("name: expected a string"));
    }
}
