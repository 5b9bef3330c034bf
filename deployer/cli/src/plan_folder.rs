//! A saved plan's folder: plan.json, and below images/ an OCI image layout for
//! every image that the plan pushes, by repository.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use deployer_core::Failure;
use deployer_core::saved_plan::{PlannedImage, SavedPlan};
use deployer_image::Image;

/// What the folder holds, read and checked.
pub struct PlanFolder {
    pub saved: SavedPlan,
    /// By repository.
    pub images: BTreeMap<String, Image>,
}

impl PlanFolder {
    /// Reads the plan, and recomputes every digest of its images from their files.
    ///
    /// Errors: `plan/not-a-plan`, `plan/other-image`, `image/damaged`.
    pub fn load(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(SavedPlan::FILE);
        let text = fs::read_to_string(&path)
            .map_err(|cause| Failure::new("plan/not-a-plan", format!("read {}", path.display()), cause))
            .map_err(|failure| failure.with_hint("`deployer plan --out DIR` saves a plan"))?;
        let saved = SavedPlan::from_json(&text)?;
        let mut images = BTreeMap::new();
        for planned in saved.pushed_images() {
            images.insert(planned.repository.clone(), load_image(folder, &planned)?);
        }
        Ok(Self { saved, images })
    }
}

fn load_image(folder: &Path, planned: &PlannedImage) -> Result<Image, Failure> {
    let PlannedImage { repository, digest } = planned;
    let image = Image::load(&image_folder(folder, repository)?)?;
    if image.digest() != digest {
        let cause = format!("it is {}, and the plan is about {digest}", image.digest());
        return Err(Failure::new("plan/other-image", format!("read the saved image of {repository}"), cause));
    }
    // Reading a blob compares it with its digest.
    image.blobs().iter().try_for_each(|blob| image.blob(&blob.digest).map(drop))?;
    Ok(image)
}

/// Writes the folder in one piece; an earlier saved plan there is replaced,
/// anything else is left alone.
///
/// `images` holds at least those that the plan pushes. Errors: `plan/folder-taken`, `run/write`.
pub fn save(folder: &Path, saved: &SavedPlan, images: &BTreeMap<String, Image>) -> Result<(), Failure> {
    let failed = |cause: io::Error| Failure::new("run/write", format!("save the plan to {}", folder.display()), cause);
    refuse_foreign(folder)?;
    let absolute = std::path::absolute(folder).map_err(failed)?;
    let parent = absolute.parent().ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
    fs::create_dir_all(parent).map_err(failed)?;
    let temporary = tempfile::Builder::new().prefix(".plan-").tempdir_in(parent).map_err(failed)?;
    for planned in saved.pushed_images() {
        let target = image_folder(temporary.path(), &planned.repository)?;
        fs::create_dir_all(target.parent().expect("it is below images/")).map_err(failed)?;
        images[&planned.repository].save(&target)?;
    }
    fs::write(temporary.path().join(SavedPlan::FILE), saved.to_json()).map_err(failed)?;
    move_into_place(temporary, &absolute).map_err(failed)
}

/// A repository's name comes from a file, so it must not lead out of the folder.
fn image_folder(folder: &Path, repository: &str) -> Result<PathBuf, Failure> {
    let below = Path::new(repository);
    let stays = !repository.is_empty() && below.components().all(|part| matches!(part, Component::Normal(_)));
    match stays {
        true => Ok(folder.join("images").join(below)),
        false => Err(Failure::new("plan/not-a-plan", "read the saved plan", format!("no repository: `{repository}`"))),
    }
}

/// Only a saved plan or an empty folder may be written over.
fn refuse_foreign(folder: &Path) -> Result<(), Failure> {
    let taken = |cause: &str| {
        Err(Failure::new("plan/folder-taken", format!("save the plan to {}", folder.display()), cause)
            .with_hint("name a folder that does not exist, or one with a saved plan"))
    };
    let entries = fs::read_dir(folder).map(|mut entries| entries.next());
    match entries {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => taken(&error.to_string()),
        Ok(None) => Ok(()),
        Ok(Some(_)) => match fs::read_to_string(folder.join(SavedPlan::FILE)) {
            Ok(text) if SavedPlan::is_saved_plan(&text) => Ok(()),
            _ => taken("it holds something else than a saved plan"),
        },
    }
}

fn move_into_place(temporary: tempfile::TempDir, folder: &Path) -> io::Result<()> {
    // What was there goes into a folder that removes itself.
    let old = tempfile::Builder::new().prefix(".plan-").tempdir_in(folder.parent().unwrap_or(Path::new("/")))?;
    if folder.exists() {
        fs::rename(folder, old.path().join("old"))?;
    }
    fs::rename(temporary.path(), folder)?;
    // Its folder has moved away, so there is nothing left to remove.
    let _ = temporary.keep();
    Ok(())
}

#[cfg(test)]
mod tests;
