//! The images of one ECR repository, by digest.

use deployer_core::observed::{Fact, ObservedRepository};

use crate::Clients;
use crate::errors::{Kind, Trouble};

pub async fn observe(clients: &Clients, name: String) -> Fact<ObservedRepository> {
    super::fact(read(clients, name).await)
}

async fn read(clients: &Clients, name: String) -> Result<Option<ObservedRepository>, Trouble> {
    let mut pages = clients.ecr().describe_images().repository_name(name).into_paginator().items().send();
    let mut digests = Vec::new();
    while let Some(image) = pages.next().await {
        match image.map_err(Trouble::from) {
            Ok(image) => digests.extend(image.image_digest),
            Err(trouble) if trouble.kind == Kind::NotFound => return Ok(None),
            Err(trouble) => return Err(trouble),
        }
    }
    digests.sort();
    digests.dedup();
    Ok(Some(ObservedRepository { digests }))
}
