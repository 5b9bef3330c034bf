//! What a read costs, beside boto3 on the same machine and the same account.
//!
//! `cargo bench --profile dev -p system-tests --bench reads`. The tool function
//! is built as for AWS. Prints figures of both sides and their ratios: a cold
//! process to its first DescribeInstances answer, 10,000 instances paged and
//! projected, and the size of the answer for 100 instances. Asserts nothing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use deployer_core::progress::Silent;
use deployer_image::{CompileRequest, compile};
use serde_json::{Value, json};
use system_tests::{Account, ToolProcess, project_root, python_environment};

const REPEATS: usize = 9;
const TOOL: &str = "ec2_read_operations";
const MIB: f64 = 1024.0 * 1024.0;

/// The account's pages are made by Python, which must not end the reading.
const UNHURRIED: &str = r#"{"limits": {"soft_deadline_seconds": 200, "hard_deadline_seconds": 250}}"#;

/// Pages through all instances and keeps eight columns, as a script would.
const BOTO3: &str = r#"
import json, resource, sys
import boto3
ec2 = boto3.client("ec2")
rows, whole = [], 0
for page in ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 1000}):
    if sys.argv[1:] == ["whole"]:
        whole += len(json.dumps(page["Reservations"], default=str))
    for reservation in page["Reservations"]:
        for one in reservation["Instances"]:
            name = next((tag["Value"] for tag in one.get("Tags", []) if tag["Key"] == "Name"), None)
            rows.append([one["InstanceId"], name, one["InstanceType"], one["State"]["Name"],
                         one["Placement"]["AvailabilityZone"], one.get("PrivateIpAddress"),
                         one.get("PublicIpAddress"), one["LaunchTime"].isoformat()])
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"rows": len(rows), "whole": whole, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss * 1024}))
"#;

/// One run of one side.
struct Run {
    seconds: f64,
    cpu: f64,
    /// Bytes.
    peak: f64,
    rows: u64,
    answer: Value,
}

fn main() {
    let tools = tools_program();
    let python = python_environment("account").join("bin/python");
    cold_start(&tools, &python);
    ten_thousand(&tools, &python);
    answer_size("of several types and zones", &Account::with_instances(100), &tools, &python);
    answer_size("of one fleet", &Account::with_fleet(100), &tools, &python);
}

fn cold_start(tools: &Path, python: &Path) {
    let account = Account::with_instances(10);
    let ours = median((0..REPEATS).map(|_| run_tools(tools, &account, json!({}))).collect());
    let boto3 = median((0..REPEATS).map(|_| run_boto3(python, &account, "rows")).collect());
    println!("cold process to the first answer of DescribeInstances (median of {REPEATS})");
    print_both(&ours, &boto3);
}

fn ten_thousand(tools: &Path, python: &Path) {
    let account = Account::with_instances(10_000);
    account.switch(json!({"page_size": 100}));
    let arguments = json!({"max_items": 10_000, "format": "tsv"});
    // The first run warms the account's own cache.
    run_boto3(python, &account, "rows");
    let ours = median((0..3).map(|_| run_tools(tools, &account, arguments.clone())).collect());
    let boto3 = median((0..3).map(|_| run_boto3(python, &account, "rows")).collect());
    println!("10,000 instances in pages of 1,000, eight columns kept (median of 3)");
    println!("  rows found: {} and {}", ours.answer["completeness"]["found"], boto3.rows);
    print_both(&ours, &boto3);
}

fn answer_size(kind: &str, account: &Account, tools: &Path, python: &Path) {
    let columns = run_tools(tools, account, json!({"format": "tsv"}));
    let json_form = run_tools(tools, account, json!({}));
    let whole = run_boto3(python, account, "whole").answer["whole"].as_f64().expect("a length");
    let length = |run: &Run| run.answer.to_string().len() as f64;
    println!("answer for 100 instances {kind} in characters: boto3's JSON {whole:.0}");
    println!("  ours as tsv  {:>8.0}, {:>6.1} times smaller", length(&columns), whole / length(&columns));
    println!("  ours as json {:>8.0}, {:>6.1} times smaller", length(&json_form), whole / length(&json_form));
}

fn print_both(ours: &Run, boto3: &Run) {
    let line = |name: &str, ours: f64, boto3: f64, unit: &str| {
        println!("  {name:<12} {ours:>9.3} {unit:<3} boto3 {boto3:>9.3} {unit:<3} ratio {:>7.1}", boto3 / ours);
    };
    line("wall", ours.seconds, boto3.seconds, "s");
    line("CPU", ours.cpu, boto3.cpu, "s");
    line("peak memory", ours.peak / MIB, boto3.peak / MIB, "MiB");
}

/// From starting the process to its whole answer.
fn run_tools(program: &Path, account: &Account, mut arguments: Value) -> Run {
    arguments["query"] = json!("List all instances");
    arguments["operation"] = json!("instances");
    let started = Instant::now();
    let mut variables = account.variables();
    // The image names its certificates in one file, too.
    variables.insert("SSL_CERT_FILE".into(), "/etc/ssl/certs/ca-certificates.crt".into());
    variables.insert("TOOL_SETTINGS".into(), UNHURRIED.into());
    let process = ToolProcess::start(program, &variables);
    let answer = process.call_within(TOOL, arguments, 300);
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(answer["success"], true, "{answer}");
    let rows = answer["completeness"]["items"].as_u64().unwrap_or_default();
    Run { seconds, cpu: cpu(process.id()), peak: peak(process.id()), rows, answer }
}

fn run_boto3(python: &Path, account: &Account, mode: &str) -> Run {
    let started = Instant::now();
    let output = Command::new(python)
        .args(["-c", BOTO3, mode])
        .env_clear()
        .envs(account.variables())
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .stderr(Stdio::inherit())
        .output()
        .expect("the virtual environment has a python");
    let seconds = started.elapsed().as_secs_f64();
    let said: Value = serde_json::from_slice(&output.stdout).expect("the script prints JSON");
    let number = |name: &str| said[name].as_f64().expect("a number");
    Run { seconds, cpu: number("cpu"), peak: number("peak"), rows: number("rows") as u64, answer: said }
}

/// By wall time.
fn median(mut runs: Vec<Run>) -> Run {
    runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    runs.swap_remove(runs.len() / 2)
}

/// Seconds of user and system time so far (proc(5), stat, fields 14 and 15 in ticks of 10 ms).
fn cpu(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("the process runs");
    let fields: Vec<_> = stat.rsplit(')').next().expect("a name in brackets").split_whitespace().collect();
    let ticks = |index: usize| fields[index].parse::<f64>().expect("a number");
    (ticks(11) + ticks(12)) / 100.0
}

/// The most memory that the process had, in bytes (proc(5), VmHWM).
fn peak(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line VmHWM");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") * 1024.0
}

/// Built with the profile of the images for AWS, for this machine; or the program that TOOLS_PROGRAM names.
fn tools_program() -> PathBuf {
    if let Some(built) = std::env::var_os("TOOLS_PROGRAM") {
        return built.into();
    }
    let request = CompileRequest {
        workspace: project_root().to_path_buf(),
        packages: vec!["tools".into()],
        target: Some("x86_64-unknown-linux-musl".into()),
        profile: "dist".into(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let programs = runtime.block_on(compile(&request, &Silent)).unwrap_or_else(|failure| panic!("{failure}"));
    programs.get("tools").expect("cargo built the tool function").clone()
}
