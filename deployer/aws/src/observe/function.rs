//! A Lambda function made of an image: its configuration, image and tags.

use std::collections::BTreeMap;

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{EnvironmentResponse, FunctionCodeLocation};
use deployer_core::observed::Fact;
use deployer_core::resource::{Function, Resource};

use super::tags::tags;
use crate::Clients;
use crate::errors::{Trouble, found};

pub async fn observe(clients: &Clients, name: String) -> Fact<Resource> {
    super::fact(read(clients, &name).await.map(|function| function.map(Resource::Function)))
}

pub async fn read(clients: &Clients, name: &str) -> Result<Option<Function>, Trouble> {
    let answer = found(clients.lambda().get_function().function_name(name).send().await)?;
    answer.map(|answer| function(name, answer)).transpose()
}

/// The tags come with the function; where only they could not be read, Lambda says so in the answer.
fn function(name: &str, found: GetFunctionOutput) -> Result<Function, Trouble> {
    if let Some(error) = found.tags_error {
        return Err(Trouble::unusable(format!("the tags of function {name}: {}: {}", error.error_code, error.message)));
    }
    let configuration = found.configuration.ok_or_else(|| Trouble::unusable("a function without configuration"))?;
    let architecture = configuration.architectures.unwrap_or_default().into_iter().next();
    let tracing = configuration.tracing_config.and_then(|tracing| tracing.mode);
    let number = |value: Option<i32>| value.and_then(|value| u32::try_from(value).ok()).unwrap_or_default();
    let environment = variables(name, configuration.environment)?;
    Ok(Function {
        name: name.to_string(),
        description: configuration.description.filter(|description| !description.is_empty()),
        image_uri: found.code.map(image_uri).unwrap_or_default(),
        architecture: architecture.map_or_else(|| "x86_64".into(), |name| name.as_str().to_string()),
        memory_mb: number(configuration.memory_size),
        timeout_seconds: number(configuration.timeout),
        role_arn: configuration.role.unwrap_or_default(),
        environment,
        tracing: tracing.map_or_else(|| "PassThrough".into(), |mode| mode.as_str().to_string()),
        log_group: configuration.logging_config.and_then(|logging| logging.log_group),
        tags: tags(found.tags.unwrap_or_default()),
    })
}

/// Lambda answers a function whose variables it may not decrypt without them, and says so beside.
fn variables(name: &str, found: Option<EnvironmentResponse>) -> Result<BTreeMap<String, String>, Trouble> {
    let Some(found) = found else { return Ok(BTreeMap::new()) };
    match found.error {
        Some(error) => {
            let [code, message] = [error.error_code, error.message].map(Option::unwrap_or_default);
            Err(Trouble::unusable(format!("the environment of function {name}: {code}: {message}")))
        }
        None => Ok(found.variables.unwrap_or_default().into_iter().collect()),
    }
}

/// As it was set, if that was by digest; a tag says too little, then it is what Lambda found behind it.
fn image_uri(code: FunctionCodeLocation) -> String {
    let is_digest = |uri: &String| uri.contains('@');
    let resolved = code.resolved_image_uri.filter(is_digest);
    match code.image_uri {
        Some(uri) if is_digest(&uri) => uri,
        uri => resolved.or(uri).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_lambda::types::{
        Architecture, EnvironmentError, FunctionConfiguration, LoggingConfig, TagsError, TracingConfigResponse,
        TracingMode,
    };

    fn code(set: &str, resolved: &str) -> FunctionCodeLocation {
        FunctionCodeLocation::builder().image_uri(set).resolved_image_uri(resolved).build()
    }

    #[test]
    fn an_image_that_was_set_by_tag_is_known_by_its_digest() {
        assert_eq!(image_uri(code("host/r:latest", "host/r@sha256:a")), "host/r@sha256:a");
        assert_eq!(image_uri(code("host/r@sha256:b", "host/r@sha256:c")), "host/r@sha256:b");
        assert_eq!(image_uri(code("host/r:latest", "")), "host/r:latest");
    }

    #[test]
    fn a_function_is_read_as_it_is_set() {
        let configuration = FunctionConfiguration::builder()
            .description("")
            .architectures(Architecture::Arm64)
            .memory_size(512)
            .timeout(30)
            .environment(EnvironmentResponse::builder().variables("LOG_LEVEL", "info").build())
            .tracing_config(TracingConfigResponse::builder().mode(TracingMode::Active).build())
            .logging_config(LoggingConfig::builder().log_group("/aws/lambda/f").build());
        let answer = GetFunctionOutput::builder().configuration(configuration.build()).tags("aws:x", "y").build();
        let function = function("f", answer).unwrap();
        assert_eq!((function.memory_mb, function.timeout_seconds, function.description), (512, 30, None));
        assert_eq!((function.architecture.as_str(), function.tracing.as_str()), ("arm64", "Active"));
        assert_eq!(function.environment["LOG_LEVEL"], "info");
        assert_eq!(function.log_group.as_deref(), Some("/aws/lambda/f"));
        assert!(function.tags.is_empty());
    }

    #[test]
    fn variables_that_lambda_cannot_decrypt_are_a_gap_and_not_an_empty_environment() {
        let error = EnvironmentError::builder().error_code("AccessDeniedException").message("kms").build();
        let environment = EnvironmentResponse::builder().error(error).build();
        let configuration = FunctionConfiguration::builder().environment(environment).build();
        let answer = GetFunctionOutput::builder().configuration(configuration).build();
        assert!(function("f", answer).unwrap_err().message.contains("AccessDeniedException: kms"));
    }

    #[test]
    fn tags_that_could_not_be_read_are_a_gap() {
        let error = TagsError::builder().error_code("AccessDenied").message("no").build().unwrap();
        let configuration = FunctionConfiguration::builder().build();
        let answer = GetFunctionOutput::builder().configuration(configuration).tags_error(error).build();
        assert!(function("f", answer).unwrap_err().message.contains("AccessDenied"));
    }
}
