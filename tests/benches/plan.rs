//! A plan without changes beside `sam deploy` without changes, on the same
//! emulator, in turns; and what it saves that independent steps run at the
//! same time.
//!
//! `cargo bench --profile dev -p system-tests --bench plan`. sam deploys the
//! same three rendered templates under another environment's names; the
//! deployer compares the gateway, its role, its target and every attribute
//! besides. Asserts nothing about time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use system_tests::{Place, python_environment};

const REPEATS: usize = 5;
const UP: [&str; 5] = ["up", "--env", "local", "--yes", "--no-smoke"];

fn main() {
    let place = Place::with_local("");
    place.add_environment("sam", "");
    // Compiles everything and installs the emulator.
    place.deploy(&UP).succeeded();
    let sam = Sam::of(&place);
    sam.deploy_all();
    let (mut plans, mut deploys, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..REPEATS {
        plans.push(timed(|| drop(place.deploy(&["plan", "--env", "local", "--detailed-exitcode"]).succeeded())));
        deploys.push(timed(|| sam.deploy_all()));
        alone.push(timed(|| sam.deploy(&sam.stacks[0])));
    }
    let (plan, deploy, alone) = (median(plans), median(deploys), median(alone));
    println!("plan without changes (median of {REPEATS})           {plan:>7.2} s");
    println!("sam deploy without changes, three stacks      {deploy:>7.2} s");
    println!("sam deploy without changes, one stack of three {alone:>6.2} s");
    println!("plan / sam deploy, equal resources            {:>7.2}", plan / deploy);
    println!("plan / sam deploy of one stack                {:>7.2}", plan / alone);
    steps_at_the_same_time(&place);
}

/// A fresh deployment's time beside the sum of what its steps took, as they say themselves.
fn steps_at_the_same_time(place: &Place) {
    let mut ratios = Vec::new();
    for _ in 0..REPEATS {
        place.deploy(&["down", "--env", "local", "--yes", "--delete-data"]).succeeded();
        let started = Instant::now();
        let up = place.deploy(&UP).succeeded();
        let whole = started.elapsed().as_secs_f64();
        let sum: f64 = up.stderr.lines().filter_map(step_seconds).sum();
        println!("fresh up {whole:>5.2} s, its steps one after another {sum:>5.2} s");
        ratios.push(whole / sum);
    }
    ratios.sort_by(f64::total_cmp);
    println!("fresh up / sum of its steps (median of {REPEATS})    {:>7.2}", ratios[REPEATS / 2]);
}

/// "✓ stack x: created (0.4 s)"
fn step_seconds(line: &str) -> Option<f64> {
    let line = line.strip_prefix("✓ ")?;
    let (_, seconds) = line.strip_suffix(" s)")?.rsplit_once('(')?;
    seconds.parse().ok()
}

/// AWS SAM's command, with the rendered templates.
struct Sam {
    program: PathBuf,
    variables: Value,
    stacks: Vec<Stack>,
}

struct Stack {
    name: String,
    template: PathBuf,
    parameters: Vec<String>,
}

impl Sam {
    fn of(place: &Place) -> Self {
        let folder = place.path().join("templates");
        let shown = folder.to_str().expect("the path is text");
        place.deploy(&["render", "--env", "sam", "--out", shown]).succeeded();
        let stack = |name: &str, file: &str, parameters| Stack {
            name: format!("aws-operations-agent-sam{name}"),
            template: folder.join(file),
            parameters,
        };
        let stacks = vec![
            stack("-foundation", "foundation.yaml", vec![]),
            stack("-data", "data.yaml", vec![]),
            stack("-read-access", "read-access.yaml", vec![]),
            stack("", "application.yaml", parameters(place)),
        ];
        let program = python_environment("sam").join("bin/python");
        Self { program, variables: place.status()["env"].clone(), stacks }
    }

    fn deploy_all(&self) {
        self.stacks.iter().for_each(|stack| self.deploy(stack));
    }

    fn deploy(&self, stack: &Stack) {
        let variables = self.variables.as_object().expect("variables");
        let variables = variables.iter().map(|(name, value)| (name, value.as_str().expect("a text")));
        let output = Command::new(&self.program)
            .args(["-m", "samcli", "deploy", "--no-confirm-changeset", "--no-fail-on-empty-changeset"])
            .args(["--capabilities", "CAPABILITY_NAMED_IAM", "--stack-name", &stack.name])
            .arg("--template-file")
            .arg(&stack.template)
            .args(stack.parameters.iter().map(String::as_str))
            .envs(variables)
            .env("SAM_CLI_TELEMETRY", "0")
            .current_dir(parent(&stack.template))
            .output()
            .expect("sam is installed");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "sam deploy {}: {said}", stack.name);
    }
}

fn parent(file: &Path) -> &Path {
    file.parent().expect("a file is in a folder")
}

/// The values that the deployer gives its own application stack.
fn parameters(place: &Place) -> Vec<String> {
    let aws = place.aws();
    let stacks = aws.call("cloudformation", "describe_stacks", json!({"StackName": "aws-operations-agent-local"}));
    let given = stacks["Stacks"][0]["Parameters"].as_array().expect("parameters");
    let text = |value: &Value| value.as_str().expect("a text").to_string();
    let pair =
        |parameter: &Value| format!("{}={}", text(&parameter["ParameterKey"]), text(&parameter["ParameterValue"]));
    let mut arguments = vec!["--parameter-overrides".to_string()];
    arguments.extend(given.iter().map(pair));
    // sam asks for one wherever a function is made of an image.
    arguments.extend(["--image-repository".into(), "000000000000.dkr.ecr.us-east-1.amazonaws.com/unused".into()]);
    arguments
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}
