//! Clusters and services, and services that run fewer tasks than they should.

use serde_json::{Value, json};

use super::tasks::{Stopped, stopped_of_service};
use super::{clusters_of, last_part, note_failures, texts};
use crate::service::values::{list, number, text};
use crate::service::{Ask, Findings, Unread};

/// Most services of one DescribeServices and clusters of one DescribeClusters (ECS API).
const SERVICES: usize = 10;
const CLUSTERS: usize = 100;

pub(super) async fn short_of_tasks(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let services = services_of(ask).await?;
    let short: Vec<&Value> = services.iter().filter(|service| is_short(service)).collect();
    let stopped = ask.each(short.clone(), |service| stopped_of_service(ask, service)).await;
    let mut findings = Findings::table(&[
        "cluster",
        "service",
        "desired",
        "running",
        "pending",
        "rollout",
        "stopped_tasks",
        "latest_stop_reason",
        "latest_event",
    ]);
    let mut missing = 0.0;
    for (service, stopped) in short.iter().zip(stopped) {
        missing += number(service, "desiredCount") - number(service, "runningCount");
        let (count, reason) = match stopped {
            Ok(tasks) => (json!(tasks.len()), json!(Stopped::latest_reason(&tasks))),
            Err(Unread) => (Value::Null, Value::Null),
        };
        findings.push([
            json!(last_part(text(service, "clusterArn"))),
            service["serviceName"].clone(),
            service["desiredCount"].clone(),
            service["runningCount"].clone(),
            service["pendingCount"].clone(),
            rollout(service),
            count,
            reason,
            latest_event(service),
        ]);
    }
    findings.sort_by("service");
    findings.sort_by("cluster");
    findings.sum("services_short_of_tasks", short.len());
    findings.sum("missing_tasks", missing);
    findings.sum("services", services.len());
    if !short.is_empty() {
        ask.note("ECS keeps stopped tasks for about an hour; a service without one may have stopped tasks before.");
    }
    Ok(findings)
}

/// A service that drains or is gone needs no tasks.
fn is_short(service: &Value) -> bool {
    service["status"] == "ACTIVE" && number(service, "runningCount") < number(service, "desiredCount")
}

/// State of the primary deployment, with the reason when it failed.
fn rollout(service: &Value) -> Value {
    let Some(primary) = list(service, "deployments").find(|deployment| deployment["status"] == "PRIMARY") else {
        return Value::Null;
    };
    match (primary["rolloutState"].as_str(), primary["rolloutStateReason"].as_str()) {
        (Some("FAILED"), Some(reason)) => json!(format!("FAILED: {reason}")),
        (state, _) => json!(state),
    }
}

fn latest_event(service: &Value) -> Value {
    let latest = list(service, "events").max_by(|a, b| text(a, "createdAt").cmp(text(b, "createdAt")));
    latest.map(|event| event["message"].clone()).unwrap_or_default()
}

pub(super) async fn overview(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let services = services_of(ask).await?;
    let mut findings = Findings::table(&[
        "cluster",
        "service",
        "status",
        "desired",
        "running",
        "pending",
        "launch_type",
        "task_definition",
        "rollout",
    ]);
    for service in &services {
        findings.push([
            json!(last_part(text(service, "clusterArn"))),
            service["serviceName"].clone(),
            service["status"].clone(),
            service["desiredCount"].clone(),
            service["runningCount"].clone(),
            service["pendingCount"].clone(),
            launch_type(service),
            json!(service["taskDefinition"].as_str().map(last_part)),
            rollout(service),
        ]);
    }
    findings.sort_by("service");
    findings.sort_by("cluster");
    findings.sum("services", services.len());
    findings.sum("running_tasks", services.iter().map(|service| number(service, "runningCount")).sum::<f64>());
    Ok(findings)
}

/// With a capacity provider strategy there is no launch type.
fn launch_type(service: &Value) -> Value {
    let providers: Vec<&str> =
        list(service, "capacityProviderStrategy").map(|item| text(item, "capacityProvider")).collect();
    if providers.is_empty() { service["launchType"].clone() } else { json!(providers.join(", ")) }
}

/// All services of the clusters that were asked for, read ten at a time.
pub(super) async fn services_of(ask: &Ask<'_>) -> Result<Vec<Value>, Unread> {
    let clusters = clusters_of(ask).await?;
    let lists = ask.each(clusters, |cluster| async move {
        let answer = ask.read("ecs:ListServices", json!({"cluster": cluster})).await.unwrap_or_default();
        (cluster, texts(&answer, "serviceArns"))
    });
    let batches: Vec<(String, Vec<String>)> = lists
        .await
        .iter()
        .flat_map(|(cluster, services)| services.chunks(SERVICES).map(|batch| (cluster.clone(), batch.to_vec())))
        .collect();
    let described = ask.each(batches, |(cluster, services)| async move {
        let answer = ask
            .read("ecs:DescribeServices", json!({"cluster": cluster, "services": services}))
            .await
            .unwrap_or_default();
        note_failures(ask, &answer);
        list(&answer, "services").cloned().collect::<Vec<_>>()
    });
    Ok(described.await.into_iter().flatten().collect())
}

pub(super) async fn clusters(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let arns = clusters_of(ask).await?;
    let mut findings = Findings::table(&[
        "cluster",
        "status",
        "services",
        "running_tasks",
        "pending_tasks",
        "container_instances",
        "capacity_providers",
    ]);
    let mut running = 0.0;
    for arns in arns.chunks(CLUSTERS) {
        let Ok(answer) = ask.read("ecs:DescribeClusters", json!({"clusters": arns})).await else {
            // The names are known all the same.
            for arn in arns {
                let mut row = vec![Value::Null; findings.columns.len()];
                row[0] = json!(last_part(arn));
                findings.rows.push(row);
            }
            continue;
        };
        note_failures(ask, &answer);
        for cluster in list(&answer, "clusters") {
            running += number(cluster, "runningTasksCount");
            findings.push([
                cluster["clusterName"].clone(),
                cluster["status"].clone(),
                cluster["activeServicesCount"].clone(),
                cluster["runningTasksCount"].clone(),
                cluster["pendingTasksCount"].clone(),
                cluster["registeredContainerInstancesCount"].clone(),
                json!(texts(cluster, "capacityProviders").join(", ")),
            ]);
        }
    }
    findings.sort_by("cluster");
    findings.sum("clusters", findings.rows.len());
    findings.sum("running_tasks", running);
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;
    const CLUSTER: &str = "arn:aws:ecs:us-east-1:123456789012:cluster/shop";

    fn service(name: &str, status: &str, desired: u64, running: u64) -> Value {
        json!({
            "serviceName": name, "clusterArn": CLUSTER, "status": status, "desiredCount": desired,
                "runningCount": running,
            "pendingCount": 0, "launchType": "FARGATE",
                "taskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/web:7",
            "deployments": [{"status": "PRIMARY", "rolloutState": "FAILED",
                "rolloutStateReason": "tasks failed to start"}],
            "events": [
                {"id": "2", "createdAt": "2026-11-22T08:00:00Z", "message": "unable to place a task"},
                {"id": "1", "createdAt": "2026-11-22T07:00:00Z", "message": "has started 1 tasks"},
            ],
        })
    }

    fn account(services: Value) -> FakeAccount {
        FakeAccount::default()
            .answering("ecs:ListClusters", json!({"clusterArns": [CLUSTER]}))
            .answering("ecs:ListServices", json!({"serviceArns": ["arn:1"]}))
            .answering("ecs:DescribeServices", json!({"services": services, "failures": []}))
    }

    fn with_stopped_tasks(account: FakeAccount) -> FakeAccount {
        account.answering("ecs:ListTasks", json!({"taskArns": ["arn:task/1", "arn:task/2"]})).answering(
            "ecs:DescribeTasks",
            json!({"tasks": [
                {"taskArn": "arn:task/1", "stoppedAt": "2026-11-22T08:50:00Z", "stopCode": "ServiceSchedulerInitiated",
                 "stoppedReason": "Scaling activity initiated by (deployment ecs-svc/1)"},
                {"taskArn": "arn:task/2", "stoppedAt": "2026-11-22T08:40:00Z", "stopCode": "EssentialContainerExited",
                 "stoppedReason": "Essential container in task exited",
                 "containers": [{"name": "app", "exitCode": 137, "reason": "OutOfMemoryError: Container killed"},
                     {"name": "proxy", "exitCode": 0}]},
            ]}),
        )
    }

    #[tokio::test]
    async fn active_services_with_too_few_tasks_are_listed_with_why_tasks_stopped() {
        let services = json!([
            service("web", "ACTIVE", 3, 1),
            service("fine", "ACTIVE", 2, 2),
            service("surplus", "ACTIVE", 2, 3),
            service("leaving", "DRAINING", 2, 0),
        ]);
        let account = with_stopped_tasks(account(services));
        let answer = ask(TOOL, json!({"query": "", "operation": "services-short-of-tasks"}), &account).await;
        let result = answer.result.unwrap();
        assert_eq!(
            result["rows"],
            json!([[
                "shop",
                "web",
                3,
                1,
                0,
                "FAILED: tasks failed to start",
                2,
                "Essential container in task exited; app: exit 137, OutOfMemoryError: Container killed",
                "unable to place a task",
            ]])
        );
        assert_eq!(result["summary"], json!({"services_short_of_tasks": 1, "missing_tasks": 2, "services": 4}));
        let asked = format!(
            r#"ecs:ListTasks us-east-1 {{"cluster":"{CLUSTER}","serviceName":"web","desiredStatus":"STOPPED"}}"#
        );
        assert!(account.asked().contains(&asked), "{:?}", account.asked());
    }

    #[tokio::test]
    async fn services_stay_when_stopped_tasks_cannot_be_read() {
        let account =
            account(json!([service("web", "ACTIVE", 3, 1)])).failing("ecs:ListTasks", 400, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "services-short-of-tasks"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["service"], &rows[0]["stopped_tasks"]), (&json!("web"), &Value::Null));
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "ecs:ListTasks");
    }

    #[tokio::test]
    async fn services_are_described_ten_at_a_time() {
        let arns: Vec<_> = (0..23).map(|number| format!("arn:{number}")).collect();
        let account = account(json!([])).answering("ecs:ListServices", json!({"serviceArns": arns}));
        rows(TOOL, "services", json!({}), &account).await;
        assert_eq!(account.asked().iter().filter(|asked| asked.starts_with("ecs:DescribeServices")).count(), 3);
    }

    #[tokio::test]
    async fn one_cluster_may_be_named() {
        let account = account(json!([service("web", "ACTIVE", 1, 1)]));
        let rows = rows(TOOL, "services", json!({"cluster": "shop"}), &account).await;
        assert_eq!(rows[0]["task_definition"], "web:7");
        assert!(!account.asked().iter().any(|asked| asked.starts_with("ecs:ListClusters")));
    }

    #[tokio::test]
    async fn clusters_keep_their_names_when_they_cannot_be_described() {
        let described = account(json!([])).answering(
            "ecs:DescribeClusters",
            json!({"clusters": [{"clusterName": "shop", "status": "ACTIVE", "runningTasksCount": 4,
                "capacityProviders": ["FARGATE"]}],
                   "failures": [{"arn": "arn:gone", "reason": "MISSING"}, {"arn": "arn:odd", "reason": "ODD"}]}),
        );
        let answer = ask(TOOL, json!({"query": "", "operation": "clusters"}), &described).await;
        assert_eq!(rows_of(&answer)[0]["running_tasks"], 4);
        let notes = answer.completeness.unwrap().notes;
        assert!(notes.contains(&"ECS gave no answer for arn:odd: ODD.".to_owned()), "{notes:?}");
        assert!(!notes.iter().any(|note| note.contains("arn:gone")), "{notes:?}");
        let denied = account(json!([])).failing("ecs:DescribeClusters", 400, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "clusters"}), &denied).await;
        assert_eq!((&rows_of(&answer)[0]["cluster"], &rows_of(&answer)[0]["status"]), (&json!("shop"), &Value::Null));
    }
}
