//! What the intrinsics of a template stand for.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Document, Item};
use crate::desired::Location;

/// Resolves `Ref`, `Fn::GetAtt` and `Fn::Sub`. What is not known stays as written.
pub(crate) struct Resolver<'a> {
    pub document: &'a Document,
    pub parameters: &'a BTreeMap<String, String>,
    pub location: &'a Location,
}

impl Resolver<'_> {
    pub fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::Object(members) => match self.intrinsic(members) {
                Some(text) => Value::String(text),
                None => members.iter().map(|(key, value)| (key.clone(), self.resolve(value))).collect(),
            },
            Value::Array(items) => items.iter().map(|item| self.resolve(item)).collect(),
            plain => plain.clone(),
        }
    }

    fn intrinsic(&self, members: &Map<String, Value>) -> Option<String> {
        let (key, value) = members.iter().next().filter(|_| members.len() == 1)?;
        match (key.as_str(), value) {
            ("Ref", Value::String(name)) => self.reference(name),
            ("Fn::GetAtt", Value::Array(pair)) => self.attribute(pair.first()?.as_str()?, pair.get(1)?.as_str()?),
            ("Fn::Sub", Value::String(text)) => self.substitute(text),
            _ => None,
        }
    }

    fn reference(&self, name: &str) -> Option<String> {
        let Location { account, region } = self.location;
        match name {
            "AWS::AccountId" => Some(account.clone()),
            "AWS::Region" => Some(region.clone()),
            "AWS::Partition" => Some(self.partition().to_string()),
            "AWS::URLSuffix" => Some(url_suffix(region).to_string()),
            _ => self.parameters.get(name).cloned().or_else(|| self.name(self.document.items.get(name)?)),
        }
    }

    /// `Ref` of the named resources that we use is their name.
    fn name(&self, item: &Item) -> Option<String> {
        let value = self.resolve(&item.properties[name_property(&item.resource_type)?]);
        value.as_str().map(str::to_string)
    }

    /// Only `Arn`, of what carries a name of its own.
    fn attribute(&self, logical_id: &str, attribute: &str) -> Option<String> {
        let item = self.document.items.get(logical_id).filter(|_| attribute == "Arn")?;
        let (Location { account, region }, partition, name) = (self.location, self.partition(), self.name(item)?);
        match item.resource_type.as_str() {
            "AWS::IAM::Role" => Some(format!("arn:{partition}:iam::{account}:role/{name}")),
            "AWS::Lambda::Function" => Some(format!("arn:{partition}:lambda:{region}:{account}:function:{name}")),
            "AWS::DynamoDB::Table" => Some(format!("arn:{partition}:dynamodb:{region}:{account}:table/{name}")),
            "AWS::ECR::Repository" => Some(format!("arn:{partition}:ecr:{region}:{account}:repository/{name}")),
            // With its streams (CloudFormation user guide, AWS::Logs::LogGroup, return values).
            "AWS::Logs::LogGroup" => Some(format!("arn:{partition}:logs:{region}:{account}:log-group:{name}:*")),
            _ => None,
        }
    }

    fn substitute(&self, text: &str) -> Option<String> {
        let mut resolved = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}')?;
            resolved += before;
            resolved += &match (name.strip_prefix('!'), name.split_once('.')) {
                (Some(literal), _) => format!("${{{literal}}}"),
                (None, Some((logical_id, attribute))) => self.attribute(logical_id, attribute)?,
                (None, None) => self.reference(name)?,
            };
            rest = after;
        }
        Some(resolved + rest)
    }

    pub fn partition(&self) -> &'static str {
        match self.location.region.split_once('-') {
            Some(("cn", _)) => "aws-cn",
            Some(("us", rest)) if rest.starts_with("gov-") => "aws-us-gov",
            _ => "aws",
        }
    }
}

fn url_suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

fn name_property(resource_type: &str) -> Option<&'static str> {
    match resource_type {
        "AWS::IAM::Role" => Some("RoleName"),
        "AWS::IAM::ManagedPolicy" => Some("ManagedPolicyName"),
        "AWS::Lambda::Function" => Some("FunctionName"),
        "AWS::DynamoDB::Table" => Some("TableName"),
        "AWS::ECR::Repository" => Some("RepositoryName"),
        "AWS::Logs::LogGroup" => Some("LogGroupName"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TEMPLATE: &str = "
Resources:
  Role: { Type: AWS::IAM::Role, Properties: { RoleName: r } }
  Group: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: { Ref: Name } } }
";

    fn resolved(region: &str, value: &Value) -> Value {
        let location = Location { account: "111122223333".into(), region: region.into() };
        let parameters = BTreeMap::from([("Name".to_string(), "/g".to_string())]);
        let document = Document::parse(TEMPLATE).unwrap();
        Resolver { document: &document, parameters: &parameters, location: &location }.resolve(value)
    }

    #[test]
    fn references_parameters_and_names_are_resolved() {
        let value = json!([{"Ref": "Name"}, {"Ref": "Role"}, {"Ref": "AWS::Region"}, {"Ref": "AWS::URLSuffix"}]);
        assert_eq!(resolved("eu-west-1", &value), json!(["/g", "r", "eu-west-1", "amazonaws.com"]));
    }

    #[test]
    fn a_log_groups_arn_ends_with_its_streams() {
        let value = json!({"Fn::GetAtt": ["Group", "Arn"]});
        assert_eq!(resolved("us-gov-west-1", &value), "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/g:*");
    }

    #[test]
    fn substitution_knows_parameters_attributes_and_literals() {
        let value = json!({"Fn::Sub": "${AWS::Partition} ${Name} ${Role.Arn} ${!Literal}"});
        assert_eq!(resolved("cn-north-1", &value), "aws-cn /g arn:aws-cn:iam::111122223333:role/r ${Literal}");
    }

    #[test]
    fn what_is_not_known_stays_as_written() {
        for value in [json!({"Ref": "Later"}), json!({"Fn::Sub": "${Later}/x"}), json!({"Fn::GetAtt": ["Role", "Id"]})]
        {
            assert_eq!(resolved("us-east-1", &value), value);
        }
    }
}
