//! Images with what needs them: what functions run, what the history can go
//! back to, and the rest.

use std::collections::BTreeSet;

use deployer_aws::{LiveImage, RunKind, RunRecord, State, StoredImage};
use deployer_aws::{deployment, history, live_images, stored_images};
use deployer_core::Failure;
use deployer_core::image_retention::{Candidate, Needs, Reason, reasons};
use futures::future::try_join_all;
use serde::Serialize;
use time::OffsetDateTime;

use crate::session::Session;

/// One image.
#[derive(Debug, Clone, Serialize)]
pub struct InventoryEntry {
    #[serde(flatten)]
    pub image: StoredImage,
    /// RFC 3339.
    pub pushed: Option<String>,
    /// In words; empty when nothing needs it.
    pub used_by: Vec<String>,
}

impl InventoryEntry {
    pub fn is_unused(&self) -> bool {
        self.used_by.is_empty()
    }
}

/// Every image of both repositories, newest first within each. `keep` deployments count.
///
/// Fails when anything that could need an image cannot be read.
pub async fn inventory(session: &Session, keep: usize) -> Result<Vec<InventoryEntry>, Failure> {
    let (clients, settings) = (&session.clients, &session.settings);
    let (mut images, live, runs) =
        tokio::try_join!(stored_images(clients, settings), live_images(clients, settings), history(clients, settings))?;
    let runs: Vec<RunRecord> = runs.into_iter().filter(can_be_gone_back_to).take(keep).collect();
    let deployments = try_join_all(runs.iter().map(|run| digests_of(session, run))).await?;
    let needs = Needs {
        live: live.iter().map(|image| image.digest.clone()).collect(),
        deployments,
        now: OffsetDateTime::now_utc().unix_timestamp(),
    };
    images.sort_by(|a, b| (&a.repository, b.pushed_at, &a.digest).cmp(&(&b.repository, a.pushed_at, &b.digest)));
    Ok(images.into_iter().map(|image| entry(image, &live, &runs, &needs)).collect())
}

/// What a rollback would take.
fn can_be_gone_back_to(run: &RunRecord) -> bool {
    run.recorded && run.state == State::Done && matches!(run.kind, RunKind::Up | RunKind::Rollback)
}

async fn digests_of(session: &Session, run: &RunRecord) -> Result<BTreeSet<String>, Failure> {
    let desired = deployment(&session.clients, &session.settings, &run.run_id).await?;
    Ok(desired.into_iter().flat_map(|desired| [desired.agent_image.digest, desired.tools_image.digest]).collect())
}

fn entry(image: StoredImage, live: &[LiveImage], runs: &[RunRecord], needs: &Needs) -> InventoryEntry {
    let (repository, digest) = (image.repository.clone(), image.digest.clone());
    let candidate = Candidate { repository, digest, pushed_at: image.pushed_at };
    let used_by = reasons(&candidate, needs).into_iter().map(|reason| words(reason, &image, live, runs)).collect();
    let pushed = image.pushed_at.and_then(time_text);
    InventoryEntry { image, pushed, used_by }
}

fn words(reason: Reason, image: &StoredImage, live: &[LiveImage], runs: &[RunRecord]) -> String {
    match reason {
        Reason::Live => {
            let users =
                live.iter().filter(|live| live.digest == image.digest).map(|live| match live.version.as_str() {
                    "$LATEST" => format!("function {}", live.function),
                    version => format!("version {version} of function {}", live.function),
                });
            users.collect::<Vec<_>>().join(", ")
        }
        Reason::Deployment(0) => format!("the last deployment ({})", runs[0].started),
        Reason::Deployment(position) => format!("rollback candidate {position} ({})", runs[position].started),
        Reason::Recent => "pushed within the last hour".into(),
        Reason::UnknownAge => "its age is not known".into(),
    }
}

fn time_text(seconds: i64) -> Option<String> {
    OffsetDateTime::from_unix_timestamp(seconds).ok()?.format(&time::format_description::well_known::Rfc3339).ok()
}
