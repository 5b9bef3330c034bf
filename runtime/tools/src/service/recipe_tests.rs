use contract::tool_call::ToolAnswer;
use contract::tool_settings::{Limits, ToolSettings};

use super::*;
use crate::reader::fake::FakeAccount;
use crate::service::testing::{ask, ask_with, rows_of};

const TOOL: &str = "ec2_read_operations";
const RECIPE: &str = "unattached-volumes";

fn volumes(ids: &[&str]) -> Value {
    let volume = |id: &&str| json!({"VolumeId": id, "Size": 10, "VolumeType": "gp3", "State": "available"});
    json!({"Volumes": ids.iter().map(volume).collect::<Vec<_>>()})
}

fn arguments(more: Value) -> Value {
    let mut arguments = json!({"query": "", "operation": RECIPE});
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    arguments
}

async fn answered(more: Value, account: &FakeAccount) -> ToolAnswer {
    let answer = ask(TOOL, arguments(more), account).await;
    assert!(answer.success, "{answer:?}");
    answer
}

fn regions() -> Value {
    let names = ["us-west-2", "eu-west-1", "us-east-1"];
    json!({"Regions": names.map(|name| json!({"RegionName": name}))})
}

#[tokio::test]
async fn the_functions_own_region_is_asked_and_that_is_noted() {
    let account = FakeAccount::default().answering("ec2:DescribeVolumes", volumes(&["vol-1"]));
    let answer = answered(json!({}), &account).await;
    let done = answer.completeness.unwrap();
    assert_eq!(done.regions, ["us-east-1"]);
    assert!(done.notes[0].starts_with("Only us-east-1 was asked"), "{:?}", done.notes);
    assert_eq!((done.items, done.found, done.truncated), (1, Some(1), false));
}

#[tokio::test]
async fn all_regions_are_one_table_in_the_order_of_the_regions() {
    let account = FakeAccount::default()
        .answering("ec2:DescribeRegions", regions())
        .answering_in("us-east-1", "ec2:DescribeVolumes", volumes(&["vol-1"]))
        .answering_in("eu-west-1", "ec2:DescribeVolumes", volumes(&["vol-2", "vol-3"]))
        .failing_in("us-west-2", "ec2:DescribeVolumes", 403, "UnauthorizedOperation");
    let answer = answered(json!({"regions": "all"}), &account).await;
    let rows = rows_of(&answer);
    let found: Vec<_> = rows.iter().map(|row| (row["region"].as_str().unwrap(), row["id"].as_str().unwrap())).collect();
    assert_eq!(found, [("us-east-1", "vol-1"), ("eu-west-1", "vol-2"), ("eu-west-1", "vol-3")]);
    assert_eq!(answer.result.as_ref().unwrap()["columns"][0], "region");
    assert_eq!(answer.result.as_ref().unwrap()["summary"]["gib"], 30);
    let done = answer.completeness.unwrap();
    assert!(done.truncated && done.notes.iter().any(|note| note.contains("us-west-2")), "{done:?}");
}

#[tokio::test]
async fn more_regions_than_allowed_are_named_and_not_asked() {
    let account = FakeAccount::default()
        .answering("ec2:DescribeRegions", regions())
        .answering("ec2:DescribeVolumes", volumes(&[]));
    let limits = Limits { regions: 2, ..Limits::default() };
    let settings = ToolSettings { limits, ..ToolSettings::default() };
    let answer = ask_with(settings, TOOL, arguments(json!({"regions": "all"})), &account).await;
    let done = answer.completeness.unwrap();
    assert_eq!(done.regions, ["eu-west-1", "us-east-1"]);
    assert!(done.notes.iter().any(|note| note.contains("not asked: us-west-2")), "{:?}", done.notes);
}

#[tokio::test]
async fn regions_that_cannot_be_listed_leave_the_functions_own() {
    let account = FakeAccount::default()
        .failing("ec2:DescribeRegions", 403, "UnauthorizedOperation")
        .answering("ec2:DescribeVolumes", volumes(&["vol-1"]));
    let answer = answered(json!({"regions": "all"}), &account).await;
    assert_eq!(rows_of(&answer).len(), 1);
    let notes = answer.completeness.unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("could not be read, so only us-east-1")), "{notes:?}");
}

#[tokio::test]
async fn nothing_found_is_an_answer_and_nothing_read_is_an_error() {
    let empty = FakeAccount::default().answering("ec2:DescribeVolumes", volumes(&[]));
    let answer = answered(json!({}), &empty).await;
    assert_eq!(answer.result.unwrap()["rows"], json!([]));
    let failing = FakeAccount::default().failing("ec2:DescribeVolumes", 403, "UnauthorizedOperation");
    let answer = ask(TOOL, arguments(json!({})), &failing).await;
    assert!(!answer.success);
    let error = answer.error.unwrap();
    assert!(error.contains("UnauthorizedOperation") && error.contains("needs ec2:DescribeVolumes"), "{error}");
    assert_eq!(answer.completeness.unwrap().failed[0].missing_permissions, ["ec2:DescribeVolumes"]);
}

#[tokio::test]
async fn unknown_and_wrong_parameters_are_told_all_at_once() {
    let account = FakeAccount::default();
    let arguments =
        json!({"query": "", "operation": "instances-missing-tags", "parameters": {"tag": ["a"], "tags": 5}});
    let answer = ask(TOOL, arguments, &account).await;
    let paths: Vec<_> = answer.problems.iter().map(|problem| problem.path.clone().unwrap()).collect();
    assert_eq!(paths, ["parameters.tag", "parameters.tags"]);
    assert_eq!(answer.problems[0].nearest, ["tags"]);
    assert_eq!(account.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn cursors_lead_through_all_rows_once() {
    let ids: Vec<String> = (0..90).map(|index| format!("vol-{index:03}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let account = FakeAccount::default().answering("ec2:DescribeVolumes", volumes(&ids));
    let limits = Limits { result_bytes: 1_500, ..Limits::default() };
    let settings = ToolSettings { limits, ..ToolSettings::default() };
    let (mut found, mut cursor) = (Vec::new(), Value::Null);
    for _ in 0..20 {
        let answer = ask_with(settings.clone(), TOOL, arguments(json!({ "cursor": cursor })), &account).await;
        assert!(answer.success, "{answer:?}");
        assert!(render::length(answer.result.as_ref().unwrap()) <= 1_500);
        found.extend(rows_of(&answer).into_iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        let done = answer.completeness.unwrap();
        assert_eq!(done.found, Some(90));
        match done.cursor {
            Some(next) => cursor = json!(next),
            None => break,
        }
    }
    assert_eq!(found, ids);
}

#[tokio::test]
async fn a_number_of_rows_bounds_the_answer_and_not_the_reads() {
    let account = FakeAccount::default().answering("ec2:DescribeVolumes", volumes(&["vol-1", "vol-2", "vol-3"]));
    let answer = answered(json!({"max_items": 2, "format": "tsv"}), &account).await;
    assert_eq!(answer.result.unwrap()["tsv"].as_str().unwrap().lines().count(), 3);
    let done = answer.completeness.unwrap();
    assert_eq!((done.items, done.found, done.truncated), (2, Some(3), true));
    assert!(done.cursor.is_some());
}

#[tokio::test]
async fn a_recipe_calls_nothing_that_it_does_not_name() {
    let (ledger, question) = (crate::service::ledger::Ledger::default(), crate::service::Question::default());
    let account = FakeAccount::default();
    let budget = aws_read::Budget::until(crate::service::testing::clock().deadline);
    let region = aws_read::Region::default_region();
    let ask = Ask::new(&account, &ledger, &question, region, crate::service::testing::clock().now, budget);
    let read = ask.only(&["ec2:DescribeVolumes"]).read("ec2:DescribeInstances", json!({})).await;
    assert!(read.is_err());
    assert_eq!(account.asked(), Vec::<String>::new());
    assert_eq!(ledger.completeness().failed[0].code, "read/not-allowed");
}

/// Never answers.
struct Hanging;

impl crate::reader::Reader for Hanging {
    fn call(&self, _: aws_read::Call) -> futures::future::BoxFuture<'_, Result<aws_read::Answer, aws_read::ReadError>> {
        Box::pin(std::future::pending())
    }

    fn home_region(&self) -> futures::future::BoxFuture<'_, Result<aws_read::Region, aws_read::ReadError>> {
        Box::pin(async { Ok(aws_read::Region::default_region()) })
    }
}

#[tokio::test]
async fn an_answer_is_given_at_the_deadline_whatever_aws_does() {
    let soon = Instant::now() + std::time::Duration::from_millis(20);
    let clock = crate::dispatch::Clock { begin_until: soon, deadline: soon, ..crate::service::testing::clock() };
    let tools = crate::dispatch::Tools { settings: ToolSettings::default(), reader: &Hanging, model: None };
    let answer = crate::dispatch::answer(TOOL, &arguments(json!({})), clock, &tools).await.answer;
    assert_eq!(answer.problems[0].code, "read/deadline");
    let notes = answer.completeness.unwrap().notes;
    assert!(notes.iter().any(|note| note.starts_with("The time for this answer was over")), "{notes:?}");
}

#[tokio::test]
async fn what_is_not_begun_in_time_is_missing_and_said_to_be() {
    let over = Instant::now();
    let account = FakeAccount::default();
    let clock = crate::dispatch::Clock { begin_until: over, ..crate::service::testing::clock() };
    let answer = crate::service::testing::ask_at(clock, TOOL, arguments(json!({})), &account).await;
    assert_eq!(answer.problems[0].code, "read/deadline");
    assert_eq!(account.asked(), Vec::<String>::new());
}

#[test]
fn numbers_are_added_up_below_their_names_too() {
    let mut sums = json!({"count": 1, "gib": 0.5, "by_type": {"gp2": 1}, "note": "a"}).as_object().unwrap().clone();
    let more = json!({"count": 2, "gib": 1, "by_type": {"gp2": 1, "gp3": 4}, "note": "b"});
    add(&mut sums, more.as_object().unwrap().clone());
    assert_eq!(Value::Object(sums), json!({"count": 3, "gib": 1.5, "by_type": {"gp2": 2, "gp3": 4}, "note": "a"}));
}
