//! Tasks that stopped, and why. ECS describes them for about an hour.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{clusters_of, last_part, note_failures, texts};
use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Unread};

/// Most tasks of one DescribeTasks (ECS API).
const TASKS: usize = 100;

/// A task that stopped.
pub(super) struct Stopped(Value);

impl Stopped {
    /// Why the latest task stopped; a task that went because fewer were wanted explains nothing.
    pub fn latest_reason(tasks: &[Self]) -> Option<String> {
        let telling =
            tasks.iter().filter(|task| !text(&task.0, "stoppedReason").starts_with("Scaling activity initiated"));
        telling.max_by(|a, b| text(&a.0, "stoppedAt").cmp(text(&b.0, "stoppedAt"))).map(Self::reason)
    }

    /// The task's reason and what its containers say.
    fn reason(&self) -> String {
        let containers = list(&self.0, "containers").filter_map(container_end);
        std::iter::once(text(&self.0, "stoppedReason").to_owned()).chain(containers).collect::<Vec<_>>().join("; ")
    }
}

/// `app: exit 137, OutOfMemoryError: ...`; absent for a container that ended well.
fn container_end(container: &Value) -> Option<String> {
    let exit = container["exitCode"].as_i64().filter(|code| *code != 0).map(|code| format!("exit {code}"));
    let reason = container["reason"].as_str().map(str::to_owned);
    let parts: Vec<String> = exit.into_iter().chain(reason).collect();
    (!parts.is_empty()).then(|| format!("{}: {}", text(container, "name"), parts.join(", ")))
}

pub(super) async fn stopped_of_service(ask: &Ask<'_>, service: &Value) -> Result<Vec<Stopped>, Unread> {
    let parameters =
        json!({"cluster": service["clusterArn"], "serviceName": service["serviceName"], "desiredStatus": "STOPPED"});
    described(ask, text(service, "clusterArn"), parameters).await
}

/// The tasks that ListTasks gives for these parameters, described.
async fn described(ask: &Ask<'_>, cluster: &str, parameters: Value) -> Result<Vec<Stopped>, Unread> {
    let arns = texts(&ask.read("ecs:ListTasks", parameters).await?, "taskArns");
    let mut tasks = Vec::new();
    for arns in arns.chunks(TASKS) {
        let answer = ask.read("ecs:DescribeTasks", json!({"cluster": cluster, "tasks": arns})).await?;
        note_failures(ask, &answer);
        tasks.extend(list(&answer, "tasks").cloned().map(Stopped));
    }
    Ok(tasks)
}

pub(super) async fn stopped(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let clusters = clusters_of(ask).await?;
    let read = ask.each(clusters, |cluster| async move {
        let parameters = json!({"cluster": cluster, "desiredStatus": "STOPPED"});
        described(ask, &cluster, parameters).await.unwrap_or_default()
    });
    let tasks: Vec<Stopped> = read.await.into_iter().flatten().collect();
    let mut findings = Findings::table(&["cluster", "group", "task", "stopped", "code", "reason"]);
    let mut codes = BTreeMap::<&str, u64>::new();
    for task in &tasks {
        *codes.entry(task.0["stopCode"].as_str().unwrap_or("without code")).or_default() += 1;
        findings.push([
            json!(last_part(text(&task.0, "clusterArn"))),
            task.0["group"].clone(),
            json!(last_part(text(&task.0, "taskArn"))),
            task.0["stoppedAt"].clone(),
            task.0["stopCode"].clone(),
            json!(task.reason()),
        ]);
    }
    findings.sort_down_by("stopped");
    findings.sum("stopped_tasks", tasks.len());
    for (code, count) in codes {
        findings.sum(code, count);
    }
    ask.note("ECS keeps stopped tasks for about an hour; what stopped before is not known.");
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn cluster(name: &str) -> String {
        format!("arn:aws:ecs:us-east-1:123456789012:cluster/{name}")
    }

    fn account() -> FakeAccount {
        let task = |id: &str, stopped: &str, code: &str| {
            json!({
                "taskArn": format!("arn:aws:ecs:us-east-1:123456789012:task/shop/{id}"), "clusterArn": cluster("shop"),
                "group": "service:web", "stoppedAt": stopped, "stopCode": code, "stoppedReason": "r",
                "containers": [{"name": "app", "exitCode": 1}],
            })
        };
        FakeAccount::default()
            .answering("ecs:ListClusters", json!({"clusterArns": [cluster("shop"), cluster("other")]}))
            .answering("ecs:ListTasks", json!({"taskArns": []}))
            .answering_when("ecs:ListTasks", json!({"cluster": cluster("shop")}), json!({"taskArns": ["a", "b"]}))
            .answering(
                "ecs:DescribeTasks",
                json!({"tasks": [
                    task("1", "2026-11-22T08:00:00Z", "EssentialContainerExited"),
                    task("2", "2026-11-22T08:30:00Z", "TaskFailedToStart"),
                ]}),
            )
    }

    #[tokio::test]
    async fn stopped_tasks_come_with_the_latest_first_and_codes_are_counted() {
        let answer = ask(TOOL, json!({"query": "", "operation": "stopped-tasks"}), &account()).await;
        let found: Vec<_> =
            rows_of(&answer).iter().map(|row| json!([row["task"], row["code"], row["reason"]])).collect();
        assert_eq!(
            found,
            [
                json!(["2", "TaskFailedToStart", "r; app: exit 1"]),
                json!(["1", "EssentialContainerExited", "r; app: exit 1"])
            ]
        );
        let summary = json!({"stopped_tasks": 2, "EssentialContainerExited": 1, "TaskFailedToStart": 1});
        assert_eq!(answer.result.unwrap()["summary"], summary);
    }

    #[tokio::test]
    async fn tasks_are_described_a_hundred_at_a_time() {
        let arns: Vec<_> = (0..250).map(|number| format!("arn:{number}")).collect();
        let account =
            account().answering_when("ecs:ListTasks", json!({"cluster": cluster("shop")}), json!({"taskArns": arns}));
        rows(TOOL, "stopped-tasks", json!({}), &account).await;
        assert_eq!(account.asked().iter().filter(|asked| asked.starts_with("ecs:DescribeTasks")).count(), 3);
    }

    #[tokio::test]
    async fn a_cluster_that_cannot_be_read_hides_no_other() {
        let account =
            account().failing_when("ecs:ListTasks", json!({"cluster": cluster("other")}), 400, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "stopped-tasks"}), &account).await;
        assert_eq!(rows_of(&answer).len(), 2);
        assert_eq!(answer.completeness.unwrap().failed.len(), 1);
    }
}
