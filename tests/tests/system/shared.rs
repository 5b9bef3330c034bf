//! One deployed system for all tests that only use it.

use std::sync::{Mutex, OnceLock};

use system_tests::Place;

static DEPLOYED: OnceLock<Place> = OnceLock::new();

/// A place where `up` has succeeded. Made once; stopped when the tests end.
pub fn deployed() -> &'static Place {
    DEPLOYED.get_or_init(|| {
        let place = Place::new();
        place.deploy(&["up", "--env", "local", "--yes"]).succeeded();
        stop_at_exit(&place);
        place
    })
}

/// Statics are never dropped, so the platform is stopped by a watcher: a shell
/// that waits until this process is gone.
#[expect(clippy::zombie_processes, reason = "the watcher outlives this process on purpose")]
fn stop_at_exit(place: &Place) {
    let stop = place.deployer(&["sandbox", "stop"]);
    let mut watcher = std::process::Command::new("sh");
    watcher.args(["-c", "while kill -0 \"$0\" 2>/dev/null; do sleep 1; done; \"$@\"; rm -rf \"$PLACE\""]);
    watcher.arg(std::process::id().to_string()).arg(stop.get_program()).args(stop.get_args());
    watcher.envs(stop.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PLACE", place.path());
    let quiet = std::process::Stdio::null;
    watcher.stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn().expect("a shell can be started");
}

/// Whole deployments take turns: two cores build and run one at a time well.
pub static ONE_DEPLOYMENT: Mutex<()> = Mutex::new(());
