//! An IAM user that has the rendered policies and nothing else.

use std::path::PathBuf;

use deployer_core::settings::{self, Settings, Sources};
use serde_json::{Value, json};
use system_tests::{AwsClient, Finished, Place, project_root};

use super::recording::TELL_CALLS;

const NAME: &str = "deployer-with-least-privilege";
const PROFILE: &str = "[aws]\nprofile = \"least-privilege\"\n";

pub struct DeployerUser {
    pub account: String,
    place: Place,
    root: AwsClient,
    policies: Vec<Value>,
    credentials: PathBuf,
}

impl DeployerUser {
    /// Makes the user on a fresh platform.
    pub fn new() -> Self {
        let place = Place::with_local("");
        place.start_platform();
        let root = place.aws();
        let rendered = place.deploy(&["render", "--env", "local", "--deployer-policy"]).succeeded().json();
        let policies = match rendered {
            Value::Array(policies) => policies,
            policy => vec![policy],
        };
        root.call("iam", "create_user", json!({"UserName": NAME}));
        for (index, policy) in policies.iter().enumerate() {
            let name = format!("deployer-{index}");
            let made = json!({"PolicyName": name, "PolicyDocument": policy.to_string()});
            let arn = root.call("iam", "create_policy", made)["Policy"]["Arn"].clone();
            root.call("iam", "attach_user_policy", json!({"UserName": NAME, "PolicyArn": arn}));
        }
        let key = root.call("iam", "create_access_key", json!({"UserName": NAME}))["AccessKey"].clone();
        let credentials = place.path().join("credentials");
        let text = format!(
            "[least-privilege]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            key["AccessKeyId"].as_str().expect("a key has an id"),
            key["SecretAccessKey"].as_str().expect("a key has a secret"),
        );
        std::fs::write(&credentials, text).expect("the place can be written");
        let account =
            root.call("sts", "get_caller_identity", json!({}))["Account"].as_str().expect("an account").into();
        place.change_local(PROFILE);
        Self { account, place, root, policies, credentials }
    }

    /// A command of the deployer, as the user, that has to succeed.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Finished {
        self.attempt(arguments).succeeded()
    }

    fn attempt(&self, arguments: &[&str]) -> Finished {
        let mut command = self.place.deployer(arguments);
        command
            .env("AWS_SHARED_CREDENTIALS_FILE", &self.credentials)
            .env("AWS_CONFIG_FILE", self.place.path().join("no-config"))
            .env("RUST_LOG", TELL_CALLS)
            .env("NO_COLOR", "1");
        self.place.run(&mut command)
    }

    /// Other settings for the environment.
    pub fn change(&self, settings: &str) {
        self.place.change_local(&format!("{PROFILE}{settings}"));
    }

    /// What the tests do behind the deployer's back.
    pub fn root(&self) -> &AwsClient {
        &self.root
    }

    /// Of all policies.
    pub fn statements(&self) -> Vec<Value> {
        self.policies.iter().flat_map(|policy| policy["Statement"].as_array().expect("a list").clone()).collect()
    }

    /// Action and decision of each call, by these statements alone.
    pub fn simulated(&self, statements: &[Value], actions: &[&str], resource: &str) -> Vec<(String, String)> {
        let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        // A pattern's wildcards become text that it matches.
        let resource = if resource == "*" { "*".into() } else { resource.replace(['*', '?'], "x") };
        let parameters = json!({"PolicyInputList": [policy], "ActionNames": actions, "ResourceArns": [resource]});
        let answer = self.root.call("iam", "simulate_custom_policy", parameters);
        let results = answer["EvaluationResults"].as_array().expect("results").clone();
        let text = |value: &Value| value.as_str().expect("a text").to_string();
        results.iter().map(|one| (text(&one["EvalActionName"]), text(&one["EvalDecision"]))).collect()
    }

    /// The platform does check: the same user without its policies is refused.
    pub fn without_policies_nothing_works(&self) {
        let attached = self.root.call("iam", "list_attached_user_policies", json!({"UserName": NAME}));
        for policy in attached["AttachedPolicies"].as_array().expect("a list") {
            let parameters = json!({"UserName": NAME, "PolicyArn": policy["PolicyArn"]});
            self.root.call("iam", "detach_user_policy", parameters);
        }
        let refused = self.attempt(&["up", "--env", "local", "--yes"]);
        assert_ne!(refused.code, Some(0), "{refused:?}");
    }
}

/// Of the local environment.
pub fn settings() -> Settings {
    let folder = project_root().join("environments");
    let file = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).expect("the environment is part of the checkout");
        (format!("environments/{name}"), text)
    };
    let sources = Sources {
        environment: "local".into(),
        files: ["base.toml", "local.toml"].map(file).into(),
        variables: Default::default(),
    };
    settings::load(&sources).unwrap_or_else(|faults| panic!("{faults:?}"))
}
