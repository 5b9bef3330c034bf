//! `bedrock_read_operations`: models, inference profiles, guardrails, logging, customization, bought throughput.

mod guardrails;
mod jobs;
mod logging;
mod models;
mod throughput;

use crate::service::{Kind, Parameter, Recipe, Scope, ServiceTool};

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "bedrock_read_operations",
    service: "bedrock",
    services: &["bedrock"],
    recipes: &[
        Recipe {
            name: "foundation-models",
            answers: "Foundation models of the region by provider, with lifecycle, modalities and how they are called.",
            example: "Which foundation models are available?",
            topic: &[&["model", "claude", "nova", "titan", "llama", "mistral", "foundation", "legacy"]],
            not: &[
                "profile",
                "guardrail",
                "logging",
                "log",
                "logged",
                "job",
                "customization",
                "customized",
                "custom",
                "tuning",
                "tuned",
                "training",
                "throughput",
                "provisioned",
                "invocation",
            ],
            takes: &[
                Parameter { name: "provider", kind: Kind::Text, means: "Only models of this provider: Anthropic." },
                Parameter { name: "lifecycle", kind: Kind::Text, means: "Only models that are active or legacy." },
            ],
            reads: &["bedrock:ListFoundationModels"],
            scope: Scope::Region,
            run: |ask| Box::pin(models::available(ask)),
        },
        Recipe {
            name: "inference-profiles",
            answers: "Inference profiles, of AWS and of the account, with their model and the regions they route to.",
            example: "Which inference profiles are there?",
            topic: &[&["profile", "cross-region"]],
            not: &["guardrail", "job"],
            takes: &[],
            reads: &["bedrock:ListInferenceProfiles"],
            scope: Scope::Region,
            run: |ask| Box::pin(models::profiles(ask)),
        },
        Recipe {
            name: "guardrails",
            answers: "Guardrails with status, date of the last change and number of versions beside the draft.",
            example: "Which guardrails do we have?",
            topic: &[&["guardrail"]],
            not: &["logging", "job"],
            takes: &[],
            reads: &["bedrock:ListGuardrails"],
            scope: Scope::Region,
            run: |ask| Box::pin(guardrails::overview(ask)),
        },
        Recipe {
            name: "invocation-logging",
            answers: "Whether model invocations are logged, where to, and which kinds of content.",
            example: "Is model invocation logging turned on?",
            topic: &[&["logging", "log", "logged"]],
            not: &["guardrail", "job"],
            takes: &[],
            reads: &["bedrock:GetModelInvocationLoggingConfiguration"],
            scope: Scope::Region,
            run: |ask| Box::pin(logging::configuration(ask)),
        },
        Recipe {
            name: "customization-jobs",
            answers: "Model customization jobs, the newest first, with status, model, times and why one failed.",
            example: "Which model customization jobs failed?",
            topic: &[&["customization", "customized", "custom", "tuning", "tuned", "distillation", "job", "training"]],
            not: &["guardrail", "logging", "throughput"],
            takes: &[],
            reads: &["bedrock:ListModelCustomizationJobs", "bedrock:GetModelCustomizationJob"],
            scope: Scope::Region,
            run: |ask| Box::pin(jobs::customization(ask)),
        },
        Recipe {
            name: "provisioned-throughput",
            answers: "Bought model throughput with units, status, commitment and when it ends.",
            example: "Which provisioned throughput do we pay for?",
            topic: &[&["throughput", "provisioned"]],
            not: &["job"],
            takes: &[],
            reads: &["bedrock:ListProvisionedModelThroughputs"],
            scope: Scope::Region,
            run: |ask| Box::pin(throughput::bought(ask)),
        },
    ],
};

/// `anthropic.claude-v2` of an ARN that names a model.
fn model_of(arn: &str) -> &str {
    arn.rsplit_once('/').map_or(arn, |(_, model)| model)
}
