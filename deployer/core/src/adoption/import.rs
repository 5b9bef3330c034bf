//! The template with which CloudFormation takes in a resource that exists.
//!
//! An import may add nothing but the resources that it takes in: no outputs, no
//! other resources, no change to what the stack has. Each needs a
//! DeletionPolicy; here it is Retain, whatever the real template says, so that
//! an import that fails never deletes what it was to save (CloudFormation User
//! Guide, "Import AWS resources into a CloudFormation stack").

use serde_json::{Map, Value, json};

/// The deployed template, or an empty one, with one resource more, taken from
/// the template that `up` would deploy. None when a template is no YAML mapping
/// or has no such resource.
pub fn template_with(deployed: Option<&str>, wanted: &str, logical_id: &str) -> Option<String> {
    let wanted = parsed(wanted)?;
    let mut resource = wanted.get("Resources")?.get(logical_id)?.clone();
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        resource.as_object_mut()?.insert(policy.into(), json!("Retain"));
    }
    let mut template = match deployed {
        Some(text) => parsed(text)?,
        None => fresh(&wanted),
    };
    template.get_mut("Resources")?.as_object_mut()?.insert(logical_id.into(), resource);
    Some(format!("{:#}", Value::Object(template)))
}

/// True when the template has this resource.
pub fn has_resource(template: &str, logical_id: &str) -> bool {
    parsed(template)
        .is_some_and(|template| template.get("Resources").is_some_and(|found| found.get(logical_id).is_some()))
}

fn fresh(wanted: &Map<String, Value>) -> Map<String, Value> {
    let kept = ["AWSTemplateFormatVersion", "Description"];
    let mut template: Map<String, Value> =
        kept.iter().filter_map(|key| Some((key.to_string(), wanted.get(*key)?.clone()))).collect();
    template.insert("Resources".into(), json!({}));
    template
}

fn parsed(text: &str) -> Option<Map<String, Value>> {
    serde_saphyr::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Description: d
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Delete
    Properties: { TableName: t }
  Other:
    Type: AWS::Logs::LogGroup
Outputs:
  Name: { Value: { Ref: Table } }
"#;

    fn imported(deployed: Option<&str>) -> Value {
        serde_json::from_str(&template_with(deployed, WANTED, "Table").unwrap()).unwrap()
    }

    #[test]
    fn a_new_stack_gets_the_one_resource_and_no_output() {
        let template = imported(None);
        assert_eq!(template["Resources"].as_object().unwrap().keys().collect::<Vec<_>>(), ["Table"]);
        assert!(template.get("Outputs").is_none());
        assert_eq!(template["Description"], "d");
    }

    #[test]
    fn an_imported_resource_is_always_retained() {
        let table = &imported(None)["Resources"]["Table"];
        assert_eq!((&table["DeletionPolicy"], &table["UpdateReplacePolicy"]), (&json!("Retain"), &json!("Retain")));
    }

    #[test]
    fn a_stack_that_is_there_keeps_all_it_has() {
        let deployed = "Resources: { Mine: { Type: AWS::Logs::LogGroup } }\nOutputs: { A: { Value: b } }";
        let template = imported(Some(deployed));
        assert_eq!(template["Resources"].as_object().unwrap().keys().collect::<Vec<_>>(), ["Mine", "Table"]);
        assert_eq!(template["Outputs"], json!({"A": {"Value": "b"}}));
    }

    #[test]
    fn a_resource_that_the_template_lacks_cannot_be_imported() {
        assert_eq!(template_with(None, WANTED, "Nothing"), None);
        assert_eq!(template_with(Some("not: [a"), WANTED, "Table"), None);
        assert!(has_resource(WANTED, "Other") && !has_resource(WANTED, "Nothing"));
    }
}
