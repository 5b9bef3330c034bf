//! Instances without the tags that they should have.

use serde_json::{Value, json};

use super::instances::exists;
use super::{instances_of, keeping, name_of};
use crate::service::values::{list, tag};
use crate::service::{Ask, Findings, Question, Unread};

pub(super) async fn missing(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let required = required(ask.question);
    if required.is_empty() {
        ask.note("No required tags were named: instances without any tag are listed. Name the tags in `tags`.");
    } else {
        ask.note(format!("Required tags: {}.", required.join(", ")));
    }
    let members = keeping(&["InstanceId", "Tags", "State"]);
    let answer = ask.read_each("ec2:DescribeInstances", json!({}), members).await?;
    let mut findings = Findings::table(&["id", "name", "state", "missing", "empty"]);
    let mut instances = 0;
    for instance in instances_of(&answer).filter(|instance| exists(instance)) {
        instances += 1;
        let Some((missing, empty)) = lacks(&instance["Tags"], &required) else { continue };
        findings.push([
            instance["InstanceId"].clone(),
            name_of(&instance["Tags"]),
            instance["State"]["Name"].clone(),
            missing,
            empty,
        ]);
    }
    findings.sort_by("id");
    findings.sum("lacking", findings.rows.len());
    findings.sum("instances", instances);
    Ok(findings)
}

/// Tag keys, each once, in the caller's order. One text may hold several; a key has no comma.
fn required(question: &Question) -> Vec<String> {
    let mut keys = Vec::<String>::new();
    for name in question.names("tags") {
        for key in name.split(',').map(str::trim).filter(|key| !key.is_empty()) {
            if !keys.iter().any(|known| known == key) {
                keys.push(key.to_owned());
            }
        }
    }
    keys
}

/// Keys that are not there and keys without a value; none when all is well.
fn lacks(tags: &Value, required: &[String]) -> Option<(Value, Value)> {
    if required.is_empty() {
        let bare = tags.as_array().is_none_or(Vec::is_empty);
        return bare.then(|| (json!("every tag"), Value::Null));
    }
    let has = |key: &&String| list(&json!({"Tags": tags}), "Tags").any(|tag| tag["Key"] == ***key);
    let missing: Vec<_> = required.iter().filter(|key| !has(key)).map(String::as_str).collect();
    let empty: Vec<_> =
        required.iter().filter(|key| has(key) && tag(tags, key) == Some("")).map(String::as_str).collect();
    let text = |keys: Vec<&str>| json!((!keys.is_empty()).then(|| keys.join(", ")));
    (!missing.is_empty() || !empty.is_empty()).then(|| (text(missing), text(empty)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn account() -> FakeAccount {
        let instance = |id, state, tags| json!({"InstanceId": id, "State": {"Name": state}, "Tags": tags});
        FakeAccount::default().answering(
            "ec2:DescribeInstances",
            json!({"Reservations": [{"Instances": [
                instance("i-1", "running", json!([{"Key": "Owner", "Value": "ops"},
                    {"Key": "Project", "Value": "shop"}])),
                instance("i-2", "running", json!([{"Key": "owner", "Value": "ops"}, {"Key": "Project", "Value": ""}])),
                instance("i-3", "stopped", json!([])),
                instance("i-4", "terminated", json!([])),
                {"InstanceId": "i-5", "State": {"Name": "pending"}},
            ]}]}),
        )
    }

    #[tokio::test]
    async fn a_tag_may_be_missing_or_empty_and_keys_are_case_sensitive() {
        let rows = rows(TOOL, "instances-missing-tags", json!({"tags": ["Owner", "Project"]}), &account()).await;
        let found: Vec<_> = rows.iter().map(|row| json!([row["id"], row["missing"], row["empty"]])).collect();
        assert_eq!(
            found,
            [
                json!(["i-2", "Owner", "Project"]),
                json!(["i-3", "Owner, Project", null]),
                json!(["i-5", "Owner, Project", null]),
            ]
        );
    }

    #[tokio::test]
    async fn one_text_may_name_several_tags() {
        let rows = rows(TOOL, "instances-missing-tags", json!({"tags": "Owner, Owner"}), &account()).await;
        assert_eq!(rows.iter().map(|row| &row["id"]).collect::<Vec<_>>(), ["i-2", "i-3", "i-5"]);
    }

    #[tokio::test]
    async fn without_names_instances_that_have_no_tag_are_listed_and_the_answer_says_so() {
        let answer =
            ask(TOOL, json!({"query": "instances missing tags", "operation": "instances-missing-tags"}), &account())
                .await;
        assert_eq!(rows_of(&answer).iter().map(|row| &row["id"]).collect::<Vec<_>>(), ["i-3", "i-5"]);
        let notes = answer.completeness.unwrap().notes;
        assert!(notes.iter().any(|note| note.starts_with("No required tags were named")), "{notes:?}");
    }
}
