//! Unpacked images on disk, `<cache>/rootfs/<digest>/{root,config.json}`: whole
//! or absent, and not more of them than are of use.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::{
    image::{ImageConfiguration, Rootfs},
    unpack::{Layer, unpack_layer},
};

const CONFIGURATION: &str = "config.json";
/// Images that stay, the ones used last first. A deployment uses two.
const KEEP: usize = 20;
/// No unpacking takes so long: what is older was left behind by a killed process.
const STAGING_LIMIT: Duration = Duration::from_secs(3600);

/// The image in `folder`, if it is there, marked as used.
pub fn cached(folder: &Path) -> Option<Rootfs> {
    let path = folder.join(CONFIGURATION);
    let configuration = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
    // Only the order of removal depends on it.
    File::options().write(true).open(path).and_then(|file| file.set_modified(SystemTime::now())).ok();
    Some(Rootfs { root: folder.join("root"), configuration })
}

/// Unpacks beside the final folder and renames, so that a folder is whole or absent.
pub fn store(folder: &Path, configuration: &ImageConfiguration, layers: &[Layer]) -> io::Result<()> {
    let staging = staging_of(folder);
    let root = staging.join("root");
    let stored = fs::create_dir_all(&root)
        .and_then(|()| layers.iter().try_for_each(|layer| unpack_layer(layer, &root)))
        .and_then(|()| fs::write(staging.join(CONFIGURATION), serde_json::to_vec(configuration)?))
        .and_then(|()| fs::rename(&staging, folder));
    if stored.is_err() {
        fs::remove_dir_all(&staging).ok();
    }
    stored
}

/// Removes the images used longest ago and what killed processes left behind.
/// Best effort: what cannot be removed stays until the next time.
pub fn prune(cache: &Path) {
    let Ok(entries) = fs::read_dir(cache) else { return };
    let folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let (staging, images): (Vec<_>, Vec<_>) = folders.into_iter().partition(|folder| folder.extension().is_some());
    let mut images: Vec<_> = images.into_iter().filter_map(|image| Some((used(&image)?, image))).collect();
    images.sort();
    let surplus = images.len().saturating_sub(KEEP);
    let old =
        |folder: &PathBuf| modified(folder).is_some_and(|time| time.elapsed().is_ok_and(|age| age > STAGING_LIMIT));
    let unused = images.into_iter().take(surplus).map(|(_, image)| image);
    staging.into_iter().filter(old).chain(unused).for_each(|folder| remove(&folder));
}

/// Renames first: nobody may find half an image.
fn remove(folder: &Path) {
    let gone = staging_of(folder);
    if fs::rename(folder, &gone).is_ok() {
        fs::remove_dir_all(gone).ok();
    }
}

/// A new name beside the folder; those of images have no extension.
fn staging_of(folder: &Path) -> PathBuf {
    folder.with_extension(uuid::Uuid::new_v4().simple().to_string())
}

fn used(image: &Path) -> Option<SystemTime> {
    modified(&image.join(CONFIGURATION))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_unpacking_leaves_nothing_behind() {
        let cache = tempfile::tempdir().unwrap();
        let layer = Layer { media_type: "application/vnd.oci.image.layer.v1.tar+gzip".into(), blob: b"junk".to_vec() };
        let folder = cache.path().join("sha256-1");
        assert!(store(&folder, &ImageConfiguration::default(), &[layer]).is_err());
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_images_used_last_stay_and_leftovers_go() {
        let cache = tempfile::tempdir().unwrap();
        let folder = |number: usize| cache.path().join(format!("sha256-{number}"));
        let past = |seconds: u64| SystemTime::now() - Duration::from_secs(seconds);
        for number in 0..KEEP + 2 {
            store(&folder(number), &ImageConfiguration::default(), &[]).unwrap();
            let configuration = File::options().write(true).open(folder(number).join(CONFIGURATION)).unwrap();
            configuration.set_modified(past(1000 - number as u64)).unwrap();
        }
        let (fresh, stale) = (cache.path().join("sha256-1.fresh"), cache.path().join("sha256-1.stale"));
        [&fresh, &stale].iter().for_each(|folder| fs::create_dir(folder).unwrap());
        File::open(&stale).unwrap().set_modified(past(2 * STAGING_LIMIT.as_secs())).unwrap();
        assert!(cached(&folder(0)).is_some(), "and so it is the one used last");

        prune(cache.path());

        let left = |number: usize| folder(number).exists();
        assert_eq!([left(0), left(1), left(2), left(3)], [true, false, false, true]);
        assert!(fresh.exists() && !stale.exists());
    }
}
