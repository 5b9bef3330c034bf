//! Which models take sampling parameters.
//!
//! From Claude Opus 4.7 on, a request with `temperature`, `top_p` or `top_k` is refused
//! (Anthropic's model migration guide); `us.anthropic.claude-sonnet-5-5` refuses them on
//! Bedrock too, `us.anthropic.claude-sonnet-4-6`, the default model, and earlier ones take
//! them. So a Claude model gets a temperature only when the table names it: one that it
//! does not name counts as new. Claude 4.1 and later refuse `temperature` together with
//! `top_p`; the agent never sends the latter.

/// Parts of the ids of Claude models up to generation 4.6.
const CLAUDE_WITH_TEMPERATURE: [&str; 11] = [
    "claude-instant",
    "claude-v2",
    "claude-3-",
    "claude-sonnet-4-2025",
    "claude-sonnet-4-5",
    "claude-sonnet-4-6",
    "claude-opus-4-2025",
    "claude-opus-4-1",
    "claude-opus-4-5",
    "claude-opus-4-6",
    "claude-haiku-4-5",
];

/// True when a request to this model or inference profile may hold `temperature`.
/// An id without `claude` in it counts as another vendor's, whose models get it.
pub fn takes_temperature(model: &str) -> bool {
    !model.contains("claude") || CLAUDE_WITH_TEMPERATURE.iter().any(|part| model.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claude_up_to_four_six_takes_a_temperature() {
        for model in [
            "us.anthropic.claude-sonnet-4-6",
            "anthropic.claude-haiku-4-5-20251001-v1:0",
            "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
            "us.anthropic.claude-opus-4-20250514-v1:0",
        ] {
            assert!(takes_temperature(model), "{model}");
        }
    }

    #[test]
    fn newer_and_unknown_claude_models_do_not() {
        for model in
            ["us.anthropic.claude-sonnet-5-5", "us.anthropic.claude-opus-5", "global.anthropic.claude-opus-4-7"]
        {
            assert!(!takes_temperature(model), "{model}");
        }
    }

    #[test]
    fn other_vendors_models_take_a_temperature() {
        assert!(takes_temperature("us.amazon.nova-pro-v1:0"));
    }
}
