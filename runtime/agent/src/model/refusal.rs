//! What Bedrock's errors mean to us: whether another model may help, and what
//! the user is told.

use crate::failure::{Code, Failure};

/// Error code and message of a refused call. The message is AWS's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: String,
    pub message: String,
}

impl Refusal {
    /// True when the model itself is not available to this account or region, so
    /// that a fallback may be. A ValidationException counts when it speaks of the
    /// model identifier or of throughput that needs an inference profile.
    pub fn is_of_the_model(&self) -> bool {
        let message = self.message.to_ascii_lowercase();
        match self.code.as_str() {
            "ResourceNotFoundException" | "AccessDeniedException" | "ModelNotReadyException" => true,
            "ValidationException" => {
                ["model identifier", "model id", "throughput", "inference profile", "end of its life"]
                    .iter()
                    .any(|words| message.contains(words))
            }
            _ => false,
        }
    }

    /// The failure that a user sees when no model is left to ask.
    pub fn into_failure(self, model: &str) -> Failure {
        let doing = format!("ask model {model}");
        let (code, hint) = match self.code.as_str() {
            "AccessDeniedException" => {
                (Code::ModelDenied, "enable access to the model in Bedrock and allow the agent's role to invoke it")
            }
            "ThrottlingException" | "ServiceQuotaExceededException" => {
                (Code::ModelThrottled, "wait a moment and ask again, or raise the model's quota")
            }
            "ValidationException" if !self.is_of_the_model() => {
                (Code::ModelRefused, "start a new conversation or ask for less at once")
            }
            "ResourceNotFoundException" | "ValidationException" => {
                (Code::ModelUnavailable, "check the model id and its region in the environment's settings")
            }
            _ => (Code::ModelUnavailable, "ask again in a moment"),
        };
        Failure::new(code, format!("{doing}: {}: {}", self.code, self.message)).hint(hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: &str, message: &str) -> Refusal {
        Refusal { code: code.into(), message: message.into() }
    }

    #[test]
    fn an_unknown_or_denied_model_is_worth_a_fallback() {
        assert!(refusal("ResourceNotFoundException", "").is_of_the_model());
        assert!(refusal("AccessDeniedException", "").is_of_the_model());
        assert!(refusal("ValidationException", "The provided model identifier is invalid.").is_of_the_model());
    }

    #[test]
    fn a_bad_request_or_a_throttle_is_not() {
        assert!(!refusal("ValidationException", "messages: roles must alternate").is_of_the_model());
        assert!(!refusal("ThrottlingException", "Too many requests").is_of_the_model());
    }

    #[test]
    fn a_throttle_is_told_as_one() {
        assert_eq!(refusal("ThrottlingException", "slow down").into_failure("m").code, Code::ModelThrottled);
    }
}
