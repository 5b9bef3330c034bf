//! Two deployers: the lease names its holder, holds, ends and can be broken.

use std::sync::PoisonError;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use system_tests::fault_proxy::{Fault, FaultPoint, FaultProxy};
use system_tests::{AwsClient, Place};

use crate::shared::ONE_DEPLOYMENT;

const TABLE: &str = "aws-operations-agent-deployments-local";
const STACK: &str = "aws-operations-agent-local";
const UP: [&str; 5] = ["up", "--env", "local", "--yes", "--no-smoke"];

/// Long enough for the first deployer to hang while the second one looks.
const PATIENT: &str = "[deadlines]\ncall_seconds = 8\nattempts = 1\nlease_seconds = 4\n";

fn lease(aws: &AwsClient) -> Value {
    let key = json!({"pk": {"S": "lease"}, "sk": {"S": "lease"}});
    aws.call("dynamodb", "get_item", json!({"TableName": TABLE, "Key": key, "ConsistentRead": true}))["Item"].clone()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis().try_into().expect("a date")
}

fn is_held(lease: &Value) -> bool {
    lease["expires_at"]["N"].as_str().and_then(|number| number.parse::<u64>().ok()).is_some_and(|end| end > now())
}

/// The lease of a deployer on another machine, which ends after so long.
fn leave_a_lease(aws: &AwsClient, life: Duration) {
    let mut item = lease(aws);
    let fence = item["fence"]["N"].as_str().and_then(|number| number.parse::<u64>().ok()).expect("a fence");
    let end = now() + u64::try_from(life.as_millis()).expect("a short life");
    let text = |text: &str| json!({"S": text});
    let number = |number: u64| json!({"N": number.to_string()});
    for (name, value) in [
        ("holder", text("ann@faraway pid 7")),
        ("host", text("faraway")),
        ("machine", text("another-boot/pid:[7]")),
        ("pid", number(7)),
        ("process_start", number(7)),
        ("token", text("anns-token")),
        ("fence", number(fence + 1)),
        ("expires_at", number(end)),
    ] {
        item[name] = value;
    }
    aws.call("dynamodb", "put_item", json!({"TableName": TABLE, "Item": item}));
}

#[test]
fn the_second_deployer_is_told_who_the_first_is() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::with_local(PATIENT);
    let proxy = FaultProxy::start(&place.start_platform());
    place.deploy(&UP).succeeded();
    let aws = place.aws();
    place.change_local(&format!("{PATIENT}[agent]\nmemory_mb = 640\n"));
    let hang = (FaultPoint::first_write("ExecuteChangeSet", STACK), Fault::Hang);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| proxy.run(&mut place.deployer(&UP), [hang.clone()]));
        let deadline = Instant::now() + Duration::from_secs(20);
        while !is_held(&lease(&aws)) {
            assert!(Instant::now() < deadline && !first.is_finished(), "the first deployer takes no lease");
        }
        let holder = lease(&aws)["holder"]["S"].as_str().expect("a holder").to_string();
        let second = place.deploy(&UP);
        assert!(second.stderr.contains(&holder), "{holder} is not named:\n{}", second.stderr);
        if second.code != Some(0) {
            second.failed_with(1, "run/locked");
        }
        let first = first.join().expect("the first deployer ends");
        assert_ne!(first.code, Some(0), "{first:?}");
    });
    place.deploy(&UP).succeeded();
    let plan = place.deploy(&["plan", "--env", "local", "--json"]).succeeded().json();
    assert_eq!(plan["changes"], false, "{plan:#}");
}

#[test]
fn a_holder_that_died_elsewhere_is_replaced_when_its_lease_ends() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::with_local(PATIENT);
    place.deploy(&UP).succeeded();
    let aws = place.aws();
    place.change_local(&format!("{PATIENT}[agent]\nmemory_mb = 640\n"));
    let life = Duration::from_secs(6);
    let begun = Instant::now();
    leave_a_lease(&aws, life);
    let deadline = begun + Duration::from_secs(40);
    loop {
        let up = place.deploy(&UP);
        if up.code == Some(0) {
            break;
        }
        let refused = up.failed_with(1, "run/locked");
        assert!(refused.stderr.contains("ann@faraway pid 7"), "{}", refused.stderr);
        assert!(Instant::now() < deadline, "the lease never ends");
    }
    assert!(begun.elapsed() >= life, "the lease was broken before its end");
}

#[test]
fn unlock_breaks_a_lease_and_says_whose() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::with_local("");
    place.deploy(&UP).succeeded();
    let aws = place.aws();
    leave_a_lease(&aws, Duration::from_secs(3600));
    place.change_local("[agent]\nmemory_mb = 640\n");
    place.deploy(&UP).failed_with(1, "ann@faraway pid 7");
    let unlocked = place.deploy(&["unlock", "--env", "local", "--yes"]).succeeded();
    assert!(unlocked.stdout.contains("ann@faraway pid 7"), "{unlocked:?}");
    place.deploy(&["unlock", "--env", "local", "--yes"]).succeeded();
    place.deploy(&UP).succeeded();
    history_tells_it(&place);
}

fn history_tells_it(place: &Place) {
    let history = place.deploy(&["history", "--env", "local", "--json"]).succeeded().json();
    let runs = history["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 2, "{history:#}");
    for run in runs {
        assert_eq!((&run["kind"], &run["state"]), (&json!("up"), &json!("done")), "{history:#}");
    }
    let started = |index: usize| runs[index]["started"].as_str().expect("a time");
    assert!(started(0) > started(1), "newest first: {history:#}");
    let id = runs[1]["run_id"].as_str().expect("an id");
    let steps = place.deploy(&["history", "--env", "local", "--run", id, "--json"]).succeeded().json();
    assert!(steps["steps"].as_array().is_some_and(|steps| steps.len() >= 9), "{steps:#}");
}
