use super::*;
use crate::samples;

fn documents(change: impl Fn(&mut crate::Settings)) -> (Document, Document) {
    let (before, mut settings) = (samples::settings(), samples::settings());
    change(&mut settings);
    let document =
        |settings: &crate::Settings| Document::parse(&crate::render::application(settings).unwrap()).unwrap();
    (document(&before), document(&settings))
}

struct Result {
    expected: Vec<(String, ResourceChangeKind)>,
    changes: Vec<Change>,
}

fn compared(documents: (Document, Document), parameters: [&str; 2], tags_differ: bool) -> Result {
    let location = samples::estate().location;
    let [before, after] = parameters.map(|image| BTreeMap::from([("AgentImageUri".to_string(), image.to_string())]));
    let comparison = Comparison {
        before: Side { document: &documents.0, parameters: &before },
        after: Side { document: &documents.1, parameters: &after },
        location: &location,
        tags_differ,
    };
    let expected = comparison.expected().into_iter().map(|change| (change.logical_id, change.change)).collect();
    Result { expected, changes: comparison.changes() }
}

fn of(expected: &[(String, ResourceChangeKind)], kind: ResourceChangeKind) -> Vec<&str> {
    expected.iter().filter(|(_, found)| *found == kind).map(|(id, _)| id.as_str()).collect()
}

use ResourceChangeKind::{Add, Modify, Remove, Replace};

#[test]
fn the_same_template_changes_nothing() {
    let result = compared(documents(|_| {}), ["a", "a"], false);
    assert!(result.expected.is_empty() && result.changes.is_empty());
}

#[test]
fn a_parameter_reaches_the_resources_that_take_it_and_theirs() {
    let result = compared(documents(|_| {}), ["a", "b"], false);
    assert_eq!(of(&result.expected, Modify), ["AgentFunction", "AgentUrl"], "the URL takes the function's ARN");
    assert_eq!(result.expected.len(), 2);
    assert!(result.changes.is_empty(), "the parameter is a change of its own");
}

#[test]
fn an_invoker_more_adds_two_permissions() {
    let ops = || "arn:aws:iam::111122223333:role/ops".to_string();
    let both = documents(|settings| settings.function_url.invokers = vec![ops(), ops()]);
    let result = compared(both, ["a", "a"], false);
    assert_eq!(of(&result.expected, Add), ["AgentInvokePermission1", "AgentUrlPermission1"]);
    assert_eq!(of(&result.expected, Replace), ["AgentInvokePermission0", "AgentUrlPermission0"]);
    let replaced: Vec<_> = result.changes.iter().filter(|change| change.replaces).map(|change| &change.path).collect();
    assert_eq!(replaced, ["AgentInvokePermission0.Principal", "AgentUrlPermission0.Principal"]);
}

#[test]
fn what_goes_away_is_removed() {
    let (before, after) = documents(|settings| settings.function_url.invokers = vec!["a".into(), "b".into()]);
    let result = compared((after, before), ["a", "a"], false);
    assert_eq!(of(&result.expected, Remove), ["AgentInvokePermission1", "AgentUrlPermission1"]);
    assert!(result.changes.iter().any(|change| change.path == "AgentUrlPermission1" && change.after.is_none()));
}

#[test]
fn a_new_name_makes_the_resource_again() {
    let result = compared(documents(|settings| settings.project.prefix = "other".into()), ["a", "a"], false);
    let replaced = of(&result.expected, Replace);
    for id in ["AgentFunction", "AgentLogGroup", "AgentRole", "AgentUrl", "ToolFunction", "ToolLogGroup", "ToolRole"] {
        assert!(replaced.contains(&id), "{id} in {replaced:?}");
    }
}

#[test]
fn the_stacks_tags_reach_everything_that_can_be_tagged() {
    let result = compared(documents(|_| {}), ["a", "a"], true);
    let tagged =
        ["AgentFunction", "AgentLogGroup", "AgentRole", "AgentUrl", "ToolFunction", "ToolLogGroup", "ToolRole"];
    assert_eq!(of(&result.expected, Modify), tagged);
}

#[test]
fn a_difference_deep_inside_has_a_short_path() {
    let result = compared(
        documents(|settings| {
            settings.agent.memory_mb = 1024;
            settings.project.tags.insert("Owner".into(), "ops".into());
            settings.model.id = "amazon.nova-pro-v1:0".into();
        }),
        ["a", "a"],
        false,
    );
    let paths: Vec<_> = result.changes.iter().map(|change| change.path.as_str()).collect();
    for path in [
        "AgentFunction.MemorySize",
        "AgentFunction.Tags.Owner",
        "AgentFunction.Environment.Variables.BEDROCK_MODEL_ID",
        "AgentRole.Policies.agent.PolicyDocument.Statement.Model.Resource",
        "AgentRole.Policies.agent.PolicyDocument.Statement.RoutedModel",
    ] {
        assert!(paths.contains(&path), "{path} in {paths:?}");
    }
}

#[test]
fn a_policy_of_the_resource_is_a_change_of_it() {
    let (before, mut after) = documents(|_| {});
    after.items.get_mut("ToolLogGroup").unwrap().policies["DeletionPolicy"] = "Retain".into();
    let result = compared((before, after), ["a", "a"], false);
    assert!(of(&result.expected, Modify).contains(&"ToolLogGroup"));
    assert_eq!(result.changes[0].path, "ToolLogGroup.DeletionPolicy");
}
