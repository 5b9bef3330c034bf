//! Functions, their addresses and who may call them, as their properties describe them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::properties::Properties;
use crate::resource::{Cors, Function, FunctionUrl, Statement};

/// The function, and its environment variables that take a parameter whose
/// value is not known yet: variable by parameter.
pub(super) fn function(
    properties: &Properties,
    stack_tags: &BTreeMap<String, String>,
) -> Option<(Function, BTreeMap<String, String>)> {
    let (environment, later) = variables(properties.at("/Environment/Variables"));
    let function = Function {
        name: properties.text("/FunctionName")?,
        description: properties.text("/Description"),
        image_uri: properties.text("/Code/ImageUri").unwrap_or_default(),
        architecture: properties.text_or("/Architectures/0", "x86_64"),
        memory_mb: properties.number("/MemorySize").unwrap_or(128),
        timeout_seconds: properties.number("/Timeout").unwrap_or(3),
        role_arn: properties.text("/Role").unwrap_or_default(),
        environment,
        tracing: properties.text_or("/TracingConfig/Mode", "PassThrough"),
        log_group: properties.text("/LoggingConfig/LogGroup"),
        tags: properties.tags(stack_tags),
    };
    Some((function, later))
}

fn variables(written: &Value) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let (mut known, mut later) = (BTreeMap::new(), BTreeMap::new());
    for (name, value) in written.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => drop(known.insert(name.clone(), text.clone())),
            Value::Object(intrinsic) => {
                let parameter = intrinsic.get("Ref").and_then(Value::as_str);
                later.extend(parameter.map(|parameter| (name.clone(), parameter.to_string())));
            }
            // Lambda holds texts only: CloudFormation writes numbers and flags as they are spelled.
            other => drop(known.insert(name.clone(), other.to_string())),
        }
    }
    (known, later)
}

pub(super) fn url(properties: &Properties) -> Option<FunctionUrl> {
    Some(FunctionUrl {
        function_name: function_name(&properties.text("/TargetFunctionArn")?),
        auth_type: properties.text("/AuthType")?,
        invoke_mode: properties.text_or("/InvokeMode", "BUFFERED"),
        cors: properties.at("/Cors").is_object().then(|| Cors {
            allow_credentials: properties.flag("/Cors/AllowCredentials"),
            allow_headers: properties
                .sorted_texts("/Cors/AllowHeaders")
                .iter()
                .map(|name| name.to_lowercase())
                .collect(),
            allow_methods: properties.sorted_texts("/Cors/AllowMethods"),
            allow_origins: properties.sorted_texts("/Cors/AllowOrigins"),
            max_age_seconds: properties.number("/Cors/MaxAge").unwrap_or(0),
        }),
        address: None,
    })
}

/// A permission: the function's name and the statement that it makes.
pub(super) fn permission(properties: &Properties, partition: &str) -> Option<(String, Statement)> {
    let statement = Statement {
        principal: principal(properties.text("/Principal")?, partition),
        action: properties.text("/Action")?,
        function_url_auth_type: properties.text("/FunctionUrlAuthType"),
        via_function_url: properties.flag("/InvokedViaFunctionUrl"),
        other_condition: None,
    };
    Some((function_name(&properties.text("/FunctionName")?), statement))
}

/// Lambda stores an account as its root ARN (Lambda API reference, AddPermission).
fn principal(written: String, partition: &str) -> String {
    let is_account = written.len() == 12 && written.bytes().all(|byte| byte.is_ascii_digit());
    if is_account { format!("arn:{partition}:iam::{written}:root") } else { written }
}

/// A function is named by its name or by its ARN.
fn function_name(text: &str) -> String {
    let after = text.split_once(":function:").map_or(text, |(_, name)| name);
    after.split(':').next().unwrap_or(after).to_string()
}
