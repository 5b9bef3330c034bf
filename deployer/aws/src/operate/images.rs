//! Images in the environment's two repositories, and those that functions run.

use deployer_core::{Failure, Settings};
use serde::Serialize;

use crate::Clients;
use crate::errors::{Kind, Trouble, found};

/// An image as ECR knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredImage {
    pub repository: String,
    /// `sha256:...`
    pub digest: String,
    pub tags: Vec<String>,
    /// Seconds since 1970.
    pub pushed_at: Option<i64>,
    /// As ECR stores it, compressed; None where the platform does not know it.
    pub size_bytes: Option<i64>,
}

/// An image that a function, or a published version of one, runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveImage {
    pub function: String,
    /// A number, or `$LATEST`.
    pub version: String,
    pub digest: String,
}

/// Every image of both repositories; none without a repository.
pub async fn stored_images(clients: &Clients, settings: &Settings) -> Result<Vec<StoredImage>, Failure> {
    let names = settings.names();
    let (agent, tools) =
        tokio::try_join!(images_of(clients, names.agent_repository()), images_of(clients, names.tools_repository()))?;
    Ok(agent.into_iter().chain(tools).collect())
}

/// What both functions and their published versions run; none without a function.
///
/// Fails when a function cannot be read: what it runs is then not known.
pub async fn live_images(clients: &Clients, settings: &Settings) -> Result<Vec<LiveImage>, Failure> {
    let names = settings.names();
    let (agent, tools) =
        tokio::try_join!(live_of(clients, names.agent_function()), live_of(clients, names.tool_function()))?;
    Ok(agent.into_iter().chain(tools).collect())
}

async fn images_of(clients: &Clients, repository: String) -> Result<Vec<StoredImage>, Failure> {
    let mut pages = clients.ecr().describe_images().repository_name(&repository).into_paginator().items().send();
    let mut images = Vec::new();
    // The emulator gives the manifest's size.
    let sizes_are_true = clients.endpoint_url().is_none();
    while let Some(image) = pages.next().await {
        let image = match image.map_err(Trouble::from) {
            Ok(image) => image,
            Err(trouble) if trouble.kind == Kind::NotFound => return Ok(Vec::new()),
            Err(trouble) => {
                return Err(clients.advise(trouble.failure(format!("list the images of {repository}"))));
            }
        };
        let Some(digest) = image.image_digest else { continue };
        images.push(StoredImage {
            repository: repository.clone(),
            digest,
            tags: image.image_tags.unwrap_or_default(),
            pushed_at: image.image_pushed_at.map(|time| time.secs()),
            size_bytes: image.image_size_in_bytes.filter(|_| sizes_are_true),
        });
    }
    Ok(images)
}

async fn live_of(clients: &Clients, function: String) -> Result<Vec<LiveImage>, Failure> {
    let doing = format!("read which images function `{function}` runs");
    let mut pages =
        clients.lambda().list_versions_by_function().function_name(&function).into_paginator().items().send();
    let mut live = Vec::new();
    while let Some(version) = pages.next().await {
        let version = match version.map_err(Trouble::from) {
            Ok(version) => version.version.unwrap_or_default(),
            Err(trouble) if trouble.kind == Kind::NotFound => return Ok(Vec::new()),
            Err(trouble) => return Err(clients.advise(trouble.failure(&doing))),
        };
        let digest = digest_of(clients, &function, &version).await.map_err(|trouble| trouble.failure(&doing));
        let digest = digest.map_err(|failure| clients.advise(failure))?;
        live.extend(digest.map(|digest| LiveImage { function: function.clone(), version, digest }));
    }
    Ok(live)
}

/// None for a version that went away, or is not made of an image.
async fn digest_of(clients: &Clients, function: &str, version: &str) -> Result<Option<String>, Trouble> {
    let request = clients.lambda().get_function().function_name(function).qualifier(version);
    let code = found(request.send().await)?.and_then(|answer| answer.code);
    let uri = code.and_then(|code| code.resolved_image_uri.or(code.image_uri));
    Ok(uri.and_then(|uri| Some(uri.split_once('@')?.1.to_string())))
}
