//! What containers get from their environment: names alone.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::last_part;
use super::services::services_of;
use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn environment_names(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let services = services_of(ask).await?;
    let mut users = BTreeMap::<String, Vec<String>>::new();
    for service in services.iter().filter(|service| service["taskDefinition"].is_string()) {
        users
            .entry(text(service, "taskDefinition").to_owned())
            .or_default()
            .push(text(service, "serviceName").to_owned());
    }
    let read = ask.each(users.keys().cloned(), |arn| async move {
        ask.read("ecs:DescribeTaskDefinition", json!({"taskDefinition": arn})).await
    });
    let mut findings = Findings::table(&[
        "task_definition",
        "services",
        "container",
        "image",
        "variables",
        "secrets",
        "environment_files",
    ]);
    for ((arn, services), answer) in users.iter().zip(read.await) {
        let (definition, services) = (json!(last_part(arn)), json!(services.join(", ")));
        let Ok(answer) = answer else {
            findings.push([definition, services, Value::Null, Value::Null, Value::Null, Value::Null, Value::Null]);
            continue;
        };
        for container in list(&answer["taskDefinition"], "containerDefinitions") {
            findings.push([
                definition.clone(),
                services.clone(),
                container["name"].clone(),
                container["image"].clone(),
                names(container, "environment", "name"),
                names(container, "secrets", "name"),
                names(container, "environmentFiles", "value"),
            ]);
        }
    }
    findings.sort_by("task_definition");
    findings.sum("task_definitions", users.len());
    findings.sum("services", services.len());
    Ok(findings)
}

fn names(container: &Value, member: &str, name: &str) -> Value {
    let mut names: Vec<&str> = list(container, member).map(|entry| text(entry, name)).collect();
    names.sort_unstable();
    json!(names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn account() -> FakeAccount {
        let definition = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:7";
        let service = |name: &str| json!({"serviceName": name, "status": "ACTIVE", "taskDefinition": definition});
        FakeAccount::default()
            .answering("ecs:ListClusters", json!({"clusterArns": ["arn:aws:ecs:us-east-1:123456789012:cluster/shop"]}))
            .answering("ecs:ListServices", json!({"serviceArns": ["a", "b", "c"]}))
            .answering(
                "ecs:DescribeServices",
                json!({"services": [service("web"), service("web-canary"),
                    {"serviceName": "external", "status": "ACTIVE"}]}),
            )
    }

    #[tokio::test]
    async fn names_are_shown_and_values_are_not() {
        let account = account().answering(
            "ecs:DescribeTaskDefinition",
            json!({"taskDefinition": {"family": "web", "revision": 7, "containerDefinitions": [
                {"name": "app", "image": "web:1", "environment": [{"name": "URL", "value": "v-url"},
                    {"name": "PASSWORD", "value": "hunter2"}],
                 "secrets": [{"name": "TOKEN", "valueFrom": "arn:aws:ssm:token"}]},
                {"name": "proxy", "image": "envoy:1"},
            ]}}),
        );
        let answer = ask(TOOL, json!({"query": "", "operation": "task-environment-names"}), &account).await;
        let found: Vec<_> = rows_of(&answer)
            .iter()
            .map(|row| json!([row["container"], row["services"], row["variables"], row["secrets"]]))
            .collect();
        assert_eq!(
            found,
            [json!(["app", "web, web-canary", "PASSWORD, URL", "TOKEN"]), json!(["proxy", "web, web-canary", "", ""])]
        );
        assert!(!serde_json::to_string(&answer).unwrap().contains("hunter2"));
        assert_eq!(account.asked().iter().filter(|asked| asked.starts_with("ecs:DescribeTaskDefinition")).count(), 1);
    }

    #[tokio::test]
    async fn services_stay_when_their_definition_cannot_be_read() {
        let account = account().failing("ecs:DescribeTaskDefinition", 400, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "task-environment-names"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["task_definition"], &rows[0]["variables"]), (&json!("web:7"), &Value::Null));
        assert_eq!(answer.completeness.unwrap().failed.len(), 1);
    }
}
