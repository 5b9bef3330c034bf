//! Asking the running tool function which tools it answers: an event that no
//! gateway sends, answered with the catalogue that the function was built with.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::catalogue::Tool;

/// The event that asks. Only this very event does, so that no tool's arguments can.
pub fn request() -> Value {
    json!({"list_tools": true})
}

/// True for the event that asks, when no gateway named a tool with it.
pub fn is_request(event: &Value) -> bool {
    *event == request()
}

/// What the tool function answers to [`request`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolListing {
    pub tools: Vec<Tool>,
}

impl ToolListing {
    /// The tools of the catalogue that is compiled in.
    pub fn of_catalogue() -> Self {
        Self { tools: crate::catalogue().to_vec() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_event_asks() {
        assert!(is_request(&request()));
        for other in [json!({"list_tools": false}), json!({"list_tools": true, "query": "q"}), json!(null), json!([])] {
            assert!(!is_request(&other), "{other}");
        }
    }

    #[test]
    fn listing_survives_the_way_there_and_back() {
        let listing = ToolListing::of_catalogue();
        let text = serde_json::to_string(&listing).unwrap();
        assert_eq!(serde_json::from_str::<ToolListing>(&text).unwrap(), listing);
    }
}
