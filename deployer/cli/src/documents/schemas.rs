//! The documents' JSON Schemas are made from their types; a test keeps the
//! checked-in files equal to them.

use std::path::PathBuf;

use schemars::{JsonSchema, schema_for};

use super::{DoctorDocument, DriftDocument, PlanDocument, StatusDocument, UpDocument};

/// Compares configs/schemas/<name>.schema.json with its type, or writes it anew.
fn checked_in<T: JsonSchema>(name: &str) {
    let made = serde_json::to_string_pretty(&schema_for!(T)).expect("a schema is JSON") + "\n";
    let path = format!("configs/schemas/{name}.schema.json");
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(&path);
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(&file, &made).expect(&path);
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(found == made, "{path} is out of date: set UPDATE_REFERENCE=1 and run this test again");
}

#[test]
fn the_checked_in_schema_of_plan_is_its_type() {
    checked_in::<PlanDocument>("plan");
}

#[test]
fn the_checked_in_schema_of_up_is_its_type() {
    checked_in::<UpDocument>("up");
}

#[test]
fn the_checked_in_schema_of_status_is_its_type() {
    checked_in::<StatusDocument>("status");
}

#[test]
fn the_checked_in_schema_of_drift_is_its_type() {
    checked_in::<DriftDocument>("drift");
}

#[test]
fn the_checked_in_schema_of_doctor_is_its_type() {
    checked_in::<DoctorDocument>("doctor");
}
