//! Images in ECR: push one by digest, empty a repository.

use std::collections::BTreeMap;

use aws_sdk_ecr::types::{ImageFailure, ImageFailureCode, ImageIdentifier};
use deployer_core::Failure;
use deployer_image::Image;

use super::context::Context;
use crate::errors::{Kind, Trouble};
use crate::registry::registry;
use crate::wait::{self, Pace};

/// ECR's limit for one BatchDeleteImage.
const BATCH: i32 = 100;

/// Pushes the image that the plan names.
///
/// Errors: `plan/stale` when there is no such image at hand, those of the push,
/// `run/interrupted`: what was sent until then stays and is not sent again.
pub async fn push(
    context: &Context<'_>,
    images: &BTreeMap<String, Image>,
    repository: &str,
    digest: &str,
) -> Result<String, Failure> {
    let doing = format!("push image {digest} to {repository}");
    let Some(image) = images.get(repository).filter(|image| image.digest() == digest) else {
        return Err(Failure::new("plan/stale", doing, "no image of this digest is at hand")
            .with_hint("run the same command again: it builds the images and makes a new plan"));
    };
    let registry = registry(context.clients).await?;
    let summary = tokio::select! {
        biased;
        () = context.cancel.cancelled() => return Err(wait::interrupted(&doing)),
        pushed = deployer_image::push(image, &registry, repository, context.reporter, context.key) => pushed?,
    };
    let megabytes = summary.uploaded_bytes as f64 / 1_000_000.0;
    Ok(format!("{megabytes:.1} MB in {} blobs sent, {} present", summary.uploaded_blobs, summary.present_blobs))
}

/// Deletes every image, page by page, until the repository lists none.
pub async fn empty_repository(context: &Context<'_>, repository: &str) -> Result<String, Failure> {
    let doing = format!("empty repository `{repository}`");
    let mut deleted = 0;
    let emptied = context.until(Pace::RESOURCE, &doing, async || {
        loop {
            let images = list(context, repository, &doing).await?;
            if images.is_empty() {
                return Ok(Some(()));
            }
            let count = images.len();
            let gone = delete(context, repository, images, &doing).await?;
            deleted += gone;
            context.detail(deleted_images(deleted));
            if gone < count {
                return Ok(None);
            }
        }
    });
    emptied.await?;
    Ok(deleted_images(deleted))
}

/// One page of images; none without a repository.
async fn list(context: &Context<'_>, repository: &str, doing: &str) -> Result<Vec<ImageIdentifier>, Failure> {
    let request = context.clients.ecr().list_images().repository_name(repository).max_results(BATCH);
    match request.send().await.map_err(Trouble::from) {
        Ok(page) => Ok(by_digest(page.image_ids.unwrap_or_default())),
        Err(trouble) if trouble.kind == Kind::NotFound => Ok(Vec::new()),
        Err(trouble) => Err(trouble.failure(doing)),
    }
}

/// Each image once, whatever tags it has.
fn by_digest(ids: Vec<ImageIdentifier>) -> Vec<ImageIdentifier> {
    let mut digests: Vec<String> = ids.into_iter().filter_map(|id| id.image_digest).collect();
    digests.sort();
    digests.dedup();
    digests.into_iter().map(|digest| ImageIdentifier::builder().image_digest(digest).build()).collect()
}

/// How many of these are gone. An image that somebody else deleted first is gone as well.
async fn delete(
    context: &Context<'_>,
    repository: &str,
    images: Vec<ImageIdentifier>,
    doing: &str,
) -> Result<usize, Failure> {
    let count = images.len();
    let request = context.clients.ecr().batch_delete_image().repository_name(repository).set_image_ids(Some(images));
    let answer = match request.send().await.map_err(Trouble::from) {
        Ok(answer) => answer,
        Err(trouble) if trouble.kind == Kind::NotFound => return Ok(count),
        Err(trouble) => return Err(trouble.failure(doing)),
    };
    let failures: Vec<ImageFailure> = answer.failures.unwrap_or_default();
    let kept = failures.iter().filter(|failure| failure.failure_code != Some(ImageFailureCode::ImageNotFound));
    Ok(count - kept.count().min(count))
}

fn deleted_images(count: usize) -> String {
    match count {
        1 => "1 image deleted".into(),
        more => format!("{more} images deleted"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_with_two_tags_is_deleted_once() {
        let id = |tag: &str| ImageIdentifier::builder().image_digest("sha256:a").image_tag(tag).build();
        let ids = by_digest(vec![id("one"), id("two")]);
        assert_eq!(ids, vec![ImageIdentifier::builder().image_digest("sha256:a").build()]);
    }
}
