//! Training jobs that failed or run.

use serde_json::{Value, json};
use time::Duration;

use crate::service::values::{self, excerpt, list, number, rounded, text};
use crate::service::{Ask, Findings, Unread};

/// Jobs whose details are read: the newest.
const DETAILS: usize = 50;

/// Length of a reason in a cell, in characters.
const REASON: usize = 400;

pub(super) async fn failed(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let window = ask.question.window(ask.now, Duration::days(30));
    let wanted = json!({
        "StatusEquals": "Failed",
        "LastModifiedTimeAfter": values::rfc3339(window.start),
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
    });
    let (jobs, details) = read(ask, wanted).await?;
    let mut findings = Findings::table(&["job", "failed", "reason", "phase", "instances", "trained_hours", "created"]);
    for (job, details) in jobs.iter().zip(details) {
        let seconds = details["TrainingTimeInSeconds"].as_f64();
        findings.push([
            job["TrainingJobName"].clone(),
            job["TrainingEndTime"].clone(),
            details["FailureReason"].as_str().map_or(Value::Null, |reason| json!(excerpt(reason, REASON))),
            phase(&details),
            json!(instances(&details)),
            json!(seconds.map(|seconds| rounded(seconds / 3600.0, 2))),
            job["CreationTime"].clone(),
        ]);
    }
    findings.sort_down_by("created");
    findings.sum("failed", findings.rows.len());
    note_details(ask, jobs.len());
    Ok(findings)
}

pub(super) async fn running(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let wanted = json!({"StatusEquals": "InProgress", "SortBy": "CreationTime", "SortOrder": "Descending"});
    let (jobs, details) = read(ask, wanted).await?;
    let mut findings = Findings::table(&["job", "phase", "instances", "hours", "spot", "created"]);
    for (job, details) in jobs.iter().zip(details) {
        let hours = values::time(job, "CreationTime").map(|created| (ask.now - created).as_seconds_f64() / 3600.0);
        findings.push([
            job["TrainingJobName"].clone(),
            if details.is_null() { Value::Null } else { details["SecondaryStatus"].clone() },
            json!(instances(&details)),
            json!(hours.map(|hours| rounded(hours, 1))),
            details["EnableManagedSpotTraining"].clone(),
            job["CreationTime"].clone(),
        ]);
    }
    findings.sort_by("created");
    findings.sum("running", findings.rows.len());
    note_details(ask, jobs.len());
    Ok(findings)
}

/// The jobs, and what is known about each; null where that could not be read.
async fn read(ask: &Ask<'_>, wanted: Value) -> Result<(Vec<Value>, Vec<Value>), Unread> {
    let answer = ask.read("sagemaker:ListTrainingJobs", wanted).await?;
    let jobs: Vec<_> = list(&answer, "TrainingJobSummaries").cloned().collect();
    let describe =
        |job: &Value| ask.read("sagemaker:DescribeTrainingJob", json!({"TrainingJobName": job["TrainingJobName"]}));
    let details = ask.each(jobs.iter().take(DETAILS), describe).await;
    let mut details: Vec<_> = details.into_iter().map(Result::unwrap_or_default).collect();
    details.resize(jobs.len(), Value::Null);
    Ok((jobs, details))
}

fn note_details(ask: &Ask<'_>, jobs: usize) {
    if jobs > DETAILS {
        ask.note(format!("Only the newest {DETAILS} of {jobs} jobs have all their cells."));
    }
}

/// The last phase that the job was in before it failed.
fn phase(details: &Value) -> Value {
    let phases: Vec<_> = list(details, "SecondaryStatusTransitions").map(|phase| text(phase, "Status")).collect();
    phases.iter().rfind(|phase| **phase != "Failed").map_or(Value::Null, |phase| json!(phase))
}

/// `2 x ml.p4d.24xlarge`, more for groups of instances; absent for serverless jobs.
fn instances(details: &Value) -> Option<String> {
    let resources = &details["ResourceConfig"];
    let words = |of: &Value| {
        let (kind, count) = (text(of, "InstanceType"), number(of, "InstanceCount"));
        (!kind.is_empty()).then(|| format!("{count} x {kind}"))
    };
    let groups: Vec<_> = list(resources, "InstanceGroups").filter_map(words).collect();
    if groups.is_empty() { words(resources) } else { Some(groups.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, called, rows, rows_of};

    const TOOL: &str = "sagemaker_read_operations";
    const JOBS: &str = "sagemaker:ListTrainingJobs";
    const JOB: &str = "sagemaker:DescribeTrainingJob";

    fn job(name: &str, created: &str) -> Value {
        json!({
            "TrainingJobName": name,
            "TrainingJobArn": format!("arn:aws:sagemaker:us-east-1:111122223333:training-job/{name}"),
            "CreationTime": created, "TrainingEndTime": "2026-11-21T10:00:00Z", "TrainingJobStatus": "Failed",
        })
    }

    fn account() -> FakeAccount {
        let jobs = [job("old", "2026-11-01T00:00:00Z"), job("new", "2026-11-21T09:00:00Z")];
        let phases = json!([
            {"Status": "Downloading", "StartTime": "2026-11-21T09:00:00Z"},
            {"Status": "Training", "StartTime": "2026-11-21T09:10:00Z"},
            {"Status": "Failed", "StartTime": "2026-11-21T10:00:00Z"},
        ]);
        let details = json!({
            "FailureReason": "AlgorithmError: out of memory", "SecondaryStatus": "Training",
            "SecondaryStatusTransitions": phases,
            "ResourceConfig": {"InstanceType": "ml.p3.2xlarge", "InstanceCount": 2, "VolumeSizeInGB": 50},
            "TrainingTimeInSeconds": 5400, "EnableManagedSpotTraining": true,
        });
        let groups = json!({
            "FailureReason": "x",
            "ResourceConfig": {
                "InstanceGroups": [
                    {"InstanceType": "ml.m5.large", "InstanceCount": 1, "InstanceGroupName": "a"},
                    {"InstanceType": "ml.g5.xlarge", "InstanceCount": 3, "InstanceGroupName": "b"},
                ],
            },
        });
        FakeAccount::default()
            .answering(JOBS, json!({"TrainingJobSummaries": jobs}))
            .answering(JOB, details)
            .answering_when(JOB, json!({"TrainingJobName": "old"}), groups)
    }

    #[tokio::test]
    async fn failed_jobs_come_newest_first_with_reason_phase_and_instances() {
        let account = account();
        let rows = rows(TOOL, "failed-training-jobs", json!({"days": 7}), &account).await;
        assert_eq!((&rows[0]["job"], &rows[0]["phase"]), (&json!("new"), &json!("Training")));
        assert_eq!(
            (&rows[0]["reason"], &rows[0]["trained_hours"]),
            (&json!("AlgorithmError: out of memory"), &json!(1.5))
        );
        assert_eq!(
            (&rows[0]["instances"], &rows[1]["instances"]),
            (&json!("2 x ml.p3.2xlarge"), &json!("1 x ml.m5.large 3 x ml.g5.xlarge"))
        );
        assert_eq!((&rows[1]["phase"], &rows[1]["trained_hours"]), (&Value::Null, &Value::Null));
        assert_eq!(called(&account, JOBS)[0]["LastModifiedTimeAfter"], "2026-11-15T09:00:00Z");
    }

    #[tokio::test]
    async fn details_that_cannot_be_read_leave_the_job() {
        let account = account().failing_when(JOB, json!({"TrainingJobName": "new"}), 400, "ThrottlingException");
        let answer = ask(TOOL, json!({"query": "", "operation": "failed-training-jobs"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["job"], &rows[0]["reason"]), (&json!("new"), &Value::Null));
        assert_eq!((&rows[1]["job"], &rows[1]["reason"]), (&json!("old"), &json!("x")));
        assert_eq!(answer.completeness.unwrap().failed[0].code, "ThrottlingException");
    }

    #[tokio::test]
    async fn many_jobs_have_their_details_up_to_a_limit() {
        let jobs: Vec<_> = (0..60).map(|number| job(&format!("job-{number:02}"), "2026-11-21T09:00:00Z")).collect();
        let account = account().answering(JOBS, json!({"TrainingJobSummaries": jobs}));
        let answer = ask(TOOL, json!({"query": "", "operation": "failed-training-jobs"}), &account).await;
        assert_eq!((rows_of(&answer).len(), called(&account, JOB).len()), (60, DETAILS));
        assert!(answer.completeness.unwrap().notes.iter().any(|note| note.contains("newest 50 of 60")));
    }

    #[tokio::test]
    async fn running_jobs_come_with_the_oldest_first() {
        let rows = rows(TOOL, "running-training-jobs", json!({}), &account()).await;
        assert_eq!((&rows[0]["job"], &rows[1]["job"]), (&json!("old"), &json!("new")));
        assert_eq!(
            (&rows[1]["hours"], &rows[1]["spot"], &rows[1]["phase"]),
            (&json!(24), &json!(true), &json!("Training"))
        );
    }

    #[tokio::test]
    async fn no_jobs_are_no_rows() {
        let account = account().answering(JOBS, json!({"TrainingJobSummaries": []}));
        assert_eq!(rows(TOOL, "failed-training-jobs", json!({}), &account).await.len(), 0);
    }
}
