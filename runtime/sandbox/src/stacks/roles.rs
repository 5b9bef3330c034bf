//! The permissions boundaries of a template's roles, which the emulator ignores. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::tables::resolved;

/// The roles of a template that have a boundary, by logical id: its ARN. Values
/// may be literals or `Ref`s of parameters.
pub fn boundaries(template: &Value, parameters: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    let roles = resources.filter(|(_, resource)| resource["Type"] == "AWS::IAM::Role");
    let boundary = |role: &Value| resolved(&role["Properties"]["PermissionsBoundary"], parameters);
    roles.filter_map(|(id, role)| Some((id.clone(), boundary(role)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_roles_with_a_boundary_are_found() {
        let role = |properties: Value| json!({"Type": "AWS::IAM::Role", "Properties": properties});
        let template = json!({"Resources": {
            "Literal": role(json!({"PermissionsBoundary": "arn:aws:iam::1:policy/b"})),
            "Referred": role(json!({"PermissionsBoundary": {"Ref": "Boundary"}})),
            "Without": role(json!({})),
            "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"PermissionsBoundary": "x"}},
        }});
        let parameters = BTreeMap::from([("Boundary".to_owned(), "arn:aws:iam::1:policy/p".to_owned())]);
        let found = boundaries(&template, &parameters);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["Literal", "Referred"]);
        assert_eq!(found["Referred"], "arn:aws:iam::1:policy/p");
    }
}
