//! Stacks in states that no emulator comes to by itself.

use std::collections::BTreeMap;

use deployer_core::plan::{ResourceChange, ResourceChangeKind, StackDeployment, StackMode};

use super::Surroundings;
use crate::execute::stack;
use crate::fake_aws::{Answer, Call, FakeAws};

const STACK_ID: &str = "arn:aws:cloudformation:us-east-1:111122223333:stack/s/1";

/// A stack as CloudFormation keeps it.
#[derive(Default)]
struct Stack {
    /// None when there is none.
    status: Option<&'static str>,
    /// What it becomes at the next look.
    next: Option<Option<&'static str>>,
    /// Members of the change set, by page.
    pages: Vec<String>,
    /// Becomes this when the change set is executed.
    executed: &'static str,
    continued: &'static str,
}

impl Stack {
    fn answer(&mut self, call: &Call) -> Answer {
        match call.name.as_str() {
            "DescribeStacks" => self.described(),
            "DescribeStackEvents" => result("DescribeStackEvents", &self.events()),
            "CreateChangeSet" => {
                self.status = self.status.or(Some("REVIEW_IN_PROGRESS"));
                result("CreateChangeSet", &format!("<Id>change</Id><StackId>{STACK_ID}</StackId>"))
            }
            "DescribeChangeSet" => self.change_set(call.parameters.get("NextToken")),
            "ExecuteChangeSet" => self.moves("UPDATE_IN_PROGRESS", Some(self.executed), "ExecuteChangeSet"),
            "ContinueUpdateRollback" => {
                self.moves("UPDATE_ROLLBACK_IN_PROGRESS", Some(self.continued), "ContinueUpdateRollback")
            }
            "DeleteStack" => self.moves("DELETE_IN_PROGRESS", None, "DeleteStack"),
            "DeleteChangeSet" => result("DeleteChangeSet", ""),
            other => panic!("unexpected call {other}"),
        }
    }

    /// One failing resource, then the stack itself; none before something was executed.
    fn events(&self) -> String {
        let newest_first = match self.next.is_some() || self.status == Some(self.executed) {
            true => event(2, "s", STACK_ID, "rolled back") + &event(1, "ToolRole", "role", "no such boundary"),
            false => String::new(),
        };
        format!("<StackEvents>{newest_first}</StackEvents>")
    }

    fn moves(&mut self, now: &'static str, next: Option<&'static str>, action: &str) -> Answer {
        self.status = Some(now);
        self.next = Some(next);
        result(action, "")
    }

    fn described(&mut self) -> Answer {
        let Some(status) = self.status else {
            return Answer::refused_query("ValidationError", "Stack with id s does not exist");
        };
        if let Some(next) = self.next.take() {
            self.status = next;
        }
        let created = "<CreationTime>2026-01-01T00:00:00Z</CreationTime>";
        let stack = format!("<StackId>{STACK_ID}</StackId><StackName>s</StackName>{created}");
        let member = format!("<member>{stack}<StackStatus>{status}</StackStatus></member>");
        result("DescribeStacks", &format!("<Stacks>{member}</Stacks>"))
    }

    fn change_set(&self, page: Option<&String>) -> Answer {
        let page: usize = page.map_or(0, |page| page.parse().unwrap());
        let next = page + 1;
        let token = if next < self.pages.len() { format!("<NextToken>{next}</NextToken>") } else { String::new() };
        let status = "<Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus>";
        let changes = format!("<Changes>{}</Changes>", self.pages[page]);
        result("DescribeChangeSet", &format!("<StackId>{STACK_ID}</StackId>{status}{changes}{token}"))
    }
}

fn result(action: &str, inner: &str) -> Answer {
    Answer::ok(format!("<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>"))
}

fn event(number: u32, id: &str, physical: &str, reason: &str) -> String {
    format!(
        "<member><StackId>{STACK_ID}</StackId><EventId>{number}</EventId><StackName>s</StackName>\
         <LogicalResourceId>{id}</LogicalResourceId><PhysicalResourceId>{physical}</PhysicalResourceId>\
         <ResourceType>AWS::IAM::Role</ResourceType><Timestamp>2026-01-01T00:00:00Z</Timestamp>\
         <ResourceStatus>UPDATE_FAILED</ResourceStatus>\
         <ResourceStatusReason>{reason}</ResourceStatusReason></member>"
    )
}

fn modified(id: &str, replacement: &str) -> String {
    let target = "<Target><Attribute>Properties</Attribute><Name>RoleName</Name></Target>";
    let detail = format!("<member>{target}<Evaluation>Static</Evaluation></member>");
    format!(
        "<member><Type>Resource</Type><ResourceChange><Action>Modify</Action><LogicalResourceId>{id}</LogicalResourceId>\
         <ResourceType>AWS::IAM::Role</ResourceType><Replacement>{replacement}</Replacement>\
         <Details>{detail}</Details></ResourceChange></member>"
    )
}

fn added(id: &str) -> String {
    format!(
        "<member><Type>Resource</Type><ResourceChange><Action>Add</Action><LogicalResourceId>{id}</LogicalResourceId>\
         <ResourceType>AWS::IAM::Role</ResourceType></ResourceChange></member>"
    )
}

fn deployment(mode: StackMode, kind: ResourceChangeKind) -> StackDeployment {
    let change = ResourceChange { logical_id: "ToolRole".into(), resource_type: "AWS::IAM::Role".into(), change: kind };
    StackDeployment {
        name: "s".into(),
        mode,
        template: "{}".into(),
        parameters: BTreeMap::new(),
        tags: BTreeMap::new(),
        expected: vec![change],
    }
}

async fn deploy(aws: &FakeAws, deployment: &StackDeployment) -> Result<String, deployer_core::Failure> {
    let mut surroundings = Surroundings::of(aws).await;
    surroundings.settings.aws.cloudformation_role = Some("arn:aws:iam::111122223333:role/cloudformation".into());
    stack::deploy(&surroundings.context(), deployment, &BTreeMap::new()).await
}

async fn serve(mut stack: Stack) -> FakeAws {
    FakeAws::serve(move |call| stack.answer(call)).await
}

#[tokio::test]
async fn a_failed_rollback_is_continued_and_the_update_made() {
    let aws = serve(Stack {
        status: Some("UPDATE_ROLLBACK_FAILED"),
        pages: vec![modified("ToolRole", "False")],
        continued: "UPDATE_ROLLBACK_COMPLETE",
        executed: "UPDATE_COMPLETE",
        ..Stack::default()
    })
    .await;
    let wanted = deployment(StackMode::ContinueRollback, ResourceChangeKind::Modify);
    assert_eq!(deploy(&aws, &wanted).await.unwrap(), "updated");
    assert_eq!(aws.writes(), ["ContinueUpdateRollback", "CreateChangeSet", "ExecuteChangeSet"]);
}

#[tokio::test]
async fn a_rollback_that_fails_again_names_the_resource() {
    let aws = serve(Stack {
        status: Some("UPDATE_ROLLBACK_FAILED"),
        continued: "UPDATE_ROLLBACK_FAILED",
        ..Stack::default()
    })
    .await;
    let wanted = deployment(StackMode::ContinueRollback, ResourceChangeKind::Modify);
    let failure = deploy(&aws, &wanted).await.unwrap_err();
    assert!(failure.hint.unwrap().contains("--resources-to-skip"));
    assert_eq!(aws.writes(), ["ContinueUpdateRollback"]);
}

#[tokio::test]
async fn a_lost_stack_is_deleted_and_made_again() {
    for status in ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"] {
        let pages = vec![added("ToolRole")];
        let aws = serve(Stack { status: Some(status), pages, executed: "CREATE_COMPLETE", ..Stack::default() }).await;
        let wanted = deployment(StackMode::Recreate, ResourceChangeKind::Add);
        assert_eq!(deploy(&aws, &wanted).await.unwrap(), "created", "{status}");
        assert_eq!(aws.writes(), ["DeleteStack", "CreateChangeSet", "ExecuteChangeSet"], "{status}");
        let roles = aws.calls().into_iter().filter(|call| call.parameters.contains_key("RoleARN"));
        assert_eq!(roles.count(), 2, "the deletion and the change set are CloudFormation's role's");
    }
}

#[tokio::test]
async fn a_stack_that_was_lost_meanwhile_is_not_updated() {
    let aws = serve(Stack { status: Some("ROLLBACK_COMPLETE"), ..Stack::default() }).await;
    let failure = deploy(&aws, &deployment(StackMode::Update, ResourceChangeKind::Modify)).await.unwrap_err();
    assert_eq!(failure.code, "plan/stale");
    assert!(aws.writes().is_empty());
}

#[tokio::test]
async fn an_import_that_was_not_rolled_back_is_left_to_people() {
    let aws = serve(Stack { status: Some("IMPORT_ROLLBACK_FAILED"), ..Stack::default() }).await;
    let failure = deploy(&aws, &deployment(StackMode::Update, ResourceChangeKind::Modify)).await.unwrap_err();
    assert!(failure.hint.unwrap().contains("by hand"));
    assert!(aws.writes().is_empty());
}

#[tokio::test]
async fn a_change_set_that_does_more_is_removed_even_when_the_second_page_says_so() {
    let pages = vec![modified("ToolRole", "False"), modified("AgentRole", "True")];
    let aws = serve(Stack { status: Some("UPDATE_COMPLETE"), pages, ..Stack::default() }).await;
    let failure = deploy(&aws, &deployment(StackMode::Update, ResourceChangeKind::Modify)).await.unwrap_err();
    assert_eq!(failure.code, "plan/change-set-does-more");
    assert!(failure.cause.contains("AgentRole (AWS::IAM::Role) would be replaced for RoleName"), "{}", failure.cause);
    assert_eq!(aws.writes(), ["CreateChangeSet", "DeleteChangeSet"]);
}

#[tokio::test]
async fn the_cause_of_a_failed_update_is_its_first_failing_resource() {
    let pages = vec![modified("ToolRole", "False")];
    let executed = "UPDATE_ROLLBACK_COMPLETE";
    let aws = serve(Stack { status: Some("CREATE_COMPLETE"), pages, executed, ..Stack::default() }).await;
    let failure = deploy(&aws, &deployment(StackMode::Update, ResourceChangeKind::Modify)).await.unwrap_err();
    assert_eq!(failure.cause, "ToolRole (AWS::IAM::Role): no such boundary");
    assert!(failure.hint.unwrap().contains("UPDATE_ROLLBACK_COMPLETE"));
}
