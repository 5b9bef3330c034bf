//! A deployed place of its own for tests that script the model or make
//! services fail: those are the platform's own state, so its tests take turns.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::{Value, json};
use system_tests::{AgentUrl, IssuerTokens, Place, SandboxControl};

use crate::shared::stop_at_exit;

/// Tool that waits for the user's yes here.
pub const APPROVED_TOOL: &str = "aws___sns_read_operations";
/// Seconds that one tool call may take here.
pub const TOOL_SECONDS: u64 = 3;

static PLACE: OnceLock<Place> = OnceLock::new();
static TURN: Mutex<()> = Mutex::new(());

/// The place for one test, with nothing scripted and nothing at fault.
pub struct Stage {
    pub place: &'static Place,
    pub control: SandboxControl,
    pub issuer: IssuerTokens,
    /// Without a token.
    pub agent: AgentUrl,
    _turn: MutexGuard<'static, ()>,
}

pub fn stage() -> Stage {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let place = PLACE.get_or_init(deploy);
    let control = SandboxControl::of(place);
    control.clear();
    Stage { place, control, issuer: IssuerTokens::of(place), agent: AgentUrl::of(place), _turn: turn }
}

fn deploy() -> Place {
    let place = Place::with_local(&format!(
        "[agent]\napproval_tools = [\"sns_read_operations\"]\n[agent.limits]\ntool_seconds = {TOOL_SECONDS}\n"
    ));
    place.deploy(&["up", "--env", "local", "--yes"]).succeeded();
    stop_at_exit(&place);
    place
}

impl Stage {
    /// The agent with the token of this person, who has just logged in.
    pub fn person(&self, name: &str) -> AgentUrl {
        self.agent.with_token(&self.issuer.log_in(&format!("{name}@example.com")))
    }
}

/// A turn that asks for one tool.
pub fn calls(tool: &str, input: Value) -> Value {
    json!({"calls": [{"tool": tool, "input": input}], "stop_reason": "tool_use"})
}

pub fn says(text: &str) -> Value {
    json!({"text": text})
}

/// Role and content as a history has them.
pub fn exchange(question: &str, answer: &str) -> [(String, String); 2] {
    [("user".into(), question.into()), ("assistant".into(), answer.into())]
}
