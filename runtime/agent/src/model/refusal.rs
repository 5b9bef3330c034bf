//! What Bedrock's errors mean to us: whether to ask again, to ask another model,
//! and what the user is told.

use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};

use crate::failure::{Code, Failure, causes};

/// Our own code for a call that no service answered: no connection, or one that broke before the first event.
const NO_ANSWER: &str = "NoAnswer";

/// Words of a ValidationException about the model itself.
const OF_THE_MODEL: [&str; 5] = ["model identifier", "model id", "throughput", "inference profile", "end of its life"];

/// Words of a ValidationException about a request that is too long: Bedrock's own, and those of its vendors.
const TOO_LONG: [&str; 6] = [
    "input is too long",
    "prompt is too long",
    "too many input tokens",
    "too many total text bytes",
    "maximum context length",
    "exceed context limit",
];

/// Error code and message of a refused call. The message is AWS's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: String,
    pub message: String,
}

/// What may help after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// The same request a little later, and then another model.
    AskAgain,
    /// The same request without cache points.
    LeaveOutCachePoints,
    AnotherModel,
    Nothing,
}

impl Refusal {
    pub fn of<E, R>(error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        match error.as_service_error() {
            Some(service) => Self {
                code: service.code().unwrap_or("UnknownException").to_owned(),
                message: service.message().unwrap_or("AWS gave no reason").to_owned(),
            },
            None => Self::no_answer(causes(error)),
        }
    }

    pub fn no_answer(message: impl Into<String>) -> Self {
        Self { code: NO_ANSWER.into(), message: message.into() }
    }

    /// A model that is throttled or not available to this account or region has fallbacks. A
    /// ValidationException counts when it speaks of the model identifier, of throughput that
    /// needs an inference profile, or of a model that has ended.
    pub fn remedy(&self) -> Remedy {
        match self.code.as_str() {
            "ValidationException" | "AccessDeniedException" if self.says(&["cachepoint", "cache point", "caching"]) => {
                Remedy::LeaveOutCachePoints
            }
            "ThrottlingException"
            | "ServiceUnavailableException"
            | "ModelNotReadyException"
            | "InternalServerException"
            | "ModelStreamErrorException"
            | NO_ANSWER => Remedy::AskAgain,
            "ResourceNotFoundException" | "AccessDeniedException" | "ServiceQuotaExceededException" => {
                Remedy::AnotherModel
            }
            "ValidationException" if self.is_of_the_model() => Remedy::AnotherModel,
            _ => Remedy::Nothing,
        }
    }

    fn is_of_the_model(&self) -> bool {
        self.says(&OF_THE_MODEL)
    }

    fn says(&self, words: &[&str]) -> bool {
        let message = self.message.to_ascii_lowercase();
        words.iter().any(|words| message.contains(words))
    }

    /// Class of the failure, and what the user can do.
    pub fn meaning(&self) -> (Code, &'static str) {
        match self.code.as_str() {
            "AccessDeniedException" => {
                (Code::ModelDenied, "enable access to the model in Bedrock and allow the agent's role to invoke it")
            }
            "ThrottlingException" | "ServiceQuotaExceededException" => {
                (Code::ModelThrottled, "wait a moment and ask again, or raise the model's quota")
            }
            "ValidationException" if self.says(&TOO_LONG) => (Code::AnswerContextFull, "start a new conversation"),
            "ValidationException" if !self.is_of_the_model() => {
                (Code::ModelRefused, "start a new conversation or ask for less at once")
            }
            "ResourceNotFoundException" | "ValidationException" => {
                (Code::ModelUnavailable, "check the model id and its region in the environment's settings")
            }
            _ => (Code::ModelUnavailable, "ask again in a moment"),
        }
    }

    /// The failure of an answer that had begun.
    pub fn into_broken_stream(self, model: &str) -> Failure {
        let (code, hint) = match self.code.as_str() {
            "ThrottlingException" | "ServiceUnavailableException" => (self.meaning().0, "ask again in a moment"),
            "ValidationException" => self.meaning(),
            _ => (Code::ModelBroken, "ask again in a moment"),
        };
        Failure::new(code, format!("read the answer of model {model}: {self}")).hint(hint)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.code.as_str() {
            NO_ANSWER => f.write_str(&self.message),
            code => write!(f, "{code}: {}", self.message),
        }
    }
}

/// A model that was asked in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    pub model: String,
    pub attempts: u32,
    /// Of the last attempt.
    pub refusal: Refusal,
}

impl std::fmt::Display for Tried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.model, self.refusal)?;
        if self.attempts > 1 { write!(f, " ({} attempts)", self.attempts) } else { Ok(()) }
    }
}

/// The failure that a user sees: all models that were asked, classed by `decisive`.
pub fn failure_of(tried: &[Tried], decisive: &Tried) -> Failure {
    let (code, hint) = decisive.refusal.meaning();
    let all: Vec<_> = tried.iter().map(ToString::to_string).collect();
    let noun = if tried.len() > 1 { "models" } else { "model" };
    Failure::new(code, format!("ask {noun} {}", all.join("; then "))).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: &str, message: &str) -> Refusal {
        Refusal { code: code.into(), message: message.into() }
    }

    #[test]
    fn an_unknown_denied_or_ended_model_is_worth_a_fallback() {
        for (code, message) in [
            ("ResourceNotFoundException", "This model version has reached the end of its life."),
            ("AccessDeniedException", "You don't have access to the model with the specified model ID."),
            ("ValidationException", "The provided model identifier is invalid."),
            ("ValidationException", "Invocation of model ID m with on-demand throughput isn't supported."),
        ] {
            assert_eq!(refusal(code, message).remedy(), Remedy::AnotherModel, "{message}");
        }
    }

    #[test]
    fn what_passes_is_asked_again() {
        for code in
            ["ThrottlingException", "ServiceUnavailableException", "ModelNotReadyException", "InternalServerException"]
        {
            assert_eq!(refusal(code, "").remedy(), Remedy::AskAgain, "{code}");
        }
        assert_eq!(Refusal::no_answer("connection refused").remedy(), Remedy::AskAgain);
    }

    #[test]
    fn a_bad_request_has_no_remedy() {
        assert_eq!(refusal("ValidationException", "messages: roles must alternate").remedy(), Remedy::Nothing);
    }

    #[test]
    fn a_refused_cache_point_is_left_out() {
        for (code, message) in [
            ("ValidationException", "Malformed input request: #/toolConfig/tools/0: extraneous key [cachePoint]"),
            ("ValidationException", "Cache point cannot be inserted after reasoning block."),
            ("AccessDeniedException", "You invoked an unsupported model or your request did not allow prompt caching."),
        ] {
            assert_eq!(refusal(code, message).remedy(), Remedy::LeaveOutCachePoints, "{message}");
        }
    }

    #[test]
    fn a_request_that_is_too_long_fills_the_context() {
        for message in [
            "Input is too long for requested model.",
            "The model returned the following errors: prompt is too long: 903884 tokens > 200000 maximum",
            "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
            "This model's maximum context length is 202752 tokens.",
        ] {
            let refusal = refusal("ValidationException", message);
            assert_eq!(
                (refusal.remedy(), refusal.meaning().0),
                (Remedy::Nothing, Code::AnswerContextFull),
                "{message}"
            );
        }
    }

    #[test]
    fn all_models_that_were_tried_are_told() {
        let tried =
            |model: &str, attempts, code: &str| Tried { model: model.into(), attempts, refusal: refusal(code, "no") };
        let all = [tried("a", 4, "ThrottlingException"), tried("b", 1, "AccessDeniedException")];
        let failure = failure_of(&all, &all[0]);
        assert_eq!(failure.code, Code::ModelThrottled);
        let expected = "ask models a: ThrottlingException: no (4 attempts); then b: AccessDeniedException: no";
        assert_eq!(failure.message, expected);
    }
}
