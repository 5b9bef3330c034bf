//! Settings and states for the tests of this crate.

mod cloud;
mod cloud_stack;

use std::collections::BTreeMap;

pub use cloud::{delete, deploy, execute};

use contract::ToolSettings;

use crate::desired::{Desired, ImageDigests, Location, desired};
use crate::observed::Observed;
use crate::plan::StepId;
use crate::settings::*;

pub const GATEWAY_URL: &str = "https://gw-0123456789.gateway.bedrock-agentcore.us-east-1.amazonaws.com/mcp";

pub fn settings() -> Settings {
    let function = Function { memory_mb: 512, timeout_seconds: 300, architecture: Architecture::X86_64 };
    Settings {
        environment: "test".into(),
        protected: false,
        iam_approval: true,
        platform: Platform::Aws,
        aws: Aws {
            profile: None,
            region: "us-east-1".into(),
            account: None,
            cloudformation_role: None,
            endpoint_url: None,
        },
        project: Project { prefix: "aws-operations-agent".into(), permissions_boundary: None, tags: BTreeMap::new() },
        issuer: Issuer {
            discovery_url: Some("https://issuer.example.com/oauth2/default/.well-known/openid-configuration".into()),
            allowed_audience: vec!["api://default".into()],
            allowed_clients: vec![],
            custom_claims: vec![],
            chat_client_id: "chat".into(),
            scopes: vec!["openid".into()],
            redirect_port: 0,
        },
        smoke: Smoke { required: false, token: TokenSource::None },
        model: Model {
            id: "us.anthropic.claude-sonnet-4-6".into(),
            fallbacks: vec![],
            prompt_caching: true,
            guardrail: None,
        },
        agent: function.clone(),
        answers: Answers {
            approval_tools: vec![],
            log_content: false,
            limits: contract::agent_settings::Limits::default(),
        },
        tools: function,
        tool_settings: ToolSettings::default(),
        conversations: Conversations { ttl_minutes: 43_200 },
        logs: Logs { retention_days: 14, level: "info".into() },
        function_url: FunctionUrl { invokers: vec![], cors: None },
        deadlines: Deadlines {
            call_seconds: 30,
            attempts: 5,
            resource_seconds: 600,
            stack_seconds: 1800,
            iam_seconds: 120,
            lease_seconds: 60,
        },
    }
}

pub fn estate() -> Desired {
    estate_of(&settings())
}

pub fn estate_of(settings: &Settings) -> Desired {
    estate_with(settings, &ImageDigests { agent: "sha256:aa".into(), tools: "sha256:bb".into() })
}

pub fn estate_with(settings: &Settings, digests: &ImageDigests) -> Desired {
    let location = Location { account: "111122223333".into(), region: "us-east-1".into() };
    desired(settings, &location, digests).expect("the sample settings render")
}

pub fn nothing() -> Observed {
    Observed::nothing("111122223333")
}

/// A whole estate, as observed.
pub fn whole() -> Observed {
    whole_of(&estate())
}

pub fn whole_of(desired: &Desired) -> Observed {
    let mut observed = nothing();
    StepId::ALL.into_iter().for_each(|id| deploy(&mut observed, desired, id));
    observed
}
