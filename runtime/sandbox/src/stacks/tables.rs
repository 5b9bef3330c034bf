//! The table settings of a template that the emulator ignores. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a table of the template asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableSettings {
    /// The attribute, when it is switched on.
    pub time_to_live: Option<String>,
    pub point_in_time_recovery: bool,
}

/// The tables of a template by logical id. Values may be literals or `Ref`s of parameters.
pub fn tables(template: &Value, parameters: &BTreeMap<String, String>) -> BTreeMap<String, TableSettings> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    let tables = resources.filter(|(_, resource)| resource["Type"] == "AWS::DynamoDB::Table");
    tables.map(|(id, table)| (id.clone(), settings(&table["Properties"], parameters))).collect()
}

fn settings(properties: &Value, parameters: &BTreeMap<String, String>) -> TableSettings {
    let text = |value: &Value| resolved(value, parameters);
    let is_on = |value: &Value| text(value).as_deref() == Some("true");
    let time_to_live = &properties["TimeToLiveSpecification"];
    let recovery = &properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
    TableSettings {
        time_to_live: text(&time_to_live["AttributeName"]).filter(|_| is_on(&time_to_live["Enabled"])),
        point_in_time_recovery: is_on(recovery),
    }
}

/// A literal, or the value of a parameter.
pub fn resolved(value: &Value, parameters: &BTreeMap<String, String>) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Object(_) => parameters.get(value["Ref"].as_str()?).cloned(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const YAML: &str = "
Parameters:
  TtlAttribute: {Type: String}
Resources:
  Conversations:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: {'Fn::Sub': 'x-${AWS::Region}'}
      TimeToLiveSpecification:
        AttributeName: {Ref: TtlAttribute}
        Enabled: true
      PointInTimeRecoverySpecification:
        PointInTimeRecoveryEnabled: 'true'
  Plain:
    Type: AWS::DynamoDB::Table
    Properties: {TableName: plain}
  Role:
    Type: AWS::IAM::Role
";

    #[test]
    fn both_settings_are_read_from_yaml() {
        let parameters = BTreeMap::from([("TtlAttribute".to_owned(), "ttl".to_owned())]);
        let tables = tables(&serde_saphyr::from_str(YAML).unwrap(), &parameters);
        let expected = TableSettings { time_to_live: Some("ttl".into()), point_in_time_recovery: true };
        assert_eq!(tables["Conversations"], expected);
        assert_eq!(tables["Plain"], TableSettings::default());
        assert_eq!(tables.len(), 2);
    }

    #[test]
    fn a_setting_that_is_switched_off_is_none() {
        let template = json!({"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Properties":
            {"TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": false}}}}});
        assert_eq!(tables(&template, &BTreeMap::new())["T"], TableSettings::default());
    }
}
