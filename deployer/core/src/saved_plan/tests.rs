use super::*;
use crate::observed::{Fact, Observed};
use crate::plan::{Action, StepId, plan};
use crate::samples;

fn saved(observed: &Observed) -> SavedPlan {
    let desired = samples::estate();
    let origin = Origin { settings: &samples::settings(), only: None, deployer: "0.1.0" };
    SavedPlan::new(&origin, &plan(&desired, observed), &desired)
}

fn deployed() -> Observed {
    let (desired, mut observed) = (samples::estate(), samples::nothing());
    StepId::ALL.into_iter().for_each(|id| samples::deploy(&mut observed, &desired, id));
    observed
}

#[test]
fn plan_survives_being_written_and_read() {
    for observed in [samples::nothing(), deployed()] {
        let saved = saved(&observed);
        assert_eq!(SavedPlan::from_json(&saved.to_json()).unwrap(), saved);
    }
}

#[test]
fn other_documents_are_refused() {
    let good = saved(&samples::nothing()).to_json();
    let other_version = good.replacen("\"version\": 1", "\"version\": 2", 1);
    let other_kind = good.replacen(KIND, "something", 1);
    let other_account = good.replacen("\"account\": \"111122223333\"", "\"account\": \"444455556666\"", 1);
    let cut = good[..good.len() / 2].to_string();
    for text in ["", "{}", "[]", &cut, &other_version, &other_kind, &other_account] {
        assert_eq!(SavedPlan::from_json(text).unwrap_err().code, "plan/not-a-plan");
    }
}

#[test]
fn settings_that_say_something_else_make_it_stale() {
    let saved = saved(&samples::nothing());
    assert!(saved.check_settings(&samples::settings()).is_ok());
    let mut changed = samples::settings();
    changed.agent.memory_mb += 1;
    assert_eq!(saved.check_settings(&changed).unwrap_err().code, "plan/stale");
    let mut other = samples::settings();
    other.environment = "other".into();
    assert_eq!(saved.check_settings(&other).unwrap_err().code, "plan/wrong-environment");
}

#[test]
fn way_to_the_platform_is_no_part_of_the_settings() {
    let mut local = samples::settings();
    local.platform = Platform::Local { port: 0 };
    local.issuer.discovery_url = None;
    let digest = settings_digest(&local);
    assert_eq!(settings_digest(&local.clone().on_local_platform("http://127.0.0.1:4000")), digest);
    assert_eq!(settings_digest(&local.clone().on_local_platform("http://127.0.0.1:5000")), digest);
    let mut other = local;
    other.logs.retention_days += 1;
    assert_ne!(settings_digest(&other), digest);
}

#[test]
fn other_accounts_and_regions_are_refused() {
    let (saved, settings) = (saved(&samples::nothing()), samples::settings());
    let mut location = samples::estate().location;
    assert!(saved.check_location(&settings, &location).is_ok());
    location.region = "eu-west-1".into();
    assert_eq!(saved.check_location(&settings, &location).unwrap_err().code, "plan/wrong-account");
}

#[test]
fn kept_resource_that_moved_is_named() {
    let (saved, settings) = (saved(&deployed()), samples::settings());
    let now = |observed: &Observed| plan(&samples::estate(), observed);
    assert!(saved.check_state(&settings, &now(&deployed())).is_ok());
    let mut moved = deployed();
    if let Fact::Present(gateway) = &mut moved.gateway {
        gateway.status_reasons.push("touched".into());
    }
    let now = now(&moved);
    let step = now.steps.iter().find(|step| step.id == StepId::Gateway).unwrap();
    assert_eq!(step.action, Action::Keep);
    let failure = saved.check_state(&settings, &now).unwrap_err();
    assert_eq!(failure.code, "plan/stale");
    assert!(failure.cause.contains(&step.resource), "{failure}");
}

#[test]
fn edited_operation_is_noticed() {
    let (mut saved, settings) = (saved(&samples::nothing()), samples::settings());
    let now = saved.plan.clone();
    let step = saved.plan.steps.iter_mut().find(|step| step.operation.is_some()).unwrap();
    step.operation = Some(Operation::DeleteRole { name: "admin".into() });
    assert_eq!(saved.check_state(&settings, &now).unwrap_err().code, "plan/stale");
}

#[test]
fn images_to_push_are_those_of_the_plan() {
    let images = saved(&samples::nothing()).pushed_images();
    let digests: Vec<_> = images.iter().map(|image| image.digest.as_str()).collect();
    assert_eq!(digests, ["sha256:aa", "sha256:bb"]);
    assert!(saved(&deployed()).pushed_images().is_empty());
}
