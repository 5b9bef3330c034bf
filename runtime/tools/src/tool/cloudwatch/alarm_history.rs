//! Which alarms fired, and how often.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::alarms::{REASON, TYPES, alarms};
use crate::service::values::{self, excerpt, list, text};
use crate::service::{Ask, Findings, Unread};

/// Names that one DescribeAlarms call takes.
const NAMES: usize = 100;

/// Days that CloudWatch keeps the history of an alarm (CloudWatch User Guide, "Alarms").
const HISTORY_DAYS: i64 = 30;

pub(super) async fn fired(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let window = ask.question.window(ask.now, Duration::hours(24));
    if window.end - window.start > Duration::days(HISTORY_DAYS) {
        ask.note(format!(
            "CloudWatch keeps the history of an alarm for {HISTORY_DAYS} days: earlier ones are unknown."
        ));
    }
    let histories = ask.each(TYPES, |kind| history(ask, kind, window.start, window.end)).await;
    if histories.iter().all(Result::is_err) {
        return Err(Unread);
    }
    let mut by_alarm: BTreeMap<(String, &str), Vec<Transition>> = BTreeMap::new();
    for (kind, history) in TYPES.into_iter().zip(histories) {
        for transition in history.unwrap_or_default() {
            by_alarm.entry((transition.alarm.clone(), kind)).or_default().push(transition);
        }
    }
    let states = states(ask, by_alarm.keys().map(|(name, _)| name.as_str()).collect()).await;
    let mut findings = Findings::table(&["alarm", "type", "times", "last", "first", "state", "reason"]);
    let mut total = 0;
    for ((alarm, kind), mut transitions) in by_alarm {
        transitions.sort_by(|a, b| a.time.cmp(&b.time));
        total += transitions.len();
        let (first, last) = (transitions.first(), transitions.last());
        let reason = last.map(|transition| excerpt(&transition.reason, REASON));
        findings.push([
            json!(alarm),
            json!(kind),
            json!(transitions.len()),
            json!(last.map(|transition| transition.time.as_str())),
            json!(first.map(|transition| transition.time.as_str())),
            states.get(&alarm).cloned().unwrap_or_default(),
            json!(reason),
        ]);
    }
    findings.sort_down_by("last");
    findings.sum("alarms", findings.rows.len());
    findings.sum("times_fired", total);
    Ok(findings)
}

/// One change of an alarm to ALARM.
struct Transition {
    alarm: String,
    /// RFC 3339
    time: String,
    reason: String,
}

/// Changes to ALARM. AWS answers one type of alarms in one call when no alarm is
/// named; where it does not know log alarms there are none.
async fn history(
    ask: &Ask<'_>,
    kind: &str,
    start: OffsetDateTime,
    end: OffsetDateTime,
) -> Result<Vec<Transition>, Unread> {
    let wanted = json!({
        "AlarmTypes": [kind],
        "HistoryItemType": "StateUpdate",
        "StartDate": values::rfc3339(start),
        "EndDate": values::rfc3339(end),
        "ScanBy": "TimestampDescending",
    });
    let unknown: &[&str] = if kind == "LogAlarm" {
        &["ValidationError", "InvalidParameterValue", "InvalidParameterValueException"]
    } else {
        &[]
    };
    let answer = ask.read_if_any("cloudwatch:DescribeAlarmHistory", wanted, unknown).await?.unwrap_or_default();
    Ok(list(&answer, "AlarmHistoryItems").filter_map(to_alarm).collect())
}

/// The item's data is JSON in text with the old and the new state; its summary
/// says the same in words.
fn to_alarm(item: &Value) -> Option<Transition> {
    let data: Value = serde_json::from_str(text(item, "HistoryData")).unwrap_or_default();
    let (new, old) = (&data["newState"], &data["oldState"]);
    let went_to_alarm = match new["stateValue"].as_str() {
        Some(state) => state == "ALARM" && old["stateValue"] != "ALARM",
        None => text(item, "HistorySummary").ends_with("to ALARM"),
    };
    went_to_alarm.then(|| Transition {
        alarm: text(item, "AlarmName").into(),
        time: text(item, "Timestamp").into(),
        reason: text(new, "stateReason").into(),
    })
}

/// The state of each alarm now; an alarm that was deleted has none.
async fn states(ask: &Ask<'_>, names: BTreeSet<&str>) -> BTreeMap<String, Value> {
    let names: Vec<_> = names.into_iter().collect();
    let answers = ask
        .each(names.chunks(NAMES), |names| {
            ask.read("cloudwatch:DescribeAlarms", json!({"AlarmTypes": TYPES, "AlarmNames": names}))
        })
        .await;
    let mut states = BTreeMap::new();
    for answer in answers.iter().flatten() {
        states.extend(
            alarms(answer).map(|(_, alarm)| (text(alarm, "AlarmName").to_owned(), alarm["StateValue"].clone())),
        );
    }
    states
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, called, rows, rows_of};

    const TOOL: &str = "cloudwatch_read_operations";
    const ALARMS: &str = "cloudwatch:DescribeAlarms";
    const HISTORY: &str = "cloudwatch:DescribeAlarmHistory";

    fn change(name: &str, time: &str, old: &str, new: &str) -> Value {
        let state = |state, reason| json!({"stateValue": state, "stateReason": reason});
        let data = json!({"version": "1.0", "oldState": state(old, ""), "newState": state(new, "Threshold Crossed")});
        json!({
            "AlarmName": name, "Timestamp": time, "HistoryItemType": "StateUpdate", "HistoryData": data.to_string(),
            "HistorySummary": format!("Alarm updated from {old} to {new}"),
        })
    }

    fn names(rows: &[serde_json::Map<String, Value>]) -> Vec<&str> {
        rows.iter().map(|row| row["alarm"].as_str().unwrap()).collect()
    }

    fn history() -> FakeAccount {
        let metric = [
            change("cpu", "2026-11-22T08:00:00Z", "OK", "ALARM"),
            change("cpu", "2026-11-22T07:00:00Z", "ALARM", "OK"),
            change("cpu", "2026-11-22T06:00:00Z", "INSUFFICIENT_DATA", "ALARM"),
            change("disk", "2026-11-22T05:00:00Z", "OK", "INSUFFICIENT_DATA"),
        ];
        let all = [change("all", "2026-11-22T08:30:00Z", "OK", "ALARM")];
        FakeAccount::default()
            .answering_when(HISTORY, json!({"AlarmTypes": ["MetricAlarm"]}), json!({"AlarmHistoryItems": metric}))
            .answering_when(HISTORY, json!({"AlarmTypes": ["CompositeAlarm"]}), json!({"AlarmHistoryItems": all}))
            .failing_when(HISTORY, json!({"AlarmTypes": ["LogAlarm"]}), 400, "ValidationError")
            .answering(ALARMS, json!({"MetricAlarms": [{"AlarmName": "cpu", "StateValue": "OK"}]}))
    }

    #[tokio::test]
    async fn alarms_that_fired_are_counted_and_a_deleted_one_has_no_state() {
        let rows = rows(TOOL, "alarms-fired", json!({}), &history()).await;
        assert_eq!(names(&rows), ["all", "cpu"]);
        assert_eq!((&rows[1]["times"], &rows[1]["state"]), (&json!(2), &json!("OK")));
        assert_eq!(
            (&rows[1]["first"], &rows[1]["last"]),
            (&json!("2026-11-22T06:00:00Z"), &json!("2026-11-22T08:00:00Z"))
        );
        assert_eq!((&rows[0]["state"], &rows[0]["type"]), (&Value::Null, &json!("CompositeAlarm")));
    }

    #[tokio::test]
    async fn the_window_is_a_day_unless_the_question_says_otherwise() {
        for (hours, start) in [(json!({}), "2026-11-21T09:00:00Z"), (json!({"hours": 2}), "2026-11-22T07:00:00Z")] {
            let account = history();
            rows(TOOL, "alarms-fired", hours, &account).await;
            assert!(called(&account, HISTORY).iter().all(|call| call["StartDate"] == start), "{start}");
        }
    }

    #[tokio::test]
    async fn a_failed_second_read_leaves_the_history_without_states() {
        let account = history().failing(ALARMS, 400, "AccessDenied");
        let answer = ask(TOOL, json!({"query": "", "operation": "alarms-fired"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((rows.len(), &rows[1]["state"]), (2, &Value::Null));
        assert_eq!(answer.completeness.unwrap().failed[0].operation, ALARMS);
    }

    #[tokio::test]
    async fn one_type_that_cannot_be_read_leaves_the_others() {
        let account = history().failing_when(HISTORY, json!({"AlarmTypes": ["CompositeAlarm"]}), 400, "Throttling");
        let answer = ask(TOOL, json!({"query": "", "operation": "alarms-fired"}), &account).await;
        assert_eq!(names(&rows_of(&answer)), ["cpu"]);
        assert_eq!(answer.completeness.unwrap().failed[0].code, "Throttling");
    }
}
