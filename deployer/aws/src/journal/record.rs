//! Runs as they are read back.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use deployer_core::{Failure, Settings};
use serde::Serialize;

use super::HISTORY;
use crate::Clients;
use crate::errors::found;

/// How a run or a step stands. A run killed in the middle stays `running`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Running,
    Done,
    Failed,
    Interrupted,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    fn named(name: &str) -> Self {
        [Self::Done, Self::Failed, Self::Interrupted]
            .into_iter()
            .find(|state| state.name() == name)
            .unwrap_or(Self::Running)
    }

    pub(crate) fn of<T>(result: &Result<T, Failure>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(failure) if failure.code == "run/interrupted" => Self::Interrupted,
            Err(_) => Self::Failed,
        }
    }
}

/// One run of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunRecord {
    pub run_id: String,
    /// RFC 3339.
    pub started: String,
    pub finished: Option<String>,
    pub state: State,
    /// `user@host pid N`
    pub holder: String,
    /// ARN of the AWS principal.
    pub principal: String,
    /// "create stack x", in order.
    pub steps: Vec<String>,
    pub failure: Option<String>,
}

/// The newest runs, newest first; none where there is no deployments table.
pub async fn history(clients: &Clients, settings: &Settings, limit: u32) -> Result<Vec<RunRecord>, Failure> {
    let request = clients
        .dynamodb()
        .query()
        .table_name(settings.names().deployments_table())
        .key_condition_expression("pk = :history")
        .expression_attribute_values(":history", AttributeValue::S(HISTORY.into()))
        .scan_index_forward(false)
        .limit(limit.try_into().unwrap_or(i32::MAX));
    let answer = found(request.send().await).map_err(|trouble| trouble.failure("read the history"));
    let items = answer.map_err(|failure| clients.advise(failure))?.and_then(|answer| answer.items).unwrap_or_default();
    Ok(items.iter().filter_map(from_item).collect())
}

fn from_item(item: &HashMap<String, AttributeValue>) -> Option<RunRecord> {
    let text = |name: &str| item.get(name)?.as_s().ok().cloned();
    let steps = item.get("steps").and_then(|steps| steps.as_l().ok());
    Some(RunRecord {
        run_id: text("run_id")?,
        started: text("started")?,
        finished: text("finished"),
        state: State::named(&text("state")?),
        holder: text("holder")?,
        principal: text("principal")?,
        steps: steps.into_iter().flatten().filter_map(|step| step.as_s().ok().cloned()).collect(),
        failure: text("failure"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_survives_the_way_to_its_name_and_back() {
        for state in [State::Running, State::Done, State::Failed, State::Interrupted] {
            assert_eq!(State::named(state.name()), state);
        }
    }

    #[test]
    fn an_interrupted_run_is_not_a_failed_one() {
        let interrupted: Result<(), _> = Err(crate::wait::interrupted("wait"));
        assert_eq!(State::of(&interrupted), State::Interrupted);
        assert_eq!(State::of::<()>(&Err(super::super::lease_lost())), State::Failed);
    }
}
