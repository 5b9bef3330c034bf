//! The policies allow every call that is allowed and no change, within IAM's limits.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::statements::Reach;
use super::*;
use crate::desired::Location;
use crate::plan::StepId;
use crate::resource::Resource;
use crate::samples;
use crate::settings::{Settings, Sources, load};

/// Granted actions whose access level is neither List nor Read, and why they stand.
const NO_PLAIN_READS: [(&str, &str); 0] = [];

fn reference() -> BTreeMap<String, Value> {
    let file: Value = serde_json::from_str(include_str!("../../../../configs/aws-iam-actions.json")).unwrap();
    file["actions"].as_object().unwrap().clone().into_iter().collect()
}

fn everything() -> Vec<String> {
    tiers().of_tier(Tier::Data).map(str::to_string).collect()
}

fn policies(data_operations: &[String]) -> Vec<ReadPolicy> {
    super::policies::policies(data_operations, Reach::Own)
}

fn statements(data_operations: &[String]) -> Vec<ReadStatement> {
    policies(data_operations).into_iter().flat_map(|policy| policy.statements).collect()
}

fn allowed(data_operations: &[String]) -> BTreeSet<String> {
    let statements = statements(data_operations).into_iter().filter(|statement| statement.effect == "Allow");
    statements.flat_map(|statement| statement.actions).collect()
}

fn settings_of(environment: &str) -> Settings {
    let files = ["base", "dev", "local", "prod", "staging"].map(|name| {
        let path = format!("environments/{name}.toml");
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(&path);
        (path, std::fs::read_to_string(file).unwrap())
    });
    let sources = Sources { environment: environment.into(), files: files.into(), variables: BTreeMap::new() };
    load(&sources).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn every_tier_file_is_compiled_in() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/aws-operations");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let there: BTreeSet<String> = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let all = [Tier::Meta, Tier::MetaCurate, Tier::Data, Tier::Write, Tier::Never];
    let operations = all.into_iter().flat_map(|tier| tiers().of_tier(tier));
    let compiled_in: BTreeSet<String> =
        operations.map(|operation| operation.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(compiled_in, there);
}

#[test]
fn every_operation_of_every_service_has_a_tier() {
    let all = [Tier::Meta, Tier::MetaCurate, Tier::Data, Tier::Write, Tier::Never];
    let counted: usize = all.into_iter().map(|tier| tiers().of_tier(tier).count()).sum();
    assert_eq!(counted, 3_289);
    assert_eq!(tiers().tier("ec2:DescribeInstances"), Some(Tier::Meta));
    assert_eq!(tiers().tier("s3:DeleteBucket"), Some(Tier::Write));
    assert_eq!(tiers().tier("ec2:DescribeInstance"), None);
}

#[test]
fn every_allowed_call_finds_all_its_actions_allowed() {
    for data_operations in [vec![], everything()] {
        let allowed = allowed(&data_operations);
        for operation in tiers().allowed(&data_operations) {
            let actions = tiers().actions_of(operation);
            assert!(!actions.is_empty(), "{operation} needs no action");
            for action in actions {
                assert!(allowed.contains(action), "{operation} needs {action}, which no policy allows");
            }
        }
    }
}

#[test]
fn every_granted_action_is_known_and_reads() {
    let reference = reference();
    for action in allowed(&everything()) {
        let known = reference.get(&action).unwrap_or_else(|| panic!("{action} is not in configs/aws-iam-actions.json"));
        let reads = known["access"] == "List" || known["access"] == "Read";
        let listed = NO_PLAIN_READS.iter().any(|(name, _)| *name == action);
        assert_eq!(reads, !listed, "{action} is {}", known["access"]);
        assert!(!action.contains('*'), "{action}");
    }
}

/// An action that an allowed operation shares with a refused one opens no more
/// than the allowed one does: the place of the refused one is denied.
#[test]
fn no_refused_operation_is_granted_but_by_an_action_that_an_allowed_one_needs() {
    let needed: BTreeSet<&str> = tiers().actions(&[]);
    let granted = allowed(&[]);
    let more: Vec<&String> = granted.iter().filter(|action| !needed.contains(action.as_str())).collect();
    assert!(more.is_empty(), "{more:?} are granted and no allowed operation needs them");
    for tier in [Tier::Write, Tier::Never] {
        for operation in tiers().of_tier(tier) {
            assert!(tiers().actions_of(operation).is_empty(), "{operation} is refused and has actions");
            let (service, name) = operation.split_once(':').unwrap();
            let own = format!("{service}:{name}");
            assert!(!needed.contains(own.as_str()), "{own} is granted and {operation} is refused");
        }
    }
    let refused = [
        "s3:GetObject",
        "dynamodb:Scan",
        "dynamodb:GetItem",
        "sqs:ReceiveMessage",
        "iam:CreateUser",
        "ec2:GetPasswordData",
        "sts:GetFederationToken",
        "logs:FilterLogEvents",
        "lambda:InvokeFunction",
    ];
    for action in refused {
        assert!(!needed.contains(action), "{action} is granted without being asked for");
    }
}

#[test]
fn an_operation_of_the_data_tier_is_granted_where_it_is_listed() {
    let more = allowed(&["logs:FilterLogEvents".to_string()]);
    let new: Vec<String> = more.difference(&allowed(&[])).cloned().collect();
    assert_eq!(new, ["logs:FilterLogEvents"]);
}

#[test]
fn a_star_stands_only_where_the_reference_has_no_arn_or_the_call_names_none() {
    let reference = reference();
    for statement in statements(&everything()).into_iter().filter(|statement| statement.effect == "Allow") {
        assert!(!statement.resources.is_empty(), "{statement:?}");
        let open = statement.resources == ["*"];
        assert_eq!(open, statement.sid.ends_with("WithoutArn"), "{}", statement.sid);
        for action in &statement.actions {
            let known = reference[action]["resources"].as_array().unwrap();
            let asked_without = actions::ASKED_WITHOUT_RESOURCE.contains(&action.as_str());
            assert_eq!(open, known.is_empty() || asked_without, "{action}");
        }
    }
}

#[test]
fn the_local_platforms_policies_allow_the_same_actions_on_everything() {
    let local = policies_of(&settings_of("local")).into_iter().flat_map(|policy| policy.statements);
    let local: Vec<ReadStatement> = local.filter(|statement| statement.effect == "Allow").collect();
    assert!(local.iter().all(|statement| statement.resources == ["*"]));
    let actions: BTreeSet<String> = local.into_iter().flat_map(|statement| statement.actions).collect();
    assert_eq!(actions, allowed(&[]));
}

#[test]
fn what_may_name_no_resource_is_granted_and_has_resources() {
    let (granted, reference) = (allowed(&everything()), reference());
    for action in actions::ASKED_WITHOUT_RESOURCE {
        assert!(granted.contains(action), "{action} is not granted");
        assert!(reference[action]["resources"].as_array().is_some_and(|found| !found.is_empty()), "{action}");
    }
}

#[test]
fn every_resource_is_of_the_own_account_or_of_none() {
    for statement in statements(&everything()) {
        for arn in statement.resources.iter().filter(|arn| *arn != "*") {
            assert!(arn.starts_with("arn:${AWS::Partition}:"), "{arn}");
            let account = arn.replace("${AWS::Partition}", "aws").replace("${AWS::AccountId}", "own");
            let account = account.split(':').nth(4).unwrap_or_default().to_string();
            assert!(["own", "", "aws"].contains(&account.as_str()), "{arn}");
        }
    }
}

#[test]
fn api_keys_are_not_opened() {
    let open: Vec<String> = statements(&everything())
        .into_iter()
        .filter(|statement| statement.effect == "Allow" && statement.sid.starts_with("Apigateway"))
        .flat_map(|statement| statement.resources)
        .collect();
    assert!(open.iter().any(|arn| arn.ends_with("/restapis*")), "{open:?}");
    assert!(open.iter().all(|arn| !arn.contains("/apikeys")), "{open:?}");
}

#[test]
fn a_change_of_one_service_touches_one_policy() {
    let (before, after) = (policies(&[]), policies(&["sns:ListPhoneNumbersOptedOut".to_string()]));
    assert_eq!(before.len(), after.len());
    let changed = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    assert_eq!(changed, 1);
}

/// Names of the longest partition and of an account take their place.
fn sizes(settings: &Settings) -> Vec<usize> {
    let location = Location { account: "111122223333".into(), region: "us-gov-east-1".into() };
    let digests = crate::desired::ImageDigests { agent: "sha256:aa".into(), tools: "sha256:bb".into() };
    let desired = crate::desired::desired(settings, &location, &digests).unwrap();
    assert!(desired.read_access.template.len() <= 51_200, "{} bytes", desired.read_access.template.len());
    assert!(desired.application.template.len() <= 51_200);
    let Some(Resource::ManagedPolicies(made)) = desired.resources.get(&StepId::ReadPolicies) else { panic!() };
    let sizes: Vec<usize> = made.policies.values().map(|policy| length(&policy.document)).collect();
    println!("{}: policies {sizes:?}, template {} bytes", settings.environment, desired.read_access.template.len());
    sizes
}

#[test]
fn the_policies_of_every_environment_are_within_the_limits() {
    let mut all = vec![samples::settings()];
    all.extend(["base", "dev", "prod", "staging", "local"].map(settings_of));
    for settings in &mut all {
        settings.issuer.discovery_url.get_or_insert("https://issuer.example.com/".into());
        for data_operations in [settings.tool_settings.data_operations.clone(), everything()] {
            settings.tool_settings.data_operations = data_operations;
            let sizes = sizes(settings);
            assert!(sizes.len() <= MOST_POLICIES);
            assert!(sizes.iter().all(|size| *size <= POLICY_LIMIT), "{sizes:?}");
        }
    }
}
