//! One ECR repository: how it keeps images and who may pull them. Its images are [`super::image`]'s.

use std::collections::BTreeMap;

use aws_sdk_ecr::types::Repository as LiveRepository;
use deployer_core::observed::Fact;
use deployer_core::resource::{Repository, Resource};
use serde_json::Value;

use super::policy_document::parse;
use super::tags::tags;
use crate::Clients;
use crate::errors::{Trouble, found};

/// What Lambda gives itself on a repository.
const LAMBDAS_ACTIONS: [&str; 5] = [
    "ecr:BatchGetImage",
    "ecr:DeleteRepositoryPolicy",
    "ecr:GetDownloadUrlForLayer",
    "ecr:GetRepositoryPolicy",
    "ecr:SetRepositoryPolicy",
];

pub async fn observe(clients: &Clients, name: String) -> Fact<Resource> {
    super::fact(read(clients, &name).await.map(|repository| repository.map(Resource::Repository)))
}

pub async fn read(clients: &Clients, name: &str) -> Result<Option<Repository>, Trouble> {
    let (repository, policy, tags) =
        tokio::join!(description(clients, name), policy(clients, name), tags_of(clients, name));
    match repository? {
        Some(found) => Ok(Some(repository_of(name, found, policy?, tags?))),
        None => Ok(None),
    }
}

async fn description(clients: &Clients, name: &str) -> Result<Option<LiveRepository>, Trouble> {
    let answer = found(clients.ecr().describe_repositories().repository_names(name).send().await)?;
    Ok(answer.and_then(|answer| answer.repositories).unwrap_or_default().into_iter().next())
}

async fn policy(clients: &Clients, name: &str) -> Result<Option<Value>, Trouble> {
    let answer = found(clients.ecr().get_repository_policy().repository_name(name).send().await)?;
    let policy = answer.and_then(|answer| answer.policy_text).map(|text| parse(&text)).transpose()?;
    Ok(policy.and_then(|policy| without_lambdas_own(clients, policy)))
}

/// Lambda adds a statement of its own when a function is made of an image, for the
/// functions of this account and region (Lambda developer guide, "Amazon ECR
/// permissions"). It would be there again after the next function, so it counts as
/// nobody's. Only in exactly that form: a wider one is a difference. None when nothing else is there.
fn without_lambdas_own(clients: &Clients, mut policy: Value) -> Option<Value> {
    let location = clients.location();
    let functions = format!("arn:aws:lambda:{}:{}:function:*", location.region, location.account);
    let Some(statements) = policy.get_mut("Statement").and_then(Value::as_array_mut) else { return Some(policy) };
    let count = statements.len();
    statements.retain(|statement| !is_lambdas_own(statement, &functions));
    let nothing_else = count > 0 && statements.is_empty();
    (!nothing_else).then_some(policy)
}

fn is_lambdas_own(statement: &Value, functions: &str) -> bool {
    let Some(members) = statement.as_object() else { return false };
    let known = ["Sid", "Effect", "Principal", "Action", "Condition"];
    let condition = statement.pointer("/Condition/StringLike").and_then(Value::as_object);
    let only_functions = condition.is_some_and(|keys| {
        keys.len() == 1
            && keys.iter().all(|(key, value)| key.eq_ignore_ascii_case("aws:sourceArn") && value == functions)
    });
    members.keys().all(|key| known.contains(&key.as_str()))
        && statement["Sid"] == "LambdaECRImageRetrievalPolicy"
        && statement["Effect"] == "Allow"
        && statement["Principal"] == serde_json::json!({"Service": "lambda.amazonaws.com"})
        && statement["Condition"].as_object().is_some_and(|operators| operators.len() == 1)
        && only_functions
        && actions(&statement["Action"]).all(|action| LAMBDAS_ACTIONS.contains(&action))
}

/// One action or a list of them; what is no text is an action that nobody knows.
fn actions(written: &Value) -> impl Iterator<Item = &str> {
    let many = written.as_array().map_or_else(|| std::slice::from_ref(written), Vec::as_slice);
    many.iter().map(|action| action.as_str().unwrap_or_default())
}

async fn tags_of(clients: &Clients, name: &str) -> Result<BTreeMap<String, String>, Trouble> {
    let request = clients.ecr().list_tags_for_resource().resource_arn(arn(clients, name));
    let answer = found(request.send().await)?.and_then(|answer| answer.tags);
    Ok(tags(answer.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value))))
}

/// A repository's ARN, which its tags are read and written by.
pub fn arn(clients: &Clients, name: &str) -> String {
    let location = clients.location();
    format!("arn:aws:ecr:{}:{}:repository/{name}", location.region, location.account)
}

fn repository_of(
    name: &str,
    found: LiveRepository,
    policy: Option<Value>,
    tags: BTreeMap<String, String>,
) -> Repository {
    let mutability = found.image_tag_mutability.map(|mutability| mutability.as_str().to_string());
    let encryption = found.encryption_configuration.map(|encryption| encryption.encryption_type.as_str().to_string());
    Repository {
        name: name.to_string(),
        tag_mutability: mutability.unwrap_or_else(|| "MUTABLE".into()),
        scan_on_push: found.image_scanning_configuration.is_some_and(|scanning| scanning.scan_on_push),
        encryption: encryption.unwrap_or_else(|| "AES256".into()),
        policy,
        tags,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ecr::types::{EncryptionConfiguration, EncryptionType, ImageScanningConfiguration, ImageTagMutability};

    #[test]
    fn a_repository_is_read_as_it_is_set() {
        let live = LiveRepository::builder()
            .image_tag_mutability(ImageTagMutability::Immutable)
            .image_scanning_configuration(ImageScanningConfiguration::builder().scan_on_push(true).build())
            .encryption_configuration(
                EncryptionConfiguration::builder().encryption_type(EncryptionType::Kms).build().unwrap(),
            );
        let found = repository_of("r", live.build(), None, BTreeMap::new());
        assert_eq!(
            (found.tag_mutability.as_str(), found.scan_on_push, found.encryption.as_str()),
            ("IMMUTABLE", true, "KMS")
        );
    }

    #[test]
    fn only_the_statement_that_lambda_writes_itself_is_passed_over() {
        let functions = "arn:aws:lambda:us-east-1:111122223333:function:*";
        let statement = |sid: &str, principal: &str, arn: &str| {
            serde_json::json!({
                "Sid": sid, "Effect": "Allow", "Principal": {"Service": principal},
                "Action": ["ecr:BatchGetImage", "ecr:SetRepositoryPolicy"],
                "Condition": {"StringLike": {"aws:sourceArn": arn}}
            })
        };
        let (sid, lambda) = ("LambdaECRImageRetrievalPolicy", "lambda.amazonaws.com");
        assert!(is_lambdas_own(&statement(sid, lambda, functions), functions));
        let mut wider = statement(sid, lambda, functions);
        wider["Action"] = "ecr:*".into();
        let others = [
            statement("LambdaPull", lambda, functions),
            statement(sid, "ec2.amazonaws.com", functions),
            statement(sid, lambda, "arn:aws:lambda:us-east-1:*:function:*"),
            wider,
        ];
        for other in others {
            assert!(!is_lambdas_own(&other, functions), "{other}");
        }
    }

    #[test]
    fn what_a_repository_does_not_say_is_ecrs_default() {
        let found = repository_of("r", LiveRepository::builder().build(), None, BTreeMap::new());
        assert_eq!(
            (found.tag_mutability.as_str(), found.scan_on_push, found.encryption.as_str()),
            ("MUTABLE", false, "AES256")
        );
    }
}
