//! One deployed system for all tests that only use it, and ways to stop a deployment.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
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
    let mut watcher = Command::new("sh");
    watcher.args(["-c", "while kill -0 \"$0\" 2>/dev/null; do sleep 1; done; \"$@\"; rm -rf \"$PLACE\""]);
    watcher.arg(std::process::id().to_string()).arg(stop.get_program()).args(stop.get_args());
    watcher.envs(stop.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PLACE", place.path());
    let quiet = Stdio::null;
    watcher.stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn().expect("a shell can be started");
}

/// Whole deployments take turns: two cores build and run one at a time well.
pub static ONE_DEPLOYMENT: Mutex<()> = Mutex::new(());

/// Runs the command, sends it a signal when a line of its progress holds `mark`,
/// and gives its exit code: None for one that was killed.
pub fn stopped_at(command: &mut Command, mark: &str, signal: Signal) -> Option<i32> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("deployer starts");
    let lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    let mut seen = Vec::new();
    for line in lines.map_while(Result::ok) {
        let found = line.contains(mark);
        seen.push(line);
        if found {
            kill(Pid::from_raw(child.id() as i32), signal).expect("the child lives");
            break;
        }
    }
    assert!(seen.last().is_some_and(|line| line.contains(mark)), "`{mark}` was never said:\n{}", seen.join("\n"));
    child.wait().expect("the child ends").code()
}
