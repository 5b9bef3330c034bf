//! Pushing to a registry that behaves as ECR does.

mod registry;

use std::time::Duration;

use deployer_core::Failure;
use deployer_core::progress::Silent;
use deployer_image::{Image, ImageSource, Patience, PushSummary, Registry, push};
use registry::{FakeRegistry, PASSWORD, REPOSITORY};

fn image(binary: &[u8]) -> Image {
    Image::build(&ImageSource { binary, architecture: "amd64", ca_bundle_pem: "certificates" }).unwrap()
}

async fn pushed(registry: &FakeRegistry, image: &Image) -> Result<PushSummary, Failure> {
    push(image, &registry.registry(PASSWORD), REPOSITORY, &Silent, "key").await
}

#[tokio::test]
async fn everything_is_there_after_a_push() {
    let (registry, image) = (FakeRegistry::start().await, image(b"program"));
    let summary = pushed(&registry, &image).await.unwrap();
    assert_eq!(summary.digest, image.digest());
    assert_eq!((summary.uploaded_blobs, summary.present_blobs), (3, 0));
    assert_eq!(summary.uploaded_bytes, image.blobs().iter().map(|blob| blob.size).sum::<u64>());
    let contents = registry.contents.lock().unwrap();
    assert_eq!(contents.manifests[image.digest()], image.manifest());
    assert_eq!(contents.blobs.len(), 3);
    assert!(contents.requests.iter().all(|request| request.contains(" /v2/")), "{:?}", contents.requests);
}

#[tokio::test]
async fn second_push_uploads_nothing() {
    let (registry, image) = (FakeRegistry::start().await, image(b"program"));
    pushed(&registry, &image).await.unwrap();
    let summary = pushed(&registry, &image).await.unwrap();
    assert_eq!((summary.uploaded_bytes, summary.uploaded_blobs, summary.present_blobs), (0, 0, 3));
    assert_eq!(registry.count("POST", "uploads"), 3);
}

#[tokio::test]
async fn changed_program_uploads_only_what_changed() {
    let registry = FakeRegistry::start().await;
    pushed(&registry, &image(b"program")).await.unwrap();
    let summary = pushed(&registry, &image(b"another")).await.unwrap();
    assert_eq!((summary.uploaded_blobs, summary.present_blobs), (2, 1));
}

#[tokio::test]
async fn manifest_that_was_deleted_comes_back() {
    let (registry, image) = (FakeRegistry::start().await, image(b"program"));
    pushed(&registry, &image).await.unwrap();
    registry.contents.lock().unwrap().manifests.clear();
    pushed(&registry, &image).await.unwrap();
    assert!(registry.contents.lock().unwrap().manifests.contains_key(image.digest()));
}

#[tokio::test]
async fn large_blob_travels_in_one_request() {
    let registry = FakeRegistry::start().await;
    let noise: Vec<u8> =
        (0u32..2_000_000).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let image = image(&noise);
    assert!(image.blobs()[2].size > 4_194_304, "larger than a chunk of the client");
    pushed(&registry, &image).await.unwrap();
    assert_eq!(registry.count("PATCH", ""), 0);
}

#[tokio::test]
async fn busy_registry_is_asked_again() {
    let (registry, image) = (FakeRegistry::start().await, image(b"program"));
    registry.contents.lock().unwrap().failures = 2;
    assert_eq!(pushed(&registry, &image).await.unwrap().uploaded_blobs, 3);
}

#[tokio::test]
async fn wrong_password_is_denied_and_not_shown() {
    let registry = FakeRegistry::start().await;
    let wrong = registry.registry("not-the-password");
    let failure = push(&image(b"program"), &wrong, REPOSITORY, &Silent, "key").await.unwrap_err();
    assert_eq!(failure.code, "image/registry-denied", "{failure}");
    assert!(!format!("{failure} {failure:?}").contains("not-the-password"));
}

#[tokio::test]
async fn missing_repository_is_named() {
    let registry = FakeRegistry::start().await;
    let failure = push(&image(b"program"), &registry.registry(PASSWORD), "nobody", &Silent, "key").await.unwrap_err();
    assert_eq!(failure.code, "image/repository-missing", "{failure}");
    assert!(failure.doing.contains("/nobody"), "{failure}");
}

#[tokio::test]
async fn lost_blob_fails_the_push() {
    let (registry, image) = (FakeRegistry::start().await, image(b"program"));
    registry.contents.lock().unwrap().forgotten.insert(image.blobs()[2].digest.clone());
    let failure = pushed(&registry, &image).await.unwrap_err();
    assert_eq!(failure.code, "image/push-failed", "{failure}");
    assert!(failure.doing.contains("manifest"), "{failure}");
}

#[tokio::test]
async fn absent_registry_is_unreachable() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut registry = FakeRegistry::start().await.registry(PASSWORD);
    registry.connect_to = Some(format!("http://{free}"));
    let failure = push(&image(b"program"), &registry, REPOSITORY, &Silent, "key").await.unwrap_err();
    assert_eq!(failure.code, "image/registry-unreachable", "{failure}");
}

#[tokio::test]
async fn registry_that_never_answers_is_given_up() {
    // Connections to it are taken by the system and answered by nobody.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let fake = FakeRegistry::start().await;
    let address = format!("http://{}", silent.local_addr().unwrap());
    let patience = Patience { attempt: Duration::from_millis(100), attempts: 2 };
    let registry = Registry { connect_to: Some(address), patience, ..fake.registry(PASSWORD) };
    let failure = push(&image(b"program"), &registry, REPOSITORY, &Silent, "key").await.unwrap_err();
    assert_eq!(failure.code, "image/registry-unreachable");
}

#[tokio::test]
async fn image_in_the_registry_tells_its_architecture() {
    let registry = FakeRegistry::start().await;
    let image = image(b"program");
    pushed(&registry, &image).await.unwrap();
    let access = registry.registry(PASSWORD);
    assert_eq!(deployer_image::architecture(&access, REPOSITORY, image.digest()).await.unwrap(), "amd64");
    let missing = format!("sha256:{}", "0".repeat(64));
    let failure = deployer_image::architecture(&access, REPOSITORY, &missing).await.unwrap_err();
    assert!(failure.doing.contains(&missing), "{failure}");
}
