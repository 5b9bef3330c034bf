//! Changes made behind the deployer's back: `drift` finds each, `up` repairs
//! it, and afterwards nothing is left to find. What others added to our
//! resources is found too, told to be theirs, and left alone.

mod attributes;
mod existence;
mod gateway;
mod tamper;

use std::sync::PoisonError;

use serde_json::Value;
use system_tests::{AwsClient, Place};

use crate::shared::ONE_DEPLOYMENT;
use tamper::Tampering;

#[test]
fn what_others_changed_is_found_and_repaired() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new();
    place.deploy(&["up", "--env", "local", "--yes", "--no-smoke"]).succeeded();
    let aws = place.aws();
    assert_eq!(findings(&place), Vec::<Value>::new(), "before anybody tampered");
    let rounds: [fn(&AwsClient) -> Vec<Tampering>; 3] = [attributes::tamper, gateway::tamper, existence::tamper];
    for tamper in rounds {
        a_round(&place, &aws, tamper);
    }
    place.deploy(&["up", "--env", "local", "--yes", "--smoke"]).succeeded();
}

/// Tampers, looks, repairs and looks again; then others take back what is theirs.
fn a_round(place: &Place, aws: &AwsClient, tamper: fn(&AwsClient) -> Vec<Tampering>) {
    let tampered = tamper(aws);
    let found = findings(place);
    let missed: Vec<_> = tampered.iter().filter(|tampering| !found.iter().any(|one| tampering.is(one))).collect();
    assert!(missed.is_empty(), "not found: {missed:#?}\nfound: {found:#?}");
    place.deploy(&["up", "--env", "local", "--yes", "--approve-iam", "--no-smoke"]).succeeded();
    let left = findings(place);
    let ours: Vec<_> = left.iter().filter(|finding| finding["repair"] == "ours").collect();
    assert!(ours.is_empty(), "not repaired: {ours:#?}");
    for foreign in tampered.iter().filter(|tampering| tampering.is_foreign()) {
        assert!(left.iter().any(|finding| foreign.is(finding)), "{foreign:#?} is not told any more: {left:#?}");
        foreign.take_back(aws);
    }
    assert_eq!(findings(place), Vec::<Value>::new(), "after the repair");
}

/// What `drift` finds; its exit code says whether there is anything.
fn findings(place: &Place) -> Vec<Value> {
    let drift = place.deploy(&["drift", "--env", "local", "--json"]);
    let document = drift.json();
    let found = document["findings"].as_array().expect("findings").clone();
    let expected = if found.is_empty() { 0 } else { 3 };
    assert_eq!(drift.code, Some(expected), "{}\n{document:#}", drift.stderr);
    // A function whose image was exchanged cannot be asked for its tools.
    assert!(!found.is_empty() || document["unchecked"] == serde_json::json!([]), "{document:#}");
    found
}
