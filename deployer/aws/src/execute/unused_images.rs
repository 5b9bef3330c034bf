//! Deletes images that nothing needs, by digest.

use aws_sdk_ecr::types::{ImageFailureCode, ImageIdentifier};
use deployer_core::Failure;

use super::context::Context;
use crate::errors::failed;
use crate::operate::live_images;

/// ECR's limit for one BatchDeleteImage.
const BATCH: usize = 100;

/// Deletes the images of these digests. Functions are asked once more what they
/// run: one of these is then `plan/stale`, and nothing is deleted.
pub async fn delete(context: &Context<'_>, repository: &str, digests: &[String]) -> Result<String, Failure> {
    let live = live_images(context.clients, context.settings).await?;
    if let Some(used) = live.iter().find(|image| digests.contains(&image.digest)) {
        let doing = format!("delete unused images of {repository}");
        let cause = format!("function {} has come to use {}", used.function, used.digest);
        return Err(Failure::new("plan/stale", doing, cause).with_hint("run the same command again"));
    }
    let mut deleted = 0;
    for batch in digests.chunks(BATCH) {
        deleted += delete_batch(context, repository, batch).await?;
        context.detail(format!("{deleted} of {} deleted", digests.len()));
    }
    Ok(format!("{deleted} deleted"))
}

/// How many of these are gone. One that somebody else deleted first is gone as well.
async fn delete_batch(context: &Context<'_>, repository: &str, digests: &[String]) -> Result<usize, Failure> {
    let doing = format!("delete unused images of {repository}");
    let ids = digests.iter().map(|digest| ImageIdentifier::builder().image_digest(digest).build()).collect();
    let request = context.clients.ecr().batch_delete_image().repository_name(repository).set_image_ids(Some(ids));
    let answer = request.send().await.map_err(failed(&doing))?;
    let kept = answer.failures().iter().find(|failure| failure.failure_code != Some(ImageFailureCode::ImageNotFound));
    match kept {
        None => Ok(digests.len()),
        Some(failure) => {
            let digest = failure.image_id().and_then(|id| id.image_digest()).unwrap_or("an image");
            let reason = failure.failure_reason().unwrap_or("no reason given");
            Err(Failure::new("aws/failed", doing, format!("ECR kept {digest}: {reason}")))
        }
    }
}
