//! Settings of environments that could be: two versions of one, so that an
//! older one can be deployed when the newer is planned.

use std::collections::BTreeMap;
use std::fmt;

use contract::ToolSettings;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::desired::{Desired, ImageDigests};
use crate::samples;
use crate::settings::{Architecture, Conversations, Cors, Function, FunctionUrl, Logs, Model, Settings};

/// One environment as it was and as it is wanted.
#[derive(Clone)]
pub struct Versions {
    pub older: Desired,
    pub newer: Desired,
    pub settings: Settings,
    before: Settings,
}

impl fmt::Debug for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {:?} to {:?}", self.before, self.settings)
    }
}

pub fn versions() -> impl Strategy<Value = Versions> {
    let named = (select(vec!["aws-operations-agent", "acme"]), select(vec!["test", "prod-eu"]));
    (named, version(), version()).prop_map(|((prefix, environment), older, newer)| {
        let desired = |(settings, digests): (Settings, ImageDigests)| {
            let mut settings = settings;
            settings.project.prefix = prefix.into();
            settings.environment = environment.into();
            (samples::estate_with(&settings, &digests), settings)
        };
        let ((older, before), (newer, settings)) = (desired(older), desired(newer));
        Versions { older, newer, settings, before }
    })
}

fn version() -> impl Strategy<Value = (Settings, ImageDigests)> {
    (project(), functions(), callers(), reads(), digests()).prop_map(|(project, functions, callers, reads, digests)| {
        let mut settings = samples::settings();
        (settings.project.permissions_boundary, settings.project.tags, settings.logs) = project;
        (settings.agent, settings.model, settings.conversations) = functions;
        settings.tools = settings.agent.clone();
        settings.tool_settings = reads;
        (settings.function_url, settings.issuer.allowed_clients) = callers;
        (settings, digests)
    })
}

fn project() -> impl Strategy<Value = (Option<String>, BTreeMap<String, String>, Logs)> {
    let boundary = option::of(select(vec!["arn:aws:iam::111122223333:policy/edge".to_string()]));
    let tags = subsequence(vec![("Owner", "ops"), ("CostCenter", "7"), ("Note", "say \"hi\"")], 0..=3);
    let tags = tags.prop_map(|tags| tags.into_iter().map(|(key, value)| (key.into(), value.into())).collect());
    let logs = (select(vec![1u32, 14, 365]), select(vec!["info", "debug"]));
    (boundary, tags, logs.prop_map(|(retention_days, level)| Logs { retention_days, level: level.into() }))
}

fn functions() -> impl Strategy<Value = (Function, Model, Conversations)> {
    let architecture = select(vec![Architecture::X86_64, Architecture::Arm64]);
    let function = (select(vec![128u32, 512]), select(vec![30u32, 300]), architecture);
    let function = function.prop_map(|(memory_mb, timeout_seconds, architecture)| Function {
        memory_mb,
        timeout_seconds,
        architecture,
    });
    let model = select(vec!["us.anthropic.claude-sonnet-4-6", "amazon.nova-pro-v1:0"]);
    let model = model.prop_map(|id| Model { id: id.into(), fallbacks: vec![], prompt_caching: true, guardrail: None });
    (function, model, select(vec![60u32, 43_200]).prop_map(|ttl_minutes| Conversations { ttl_minutes }))
}

fn reads() -> impl Strategy<Value = ToolSettings> {
    let operations = subsequence(vec!["dynamodb:Query".to_string(), "logs:FilterLogEvents".to_string()], 0..=2);
    (operations, any::<bool>()).prop_map(|(data_operations, session_policy)| ToolSettings {
        data_operations,
        session_policy,
        ..ToolSettings::default()
    })
}

fn callers() -> impl Strategy<Value = (FunctionUrl, Vec<String>)> {
    let invokers = ["arn:aws:iam::111122223333:role/ops", "arn:aws:iam::111122223333:role/dev"];
    let cors = (select(vec!["https://a.example.com", "https://b.example.com"]), any::<bool>());
    let cors = cors.prop_map(|(origin, allow_credentials)| Cors {
        allow_origins: vec![origin.into()],
        allow_credentials,
        max_age_seconds: 60,
    });
    let url = (subsequence(invokers.map(str::to_string).to_vec(), 0..=2), option::of(cors));
    let clients = subsequence(vec!["chat".to_string(), "web".to_string()], 0..=2);
    (url.prop_map(|(invokers, cors)| FunctionUrl { invokers, cors }), clients)
}

fn digests() -> impl Strategy<Value = ImageDigests> {
    (select(vec!["sha256:aa", "sha256:ab"]), select(vec!["sha256:ba", "sha256:bb"]))
        .prop_map(|(agent, tools)| ImageDigests { agent: agent.into(), tools: tools.into() })
}
