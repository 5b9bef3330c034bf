//! Spares cargo when nothing changed: even a build without work takes it half a
//! second to find that out.
//!
//! A record holds a digest of everything that a build reads here: the content
//! of every file of the workspace, the request and the variables that cargo and
//! compilers listen to. It counts only while the executables are the ones that
//! were built: same path, size and time.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use deployer_core::{Failure, Reporter};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{CompileRequest, compile};

/// Folders of a checkout that no build reads.
const NOT_READ: [&str; 3] = ["target", "docs", "rendered"];

/// Prefixes of variables that change what a build makes.
const LISTENED_TO: [&str; 9] =
    ["AR", "CARGO_BUILD_", "CARGO_ENCODED_", "CARGO_PROFILE_", "CARGO_TARGET_", "CC", "CFLAGS", "RUSTC", "RUSTFLAGS"];

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    inputs: String,
    executables: BTreeMap<String, Executable>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Executable {
    path: PathBuf,
    bytes: u64,
    /// Since 1970.
    modified_nanoseconds: u128,
}

/// [`compile`], unless `memory` (a folder) knows that nothing changed since.
pub async fn compile_if_changed(
    request: &CompileRequest,
    memory: &Path,
    reporter: &dyn Reporter,
) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let file = memory.join(format!("{}.json", request_name(request)));
    // A workspace that cannot be read is cargo's to complain about.
    let inputs = inputs(request).ok();
    if let Some(inputs) = &inputs
        && let Some(executables) = recall(&file, inputs)
    {
        reporter.started(&request.key(), request.label());
        reporter.finished(&request.key(), "unchanged");
        return Ok(executables);
    }
    let executables = compile(request, reporter).await?;
    if let Some(inputs) = inputs {
        // A build that is not remembered is only slower.
        let _ = remember(&file, inputs, &executables);
    }
    Ok(executables)
}

/// One record per workspace, packages, target and profile.
fn request_name(request: &CompileRequest) -> String {
    let mut digest = Sha256::new();
    for part in [format!("{:?}", request.workspace), format!("{:?}", request.target), request.profile.clone()] {
        digest.update(part);
        digest.update([0]);
    }
    format!("{}-{}", request.packages.join("-"), &hex::encode(digest.finalize())[..16])
}

fn inputs(request: &CompileRequest) -> io::Result<String> {
    let mut digest = Sha256::new();
    for (name, value) in listened_to() {
        digest.update(format!("{name}={value}\n"));
    }
    let mut files = Vec::new();
    list(&request.workspace, true, &mut files)?;
    files.sort();
    for file in files {
        let content = fs::read(&file)?;
        digest.update(format!("{}\n{}\n", file.display(), content.len()));
        digest.update(content);
    }
    Ok(hex::encode(digest.finalize()))
}

fn listened_to() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
        .filter(|(name, _)| LISTENED_TO.iter().any(|prefix| name.starts_with(prefix)))
        .collect()
}

/// Files below a folder; hidden ones count at the top only where cargo reads them.
fn list(folder: &Path, top: bool, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let hidden = name.starts_with('.') && name != ".cargo";
        if hidden || (top && NOT_READ.contains(&&*name)) {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(&entry.path(), false, files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn recall(file: &Path, inputs: &str) -> Option<BTreeMap<String, PathBuf>> {
    let record: Record = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    let current = |executable: &Executable| measure(&executable.path).is_ok_and(|found| found == *executable);
    let valid = record.inputs == inputs && record.executables.values().all(current);
    valid.then(|| record.executables.into_iter().map(|(name, executable)| (name, executable.path)).collect())
}

fn remember(file: &Path, inputs: String, executables: &BTreeMap<String, PathBuf>) -> io::Result<()> {
    let measured = executables.iter().map(|(name, path)| Ok((name.clone(), measure(path)?)));
    let record = Record { inputs, executables: measured.collect::<io::Result<_>>()? };
    fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
    let draft = file.with_extension(format!("{}.new", std::process::id()));
    fs::write(&draft, serde_json::to_vec(&record)?)?;
    fs::rename(draft, file)
}

fn measure(path: &Path) -> io::Result<Executable> {
    let metadata = fs::metadata(path)?;
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Executable { path: path.to_path_buf(), bytes: metadata.len(), modified_nanoseconds: modified.as_nanos() })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Built {
        folder: tempfile::TempDir,
        file: PathBuf,
        request: CompileRequest,
    }

    /// A workspace with one source and one executable that is remembered.
    fn built() -> Built {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("workspace");
        fs::create_dir_all(workspace.join("src")).unwrap();
        fs::write(workspace.join("src/main.rs"), "fn main() {}").unwrap();
        let executable = folder.path().join("agent");
        fs::write(&executable, "binary").unwrap();
        let request = CompileRequest { workspace, packages: vec!["agent".into()], target: None, profile: "dev".into() };
        let file = folder.path().join("memory/record.json");
        let executables = BTreeMap::from([("agent".to_string(), executable)]);
        remember(&file, inputs(&request).unwrap(), &executables).unwrap();
        Built { folder, file, request }
    }

    fn recalled(built: &Built) -> bool {
        recall(&built.file, &inputs(&built.request).unwrap()).is_some()
    }

    #[test]
    fn an_unchanged_build_is_recalled() {
        let built = built();
        assert!(recalled(&built));
        fs::create_dir_all(built.request.workspace.join("docs")).unwrap();
        fs::write(built.request.workspace.join("docs/notes.md"), "words").unwrap();
        assert!(recalled(&built), "documents are not built");
    }

    #[test]
    fn a_changed_a_new_and_a_missing_source_are_built() {
        for change in [
            |workspace: &Path| fs::write(workspace.join("src/main.rs"), "fn main() { }"),
            |workspace: &Path| fs::write(workspace.join("src/lib.rs"), ""),
            |workspace: &Path| fs::remove_file(workspace.join("src/main.rs")),
        ] {
            let built = built();
            change(&built.request.workspace).unwrap();
            assert!(!recalled(&built));
        }
    }

    #[test]
    fn another_executable_in_its_place_is_built_again() {
        let built = built();
        fs::write(built.folder.path().join("agent"), "another").unwrap();
        assert!(!recalled(&built));
    }
}
