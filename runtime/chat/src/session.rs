//! What stays the same from question to question.

use contract::chat::{Approval, ChatRequest, PendingCall};
use time::{OffsetDateTime, macros::format_description};
use uuid::Uuid;

/// The conversation and the model's parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    pub conversation_id: String,
    /// 0.0 to 1.0; the agent's default when absent.
    pub temperature: Option<f32>,
    /// 1 to 8192; the agent's default when absent.
    pub max_tokens: Option<i32>,
}

impl Session {
    /// Continues a conversation, or starts one with a new id.
    pub fn new(conversation_id: Option<String>) -> Self {
        let conversation_id =
            conversation_id.unwrap_or_else(|| conversation_id_at(OffsetDateTime::now_utc(), Uuid::new_v4()));
        Self { conversation_id, temperature: None, max_tokens: None }
    }

    /// Goes on with a new conversation and the same parameters.
    pub fn start_over(&mut self) {
        self.conversation_id = Self::new(None).conversation_id;
    }

    pub fn request(&self, question: &str) -> ChatRequest {
        ChatRequest { message: question.into(), ..self.base() }
    }

    /// The user's word on calls that wait for it.
    pub fn approvals(&self, approvals: Vec<Approval>) -> ChatRequest {
        ChatRequest { approvals, ..self.base() }
    }

    fn base(&self) -> ChatRequest {
        ChatRequest {
            conversation_id: Some(self.conversation_id.clone()),
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            ..ChatRequest::default()
        }
    }
}

/// The same word on all of these calls.
pub fn decided(calls: &[PendingCall], approved: bool) -> Vec<Approval> {
    calls.iter().map(|call| word(call, approved)).collect()
}

/// The user's word on one call.
pub fn word(call: &PendingCall, approved: bool) -> Approval {
    Approval { id: call.id.clone(), approved }
}

/// `chat_<date>_<time>_<random>`, UTC.
fn conversation_id_at(now: OffsetDateTime, random: Uuid) -> String {
    let form = format_description!("[year][month][day]_[hour][minute][second]");
    let moment = now.format(&form).unwrap_or_else(|_| now.unix_timestamp().to_string());
    format!("chat_{moment}_{}", &random.simple().to_string()[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_id_holds_date_time_and_chance() {
        let moment = OffsetDateTime::from_unix_timestamp(784_111_777).unwrap();
        assert_eq!(conversation_id_at(moment, Uuid::nil()), "chat_19941106_084937_000000000000");
        assert_ne!(Session::new(None).conversation_id, Session::new(None).conversation_id);
    }

    #[test]
    fn a_request_carries_the_sessions_parameters() {
        let mut session = Session::new(Some("c1".into()));
        session.temperature = Some(0.2);
        let request = session.request("hi");
        assert_eq!(request.conversation_id.as_deref(), Some("c1"));
        assert_eq!((request.temperature, request.max_tokens), (Some(0.2), None));
        let pending = PendingCall { id: "t1".into(), name: "n".into(), input: serde_json::Value::Null };
        let request = session.approvals(decided(&[pending], true));
        assert_eq!(request.approvals, [Approval { id: "t1".into(), approved: true }]);
        assert!(request.message.is_empty() && request.temperature == Some(0.2));
        session.start_over();
        assert_ne!(session.conversation_id, "c1");
    }
}
