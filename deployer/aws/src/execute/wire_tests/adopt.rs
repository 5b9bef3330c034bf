//! Taking over: what is called in which order, and what is never executed.

use std::collections::BTreeMap;

use deployer_core::Failure;
use deployer_core::adoption::{Adoption, Import};

use super::Surroundings;
use crate::execute::{adopt, unused_images};
use crate::fake_aws::{Answer, Call, FakeAws};

const STACK_ID: &str = "arn:aws:cloudformation:us-east-1:111122223333:stack/s/1";

/// A stack that an import makes.
struct Importing {
    status: Option<&'static str>,
    /// Of the change set: action and logical id.
    changes: Vec<(&'static str, &'static str)>,
    /// What the import ends in.
    end: &'static str,
}

impl Importing {
    fn answer(&mut self, call: &Call) -> Answer {
        match call.name.as_str() {
            "DescribeStacks" => self.described(),
            "DescribeStackEvents" => result("DescribeStackEvents", "<StackEvents></StackEvents>"),
            "CreateChangeSet" => {
                self.status = Some("REVIEW_IN_PROGRESS");
                result("CreateChangeSet", &format!("<Id>change</Id><StackId>{STACK_ID}</StackId>"))
            }
            "DescribeChangeSet" => self.change_set(),
            "ExecuteChangeSet" => self.becomes(Some(self.end), "ExecuteChangeSet"),
            "UpdateStack" => self.becomes(Some("UPDATE_COMPLETE"), "UpdateStack"),
            "DeleteStack" => self.becomes(None, "DeleteStack"),
            "DeleteChangeSet" => result("DeleteChangeSet", ""),
            "TagResource" => Answer::ok("{}"),
            other => panic!("unexpected call {other}"),
        }
    }

    fn becomes(&mut self, status: Option<&'static str>, action: &str) -> Answer {
        self.status = status;
        result(action, "")
    }

    fn described(&self) -> Answer {
        let Some(status) = self.status else {
            return Answer::refused_query("ValidationError", "Stack with id s does not exist");
        };
        let created = "<CreationTime>2026-01-01T00:00:00Z</CreationTime>";
        let stack = format!("<StackId>{STACK_ID}</StackId><StackName>s</StackName>{created}");
        let member = format!("<member>{stack}<StackStatus>{status}</StackStatus></member>");
        result("DescribeStacks", &format!("<Stacks>{member}</Stacks>"))
    }

    fn change_set(&self) -> Answer {
        let change = |(action, id): &(&str, &str)| {
            let resource = format!("<Action>{action}</Action><LogicalResourceId>{id}</LogicalResourceId>");
            format!("<member><Type>Resource</Type><ResourceChange>{resource}</ResourceChange></member>")
        };
        let changes: String = self.changes.iter().map(change).collect();
        let status = "<Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus>";
        let body = format!("<StackId>{STACK_ID}</StackId>{status}<Changes>{changes}</Changes>");
        result("DescribeChangeSet", &body)
    }
}

fn result(action: &str, body: &str) -> Answer {
    Answer::ok(format!("<{action}Response><{action}Result>{body}</{action}Result></{action}Response>"))
}

fn import() -> Adoption {
    let ours = BTreeMap::from([("ManagedBy".to_string(), "us".to_string())]);
    Adoption::Import(Import {
        stack: "s".into(),
        template: "{}".into(),
        parameters: vec![],
        tags: BTreeMap::new(),
        logical_id: "Table".into(),
        resource_type: "AWS::DynamoDB::Table".into(),
        identifier: ("TableName".into(), "t".into()),
        then: vec![
            Adoption::Stack { name: "s".into(), tags: ours.clone() },
            Adoption::Table { name: "t".into(), tags: ours },
        ],
    })
}

async fn adopted(changes: &[(&'static str, &'static str)], end: &'static str) -> (FakeAws, Result<String, Failure>) {
    let mut stack = Importing { status: None, changes: changes.to_vec(), end };
    let aws = FakeAws::serve(move |call| stack.answer(call)).await;
    let surroundings = Surroundings::of(&aws).await;
    let result = adopt::adopt(&surroundings.context(), &import()).await;
    (aws, result)
}

#[tokio::test]
async fn an_import_comes_first_and_the_tags_after_it() {
    let (aws, result) = adopted(&[("Import", "Table")], "IMPORT_COMPLETE").await;
    assert_eq!(result.unwrap(), "imported into stack s");
    assert_eq!(aws.writes(), ["CreateChangeSet", "ExecuteChangeSet", "UpdateStack", "TagResource"]);
    let sent = |name: &str| aws.calls().into_iter().find(|call| call.name == name).unwrap().parameters;
    let created = sent("CreateChangeSet");
    assert_eq!(created["ChangeSetType"], "IMPORT");
    assert_eq!(created["ResourcesToImport.member.1.ResourceIdentifier.entry.1.value"], "t");
    assert!(!created.keys().any(|key| key.starts_with("Tags")), "CloudFormation refuses tags here");
    let updated = sent("UpdateStack");
    assert_eq!((updated["UsePreviousTemplate"].as_str(), updated["Tags.member.1.Value"].as_str()), ("true", "us"));
}

#[tokio::test]
async fn a_change_set_that_does_more_than_import_is_not_executed() {
    for changes in [vec![("Import", "Table"), ("Remove", "Other")], vec![("Add", "Table")], vec![]] {
        let (aws, result) = adopted(&changes, "IMPORT_COMPLETE").await;
        assert_eq!(result.unwrap_err().code, "plan/stale", "{changes:?}");
        assert_eq!(aws.writes(), ["CreateChangeSet", "DeleteChangeSet", "DeleteStack"], "{changes:?}");
    }
}

#[tokio::test]
async fn nothing_is_tagged_after_an_import_that_failed() {
    let (aws, result) = adopted(&[("Import", "Table")], "ROLLBACK_COMPLETE").await;
    assert!(result.unwrap_err().cause.contains("ROLLBACK_COMPLETE"));
    assert_eq!(aws.writes(), ["CreateChangeSet", "ExecuteChangeSet"]);
}

/// Lambda whose functions run image `live`.
fn lambda_and_ecr(call: &Call) -> Answer {
    match call.name.as_str() {
        name if name.ends_with("/versions") => Answer::ok(r#"{"Versions": [{"Version": "$LATEST"}]}"#),
        name if name.starts_with("GET ") => Answer::ok(r#"{"Code": {"ImageUri": "host/repository@sha256:live"}}"#),
        "BatchDeleteImage" => Answer::ok(r#"{"imageIds": [], "failures": []}"#),
        other => panic!("unexpected call {other}"),
    }
}

async fn delete_images(digests: &[&str]) -> (Vec<String>, Result<String, Failure>) {
    let aws = FakeAws::serve(lambda_and_ecr).await;
    let surroundings = Surroundings::of(&aws).await;
    let digests: Vec<String> = digests.iter().map(|digest| digest.to_string()).collect();
    let result = unused_images::delete(&surroundings.context(), "repository", &digests).await;
    (aws.writes(), result)
}

#[tokio::test]
async fn an_image_that_a_function_has_come_to_use_stays_and_so_do_the_others() {
    let (writes, result) = delete_images(&["sha256:unused", "sha256:live"]).await;
    assert_eq!(result.unwrap_err().code, "plan/stale");
    assert_eq!(writes, [] as [&str; 0]);
}

#[tokio::test]
async fn unused_images_are_deleted_a_hundred_at_a_time() {
    let digests: Vec<String> = (0..101).map(|number| format!("sha256:{number}")).collect();
    let (writes, result) = delete_images(&digests.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(result.unwrap(), "101 deleted");
    assert_eq!(writes, ["BatchDeleteImage", "BatchDeleteImage"]);
}
