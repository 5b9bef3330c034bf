//! How a turn ends.

use contract::chat::APPROVAL_REQUIRED;

use crate::failure::{Code, Failure};
use crate::model::StopReason;

/// Why a turn ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// The model said all it wanted to.
    Whole { stop_reason: String },
    /// Tools wait for the user's yes; the turn goes on with the next request.
    AwaitingApproval,
    /// The answer stops early for a reason that is no error of a service.
    Cut { stop_reason: String, why: Failure },
    /// A service failed.
    Failed(Failure),
    /// Nobody listens any more.
    Abandoned,
}

impl Ending {
    /// The ending for a reason after which no tools run.
    pub fn of(reason: &StopReason) -> Self {
        let (code, message, hint) = match reason {
            StopReason::EndTurn | StopReason::StopSequence => {
                return Self::Whole { stop_reason: reason.as_str().into() };
            }
            StopReason::MaxTokens => {
                (Code::AnswerTokenLimit, "the answer reached its token limit", "raise max_tokens or ask for less")
            }
            StopReason::ContextWindowExceeded => (
                Code::AnswerContextFull,
                "the conversation no longer fits the model's context window",
                "start a new conversation",
            ),
            StopReason::GuardrailIntervened | StopReason::ContentFiltered => {
                (Code::AnswerFiltered, "a content filter ended the answer", "ask in other words")
            }
            StopReason::ToolUse | StopReason::MalformedToolUse | StopReason::MalformedModelOutput => {
                (Code::AnswerMalformed, "the model's output was malformed", "ask again")
            }
            StopReason::Other(_) => {
                (Code::AnswerMalformed, "the model stopped for a reason that this agent does not know", "ask again")
            }
        };
        Self::Cut { stop_reason: reason.as_str().into(), why: Failure::new(code, message).hint(hint) }
    }

    pub fn round_limit() -> Self {
        let why = Failure::new(Code::AnswerRoundLimit, "the answer used up its rounds of tool calls")
            .hint("ask a narrower question");
        Self::Cut { stop_reason: "round_limit".into(), why }
    }

    pub fn deadline() -> Self {
        let why = Failure::new(Code::AnswerDeadline, "the time for one answer is over").hint("ask a narrower question");
        Self::Cut { stop_reason: "deadline".into(), why }
    }

    /// The process is asked to end.
    pub fn shutdown() -> Self {
        let why = Failure::new(Code::AnswerShutdown, "the agent is shutting down").hint("ask again");
        Self::Cut { stop_reason: "shutdown".into(), why }
    }

    /// What the user is told of an answer that is cut short.
    pub fn failure(&self) -> Option<Failure> {
        match self {
            Self::Whole { .. } | Self::AwaitingApproval => None,
            Self::Cut { why, .. } => Some(why.clone()),
            Self::Failed(failure) => Some(failure.clone()),
            Self::Abandoned => Some(Failure::new(Code::AnswerAbandoned, "the client went away")),
        }
    }

    /// A stop reason, or the failure's code.
    pub fn name(&self) -> &str {
        match self {
            Self::Whole { stop_reason } | Self::Cut { stop_reason, .. } => stop_reason,
            Self::AwaitingApproval => APPROVAL_REQUIRED,
            Self::Failed(failure) => failure.code.as_str(),
            Self::Abandoned => Code::AnswerAbandoned.as_str(),
        }
    }

    /// The words that mark an answer as cut short, to the user and in the history.
    pub fn label(&self) -> Option<String> {
        let why = match self {
            Self::Whole { .. } | Self::AwaitingApproval => return None,
            Self::Cut { why, .. } => why.to_string(),
            Self::Failed(failure) => failure.code.as_str().to_owned(),
            Self::Abandoned => "the client went away".to_owned(),
        };
        Some(format!("[answer cut short: {why}]"))
    }
}
