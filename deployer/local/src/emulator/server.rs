//! How MiniStack is started: on the loopback interface alone, with signatures
//! and policies checked, keeping its state, and starting nothing else.

use std::ffi::OsString;
use std::path::Path;

use deployer_core::Failure;

use super::installation::Installation;
use crate::folders::Folders;
use crate::logs::LocalProcess;
use crate::private_file::create_folder;
use crate::process::Launch;

/// The script of the package's entry point. `python -m ministack.app` would
/// load that module twice, with two sets of resources.
const ENTRY_POINT: &str = "from ministack.app import main; main()";

/// All that is passed on: other variables could carry the user's AWS profile
/// or a setting of the emulator.
const INHERITED: [&str; 4] = ["HOME", "LANG", "LD_LIBRARY_PATH", "PATH"];

/// Fails when its folders cannot be created.
pub(crate) fn launch(installation: &Installation, folders: &Folders, port: u16) -> Result<Launch, Failure> {
    let state = folders.emulator_state();
    let own = ["resources", "objects", "temporary"];
    own.iter().try_for_each(|name| create_folder(&state.join(name)))?;
    let inherited = INHERITED.into_iter().filter_map(|name| Some((name.into(), std::env::var_os(name)?)));
    Ok(Launch {
        program: installation.interpreter().to_path_buf(),
        arguments: vec!["-c".into(), ENTRY_POINT.into()],
        environment: inherited.chain(installation.variables()).chain(settings(&state, port)).collect(),
        directory: state,
        log: folders.log(LocalProcess::Emulator),
    })
}

fn settings(state: &Path, port: u16) -> Vec<(OsString, OsString)> {
    let plain = [
        ("BIND_HOST", "127.0.0.1"),
        ("AUTH", "true"),
        ("LOG_LEVEL", "WARNING"),
        ("PERSIST_STATE", "1"),
        ("S3_PERSIST", "1"),
        // No container is ever started: there is no daemon at this address.
        ("DOCKER_HOST", "unix:///nonexistent/docker.sock"),
        // Two more servers on fixed ports.
        ("SFTP_ENABLED", "0"),
        ("IOT_MTLS_ENABLED", "0"),
    ];
    let folder = |name: &str| state.join(name).into_os_string();
    let mut settings: Vec<(OsString, OsString)> =
        plain.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    settings.extend([
        ("GATEWAY_PORT".into(), port.to_string().into()),
        ("STATE_DIR".into(), folder("resources")),
        ("S3_DATA_DIR".into(), folder("objects")),
        ("TMPDIR".into(), folder("temporary")),
    ]);
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emulator_sees_no_variable_of_the_user_but_the_harmless_ones() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::new(folder.path().join("state"), folder.path().join("cache"));
        let launch = launch(&Installation::environment("/usr/bin/python3"), &folders, 4567).unwrap();
        let names: Vec<_> = launch.environment.iter().map(|(name, _)| name.to_string_lossy()).collect();
        assert!(!names.iter().any(|name| name.starts_with("AWS_") || name.starts_with("CARGO")), "{names:?}");
        let value = |wanted: &str| launch.environment.iter().find(|(name, _)| name == wanted).unwrap().1.clone();
        assert_eq!(value("BIND_HOST"), "127.0.0.1");
        assert_eq!(value("GATEWAY_PORT"), "4567");
        assert!(Path::new(&value("TMPDIR")).is_dir());
    }
}
