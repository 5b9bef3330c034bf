//! A function: its image, configuration and tags.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_lambda::types::{
    Architecture, Environment, FunctionCode, LoggingConfig, PackageType, TracingConfig, TracingMode,
};
use contract::Names;
use deployer_core::Failure;
use deployer_core::resource::Function;

use super::repairs::{Repairs, missing_tags};
use crate::errors::{Kind, Trouble, failed};
use crate::execute::context::Context;
use crate::execute::statement::{ready, settled};
use crate::observe::live;
use crate::wait::Pace;

/// The function with the variables that only an earlier step knew.
pub fn with_inputs(function: &Function, inputs: &BTreeMap<String, String>) -> Function {
    let mut function = function.clone();
    function.environment.extend(inputs.clone());
    function
}

/// Code, configuration and tags are put back one after the other: Lambda
/// refuses a change while it still works on the one before.
pub async fn ensure(context: &Context<'_>, wanted: &Function) -> Result<Repairs, Failure> {
    let mut repairs = Repairs::default();
    let Some(found) = read(context, &wanted.name).await? else {
        create(context, wanted).await?;
        ready(context, &wanted.name).await?;
        repairs.created();
        return Ok(repairs);
    };
    if found.image_uri != wanted.image_uri || found.architecture != wanted.architecture {
        settled(context, &wanted.name).await?;
        update_code(context, wanted).await?;
        ready(context, &wanted.name).await?;
        repairs.note("image");
    }
    let changes = Configuration::differing(wanted, &found);
    if !changes.names.is_empty() {
        settled(context, &wanted.name).await?;
        changes.update(context, wanted).await?;
        ready(context, &wanted.name).await?;
        changes.names.iter().for_each(|name| repairs.note(*name));
    }
    let missing = missing_tags(&wanted.tags, &found.tags);
    if !missing.is_empty() {
        settled(context, &wanted.name).await?;
        tag(context, wanted, missing).await?;
        repairs.note("tags");
    }
    Ok(repairs)
}

async fn read(context: &Context<'_>, name: &str) -> Result<Option<Function>, Failure> {
    let found = live::function(context.clients, name).await;
    found.map_err(|trouble| trouble.failure(format!("read function `{name}`")))
}

async fn create(context: &Context<'_>, wanted: &Function) -> Result<(), Failure> {
    let doing = format!("create function `{}`", wanted.name);
    context.until(Pace::IAM, &doing, async || attempt_create(context, wanted, &doing).await).await
}

/// None when it is worth another try: Lambda cannot assume a role that is too
/// new. A function that appeared meanwhile was made by an answer that was lost.
async fn attempt_create(context: &Context<'_>, wanted: &Function, doing: &str) -> Result<Option<()>, Failure> {
    let request = context
        .clients
        .lambda()
        .create_function()
        .function_name(&wanted.name)
        .set_description(wanted.description.clone())
        .package_type(PackageType::Image)
        .code(FunctionCode::builder().image_uri(&wanted.image_uri).build())
        .architectures(Architecture::from(&*wanted.architecture))
        .set_memory_size(number(wanted.memory_mb))
        .set_timeout(number(wanted.timeout_seconds))
        .role(&wanted.role_arn)
        .environment(environment(wanted))
        .tracing_config(tracing(wanted))
        .set_logging_config(logging(wanted))
        .set_tags(Some(wanted.tags.clone().into_iter().collect()));
    match request.send().await.map_err(Trouble::from) {
        Ok(_) => Ok(Some(())),
        Err(trouble) if trouble.kind == Kind::Conflict => Ok(Some(())),
        Err(trouble) if trouble.kind == Kind::Failed && context.may_be_iam(&trouble.message) => {
            context.detail("waiting for IAM");
            Ok(None)
        }
        Err(trouble) => Err(trouble.failure(doing)),
    }
}

async fn update_code(context: &Context<'_>, wanted: &Function) -> Result<(), Failure> {
    let request = context.clients.lambda().update_function_code().function_name(&wanted.name);
    let request = request.image_uri(&wanted.image_uri).architectures(Architecture::from(&*wanted.architecture));
    request.send().await.map(drop).map_err(failed(format!("update the image of function `{}`", wanted.name)))
}

async fn tag(context: &Context<'_>, wanted: &Function, missing: BTreeMap<&str, &str>) -> Result<(), Failure> {
    let location = context.clients.location();
    let tags: HashMap<String, String> =
        missing.into_iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    let arn = Names::function_arn(&location.region, &location.account, &wanted.name);
    let request = context.clients.lambda().tag_resource().resource(arn).set_tags(Some(tags));
    request.send().await.map(drop).map_err(failed(format!("tag function `{}`", wanted.name)))
}

/// The attributes of the configuration that differ, by name.
struct Configuration {
    names: Vec<&'static str>,
}

impl Configuration {
    fn differing(wanted: &Function, found: &Function) -> Self {
        let attributes = [
            ("description", found.description != wanted.description),
            ("memory", found.memory_mb != wanted.memory_mb),
            ("timeout", found.timeout_seconds != wanted.timeout_seconds),
            ("role", found.role_arn != wanted.role_arn),
            ("environment", found.environment != wanted.environment),
            ("tracing", found.tracing != wanted.tracing),
            ("log group", wanted.log_group.is_some() && found.log_group != wanted.log_group),
        ];
        Self { names: attributes.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect() }
    }

    /// One call with all that differs; the rest is left out and stays.
    async fn update(&self, context: &Context<'_>, wanted: &Function) -> Result<(), Failure> {
        let doing = format!("update the configuration of function `{}`", wanted.name);
        context.until(Pace::IAM, &doing, async || self.attempt(context, wanted, &doing).await).await
    }

    async fn attempt(&self, context: &Context<'_>, wanted: &Function, doing: &str) -> Result<Option<()>, Failure> {
        let has = |name: &str| self.names.contains(&name);
        let description = wanted.description.clone().unwrap_or_default();
        let request = context
            .clients
            .lambda()
            .update_function_configuration()
            .function_name(&wanted.name)
            .set_description(has("description").then_some(description))
            .set_memory_size(number(wanted.memory_mb).filter(|_| has("memory")))
            .set_timeout(number(wanted.timeout_seconds).filter(|_| has("timeout")))
            .set_role(has("role").then(|| wanted.role_arn.clone()))
            .set_environment(has("environment").then(|| environment(wanted)))
            .set_tracing_config(has("tracing").then(|| tracing(wanted)))
            .set_logging_config(logging(wanted).filter(|_| has("log group")));
        match request.send().await.map_err(Trouble::from) {
            Ok(_) => Ok(Some(())),
            Err(trouble) if trouble.kind == Kind::Conflict => Ok(None),
            Err(trouble) if trouble.kind == Kind::Failed && context.may_be_iam(&trouble.message) => {
                context.detail("waiting for IAM");
                Ok(None)
            }
            Err(trouble) => Err(trouble.failure(doing)),
        }
    }
}

fn number(value: u32) -> Option<i32> {
    i32::try_from(value).ok()
}

fn environment(wanted: &Function) -> Environment {
    Environment::builder().set_variables(Some(wanted.environment.clone().into_iter().collect())).build()
}

fn tracing(wanted: &Function) -> TracingConfig {
    TracingConfig::builder().mode(TracingMode::from(&*wanted.tracing)).build()
}

fn logging(wanted: &Function) -> Option<LoggingConfig> {
    wanted.log_group.as_ref().map(|group| LoggingConfig::builder().log_group(group).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function() -> Function {
        Function {
            name: "f".into(),
            description: None,
            image_uri: "host/r@sha256:a".into(),
            architecture: "arm64".into(),
            memory_mb: 512,
            timeout_seconds: 30,
            role_arn: "arn:aws:iam::1:role/r".into(),
            environment: BTreeMap::from([("A".into(), "1".into())]),
            tracing: "Active".into(),
            log_group: None,
            tags: BTreeMap::new(),
        }
    }

    #[test]
    fn only_what_differs_is_updated() {
        let wanted = function();
        assert!(Configuration::differing(&wanted, &wanted).names.is_empty());
        let mut found = function();
        found.memory_mb = 128;
        found.tracing = "PassThrough".into();
        // Not said by the template, so Lambda's own choice stays.
        found.log_group = Some("/aws/lambda/f".into());
        assert_eq!(Configuration::differing(&wanted, &found).names, ["memory", "tracing"]);
    }

    #[test]
    fn late_variables_join_the_environment() {
        let inputs = BTreeMap::from([("GATEWAY_URL".to_string(), "https://g".to_string())]);
        let environment = with_inputs(&function(), &inputs).environment;
        assert_eq!(
            environment.into_iter().collect::<Vec<_>>(),
            [("A".into(), "1".into()), ("GATEWAY_URL".into(), "https://g".into())]
        );
    }
}
