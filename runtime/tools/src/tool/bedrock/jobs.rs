//! Jobs that make custom models.

use serde_json::{Value, json};

use super::model_of;
use crate::service::values::{excerpt, list, text};
use crate::service::{Ask, Findings, Unread};

/// Failed jobs whose reason is read.
const REASONS: usize = 25;

/// Length of a reason in a cell, in characters.
const REASON: usize = 300;

pub(super) async fn customization(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let newest_first = json!({"sortBy": "CreationTime", "sortOrder": "Descending"});
    let answer = ask.read("bedrock:ListModelCustomizationJobs", newest_first).await?;
    let jobs: Vec<_> = list(&answer, "modelCustomizationJobSummaries").collect();
    let failed = jobs.iter().copied().filter(|job| text(job, "status") == "Failed");
    let mut reasons = ask.each(failed.take(REASONS), |job| reason(ask, job)).await.into_iter();
    let columns = ["job", "status", "kind", "base_model", "created", "ended", "custom_model", "failure"];
    let mut findings = Findings::table(&columns);
    for job in &jobs {
        let failure = if text(job, "status") == "Failed" { reasons.next() } else { None };
        findings.push([
            job["jobName"].clone(),
            job["status"].clone(),
            json!(text(job, "customizationType").to_lowercase().replace('_', " ")),
            json!(model_of(text(job, "baseModelArn"))),
            job["creationTime"].clone(),
            job["endTime"].clone(),
            job["customModelName"].clone(),
            failure.unwrap_or_default(),
        ]);
    }
    findings.sort_down_by("created");
    let count = |status| findings.rows.iter().filter(|row| row[1] == status).count();
    let (running, failed) = (count("InProgress"), count("Failed"));
    findings.sum("jobs", findings.rows.len());
    findings.sum("running", running);
    findings.sum("failed", failed);
    if failed > REASONS {
        ask.note(format!("Only the newest {REASONS} failed jobs have their reason."));
    }
    Ok(findings)
}

async fn reason(ask: &Ask<'_>, job: &Value) -> Value {
    let wanted = json!({"jobIdentifier": job["jobArn"]});
    let answer = ask.read("bedrock:GetModelCustomizationJob", wanted).await.unwrap_or_default();
    answer["failureMessage"].as_str().map_or(Value::Null, |message| json!(excerpt(message, REASON)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, called, rows, rows_of};

    const TOOL: &str = "bedrock_read_operations";
    const JOBS: &str = "bedrock:ListModelCustomizationJobs";
    const JOB: &str = "bedrock:GetModelCustomizationJob";

    fn job(name: &str, status: &str, created: &str) -> Value {
        json!({
            "jobArn": format!("arn:aws:bedrock:us-east-1:111122223333:model-customization-job/{name}"),
            "baseModelArn": "arn:aws:bedrock:us-east-1::foundation-model/titan", "jobName": name, "status": status,
            "creationTime": created, "customizationType": "FINE_TUNING",
        })
    }

    fn account() -> FakeAccount {
        let jobs = [job("old", "Failed", "2026-01-01T00:00:00Z"), job("new", "Completed", "2026-02-01T00:00:00Z")];
        let details = json!({"jobName": "old", "failureMessage": "The training data has no lines."});
        FakeAccount::default().answering(JOBS, json!({"modelCustomizationJobSummaries": jobs})).answering(JOB, details)
    }

    #[tokio::test]
    async fn jobs_come_newest_first_and_failed_ones_say_why() {
        let account = account();
        let answer = ask(TOOL, json!({"query": "", "operation": "customization-jobs"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["job"], &rows[0]["failure"]), (&json!("new"), &Value::Null));
        assert_eq!((&rows[1]["base_model"], &rows[1]["kind"]), (&json!("titan"), &json!("fine tuning")));
        assert_eq!(rows[1]["failure"], "The training data has no lines.");
        assert_eq!(called(&account, JOB).len(), 1);
        assert_eq!(answer.result.unwrap()["summary"], json!({"jobs": 2, "running": 0, "failed": 1}));
    }

    #[tokio::test]
    async fn a_reason_that_cannot_be_read_leaves_the_job() {
        let account = account().failing(JOB, 403, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "customization-jobs"}), &account).await;
        assert_eq!(rows_of(&answer)[1]["failure"], Value::Null);
        assert_eq!(answer.completeness.unwrap().failed[0].operation, JOB);
    }

    #[tokio::test]
    async fn no_jobs_are_no_rows() {
        let account = account().answering(JOBS, json!({}));
        assert_eq!(rows(TOOL, "customization-jobs", json!({}), &account).await.len(), 0);
    }
}
