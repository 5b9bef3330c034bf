//! What holds for all service tools and all of their recipes.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use aws_read::{Answer, Call, ReadError, Region, Tier};
use contract::tool_settings::ToolSettings;
use futures::future::BoxFuture;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::choose::{self, Choice};
use super::testing::clock;
use super::{Question, Recipe, ServiceTool};
use crate::dispatch::{self, Clock, Tools};
use crate::reader::Reader;

fn tools() -> Vec<&'static ServiceTool> {
    dispatch::service_tools().collect()
}

fn recipes() -> impl Iterator<Item = (&'static ServiceTool, &'static Recipe)> {
    dispatch::service_tools().flat_map(|tool| tool.recipes.iter().map(move |recipe| (tool, recipe)))
}

/// Name of the recipe that a query leads to; empty when none does.
fn chosen(tool: &'static ServiceTool, query: &str) -> &'static str {
    let words = Question { query: query.into(), ..Question::default() }.words();
    match choose::choose(tool.recipes, &words) {
        Choice::Recipe(recipe) if !choose::asks_for_change(query) => recipe.name,
        _ => "",
    }
}

#[test]
fn the_names_of_a_tools_recipes_are_unique_and_plain() {
    for tool in tools() {
        let names: BTreeSet<_> = tool.recipes.iter().map(|recipe| recipe.name).collect();
        assert_eq!(names.len(), tool.recipes.len(), "{}", tool.name);
        let is_plain =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        assert!(names.iter().all(|name| is_plain(name)), "{names:?}");
    }
}

#[test]
fn every_tool_has_its_least_number_of_recipes() {
    const SIX: [&str; 8] = ["ec2", "s3", "lambda", "cloudformation", "iam", "rds", "cloudwatch", "cost_explorer"];
    let least = |tool: &&ServiceTool| if SIX.contains(&tool.service) { 6 } else { 3 };
    let short = tools().into_iter().filter(|tool| tool.recipes.len() < least(tool));
    let short: Vec<_> = short.map(|tool| format!("{}: {}", tool.service, tool.recipes.len())).collect();
    assert_eq!(short, Vec::<String>::new());
}

#[test]
fn every_recipes_example_leads_to_it() {
    let astray = recipes().filter_map(|(tool, recipe)| {
        let found = chosen(tool, recipe.example);
        (found != recipe.name)
            .then(|| format!("{} {}: {:?} leads to {found:?}", tool.service, recipe.name, recipe.example))
    });
    let astray: Vec<_> = astray.collect();
    assert!(astray.is_empty(), "{}", astray.join("\n"));
}

#[test]
fn every_read_of_a_recipe_is_allowed_or_marked_as_data() {
    let mut faults = Vec::new();
    for (tool, recipe) in recipes() {
        for read in recipe.reads {
            let (service, name) = read.split_once(':').unwrap_or_default();
            match aws_read::operation(service, name).map(|operation| operation.tier()) {
                None => faults.push(format!("{} {}: {read} is not allowed", tool.service, recipe.name)),
                Some(Tier::Data) if !recipe.answers.contains("data_operations") => {
                    faults.push(format!(
                        "{} {}: {read} reads data and `answers` does not say so",
                        tool.service, recipe.name
                    ));
                }
                Some(_) => {}
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_topic_is_written_as_words_are_compared() {
    for (tool, recipe) in recipes() {
        assert!(!recipe.topic.is_empty() && recipe.topic.iter().all(|group| !group.is_empty()), "{}", recipe.name);
        for word in recipe.topic.iter().flat_map(|group| group.iter()).chain(recipe.not) {
            assert_eq!(word.to_lowercase(), **word, "{} {}", tool.service, recipe.name);
        }
    }
}

/// Names of its own questions that a tool's description tells the model.
fn told(tool: &ServiceTool) -> Vec<String> {
    let description = &contract::catalogue().iter().find(|listed| listed.name == tool.name).unwrap().description;
    let (_, names) = description.split_once("Own questions: ").unwrap_or_default();
    let names = names.split_once('.').unwrap_or_default().0;
    names.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[test]
fn the_catalogue_names_every_recipe_and_no_other() {
    for tool in tools() {
        let names: Vec<_> = tool.recipes.iter().map(|recipe| recipe.name.to_owned()).collect();
        assert_eq!(told(tool), names, "configs/tools.toml, {}", tool.name);
    }
}

/// Questions as users ask them, and the recipe that is meant.
const QUESTIONS: &[(&str, &str, &str)] = &[
    ("ec2", "Which instances are missing required tags?", "instances-missing-tags"),
    ("ec2", "Which instances can be reached by SSH from the internet?", "instances-reachable-from-internet"),
    ("ec2", "Unattached EBS volumes in all regions", "unattached-volumes"),
    ("ec2", "VPCs without flow logs", "vpcs-without-flow-logs"),
    ("ec2", "Which auto scaling groups scaled recently?", "recent-scaling"),
    ("ec2", "Unused Elastic IPs", "unused-elastic-ips"),
    ("ec2", "Which security groups are not used?", "unused-security-groups"),
    ("ec2", "Open security groups", "open-security-groups"),
    ("s3", "Which buckets have public access?", "public-buckets"),
    ("s3", "How large are my buckets?", "bucket-sizes"),
    ("s3", "What is the newest object under a prefix?", "newest-objects"),
    ("s3", "Buckets without encryption", "bucket-encryption"),
    ("s3", "Buckets without lifecycle rules", "bucket-lifecycle"),
    ("lambda", "Functions by runtime", "functions"),
    ("lambda", "Which functions use old runtimes?", "deprecated-runtimes"),
    ("lambda", "Functions with an error rate above 5%", "failing-functions"),
    ("lambda", "What are the triggers of my functions?", "function-triggers"),
    ("lambda", "Which functions have a public URL?", "public-functions"),
    ("lambda", "Functions near their timeout", "functions-near-timeout"),
    ("cloudformation", "Failed stacks and their first error", "failed-stacks"),
    ("cloudformation", "What is the drift status of my stacks?", "stack-drift"),
    ("cloudformation", "Stacks without termination protection", "unprotected-stacks"),
    ("cloudformation", "Which stacks cost more than $100 a month?", "costly-stacks"),
    ("iam", "Which users and roles are administrators?", "administrators"),
    ("iam", "Who can delete objects in S3?", "who-can"),
    ("iam", "Which roles trust other accounts?", "roles-trusting-others"),
    ("iam", "What is the password policy?", "account-security"),
    ("iam", "Users without MFA", "users-without-mfa"),
    ("iam", "Old access keys", "access-keys"),
    ("rds", "How much storage do the databases use, and how much is free?", "database-storage"),
    ("rds", "Pending maintenance of my databases", "pending-maintenance"),
    ("rds", "Which database engines are near their end of life?", "engine-support"),
    ("rds", "What happened to the databases? Show events of the last day", "database-events"),
    ("rds", "Old database snapshots", "old-database-snapshots"),
    ("rds", "Public database snapshots", "shared-database-snapshots"),
    ("rds", "Which databases are public?", "public-databases"),
    ("cloudwatch", "Which alarms are firing now?", "alarms-firing"),
    ("cloudwatch", "Alarms that fired in the last 24 hours", "alarms-fired"),
    ("cloudwatch", "Log groups that are kept forever", "log-groups-without-retention"),
    ("cloudwatch", "Which log groups are the largest?", "largest-log-groups"),
    ("cloudwatch", "Recent errors in log group `/aws/lambda/orders`", "recent-log-errors"),
    ("cost_explorer", "Top 10 services by cost this month", "top-services"),
    ("cost_explorer", "Which budgets are over their limit?", "budgets-over-limit"),
    ("cost_explorer", "Savings plans coverage and utilization", "commitments"),
    ("cost_explorer", "Rightsizing recommendations", "rightsizing"),
    ("ecs", "Which services run fewer tasks than desired?", "services-short-of-tasks"),
    ("ecs", "Why did tasks stop?", "stopped-tasks"),
    ("eks", "Which versions do the clusters run?", "cluster-versions"),
    ("eks", "Which clusters have a public endpoint?", "public-endpoints"),
    ("sns", "Topics without subscribers", "subscription-gaps"),
    ("sns", "Unencrypted topics", "unencrypted-topics"),
    ("sns", "Topics with an open policy", "open-topics"),
    ("sqs", "How deep are the queues and how old are their messages?", "queues"),
    ("sqs", "Which dead-letter queues are not empty?", "dead-letter-queues"),
    ("sqs", "Queues without a dead-letter queue", "queues-without-dead-letters"),
    ("sqs", "Unencrypted queues", "unencrypted-queues"),
    ("dynamodb", "How large are the tables and how are they billed?", "tables"),
    ("dynamodb", "Which tables have no point-in-time recovery?", "unprotected-tables"),
    ("dynamodb", "Throttled tables", "throttled-tables"),
    ("dynamodb", "Which global secondary indexes are there?", "table-indexes"),
    ("route53", "Which hosted zones do we have?", "zones"),
    ("route53", "Find the record `www.example.com`", "find-record"),
    ("route53", "Which health checks are failing?", "health-checks-failing"),
    ("apigateway", "Which APIs do we have?", "apis"),
    ("apigateway", "API stages without logging", "stages-without-logging"),
    ("apigateway", "Which authorizers are used?", "authorizers"),
    ("apigateway", "Usage plans and their limits", "usage-plans"),
    ("ses", "Which email identities are verified?", "identities"),
    ("ses", "Are we in the SES sandbox?", "sending-status"),
    ("ses", "What is the bounce rate?", "bounces-and-complaints"),
    ("bedrock", "Which foundation models are available?", "foundation-models"),
    ("bedrock", "Which inference profiles are there?", "inference-profiles"),
    ("bedrock", "Which guardrails do we have?", "guardrails"),
    ("bedrock", "Is model invocation logging on?", "invocation-logging"),
    ("sagemaker", "Which endpoints are in service?", "endpoints"),
    ("sagemaker", "Which notebooks are running?", "running-notebooks"),
    ("sagemaker", "Failed training jobs", "failed-training-jobs"),
];

#[test]
fn the_questions_of_users_lead_to_the_recipes_that_are_meant() {
    let mut astray = Vec::new();
    for (service, question, meant) in QUESTIONS {
        let tool = tools().into_iter().find(|tool| tool.service == *service).unwrap();
        let found = chosen(tool, question);
        if found != *meant {
            astray.push(format!("{service}: {question:?} leads to {found:?}, not to {meant:?}"));
        }
    }
    assert!(astray.is_empty(), "{}", astray.join("\n"));
}

/// Knows nothing, and remembers what it was asked.
#[derive(Default)]
struct Empty(Mutex<BTreeSet<String>>);

impl Reader for Empty {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, ReadError>> {
        self.0.lock().unwrap().insert(format!("{}:{}", call.service, call.operation));
        let region = call.region.unwrap_or_else(Region::default_region);
        Box::pin(async move { Ok(Answer::whole(&call.service, &call.operation, region, json!({}))) })
    }

    fn home_region(&self) -> BoxFuture<'_, Result<Region, ReadError>> {
        Box::pin(async { Ok(Region::default_region()) })
    }
}

fn run(tool: &str, arguments: &Value) -> (contract::tool_call::ToolAnswer, BTreeSet<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let account = Empty::default();
    let answered = runtime.block_on(async {
        let tools = Tools { settings: ToolSettings::default(), reader: &account, model: None };
        let over = Instant::now() + Duration::from_secs(2);
        let clock = Clock { begin_until: over, deadline: over, ..clock() };
        dispatch::answer(tool, arguments, clock, &tools).await
    });
    (answered.answer, account.0.into_inner().unwrap())
}

#[test]
fn every_recipe_answers_in_an_account_that_has_nothing() {
    for (tool, recipe) in recipes() {
        for regions in [json!(null), json!(["us-east-1", "eu-west-1"])] {
            let arguments = json!({"query": recipe.example, "operation": recipe.name, "regions": regions});
            let (answer, asked) = run(tool.name, &arguments);
            assert!(answer.success || !answer.problems.is_empty(), "{answer:?}");
            assert!(asked.iter().all(|read| recipe.reads.contains(&read.as_str())), "{}: {asked:?}", recipe.name);
            let failed = answer.completeness.unwrap_or_default().failed;
            let refused = failed.iter().find(|failed| failed.code == "read/not-allowed");
            assert_eq!(refused, None, "{} {} reads what is not among its reads", tool.service, recipe.name);
        }
    }
}

fn query() -> impl Strategy<Value = String> {
    let words = recipes().flat_map(|(_, recipe)| recipe.topic.iter().flat_map(|group| group.iter())).copied();
    let mut words: Vec<&str> = words.collect::<BTreeSet<_>>().into_iter().collect();
    words.extend([
        "delete",
        "in all regions",
        "eu-west-1",
        "'a name'",
        "24 hours",
        "\u{1b}[2J",
        "arn:aws:iam::1:role/x",
        "ü",
    ]);
    proptest::collection::vec(proptest::sample::select(words), 0..8).prop_map(|words| words.join(" "))
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        query().prop_map(Value::from),
        Just(json!("DescribeVolumes")),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let name = proptest::sample::select(vec![
            "query",
            "operation",
            "parameters",
            "regions",
            "select",
            "max_items",
            "cursor",
            "format",
            "Filters",
            "x",
        ]);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((name, inner), 0..8).prop_map(|members| Value::Object(
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn a_query_causes_no_call_outside_the_reads_of_its_recipe(query in query(), tool in 0..18_usize) {
        let tool = tools()[tool];
        let (answer, asked) = run(tool.name, &json!({ "query": query }));
        let recipe = answer.result.as_ref().and_then(|result| result["recipe"].as_str());
        let recipe = tool.recipes.iter().find(|candidate| Some(candidate.name) == recipe);
        let meant = tool.recipes.iter().find(|candidate| candidate.name == chosen(tool, &query));
        let reads = recipe.or(meant).map(|recipe| recipe.reads).unwrap_or_default();
        let outside = asked.iter().find(|read| !reads.contains(&read.as_str()) && *read != "ec2:DescribeRegions");
        prop_assert_eq!(outside, None, "{:?}", query);
        prop_assert!(!serde_json::to_string(&answer).unwrap().contains("\\u001b"));
    }

    #[test]
    fn any_arguments_get_an_answer(arguments in any_json(), tool in 0..18_usize) {
        let (answer, _) = run(tools()[tool].name, &arguments);
        prop_assert_eq!(answer.success, answer.error.is_none());
        prop_assert_eq!(answer.success, answer.result.is_some());
        prop_assert_eq!(answer.success, answer.problems.is_empty());
        let length = serde_json::to_string(&answer).unwrap().len();
        prop_assert!(length < 64 * 1024, "{} bytes", length);
    }
}
