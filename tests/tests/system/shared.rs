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

/// Stops the platform of a place in a static.
pub fn stop_at_exit(place: &Place) {
    place.stop_at_exit();
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
