//! Compiling a small workspace with the real cargo.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use deployer_core::{Event, Reporter};
use deployer_image::{CompileRequest, compile};

#[derive(Default)]
struct Heard(Mutex<Vec<Event>>);

impl Reporter for Heard {
    fn report(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

fn workspace(program: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, content: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"greeter\"]\n");
    // CARGO_TARGET_DIR overrides the folder below: a version of its own keeps cargo
    // from taking another test's greeter for this one.
    let version = format!("0.{}.{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let manifest = format!("[package]\nname = \"greeter\"\nversion = \"{version}\"\nedition = \"2024\"\n");
    write("greeter/Cargo.toml", &manifest);
    write("greeter/src/main.rs", program);
    // A target directory of its own, wherever the outer build has its.
    let own = format!("[build]\ntarget-dir = \"{}\"\n", folder.path().join("target").display());
    write(".cargo/config.toml", &own);
    folder
}

fn request(workspace: &Path) -> CompileRequest {
    CompileRequest {
        workspace: workspace.to_path_buf(),
        packages: vec!["greeter".into()],
        target: None,
        profile: "dev".into(),
    }
}

#[tokio::test]
async fn executable_is_found_and_runs() {
    let workspace = workspace("fn main() { println!(\"good day\"); }\n");
    let heard = Heard::default();
    let executables = compile(&request(workspace.path()), &heard).await.unwrap();
    let output = std::process::Command::new(&executables["greeter"]).output().unwrap();
    assert_eq!(output.stdout, b"good day\n");
    let events = heard.0.lock().unwrap();
    let compiling = Event::Detail { key: "compile-greeter".into(), text: "compiling greeter (1)".into() };
    assert!(events.contains(&compiling), "{events:?}");
    assert!(matches!(events.last(), Some(Event::Finished { summary, .. }) if summary == "1 crate compiled"));
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[tokio::test]
async fn static_executable_is_built() {
    let workspace = workspace("fn main() { println!(\"static\"); }\n");
    let mut request = request(workspace.path());
    request.target = Some("x86_64-unknown-linux-musl".into());
    let executables = compile(&request, &Heard::default()).await.unwrap();
    let binary = std::fs::read(&executables["greeter"]).unwrap();
    assert!(!binary.windows(9).any(|part| part == b"ld-linux-"), "it names no dynamic loader");
    assert_eq!(std::process::Command::new(&executables["greeter"]).output().unwrap().stdout, b"static\n");
}

#[tokio::test]
async fn compiler_error_is_shown() {
    let workspace = workspace("fn main() { undefined_function(); }\n");
    let failure = compile(&request(workspace.path()), &Heard::default()).await.unwrap_err();
    assert_eq!(failure.code, "build/failed");
    assert!(failure.cause.contains("undefined_function"), "{failure}");
}

#[tokio::test]
async fn missing_target_has_a_hint() {
    let workspace = workspace("fn main() {}\n");
    let mut request = request(workspace.path());
    request.target = Some("riscv64gc-unknown-linux-musl".into());
    let failure = compile(&request, &Heard::default()).await.unwrap_err();
    assert_eq!(failure.code, "build/target-missing", "{failure}");
    assert!(failure.hint.unwrap().contains("rustup target add riscv64gc-unknown-linux-musl"));
}
