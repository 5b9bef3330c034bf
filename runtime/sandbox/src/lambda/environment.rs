//! The environment of a function's process, as Lambda documents it ("Defined
//! runtime environment variables"): nothing of the sandbox's own gets in.

use std::{collections::BTreeMap, net::SocketAddr};

use crate::identity::Credentials;

use super::{function::Function, image::Rootfs, isolation::Isolation};

/// What the variables are made of.
pub struct EnvironmentSource<'a> {
    pub function: &'a Function,
    pub rootfs: &'a Rootfs,
    pub isolation: &'a Isolation,
    pub credentials: &'a Credentials,
    pub runtime_api: SocketAddr,
    pub region: &'a str,
    /// Where AWS answers: the front's own address.
    pub endpoint: &'a str,
    pub log_stream: &'a str,
}

/// The image's variables, then the function's, then Lambda's, which win.
pub fn environment(source: &EnvironmentSource<'_>) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::from([
        ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()),
        ("LANG".into(), "en_US.UTF-8".into()),
        ("TZ".into(), ":UTC".into()),
        ("AWS_ENDPOINT_URL".into(), source.endpoint.to_owned()),
    ]);
    variables.extend(image_variables(source));
    variables.extend(source.function.variables.iter().map(|(name, value)| (name.clone(), value.clone())));
    variables.extend(reserved(source).map(|(name, value)| (name.to_owned(), value)));
    if let Some(token) = &source.credentials.session_token {
        variables.insert("AWS_SESSION_TOKEN".into(), token.clone());
    }
    variables
}

/// A plain process sees the machine's root, so the one path that the image's
/// variables are known to hold is pointed at the image's copy.
fn image_variables(source: &EnvironmentSource<'_>) -> Vec<(String, String)> {
    let declared = source.rootfs.configuration.env.iter().flatten().filter_map(|line| line.split_once('='));
    let placed = declared.map(|(name, value)| {
        let value = match name {
            "SSL_CERT_FILE" => inside(source, value),
            _ => value.to_owned(),
        };
        (name.to_owned(), value)
    });
    placed.collect()
}

fn reserved(source: &EnvironmentSource<'_>) -> [(&'static str, String); 16] {
    let function = source.function;
    let handler = source.rootfs.configuration.cmd.iter().flatten().next().cloned().unwrap_or_default();
    [
        ("_HANDLER", handler),
        ("AWS_ACCESS_KEY_ID", source.credentials.access_key_id.clone()),
        ("AWS_SECRET_ACCESS_KEY", source.credentials.secret_access_key.clone()),
        ("AWS_REGION", source.region.to_owned()),
        ("AWS_DEFAULT_REGION", source.region.to_owned()),
        ("AWS_LAMBDA_FUNCTION_NAME", function.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".into()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory.to_string()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".into()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name)),
        ("AWS_LAMBDA_LOG_STREAM_NAME", source.log_stream.to_owned()),
        ("AWS_LAMBDA_RUNTIME_API", source.runtime_api.to_string()),
        ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ("LAMBDA_TASK_ROOT", inside(source, "/var/task")),
        ("LAMBDA_RUNTIME_DIR", inside(source, "/var/runtime")),
        ("_X_AMZN_TRACE_ID", String::new()),
    ]
}

fn inside(source: &EnvironmentSource<'_>, path: &str) -> String {
    source.isolation.inside(&source.rootfs.root, path).to_string_lossy().into_owned()
}
