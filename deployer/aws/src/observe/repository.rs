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
    answer.and_then(|answer| answer.policy_text).map(|text| parse(&text)).transpose()
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
    fn what_a_repository_does_not_say_is_ecrs_default() {
        let found = repository_of("r", LiveRepository::builder().build(), None, BTreeMap::new());
        assert_eq!(
            (found.tag_mutability.as_str(), found.scan_on_push, found.encryption.as_str()),
            ("MUTABLE", false, "AES256")
        );
    }
}
