//! The tier of every operation, and the IAM actions of those that may be called.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

/// What an operation does, as far as it decides whether the tools may call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Reads metadata.
    Meta,
    /// Reads metadata of which some part is redacted.
    MetaCurate,
    /// Reads what is stored: only where an environment lists the operation.
    Data,
    /// Changes something.
    Write,
    /// Reads secrets, mints credentials or has side effects.
    Never,
}

impl Tier {
    /// True where no setting is needed.
    pub fn is_always_allowed(self) -> bool {
        matches!(self, Self::Meta | Self::MetaCurate)
    }
}

/// Every operation of the tools' services, as `<service>:<operation>`.
#[derive(Debug, Default)]
pub struct Tiers {
    operations: BTreeMap<String, Operation>,
    /// By action: places inside its resources where a refused operation needs the same action.
    denied: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Debug)]
struct Operation {
    tier: Tier,
    actions: Vec<String>,
}

/// One file of configs/aws-operations.
#[derive(Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[derive(Default)]
struct File {
    meta: BTreeMap<String, Vec<String>>,
    meta_curate: BTreeMap<String, Vec<String>>,
    data: BTreeMap<String, Vec<String>>,
    refused: Refused,
    denied: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Refused {
    never: Vec<String>,
    write: Vec<String>,
}

macro_rules! service_files {
    ($($service:literal),* $(,)?) => {
        [$(($service, include_str!(concat!("../../../../configs/aws-operations/", $service, ".toml")))),*]
    };
}

static TIERS: LazyLock<Tiers> = LazyLock::new(|| {
    let files = service_files![
        "apigateway",
        "apigatewayv2",
        "autoscaling",
        "bedrock",
        "budgets",
        "ce",
        "cloudformation",
        "cloudwatch",
        "dynamodb",
        "ec2",
        "ecs",
        "eks",
        "elb",
        "elbv2",
        "iam",
        "lambda",
        "logs",
        "rds",
        "route53",
        "s3",
        "s3control",
        "sagemaker",
        "ses",
        "sesv2",
        "sns",
        "sqs",
        "sts",
    ];
    let mut tiers = Tiers::default();
    for (service, text) in files {
        let file = toml::from_str(text).expect("configs/aws-operations is compiled in and read by a test");
        tiers.add(service, file);
    }
    tiers
});

/// The tiers that are compiled in.
pub fn tiers() -> &'static Tiers {
    &TIERS
}

impl Tiers {
    fn add(&mut self, service: &str, file: File) {
        let allowed = [(Tier::Meta, file.meta), (Tier::MetaCurate, file.meta_curate), (Tier::Data, file.data)];
        for (tier, operations) in allowed {
            let operations = operations.into_iter();
            self.operations
                .extend(operations.map(|(name, actions)| (format!("{service}:{name}"), Operation { tier, actions })));
        }
        let Refused { never, write } = file.refused;
        for (tier, operations) in [(Tier::Never, never), (Tier::Write, write)] {
            let refused = || Operation { tier, actions: vec![] };
            self.operations.extend(operations.into_iter().map(|name| (format!("{service}:{name}"), refused())));
        }
        for (action, places) in file.denied {
            self.denied.entry(action).or_default().extend(places);
        }
    }

    /// None for what is no operation of a service that the tools read.
    pub fn tier(&self, operation: &str) -> Option<Tier> {
        self.operations.get(operation).map(|operation| operation.tier)
    }

    /// The operations of a tier, sorted.
    pub fn of_tier(&self, tier: Tier) -> impl Iterator<Item = &str> {
        self.operations.iter().filter(move |(_, operation)| operation.tier == tier).map(|(name, _)| name.as_str())
    }

    /// The IAM actions that an operation needs; none for one that is refused.
    pub fn actions_of(&self, operation: &str) -> &[String] {
        self.operations.get(operation).map(|operation| operation.actions.as_slice()).unwrap_or_default()
    }

    /// What an environment may call that lists these operations of the data tier.
    pub fn allowed<'a>(&'a self, data_operations: &'a [String]) -> impl Iterator<Item = &'a str> {
        let is_listed = |name: &String| data_operations.contains(name);
        let may = move |(name, operation): &(&String, &Operation)| match operation.tier {
            Tier::Data => is_listed(name),
            tier => tier.is_always_allowed(),
        };
        self.operations.iter().filter(may).map(|(name, _)| name.as_str())
    }

    /// The IAM actions of all that, sorted, each once.
    pub fn actions<'a>(&'a self, data_operations: &'a [String]) -> BTreeSet<&'a str> {
        self.allowed(data_operations).flat_map(|operation| self.actions_of(operation)).map(String::as_str).collect()
    }

    /// Where an action has to be denied although it is allowed around there: patterns of ARNs.
    pub fn denied(&self, action: &str) -> impl Iterator<Item = &str> {
        self.denied.get(action).into_iter().flatten().map(String::as_str)
    }
}
