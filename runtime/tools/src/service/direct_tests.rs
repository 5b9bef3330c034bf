use contract::tool_call::ToolAnswer;
use contract::tool_settings::{Limits, ToolSettings};
use serde_json::{Value, json};

use crate::reader::fake::FakeAccount;
use crate::service::testing::{ask, ask_with};

const TOOL: &str = "ec2_read_operations";

fn volume(index: usize) -> Value {
    json!({"VolumeId": format!("vol-{index}"), "Size": index, "State": "available"})
}

fn volumes(indexes: std::ops::Range<usize>) -> Value {
    json!({"Volumes": indexes.map(volume).collect::<Vec<_>>()})
}

fn arguments(more: Value) -> Value {
    let mut arguments = json!({"query": "", "operation": "DescribeVolumes"});
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    arguments
}

async fn answered(more: Value, account: &FakeAccount) -> ToolAnswer {
    let answer = ask(TOOL, arguments(more), account).await;
    assert!(answer.success, "{answer:?}");
    answer
}

#[tokio::test]
async fn an_output_is_given_as_aws_names_it() {
    let account = FakeAccount::default().answering("ec2:DescribeVolumes", volumes(0..2));
    let answer = answered(json!({}), &account).await;
    assert_eq!(answer.result.unwrap(), json!({"operation": "ec2:DescribeVolumes", "output": volumes(0..2)}));
    let done = answer.completeness.unwrap();
    assert_eq!((done.items, done.found, done.truncated), (2, Some(2), false));
}

#[tokio::test]
async fn what_is_selected_is_a_table_as_text() {
    let account = FakeAccount::default().answering("ec2:DescribeVolumes", volumes(0..2));
    let select = "Volumes[].{size: Size, id: VolumeId}";
    let answer = answered(json!({"select": select, "format": "tsv"}), &account).await;
    assert_eq!(answer.result.unwrap()["tsv"], "size\tid\n0\tvol-0\n1\tvol-1\n");
}

#[tokio::test]
async fn a_selection_that_needs_the_whole_list_is_made_of_the_whole() {
    let account = FakeAccount::default().answering("ec2:DescribeVolumes", volumes(0..3));
    let answer = answered(json!({"select": "sum(Volumes[].Size)"}), &account).await;
    assert_eq!(answer.result.unwrap()["output"], 3.0);
}

#[tokio::test]
async fn a_selection_that_does_not_fit_is_a_problem_of_select() {
    let account = FakeAccount::default().answering("ec2:DescribeVolumes", volumes(0..1));
    for select in ["sum(Volumes[].VolumeId)", "Volumes[].sum(VolumeId)"] {
        let answer = ask(TOOL, arguments(json!({ "select": select })), &account).await;
        assert_eq!(answer.problems[0].code, "arguments/select", "{answer:?}");
        assert_eq!(answer.completeness.unwrap().calls, ["ec2:DescribeVolumes"]);
    }
}

#[tokio::test]
async fn several_regions_are_asked_and_a_failing_one_leaves_the_others() {
    let account = FakeAccount::default()
        .answering_in("us-east-1", "ec2:DescribeVolumes", volumes(0..1))
        .answering_in("us-west-2", "ec2:DescribeVolumes", volumes(1..2))
        .failing_in("eu-west-1", "ec2:DescribeVolumes", 403, "UnauthorizedOperation");
    let answer = answered(json!({"regions": ["us-east-1", "eu-west-1", "us-west-2"]}), &account).await;
    let outputs = &answer.result.unwrap()["outputs"];
    assert_eq!(outputs["us-west-2"], volumes(1..2));
    assert!(outputs.get("eu-west-1").is_none());
    let done = answer.completeness.unwrap();
    assert_eq!(done.regions, ["us-east-1", "us-west-2"]);
    assert_eq!(done.failed[0].region.as_deref(), Some("eu-west-1"));
    assert!(!done.failed[0].missing_permissions.is_empty());
}

#[tokio::test]
async fn when_everything_is_denied_the_answer_is_an_error_that_names_the_permission() {
    let account = FakeAccount::default().failing("ec2:DescribeVolumes", 403, "UnauthorizedOperation");
    let answer = ask(TOOL, arguments(json!({})), &account).await;
    assert!(!answer.success && answer.result.is_none());
    assert!(answer.problems[0].hint.as_deref().unwrap().contains("ec2:DescribeVolumes"), "{answer:?}");
    assert_eq!(answer.completeness.unwrap().failed.len(), 1);
}

#[tokio::test]
async fn services_that_are_the_same_everywhere_are_asked_once() {
    let account = FakeAccount::default().answering("iam:ListUsers", json!({"Users": []}));
    let arguments = json!({"query": "", "operation": "ListUsers", "regions": ["us-east-1", "eu-west-1"]});
    let answer = ask("iam_read_operations", arguments, &account).await;
    assert_eq!(account.asked().len(), 1);
    assert!(answer.completeness.unwrap().notes[0].contains("asked once"));
}

fn small() -> ToolSettings {
    ToolSettings { limits: Limits { result_bytes: 1_024, ..Limits::default() }, ..ToolSettings::default() }
}

/// All ids of an answer, cursor after cursor.
async fn ids_of_all_answers(account: &FakeAccount, more: Value) -> (Vec<String>, usize) {
    let (mut ids, mut answers, mut cursor) = (Vec::new(), 0, None::<String>);
    loop {
        let mut arguments = arguments(more.clone());
        arguments["cursor"] = json!(cursor);
        let answer = ask_with(small(), TOOL, arguments, account).await;
        assert!(answer.success, "{answer:?}");
        answers += 1;
        let output = &answer.result.as_ref().unwrap()["output"];
        let rows = output.as_array().or_else(|| output["Volumes"].as_array()).unwrap();
        ids.extend(rows.iter().map(|row| row["VolumeId"].as_str().unwrap().to_owned()));
        let done = answer.completeness.unwrap();
        assert_eq!(done.truncated, done.cursor.is_some(), "{done:?}");
        match done.cursor {
            Some(next) => cursor = Some(next),
            None => return (ids, answers),
        }
        assert!(answers < 50, "the cursor goes in circles");
    }
}

fn paged() -> FakeAccount {
    FakeAccount::default()
        .answering_page("ec2:DescribeVolumes", json!({}), volumes(0..40), json!({"NextToken": "two"}))
        .answering_when("ec2:DescribeVolumes", json!({"NextToken": "two"}), volumes(40..60))
}

#[tokio::test]
async fn cursors_lead_through_everything_once_and_in_order() {
    let expected: Vec<String> = (0..60).map(|index| format!("vol-{index}")).collect();
    for more in
        [json!({}), json!({"select": "Volumes[].{VolumeId: VolumeId, Size: Size}"}), json!({"select": "Volumes"})]
    {
        let (ids, answers) = ids_of_all_answers(&paged(), more.clone()).await;
        assert_eq!(ids, expected, "{more}");
        assert!(answers > 2, "{answers}");
    }
}

#[tokio::test]
async fn no_more_items_are_given_than_were_asked_for_and_the_cursor_goes_on() {
    let account = FakeAccount::default().answering("ec2:DescribeVolumes", volumes(0..10));
    let first = answered(json!({"max_items": 2}), &account).await;
    let completeness = first.completeness.unwrap();
    assert_eq!((completeness.items, completeness.truncated), (2, true));
    let rest = answered(json!({"max_items": 2, "cursor": completeness.cursor.unwrap()}), &account).await;
    assert_eq!(rest.result.unwrap()["output"]["Volumes"][0]["VolumeId"], volume(2)["VolumeId"]);
}

#[tokio::test]
async fn a_cursor_of_another_question_is_refused() {
    let first = ask_with(small(), TOOL, arguments(json!({})), &paged()).await;
    let cursor = first.completeness.unwrap().cursor.unwrap();
    let account = FakeAccount::default();
    for more in
        [json!({"regions": "eu-west-1"}), json!({"select": "Volumes"}), json!({"parameters": {"MaxResults": 5}})]
    {
        let mut arguments = arguments(more);
        arguments["cursor"] = json!(cursor);
        let answer = ask_with(small(), TOOL, arguments, &account).await;
        assert_eq!(answer.problems[0].code, "cursor/foreign");
    }
    let broken = ask_with(small(), TOOL, arguments(json!({"cursor": &cursor[1..]})), &account).await;
    assert_eq!(broken.problems[0].code, "cursor/invalid");
    assert_eq!(account.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn an_item_that_no_answer_can_hold_ends_with_a_note_and_no_cursor() {
    let huge = json!({"Volumes": [{"VolumeId": "v".repeat(5_000)}]});
    let account = FakeAccount::default().answering("ec2:DescribeVolumes", huge);
    let answer = ask_with(small(), TOOL, arguments(json!({})), &account).await;
    let done = answer.completeness.unwrap();
    assert_eq!((done.items, done.truncated, done.cursor), (0, true, None));
    assert!(done.notes.iter().any(|note| note.contains("0 of 1 items")), "{:?}", done.notes);
}

#[tokio::test]
async fn hostile_names_come_out_clean() {
    let hostile = "a\u{1b}[2J\u{202e}b\nc";
    let account = FakeAccount::default().answering("ec2:DescribeVolumes", json!({"Volumes": [{"VolumeId": hostile}]}));
    for more in [json!({}), json!({"format": "tsv"}), json!({"select": "Volumes[].VolumeId", "format": "tsv"})] {
        let text = answered(more, &account).await.result.unwrap().to_string();
        assert!(!text.contains("\\u001b") && !text.contains('\u{202e}') && text.contains("[2Jb"), "{text}");
    }
}
