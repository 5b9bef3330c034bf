//! The keys of `[tools]`: the function, what it may read and how much one call may take.

use super::entry::Absent::{Default, Means, Required};
use super::entry::{Entry, Kind};
use super::form;
use super::keys::{architecture, integer, memory, text, timeout};

pub(super) static TOOLS: &[Entry] = &[
    memory(),
    timeout("900"),
    architecture(),
    Entry::new(
        "data_operations",
        Kind::Texts(&form::OPERATION),
        Default("[]"),
        "Reads of what is stored, such as `logs:FilterLogEvents`, that the tools may make besides those of metadata: \
         operations of the data tier of configs/aws-operations.",
    ),
    Entry::new(
        "session_policy",
        Kind::Boolean,
        Default("false"),
        "Every AWS call is made with credentials that a session policy narrows to the called service.",
    ),
    Entry::table(
        "nested_model",
        NESTED_MODEL,
        "A model that chooses the operations for questions that no recipe answers; off without this table.",
    ),
    Entry::table("limits", LIMITS, "How much one tool call may take."),
];

static NESTED_MODEL: &[Entry] = &[
    Entry::new("id", text(&form::MODEL), Required, "Bedrock model id or inference profile id."),
    Entry::new("turns", integer(1, 20), Means("`4`"), "Most turns of the model for one question."),
    Entry::new("calls", integer(1, 100), Means("`8`"), "Most AWS calls that it may choose for one question."),
];

static LIMITS: &[Entry] = &[
    Entry::new("calls_in_flight", integer(1, 64), Default("16"), "AWS calls at the same time."),
    Entry::new(
        "calls_per_service_and_region",
        integer(1, 64),
        Default("4"),
        "AWS calls at the same time to one service in one region; at most `calls_in_flight`.",
    ),
    Entry::new("regions", integer(1, 50), Default("8"), "Regions that one question may name."),
    Entry::new(
        "attempts",
        integer(1, 10),
        Default("3"),
        "Attempts at a call that is throttled or fails on AWS's side.",
    ),
    Entry::new("pages", integer(1, 1_000), Default("20"), "Pages of one read."),
    Entry::new(
        "items",
        integer(1, 100_000),
        Default("1000"),
        "Items of one read where the question says no number; at most `most_items`.",
    ),
    Entry::new("most_items", integer(1, 100_000), Default("20000"), "The largest number that a question may say."),
    Entry::new(
        "result_bytes",
        integer(4_096, 1_048_576),
        Default("32768"),
        "Length of a result in bytes; what is longer is cut by whole rows.",
    ),
    Entry::new(
        "soft_deadline_seconds",
        integer(1, 890),
        Default("20"),
        "Seconds after which no new call begins and the answer is given with what there is.",
    ),
    Entry::new(
        "hard_deadline_seconds",
        integer(2, 895),
        Default("45"),
        "Seconds after which calls under way are given up; more than `soft_deadline_seconds` and less than the \
         function's `timeout_seconds`.",
    ),
    Entry::new("cursor_minutes", integer(1, 1_440), Default("60"), "Minutes after which a cursor is refused."),
    Entry::new("query_characters", integer(100, 100_000), Default("4000"), "Length of a question in characters."),
];
