//! What the log says about a call: which tool ran and how much it did, never what
//! was asked, with which parameters, or what was answered.

use std::collections::BTreeSet;
use std::time::Duration;

use contract::tool_call::ToolAnswer;
use serde_json::Value;
use tracing::info;

use crate::dispatch::Tool;

/// One call's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    tool: &'static str,
    ran: String,
    success: bool,
    regions: usize,
    calls: usize,
    rows: usize,
    bytes: usize,
    milliseconds: u64,
    /// Codes of failed reads and of problems, each once.
    failures: String,
}

impl Record {
    pub fn of(answer: &ToolAnswer, ran: Option<String>, took: Duration) -> Self {
        let done = answer.completeness.clone().unwrap_or_default();
        let failed = done.failed.iter().map(|failed| failed.code.as_str());
        let codes = failed.chain(answer.problems.iter().map(|problem| problem.code.as_str()));
        let codes: BTreeSet<&str> = codes.filter(|code| is_code(code)).collect();
        Self {
            // An unknown name is the caller's text, so it stays out of the log.
            tool: Tool::named(&answer.tool).map_or("unknown", Tool::name),
            ran: ran.unwrap_or_default(),
            success: answer.success,
            regions: done.regions.len(),
            calls: done.calls.iter().map(|call| times(call)).sum(),
            rows: done.items,
            bytes: answer.result.as_ref().map_or(0, length),
            milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            failures: codes.into_iter().collect::<Vec<_>>().join(","),
        }
    }

    pub fn log(&self, request_id: &str) {
        let Self { tool, ran, success, regions, calls, rows, bytes, milliseconds, failures } = self;
        info!(
            request_id,
            tool, ran, success, regions, calls, rows, bytes, milliseconds, failures, "tool call answered"
        );
    }
}

/// False for a text that cannot be a code: codes of AWS come from outside.
fn is_code(code: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"./-_ ".contains(&byte);
    !code.is_empty() && code.len() <= 64 && code.bytes().all(is_allowed)
}

/// How many calls an entry such as `ec2:DescribeVolumes x3` stands for.
fn times(call: &str) -> usize {
    call.rsplit_once(" x").and_then(|(_, count)| count.parse().ok()).unwrap_or(1)
}

fn length(result: &Value) -> usize {
    serde_json::to_string(result).map_or(0, |text| text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::tool_call::{Completeness, FailedRead, Problem};
    use serde_json::json;

    fn answer() -> ToolAnswer {
        let failed = |code: &str| FailedRead { code: code.into(), message: "secret".into(), ..FailedRead::default() };
        let completeness = Completeness {
            calls: vec!["ec2:DescribeVolumes x3".into(), "ec2:DescribeRegions".into()],
            regions: vec!["us-east-1".into()],
            failed: vec![failed("AccessDenied"), failed("\u{1b}[31m"), failed("AccessDenied")],
            items: 7,
            ..Completeness::default()
        };
        let answer = json!({"success": true, "tool": "secret", "timestamp": "", "user_query": "secret"});
        ToolAnswer {
            result: Some(json!({"rows": ["secret"]})),
            completeness: Some(completeness),
            problems: vec![Problem::new("read/deadline", "secret")],
            ..serde_json::from_value(answer).unwrap()
        }
    }

    #[test]
    fn a_record_counts_and_repeats_nothing_of_question_or_answer() {
        let record = Record::of(&answer(), Some("ec2:DescribeVolumes".into()), Duration::from_millis(12));
        let text = format!("{record:?}");
        assert!(!text.contains("secret") && !text.contains('\u{1b}'), "{text}");
        assert_eq!((record.calls, record.regions, record.rows, record.milliseconds), (4, 1, 7, 12));
        assert_eq!(
            (record.tool, record.bytes, record.failures.as_str()),
            ("unknown", 19, "AccessDenied,read/deadline")
        );
    }
}
