//! Properties that AWS cannot change in place, of the types that our templates
//! use: `createOnlyProperties` of CloudFormation's resource provider schemas,
//! with the table's key schema, which they call conditional.

/// Top-level properties for which CloudFormation makes the resource again.
const CREATE_ONLY: [(&str, &[&str]); 8] = [
    ("AWS::DynamoDB::Table", &["ImportSourceSpecification", "KeySchema", "TableName"]),
    ("AWS::ECR::Repository", &["EncryptionConfiguration", "RepositoryName"]),
    ("AWS::IAM::ManagedPolicy", &["Description", "ManagedPolicyName", "Path"]),
    ("AWS::IAM::Role", &["Path", "RoleName"]),
    ("AWS::Lambda::Function", &["FunctionName", "PackageType", "TenancyConfig"]),
    (
        "AWS::Lambda::Permission",
        &[
            "Action",
            "EventSourceToken",
            "FunctionName",
            "FunctionUrlAuthType",
            "InvokedViaFunctionUrl",
            "Principal",
            "PrincipalOrgID",
            "SourceAccount",
            "SourceArn",
        ],
    ),
    ("AWS::Lambda::Url", &["Qualifier", "TargetFunctionArn"]),
    ("AWS::Logs::LogGroup", &["LogGroupName"]),
];

/// Types whose tags follow those of their stack (the schemas' `tagging`).
const TAGGABLE: [&str; 5] =
    ["AWS::DynamoDB::Table", "AWS::ECR::Repository", "AWS::IAM::Role", "AWS::Lambda::Function", "AWS::Logs::LogGroup"];

pub fn is_create_only(resource_type: &str, property: &str) -> bool {
    CREATE_ONLY.iter().any(|(known, properties)| *known == resource_type && properties.contains(&property))
}

pub fn is_taggable(resource_type: &str) -> bool {
    TAGGABLE.contains(&resource_type)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use crate::template::Document;

    #[test]
    fn every_type_of_our_templates_is_known() {
        let desired = samples::estate();
        for (_, stack) in desired.stacks() {
            for (logical_id, item) in Document::parse(&stack.template).unwrap().items {
                let known = CREATE_ONLY.iter().any(|(known, _)| *known == item.resource_type);
                assert!(known, "{logical_id} is a {}", item.resource_type);
                assert_eq!(is_taggable(&item.resource_type), item.properties.get("Tags").is_some(), "{logical_id}");
            }
        }
    }
}
