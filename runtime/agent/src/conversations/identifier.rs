//! The ids: a conversation's, chosen by the client or made up, and a turn's, always made up.

use contract::chat::is_conversation_id;
use uuid::Uuid;

use crate::failure::{Code, Failure};

/// What [`is_conversation_id`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConversationId(String);

impl ConversationId {
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if has_form_of_token(text) {
            return Err(Failure::new(Code::RequestInvalid, "conversation_id has the form of an access token")
                .hint("a token goes into the header x-okta-token: ids stand in the log and in the table"));
        }
        if is_conversation_id(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Failure::new(
            Code::RequestInvalid,
            "conversation_id must be 1 to 128 letters, digits, `_`, `-`, `.` or `:`",
        ))
    }

    pub fn random() -> Self {
        Self(format!("chat_{}", Uuid::new_v4().simple()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A JWT begins with a JSON object in base64url, and has dots (RFC 7519, section 3).
fn has_form_of_token(text: &str) -> bool {
    text.starts_with("eyJ") && text.contains('.')
}

/// Tells a turn from every other one, also from one with the same words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnId(String);

impl TurnId {
    pub fn random() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_original_are_accepted_and_others_refused() {
        assert!(ConversationId::parse("chat_20250101_120000_ab12cd").is_ok());
        assert!(ConversationId::parse(ConversationId::random().as_str()).is_ok());
        for text in ["", "a b", "a/b", "ä", &"x".repeat(129)] {
            assert_eq!(ConversationId::parse(text).unwrap_err().code, Code::RequestInvalid, "{text}");
        }
    }
}
