//! What independent tools think of our images, where they are installed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use deployer_core::progress::Silent;
use deployer_image::{Image, ImageSource, Patience, Registry, Secret, ca_bundle_pem, push};
use test_requirements::have_program;

fn image() -> Image {
    let ca_bundle_pem = ca_bundle_pem();
    Image::build(&ImageSource { binary: b"program", architecture: "amd64", ca_bundle_pem: &ca_bundle_pem }).unwrap()
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn skopeo_reads_the_layout() {
    if !have_program("skopeo", module_path!()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("image");
    image().save(&directory).unwrap();
    let inspected = output("skopeo", &["inspect", &format!("oci:{}", directory.display())]);
    let inspected: serde_json::Value = serde_json::from_str(&inspected).unwrap();
    assert_eq!(inspected["Digest"], image().digest());
    assert_eq!(inspected["Architecture"], "amd64");
    assert_eq!(inspected["Layers"].as_array().unwrap().len(), 2);
}

#[test]
fn umoci_unpacks_the_layout() {
    if !have_program("umoci", module_path!()) || !have_program("skopeo", module_path!()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (directory, named, bundle) =
        (folder.path().join("image"), folder.path().join("named"), folder.path().join("bundle"));
    image().save(&directory).unwrap();
    // umoci wants a tag, which ours has no use for.
    output("skopeo", &["copy", &format!("oci:{}", directory.display()), &format!("oci:{}:latest", named.display())]);
    let source = format!("{}:latest", named.display());
    output("umoci", &["unpack", "--rootless", "--image", &source, bundle.to_str().unwrap()]);
    let root = bundle.join("rootfs");
    assert_eq!(std::fs::read(root.join("var/task/bootstrap")).unwrap(), b"program");
    assert_eq!(std::fs::read_to_string(root.join("etc/ssl/certs/ca-certificates.crt")).unwrap(), ca_bundle_pem());
}

/// Debian's registry, stopped when dropped.
struct DebianRegistry {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl DebianRegistry {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let child = Command::new("docker-registry")
            .args(["serve", configuration(folder.path(), &address).to_str().unwrap()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut registry = Self { child, address, _folder: folder };
        registry.wait();
        registry
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(&self.address).is_err() {
            assert!(self.child.try_wait().unwrap().is_none(), "docker-registry has ended");
            assert!(Instant::now() < deadline, "docker-registry does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for DebianRegistry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(folder: &Path, address: &str) -> PathBuf {
    let path = folder.join("registry.yml");
    let storage = folder.join("storage");
    let text = format!(
        "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: {address}\n",
        storage.display()
    );
    std::fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
async fn debian_registry_takes_the_push() {
    if !have_program("docker-registry", module_path!()) {
        return;
    }
    let server = DebianRegistry::start();
    let registry = Registry {
        host: server.address.clone(),
        connect_to: Some(format!("http://{}", server.address)),
        username: "AWS".into(),
        password: Secret::new("unused"),
        patience: Patience::default(),
    };
    let image = image();
    let first = push(&image, &registry, "team/agent", &Silent, "key").await.unwrap();
    let second = push(&image, &registry, "team/agent", &Silent, "key").await.unwrap();
    assert_eq!((first.uploaded_blobs, second.uploaded_blobs), (3, 0));
    if have_program("skopeo", module_path!()) {
        let reference = format!("docker://{}/team/agent@{}", server.address, image.digest());
        let inspected = output("skopeo", &["inspect", "--no-tags", "--tls-verify=false", &reference]);
        assert!(inspected.contains(image.digest()));
    }
}
