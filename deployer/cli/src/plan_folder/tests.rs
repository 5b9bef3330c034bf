use deployer_core::desired::{ImageDigests, Location, desired};
use deployer_core::plan::plan;
use deployer_core::saved_plan::Origin;
use deployer_core::settings::{Settings, Sources, load};
use deployer_core::{Observed, Operation};
use deployer_image::ImageSource;

use super::*;

const ACCOUNT: &str = "111122223333";

/// The shipped local environment, which needs no variable.
fn settings() -> Settings {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../environments");
    let read = |name: &str| (format!("environments/{name}"), fs::read_to_string(root.join(name)).unwrap());
    let files = BTreeMap::from([read("base.toml"), read("local.toml")]);
    let sources = Sources { environment: "local".into(), files, variables: BTreeMap::new() };
    load(&sources).unwrap().on_local_platform("http://127.0.0.1:4000")
}

fn image(binary: &[u8]) -> Image {
    Image::build(&ImageSource { binary, architecture: "amd64", ca_bundle_pem: "certificates" }).unwrap()
}

struct Fixture {
    place: tempfile::TempDir,
    saved: SavedPlan,
    images: BTreeMap<String, Image>,
}

impl Fixture {
    fn new() -> Self {
        let (settings, names) = (settings(), settings().names());
        let (agent, tools) = (image(b"agent"), image(b"tools"));
        let digests = ImageDigests { agent: agent.digest().into(), tools: tools.digest().into() };
        let location = Location { account: ACCOUNT.into(), region: "us-east-1".into() };
        let desired = desired(&settings, &location, &digests).unwrap();
        let origin = Origin { settings: &settings, only: None, deployer: "0.1.0" };
        let saved = SavedPlan::new(&origin, &plan(&desired, &Observed::nothing(ACCOUNT)), &desired);
        let images = BTreeMap::from([(names.agent_repository(), agent), (names.tools_repository(), tools)]);
        Self { place: tempfile::tempdir().unwrap(), saved, images }
    }

    fn folder(&self) -> PathBuf {
        self.place.path().join("below/plan")
    }

    fn save(&self) -> Result<(), Failure> {
        save(&self.folder(), &self.saved, &self.images)
    }

    fn load_code(&self) -> &'static str {
        PlanFolder::load(&self.folder()).err().map_or("", |failure| failure.code)
    }
}

#[test]
fn loaded_plan_is_the_saved_one_with_its_images() {
    let fixture = Fixture::new();
    fixture.save().unwrap();
    let loaded = PlanFolder::load(&fixture.folder()).unwrap();
    assert_eq!(loaded.saved, fixture.saved);
    let digests = |images: &BTreeMap<String, Image>| -> Vec<String> {
        images.values().map(|image| image.digest().to_string()).collect()
    };
    assert_eq!(digests(&loaded.images), digests(&fixture.images));
}

#[test]
fn saving_again_replaces_the_plan_and_leaves_nothing_beside_it() {
    let mut fixture = Fixture::new();
    fixture.save().unwrap();
    fixture.saved.deployer = "0.2.0".into();
    fixture.save().unwrap();
    assert_eq!(PlanFolder::load(&fixture.folder()).unwrap().saved.deployer, "0.2.0");
    assert_eq!(fs::read_dir(fixture.folder().parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn folder_with_something_else_is_left_alone() {
    let fixture = Fixture::new();
    fs::create_dir_all(fixture.folder()).unwrap();
    fs::write(fixture.folder().join("notes.txt"), "mine").unwrap();
    assert_eq!(fixture.save().unwrap_err().code, "plan/folder-taken");
    fs::write(fixture.folder().join(SavedPlan::FILE), "{}").unwrap();
    assert_eq!(fixture.save().unwrap_err().code, "plan/folder-taken");
    assert_eq!(fs::read_to_string(fixture.folder().join("notes.txt")).unwrap(), "mine");
}

#[test]
fn empty_folder_is_used() {
    let fixture = Fixture::new();
    fs::create_dir_all(fixture.folder()).unwrap();
    fixture.save().unwrap();
    assert_eq!(fixture.load_code(), "");
}

#[test]
fn changed_image_file_is_refused() {
    let fixture = Fixture::new();
    fixture.save().unwrap();
    let (repository, image) = fixture.images.iter().next().unwrap();
    let layer = image.blobs().last().unwrap();
    let name = layer.digest.strip_prefix("sha256:").unwrap();
    let path = fixture.folder().join("images").join(repository).join("blobs/sha256").join(name);
    fs::write(path, vec![0; usize::try_from(layer.size).unwrap()]).unwrap();
    assert_eq!(fixture.load_code(), "image/damaged");
}

#[test]
fn another_image_than_the_planned_one_is_refused() {
    let fixture = Fixture::new();
    fixture.save().unwrap();
    let folder = fixture.folder().join("images").join(fixture.images.keys().next().unwrap());
    fs::remove_dir_all(&folder).unwrap();
    image(b"another").save(&folder).unwrap();
    assert_eq!(fixture.load_code(), "plan/other-image");
}

#[test]
fn missing_and_corrupt_plans_are_refused() {
    let fixture = Fixture::new();
    assert_eq!(fixture.load_code(), "plan/not-a-plan");
    fixture.save().unwrap();
    fs::write(fixture.folder().join(SavedPlan::FILE), "{\"version\": 1").unwrap();
    assert_eq!(fixture.load_code(), "plan/not-a-plan");
}

#[test]
fn repository_that_leads_outside_is_refused() {
    let mut fixture = Fixture::new();
    for step in &mut fixture.saved.plan.steps {
        if let Some(Operation::PushImage { repository, .. }) = &mut step.operation {
            *repository = "../../elsewhere".into();
        }
    }
    fs::create_dir_all(fixture.folder()).unwrap();
    fs::write(fixture.folder().join(SavedPlan::FILE), fixture.saved.to_json()).unwrap();
    assert_eq!(fixture.load_code(), "plan/not-a-plan");
}
