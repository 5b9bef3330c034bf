//! Notebooks and Studio apps that run and cost.

use serde_json::{Value, json};

use crate::service::values::{self, list, text};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn running(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let notebooks = ask.read("sagemaker:ListNotebookInstances", json!({"StatusEquals": "InService"})).await;
    let apps = ask.read("sagemaker:ListApps", json!({})).await;
    if notebooks.is_err() && apps.is_err() {
        return Err(Unread);
    }
    let (notebooks, apps) = (notebooks.unwrap_or_default(), apps.unwrap_or_default());
    let mut findings = Findings::table(&["name", "kind", "instance_type", "since", "days", "for"]);
    for notebook in list(&notebooks, "NotebookInstances") {
        let name = notebook["NotebookInstanceName"].clone();
        let since = &notebook["LastModifiedTime"];
        findings.push(row(ask, name, "notebook instance", &notebook["InstanceType"], since, Value::Null));
    }
    for app in list(&apps, "Apps").filter(|app| is_running(app)) {
        let user = ["UserProfileName", "SpaceName"].into_iter().map(|member| text(app, member));
        let user = user.into_iter().find(|name| !name.is_empty());
        let (name, kind) = (app["AppName"].clone(), text(app, "AppType"));
        findings.push(row(ask, name, kind, &app["ResourceSpec"]["InstanceType"], &app["CreationTime"], json!(user)));
    }
    findings.sort_by("since");
    let instances = list(&notebooks, "NotebookInstances").count();
    findings.sum("notebook_instances", instances);
    findings.sum("apps", findings.rows.len() - instances);
    if instances > 0 {
        ask.note("A notebook instance was started or changed last at since; AWS does not say when it was started.");
    }
    Ok(findings)
}

/// An app of type `system` runs on AWS's account and costs nothing.
fn is_running(app: &Value) -> bool {
    text(app, "Status") == "InService" && text(&app["ResourceSpec"], "InstanceType") != "system"
}

fn row(ask: &Ask<'_>, name: Value, kind: &str, instance: &Value, since: &Value, user: Value) -> [Value; 6] {
    let time = values::time(&json!({"since": since}), "since");
    [
        name,
        json!(kind),
        instance.clone(),
        json!(time.map(values::rfc3339)),
        json!(time.map(|time| (ask.now - time).whole_days())),
        user,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = "sagemaker_read_operations";

    fn account() -> FakeAccount {
        let notebooks = json!([
            {
                "NotebookInstanceName": "lab",
                "NotebookInstanceArn": "arn:aws:sagemaker:us-east-1:111122223333:notebook-instance/lab",
                "NotebookInstanceStatus": "InService", "InstanceType": "ml.t3.medium",
                "LastModifiedTime": "2026-11-20T09:00:00Z",
            },
        ]);
        let app = |name, status, instance| {
            json!({
                "DomainId": "d", "UserProfileName": "ada", "AppType": "JupyterLab", "AppName": name, "Status": status,
                "CreationTime": "2026-11-01T09:00:00Z", "ResourceSpec": {"InstanceType": instance},
            })
        };
        let apps = [
            app("run", "InService", "ml.g5.xlarge"),
            app("gone", "Deleted", "ml.g5.xlarge"),
            app("default", "InService", "system"),
        ];
        FakeAccount::default()
            .answering("sagemaker:ListNotebookInstances", json!({"NotebookInstances": notebooks}))
            .answering("sagemaker:ListApps", json!({"Apps": apps}))
    }

    #[tokio::test]
    async fn what_runs_longest_comes_first_and_what_is_free_or_gone_is_left_out() {
        let answer = ask(TOOL, json!({"query": "", "operation": "running-notebooks"}), &account()).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["name"], &rows[0]["days"], &rows[0]["for"]), (&json!("run"), &json!(21), &json!("ada")));
        assert_eq!((&rows[1]["name"], &rows[1]["days"], &rows[1]["for"]), (&json!("lab"), &json!(2), &Value::Null));
        assert_eq!(answer.result.unwrap()["summary"], json!({"notebook_instances": 1, "apps": 1}));
    }

    #[tokio::test]
    async fn apps_that_cannot_be_read_leave_the_notebooks() {
        let account = account().failing("sagemaker:ListApps", 400, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "running-notebooks"}), &account).await;
        assert_eq!(rows_of(&answer).len(), 1);
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "sagemaker:ListApps");
    }

    #[tokio::test]
    async fn nothing_running_is_no_rows() {
        let account = account()
            .answering("sagemaker:ListNotebookInstances", json!({}))
            .answering("sagemaker:ListApps", json!({"Apps": []}));
        assert_eq!(rows(TOOL, "running-notebooks", json!({}), &account).await.len(), 0);
    }
}
