//! Every recipe against the fixture account, with facts that other code computed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde_json::json;
use system_tests::{Account, Case, ToolProcess, program};

/// A small account for each tool: pages of seven, every fifth call throttled.
macro_rules! small_accounts {
    ($($name:ident: $tool:literal, $module:literal;)*) => {
        $(
            #[test]
            fn $name() {
                prove_all($tool, $module);
            }
        )*
    };
}

small_accounts! {
    apigateway: "apigateway_read_operations", "tools.apigateway";
    bedrock: "bedrock_read_operations", "tools.bedrock";
    cloudformation: "cloudformation_read_operations", "tools.cloudformation";
    cloudwatch: "cloudwatch_read_operations", "tools.cloudwatch";
    cost_explorer: "cost_explorer_read_operations", "tools.cost_explorer";
    dynamodb: "dynamodb_read_operations", "tools.dynamodb";
    ec2: "ec2_read_operations", "tools.ec2";
    ecs: "ecs_read_operations", "tools.ecs";
    eks: "eks_read_operations", "tools.eks";
    iam: "iam_read_operations", "tools.iam";
    lambda: "lambda_read_operations", "tools.lambda";
    rds: "rds_read_operations", "tools.rds";
    route53: "route53_read_operations", "tools.route53";
    s3: "s3_read_operations", "tools.s3";
    sagemaker: "sagemaker_read_operations", "tools.sagemaker";
    ses: "ses_read_operations", "tools.ses";
    sns: "sns_read_operations", "tools.sns";
    sqs: "sqs_read_operations", "tools.sqs";
}

/// Two thousand resources of the kinds of which accounts have many.
#[test]
fn busy_kinds_by_the_thousand() {
    for module in ["scenes.many", "tools.cloudformation", "tools.cloudwatch", "tools.iam"] {
        prove(&Account::start(2_000, &[module]), 500);
    }
}

fn prove_all(tool: &str, module: &str) {
    let account = Account::start(30, &[module]);
    let proofs = prove(&account, 7);
    let proved: BTreeSet<_> = account.cases().iter().map(|case| case.recipe.as_str()).collect();
    let recipes: BTreeSet<_> = tools::recipes().filter(|(of, _)| *of == tool).map(|(_, recipe)| recipe).collect();
    let unproved: Vec<_> = recipes.difference(&proved).collect();
    assert!(unproved.is_empty(), "recipes of {tool} without a case: {unproved:?}");
    let proofs: Vec<_> = proofs.iter().map(|(proof, recipes)| format!("{} by {proof}", recipes.len())).collect();
    // Written past the capture of the test runner: the count is to be seen.
    let _ = writeln!(std::io::stderr(), "{tool}: {} recipes proved, {}", recipes.len(), proofs.join(", "));
}

/// Asks every case; the recipes by who answered them.
fn prove(account: &Account, page_size: usize) -> BTreeMap<String, BTreeSet<&str>> {
    let tools = ToolProcess::start(program("tools"), &variables(account));
    let (mut faults, mut proofs) = (BTreeMap::new(), BTreeMap::<_, BTreeSet<_>>::new());
    for case in account.cases() {
        account.switch(json!({"page_size": page_size, "throttle_every": 5}));
        let answer = tools.call(&case.tool, case.arguments());
        let found = case.faults(&answer);
        if !found.is_empty() {
            faults.insert(name(case), found);
        }
        proofs.entry(account.proof()).or_default().insert(case.recipe.as_str());
    }
    assert!(faults.is_empty(), "{faults:#?}");
    proofs
}

/// Room for whole answers, and what the recipes need that read contents.
fn variables(account: &Account) -> BTreeMap<String, String> {
    let mut variables = account.variables();
    let settings = json!({
        "limits": {"result_bytes": 2_000_000, "items": 20_000, "pages": 1_000},
        "data_operations": [
            "logs:StartQuery", "logs:GetQueryResults", "logs:StopQuery", "s3:ListObjectsV2", "s3:ListMultipartUploads",
        ],
    });
    variables.insert("TOOL_SETTINGS".into(), settings.to_string());
    variables
}

fn name(case: &Case) -> String {
    format!("{}/{} {}", case.tool, case.recipe, json!(case.parameters))
}
