//! What an HTTP answer that is no success means, and what the user can do.
//!
//! The agent answers `{"error": {code, message, hint}}`; Lambda in front of it
//! answers 403 with `{"Message": ...}` (signature, permissions) and 429, 502 or 503.

use std::time::{Duration, SystemTime};

use contract::error::ErrorBody;
use reqwest::StatusCode;
use serde_json::Value;

use crate::failure::Failure;

/// SigV4 allows five minutes between the clocks.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(300);

/// An answer that is no success.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub status: StatusCode,
    /// The server's clock, from the `Date` header.
    pub server_time: Option<SystemTime>,
    pub body: String,
}

impl Refusal {
    /// `login_command` is what the user types to log in again.
    pub fn into_failure(self, doing: &str, now: SystemTime, login_command: &str) -> Failure {
        if let Ok(ErrorBody { error }) = serde_json::from_str(&self.body) {
            let failure = Failure::reported(doing, error);
            return match self.status {
                StatusCode::UNAUTHORIZED => failure.also_hint(another_token(login_command)),
                _ => failure,
            };
        }
        let cause = self.cause();
        match self.status.as_u16() {
            401 => Failure::new("token/rejected", doing, cause)
                .hint(format!("the token has expired or is not for this agent: {}", another_token(login_command))),
            403 => self.denied(doing, cause, now),
            404 => Failure::new("agent/not-found", doing, cause)
                .hint("the function URL may be an old one: get a new connection file"),
            429 => self.throttled(doing, cause),
            502..=504 => Failure::new("agent/unavailable", doing, cause)
                .hint("try again; if it stays, look at the function's log"),
            500.. => Failure::new("agent/failed", doing, cause).hint("look at the function's log"),
            _ => Failure::new("agent/refused", doing, cause),
        }
    }

    /// Status and the server's own words.
    fn cause(&self) -> String {
        let status = self.status;
        let value: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let message = ["Message", "message", "error", "errorMessage"]
            .iter()
            .find_map(|key| value.get(key).and_then(Value::as_str))
            .unwrap_or_else(|| self.body.trim());
        if message.is_empty() { status.to_string() } else { format!("{status}: {}", shortened(message)) }
    }

    /// Lambda says why (Lambda developer guide, "Understanding function scaling"): an environment is
    /// stopped by a reserved concurrency of 0.
    fn throttled(&self, doing: &str, cause: String) -> Failure {
        let failure = Failure::new("agent/throttled", doing, cause);
        if self.body.contains("ReservedFunctionConcurrent") {
            return failure.hint("the function's reserved concurrency is used up, or 0 because it was stopped");
        }
        failure.hint("try again in a moment")
    }

    fn denied(&self, doing: &str, cause: String, now: SystemTime) -> Failure {
        let text = self.body.to_lowercase();
        if self.clock_is_wrong(&text, now) {
            return Failure::new("aws/clock-skew", doing, cause)
                .hint("this machine's clock differs from AWS's by more than 5 minutes: set it by NTP");
        }
        if text.contains("credential should be scoped") {
            return Failure::new("aws/wrong-region", doing, cause)
                .hint("the request was signed for another region than the function's: set --region, or get a new connection file");
        }
        if text.contains("security token") || text.contains("expiredtoken") {
            return Failure::new("aws/expired-credentials", doing, cause)
                .hint("the AWS credentials have expired: renew them, with SSO by `aws sso login`");
        }
        if text.contains("signature") && text.contains("match") {
            return Failure::new("aws/signature", doing, cause)
                .hint("check the secret access key, and the region in the connection");
        }
        Failure::new("aws/denied", doing, cause).hint(
            "the AWS identity needs lambda:InvokeFunctionUrl and lambda:InvokeFunction on the agent function, \
             and must be among the environment's invokers; another profile: --profile. An environment that was taken \
             down answers the same: `deployer status`",
        )
    }

    fn clock_is_wrong(&self, text: &str, now: SystemTime) -> bool {
        let told = ["signature expired", "signature not yet current", "requesttimetooskewed"];
        told.iter().any(|words| text.contains(words))
            || self.server_time.is_some_and(|server| {
                let apart = server.duration_since(now).unwrap_or_else(|error| error.duration());
                apart > CLOCK_TOLERANCE
            })
    }
}

fn another_token(login_command: &str) -> String {
    format!("run `{login_command}`, or give another token with --token-file")
}

fn shortened(message: &str) -> String {
    const LIMIT: usize = 600;
    let mut text: String = message.chars().take(LIMIT).collect();
    if text.len() < message.len() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn failure(status: u16, body: &str) -> Failure {
        let status = StatusCode::from_u16(status).unwrap();
        Refusal { status, server_time: Some(NOW), body: body.into() }.into_failure("ask", NOW, "chat login --env dev")
    }

    #[test]
    fn a_403_names_both_permissions() {
        let text = failure(403, r#"{"Message":"Forbidden"}"#).to_string();
        assert!(text.contains("lambda:InvokeFunctionUrl") && text.contains("lambda:InvokeFunction "), "{text}");
        assert!(text.contains("403 Forbidden: Forbidden"), "{text}");
    }

    #[test]
    fn a_401_names_the_command_to_log_in() {
        let plain = failure(401, "");
        assert_eq!(plain.code(), "token/rejected");
        assert!(plain.to_string().contains("chat login --env dev"));
        let own =
            failure(401, r#"{"error":{"code":"token/expired","message":"expired at noon","hint":"get another"}}"#);
        assert!(own.to_string().contains("hint: get another; "), "{own}");
        assert_eq!(own.code(), "token/expired");
        assert!(own.to_string().contains("expired at noon") && own.to_string().contains("chat login --env dev"));
    }

    #[test]
    fn clock_skew_is_told_from_words_or_from_the_servers_date() {
        assert_eq!(failure(403, r#"{"message":"Signature expired: 20260101"}"#).code(), "aws/clock-skew");
        let late = Refusal {
            status: StatusCode::FORBIDDEN,
            server_time: Some(NOW + Duration::from_secs(301)),
            body: String::new(),
        };
        assert_eq!(late.into_failure("ask", NOW, "chat login").code(), "aws/clock-skew");
    }

    #[test]
    fn the_agents_own_error_is_shown_with_code_and_hint() {
        let failure = failure(400, r#"{"error":{"code":"request/invalid","message":"no message","hint":"say it"}}"#);
        assert_eq!(failure.to_string(), "error[request/invalid]: ask: no message\n  hint: say it");
    }

    #[test]
    fn other_answers_have_codes_of_their_own() {
        assert_eq!(failure(429, "").code(), "agent/throttled");
        let elsewhere = r#"{"message":"Credential should be scoped to a valid region, not 'eu-west-1'."}"#;
        assert_eq!(failure(403, elsewhere).code(), "aws/wrong-region");
        let stopped = r#"{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded"}"#;
        assert!(failure(429, stopped).to_string().contains("reserved concurrency"));
        assert_eq!(failure(503, "").code(), "agent/unavailable");
        assert_eq!(failure(500, "").code(), "agent/failed");
        let expired = r#"{"message":"The security token included in the request is expired"}"#;
        assert_eq!(failure(403, expired).code(), "aws/expired-credentials");
    }
}
