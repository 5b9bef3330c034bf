//! The system prompt: configs/prompts/agent.md, and a paragraph on what the
//! request allows.

const PROMPT: &str = include_str!("../../../../configs/prompts/agent.md");

const LOGIN_NEEDED: &str = "In this request you have no tools, because the user sent no access token. \
Answer what you can without them. When the question needs tools, say that reading the account needs a login.";

const SWITCHED_OFF: &str = "In this request you have no tools, because the user switched them off. \
Answer what you can without them, and say so when the question needs tools.";

const NONE_SERVED: &str = "In this request you have no tools, because the gateway serves none. \
Answer what you can without them, and say so when the question needs tools.";

/// Whether the model has tools, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tooling {
    Available,
    LoginNeeded,
    SwitchedOff,
    NoneServed,
}

/// What the model is told before the conversation.
pub fn system_prompt(tooling: Tooling) -> String {
    let paragraph = match tooling {
        Tooling::Available => return PROMPT.trim().to_owned(),
        Tooling::LoginNeeded => LOGIN_NEEDED,
        Tooling::SwitchedOff => SWITCHED_OFF,
        Tooling::NoneServed => NONE_SERVED,
    };
    format!("{}\n\n{paragraph}", PROMPT.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_request_without_tools_explains_why() {
        assert!(!system_prompt(Tooling::Available).contains("In this request"));
        assert!(system_prompt(Tooling::LoginNeeded).contains("needs a login"));
    }
}
