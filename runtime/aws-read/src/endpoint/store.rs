//! The rule sets that are compiled in, each unpacked and parsed on first use.

use std::io::Read;
use std::sync::OnceLock;

use flate2::read::GzDecoder;

use super::rules::RuleSet;

/// A service's name, its packed rule set and, once used, the parsed one.
struct Stored(&'static str, &'static [u8], OnceLock<RuleSet>);

macro_rules! stored {
    ($($service:literal),* $(,)?) => {
        [$(Stored(
            $service,
            include_bytes!(concat!("../../../../configs/aws-models/", $service, ".endpoints.json.gz")),
            OnceLock::new(),
        )),*]
    };
}

static RULES: [Stored; 27] = stored![
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

/// The endpoint rules of a service, named as its model is.
pub(crate) fn rules(service: &str) -> Option<&'static RuleSet> {
    let Stored(_, packed, parsed) = RULES.iter().find(|stored| stored.0 == service)?;
    let parse = || RuleSet::parse(&unpacked(packed)).expect("the rule set is compiled in and read by a test");
    Some(parsed.get_or_init(parse))
}

/// The text of a compiled-in gzip file.
pub(super) fn unpacked(packed: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text).expect("the file is compiled in and read by a test");
    text
}
