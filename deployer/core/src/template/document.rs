//! A template's text as data.

use std::collections::BTreeMap;

use serde_json::Value;

/// The resources of a template, by logical id.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Document {
    pub items: BTreeMap<String, Item>,
}

/// One resource as it is written, before anything is resolved.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    /// `AWS::Lambda::Function`
    pub resource_type: String,
    pub properties: Value,
    /// Everything beside type and properties: `DeletionPolicy` and its like.
    pub policies: Value,
}

impl Document {
    /// Fails when the text is not YAML. Without `Resources` it is empty.
    pub fn parse(text: &str) -> Result<Self, serde_saphyr::Error> {
        let document: Value = serde_saphyr::from_str(text)?;
        let resources = document.get("Resources").and_then(Value::as_object);
        let items = resources.into_iter().flatten().map(|(id, written)| (id.clone(), Item::of(written))).collect();
        Ok(Self { items })
    }
}

impl Item {
    fn of(written: &Value) -> Self {
        let mut policies = written.clone();
        let mut take = |key| policies.as_object_mut().and_then(|members| members.remove(key)).unwrap_or_default();
        let resource_type = take("Type").as_str().unwrap_or_default().to_string();
        let properties = take("Properties");
        Self { resource_type, properties, policies }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_keeps_its_policies_beside_its_properties() {
        let text = "Resources:\n  A:\n    Type: AWS::X::Y\n    DeletionPolicy: Retain\n    Properties: { Name: a }\n";
        let item = &Document::parse(text).unwrap().items["A"];
        assert_eq!(item.resource_type, "AWS::X::Y");
        assert_eq!(item.properties["Name"], "a");
        assert_eq!(item.policies.to_string(), r#"{"DeletionPolicy":"Retain"}"#);
    }

    #[test]
    fn json_is_a_template_too_and_prose_is_none() {
        assert!(Document::parse(r#"{"Resources": {"A": {"Type": "T"}}}"#).unwrap().items.contains_key("A"));
        assert!(Document::parse("nothing of the kind").unwrap().items.is_empty());
    }
}
