//! The keys of `[model]` and `[agent]`: which model answers, and how.

use super::entry::Absent::{Default, Required};
use super::entry::{Entry, Kind};
use super::form;
use super::keys::{architecture, integer, memory, text, timeout};

pub(super) static MODEL: &[Entry] = &[
    Entry::new("id", text(&form::MODEL), Required, "Bedrock model id or inference profile id."),
    Entry::new(
        "fallbacks",
        Kind::Texts(&form::MODEL),
        Default("[]"),
        "Tried in this order when the model cannot be used.",
    ),
    Entry::new(
        "prompt_caching",
        Kind::Boolean,
        Default("true"),
        "Bedrock keeps the unchanging part of the prompt for some minutes, where the model can: cheaper and faster.",
    ),
    Entry::table(
        "guardrail",
        GUARDRAIL,
        "Guardrail that Bedrock applies to questions and answers; none without this table.",
    ),
];

static GUARDRAIL: &[Entry] = &[
    Entry::new("id", text(&form::GUARDRAIL), Required, "Id or ARN of the guardrail."),
    Entry::new("version", text(&form::GUARDRAIL_VERSION), Required, "Number of its version, or `DRAFT`."),
];

pub(super) static AGENT: &[Entry] = &[
    memory(),
    timeout("300"),
    architecture(),
    Entry::new(
        "approval_tools",
        Kind::Texts(&form::TOOL),
        Default("[]"),
        "Tools that run only after the user said yes, by their names in configs/tools.toml.",
    ),
    Entry::new(
        "log_content",
        Kind::Boolean,
        Default("false"),
        "Questions, answers and tool inputs are written to the log. They may hold what nobody else should read.",
    ),
    Entry::table("limits", LIMITS, "How much one answer may take."),
];

static LIMITS: &[Entry] = &[
    Entry::new("rounds", integer(1, 50), Default("10"), "Answers of the model in one turn; tools run between them."),
    Entry::new("parallel_tools", integer(1, 32), Default("4"), "Tool calls of one turn at the same time."),
    Entry::new(
        "model_attempts",
        integer(1, 10),
        Default("4"),
        "Attempts at a throttled model before its fallback is asked.",
    ),
    Entry::new(
        "gateway_attempts",
        integer(1, 10),
        Default("3"),
        "Attempts at a request to the gateway that is throttled or fails on its side.",
    ),
    Entry::new(
        "history_messages",
        integer(2, 1_000),
        Default("50"),
        "Messages of the conversation that the model gets, whole turns only; a summary stands for those before.",
    ),
    Entry::new("history_bytes", integer(10_000, 4_000_000), Default("400000"), "Bytes of the same."),
    Entry::new(
        "tool_result_bytes",
        integer(1_000, 1_000_000),
        Default("100000"),
        "Bytes of one tool result that the model gets.",
    ),
    Entry::new(
        "tool_seconds",
        integer(1, 890),
        Default("120"),
        "Seconds for one tool call; it ends with the answer's own time in any case.",
    ),
];
