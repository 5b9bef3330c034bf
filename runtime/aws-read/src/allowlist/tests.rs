//! The gate is tried with every operation that there is, and the actions that
//! the operations need are held against what IAM knows of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::tiers::{SERVICES, of};
use super::*;
use crate::model;

/// Operations of the 27 services in botocore 1.44.5.
const OPERATIONS: usize = 3_289;

/// Actions that a looser operation shares with a stricter one, and why that opens nothing.
const SHARED: [(&str, &str); 2] = [
    ("apigateway:GET", "the role's policy denies the paths of what is refused: table [denied]"),
    ("s3:GetObject", "who opted in to contents gets no more from the refused operations"),
];

/// Every operation with its tier.
fn all() -> Vec<(&'static str, &'static str, Tier)> {
    let of_service = |service: &&'static str| {
        let tiers = of(service).unwrap();
        let allowed = tiers.allowed().iter().map(|operation| (operation.name(), operation.tier()));
        let service = *service;
        allowed.chain(tiers.refused()).map(move |(name, tier)| (service, name, tier)).collect::<Vec<_>>()
    };
    SERVICES.iter().flat_map(of_service).collect()
}

fn data_operations() -> Vec<String> {
    let data = all().into_iter().filter(|(.., tier)| *tier == Tier::Data);
    data.map(|(service, name, _)| format!("{service}:{name}")).collect()
}

#[test]
fn every_operation_has_one_tier() {
    let all = all();
    let names: BTreeSet<_> = all.iter().map(|(service, name, _)| (service, name)).collect();
    assert_eq!((all.len(), names.len()), (OPERATIONS, OPERATIONS));
}

#[test]
fn without_opt_in_exactly_the_open_tiers_pass() {
    let none = DataOptIn::default();
    for (service, name, tier) in all() {
        match find(service, name, &none) {
            Ok(found) => {
                assert!(tier.is_open() && found.tier() == tier, "{service}:{name}");
                assert_eq!((found.service(), found.name()), (service, name));
            }
            Err(error) => {
                assert!(!tier.is_open(), "{service}:{name}");
                assert_eq!(error.code(), "read/not-allowed");
                let ReadError::NotAllowed { tier: told, .. } = error else { panic!("{error}") };
                assert_eq!(told, Some(tier), "{service}:{name}");
            }
        }
    }
}

#[test]
fn an_opt_in_opens_one_operation_and_no_other() {
    for opted in data_operations() {
        let data = DataOptIn::parse(&[&opted]).unwrap();
        for (service, name, tier) in all() {
            let may_pass = tier.is_open() || opted == format!("{service}:{name}");
            assert_eq!(passing(service, name, &data).is_some(), may_pass, "{service}:{name} with {opted}");
        }
    }
}

#[test]
fn no_hostile_variant_of_a_name_passes() {
    let data = DataOptIn::parse(&data_operations()).unwrap();
    for (service, name, _) in all() {
        let swapped: String = name
            .chars()
            .map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
            .collect();
        let variants = [
            name.to_lowercase(),
            name.to_uppercase(),
            swapped,
            format!(" {name}"),
            format!("{name} "),
            format!("{name}\n"),
            format!("{name}\0"),
            format!("{name}\u{200b}"),
            format!("{service}:{name}"),
            format!("{name}?"),
            format!("{name}/../{name}"),
            format!("{name}*"),
            name.replace('e', "\u{435}") + "\u{435}",
            name[..name.len() - 1].to_owned() + "\u{fe0f}",
        ];
        for variant in variants.iter().filter(|variant| *variant != name) {
            assert!(passing(service, variant, &data).is_none(), "{service}:{variant:?}");
        }
        for service in [service.to_uppercase(), format!("{service} "), format!("{service}\n"), format!("aws-{service}")]
        {
            assert!(passing(&service, name, &data).is_none(), "{service}:{name}");
        }
    }
}

#[test]
fn a_name_passes_under_its_own_service_only() {
    let data = DataOptIn::parse(&data_operations()).unwrap();
    let open: BTreeSet<_> = all()
        .into_iter()
        .filter(|(.., tier)| tier.is_open() || *tier == Tier::Data)
        .map(|(service, name, _)| (service, name))
        .collect();
    for (_, name, _) in all() {
        for service in SERVICES {
            assert_eq!(passing(service, name, &data).is_some(), open.contains(&(*service, name)), "{service}:{name}");
        }
    }
}

#[test]
fn a_refusal_says_why_and_names_what_is_near() {
    let refused = |service: &str, operation: &str| find(service, operation, &DataOptIn::default()).unwrap_err();
    let nearest = |error: &ReadError| match error {
        ReadError::NotAllowed { nearest, .. } => nearest.clone(),
        other => panic!("{other}"),
    };
    assert_eq!(nearest(&refused("s3", "listbuckets"))[0], "ListBuckets");
    assert_eq!(nearest(&refused("lamda", "ListFunctions"))[0], "lambda");
    // What is not opted in is not suggested.
    assert!(!nearest(&refused("s3", "ListObjectsV3")).iter().any(|name| name.starts_with("ListObjects")));
    for (service, operation, tier) in
        [("logs", "StartQuery", "data"), ("s3", "DeleteBucket", "write"), ("lambda", "GetFunction", "never")]
    {
        assert!(refused(service, operation).to_string().contains(&format!("(tier {tier}")), "{service}:{operation}");
    }
}

#[test]
fn what_is_known_to_leak_is_refused() {
    let leaks = [
        ("lambda", "GetFunction"),
        ("lambda", "GetLayerVersion"),
        ("lambda", "GetLayerVersionByArn"),
        ("iam", "ListVirtualMFADevices"),
        ("ec2", "GetPasswordData"),
        ("ec2", "GetVpnConnectionDeviceSampleConfiguration"),
        ("ec2", "ExportClientVpnClientConfiguration"),
        ("elbv2", "GetTrustStoreCaCertificatesBundle"),
        ("cloudformation", "BatchDescribeTypeConfigurations"),
        ("sesv2", "GetExportJob"),
        ("s3control", "GetDataAccess"),
        ("sts", "GetSessionToken"),
        ("sts", "AssumeRole"),
        ("sqs", "ReceiveMessage"),
        ("apigateway", "GetExport"),
    ];
    let everything = DataOptIn::parse(&data_operations()).unwrap();
    for (service, operation) in leaks {
        assert!(find(service, operation, &everything).is_err(), "{service}:{operation}");
    }
}

#[test]
fn the_model_holds_the_operations_that_may_be_called_and_no_other() {
    for service in SERVICES {
        let modelled: BTreeSet<&str> = model::service(service).unwrap().operations.keys().copied().collect();
        let allowed: BTreeSet<&str> = operations(service).iter().map(AllowedOperation::name).collect();
        assert_eq!(modelled, allowed, "{service}");
    }
}

#[test]
fn rules_name_parameters_of_the_model() {
    for operation in SERVICES.iter().flat_map(|service| operations(service)) {
        let service = model::service(operation.service()).unwrap();
        let input = service.input(&service.operations[operation.name()]);
        for parameter in operation.rules.parameters() {
            assert!(
                input.is_some_and(|input| input.members.get(parameter).is_some()),
                "{} {parameter}",
                operation.full_name()
            );
        }
    }
}

#[derive(Deserialize)]
struct Reference {
    actions: BTreeMap<String, Action>,
}

#[derive(Deserialize)]
struct Action {
    access: String,
    /// ARN patterns; none where the action has to be allowed on `*`.
    resources: Vec<String>,
}

fn reference() -> BTreeMap<String, Action> {
    let file: Reference = serde_json::from_str(include_str!("../../../../configs/aws-iam-actions.json")).unwrap();
    file.actions
}

#[test]
fn every_action_is_known_to_iam_and_only_reads() {
    let reference = reference();
    let named: BTreeSet<&str> = iam_actions(&DataOptIn::parse(&data_operations()).unwrap()).into_iter().collect();
    assert_eq!(named, reference.keys().map(String::as_str).collect());
    for (name, action) in &reference {
        assert!(["List", "Read"].contains(&action.access.as_str()), "{name} is {}", action.access);
        assert!(!name.contains('*'), "{name}");
    }
    let all = SERVICES.iter().flat_map(|service| operations(service));
    assert!(all.into_iter().all(|operation| !operation.iam_actions().is_empty()));
}

/// Denials of these say `on resource: *`, or leave a part of the answer out, when an
/// ARN of the account is all that is allowed (configs/aws-iam-actions.py names the sources).
#[test]
fn calls_that_iam_judges_without_an_arn_are_not_narrowed_to_one() {
    let reference = reference();
    for action in [
        "cloudwatch:DescribeAlarms",
        "cloudwatch:DescribeAlarmHistory",
        "ecs:ListTasks",
        "ses:ListSuppressedDestinations",
        "ce:GetAnomalyMonitors",
    ] {
        assert!(reference[action].resources.is_empty(), "{action}");
    }
    assert!(!reference["ecs:DescribeTasks"].resources.is_empty());
}

#[test]
fn what_aws_owns_is_among_the_resources_of_the_reads_that_reach_it() {
    for (action, owned) in [
        ("iam:GetPolicyVersion", "arn:${Partition}:iam::aws:policy/*"),
        ("ec2:GetManagedPrefixListEntries", "arn:${Partition}:ec2:${Region}:aws:prefix-list/*"),
    ] {
        assert!(reference()[action].resources.iter().any(|pattern| pattern == owned), "{action}");
    }
}

#[test]
fn iam_actions_are_sorted_and_leave_out_what_is_not_opted_in() {
    let actions = iam_actions(&DataOptIn::default());
    assert!(actions.is_sorted() && actions.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(actions.contains(&"s3:ListAllMyBuckets"));
    for opened in ["s3:GetObject", "s3:ListBucket", "logs:StartQuery", "dynamodb:Scan"] {
        assert!(!actions.contains(&opened), "{opened}");
    }
    assert!(iam_actions(&DataOptIn::parse(&["s3:ListObjectsV2"]).unwrap()).contains(&"s3:ListBucket"));
}

/// The actions that an operation asks for, refused or not.
fn actions(service: &str, name: &str) -> Vec<String> {
    if let Some(operation) = operation(service, name) {
        return operation.iam_actions().to_vec();
    }
    let prefix = match service {
        "apigatewayv2" => "apigateway",
        "elb" | "elbv2" => "elasticloadbalancing",
        "s3control" => "s3",
        "sesv2" => "ses",
        own => own,
    };
    let named = of(service).and_then(|tiers| tiers.refused_actions.get(name).cloned());
    named.unwrap_or_else(|| vec![format!("{prefix}:{name}")])
}

/// How much a tier opens: metadata, data, more than that.
fn strictness(tier: Tier) -> u8 {
    match tier {
        Tier::Meta | Tier::MetaCurate => 0,
        Tier::Data => 1,
        Tier::Never | Tier::Write => 2,
    }
}

#[test]
fn an_operation_has_the_strictest_tier_that_its_actions_open() {
    let mut opened: BTreeMap<String, Vec<(u8, String)>> = BTreeMap::new();
    for (service, name, tier) in all() {
        for action in actions(service, name) {
            opened.entry(action).or_default().push((strictness(tier), format!("{service}:{name}")));
        }
    }
    let is_mixed = |operations: &[(u8, String)]| operations.iter().any(|(strict, _)| *strict != operations[0].0);
    let mixed: BTreeMap<_, _> = opened.iter().filter(|(_, operations)| is_mixed(operations)).collect();
    let excused: BTreeSet<&str> = SHARED.iter().map(|(action, _)| *action).collect();
    let found: BTreeSet<&str> = mixed.keys().map(|action| action.as_str()).collect();
    assert_eq!(found, excused, "{mixed:#?}");
}
