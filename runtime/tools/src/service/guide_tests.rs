use super::*;
use crate::reader::fake::FakeAccount;
use crate::service::testing::ask;

#[test]
fn names_are_split_at_capitals() {
    assert_eq!(parts("DescribeDBInstances"), ["describe", "db", "instances"]);
    assert_eq!(parts("ListMFADevices"), ["list", "mfa", "devices"]);
    assert_eq!(parts("GetBucketAcl"), ["get", "bucket", "acl"]);
    assert_eq!(parts("ListObjectsV2"), ["list", "objects", "v2"]);
}

#[test]
fn a_long_parameter_stays_marked_as_required() {
    let text = format!("array of {}, required", "x".repeat(500));
    assert!(short(&text).ends_with("..., required"));
    assert_eq!(short("string, required"), "string, required");
}

async fn guide(query: &str) -> Value {
    let account = FakeAccount::default();
    let answer = ask("ec2_read_operations", json!({ "query": query }), &account).await;
    assert!(answer.success, "{answer:?}");
    assert_eq!(account.asked(), Vec::<String>::new(), "a guide reads nothing");
    answer.result.unwrap()
}

#[tokio::test]
async fn a_question_without_a_recipe_gets_the_operations_whose_names_say_its_words() {
    let result = guide("Which placement groups are there?").await;
    assert_eq!(result["answered"], false);
    assert!(result["message"].as_str().unwrap().starts_with("Nothing was read"));
    assert_eq!(result["operations"][0]["operation"], "ec2:DescribePlacementGroups");
}

#[tokio::test]
async fn a_request_for_a_change_is_told_that_the_tools_only_read() {
    let result = guide("Delete all unattached volumes").await;
    assert!(result["message"].as_str().unwrap().contains("only read"));
    let recipes = result["recipes"].as_array().unwrap();
    assert!(recipes.iter().any(|recipe| recipe["operation"] == "unattached-volumes"), "{recipes:?}");
}

#[tokio::test]
async fn a_vague_question_is_shown_what_the_tool_answers() {
    let result = guide("help").await;
    assert_eq!(result["recipes"], json!([]));
    let others = result["other_recipes"].as_object().unwrap();
    assert!(
        others.len() >= 6 && others["unattached-volumes"].as_str().unwrap().starts_with("EBS volumes"),
        "{others:?}"
    );
}

#[tokio::test]
async fn every_example_is_a_call_that_passes_the_checks() {
    for query in ["placement groups", "describe instance attribute", "launch template versions"] {
        for operation in guide(query).await["operations"].as_array().unwrap() {
            let arguments = &operation["example"];
            let limits = contract::tool_settings::Limits::default();
            let asked = crate::service::arguments::check(arguments, &limits).unwrap();
            let (service, name) = asked.operation.as_deref().unwrap().split_once(':').unwrap();
            let parameters = Value::Object(asked.parameters);
            aws_read::check_parameters(service, name, &parameters).unwrap();
        }
    }
}

#[tokio::test]
async fn a_guide_stays_short() {
    for query in ["cost and usage filter", "instance volume group image network security"] {
        assert!(crate::service::render::length(&guide(query).await) < 32 * 1024, "{query}");
    }
}
