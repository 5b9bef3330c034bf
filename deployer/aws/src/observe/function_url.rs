//! A function's address and how it answers.

use aws_sdk_lambda::operation::get_function_url_config::GetFunctionUrlConfigOutput;
use aws_sdk_lambda::types::Cors as LiveCors;
use deployer_core::observed::Fact;
use deployer_core::resource::{Cors, FunctionUrl, Resource};

use crate::Clients;
use crate::errors::{Trouble, found};

pub async fn observe(clients: &Clients, function: String) -> Fact<Resource> {
    super::fact(read(clients, &function).await.map(|url| url.map(Resource::FunctionUrl)))
}

/// None also where the function does not exist.
pub async fn read(clients: &Clients, function: &str) -> Result<Option<FunctionUrl>, Trouble> {
    let answer = found(clients.lambda().get_function_url_config().function_name(function).send().await)?;
    Ok(answer.map(|answer| function_url(function, answer)))
}

fn function_url(function: &str, found: GetFunctionUrlConfigOutput) -> FunctionUrl {
    FunctionUrl {
        function_name: function.to_string(),
        auth_type: found.auth_type.as_str().to_string(),
        invoke_mode: found.invoke_mode.map_or_else(|| "BUFFERED".into(), |mode| mode.as_str().to_string()),
        cors: found.cors.and_then(cors),
        address: Some(found.function_url),
    }
}

/// None for settings that allow nothing: that is how a URL looks once they were taken away.
fn cors(found: LiveCors) -> Option<Cors> {
    let sorted = |list: Option<Vec<String>>| {
        let mut list = list.unwrap_or_default();
        list.sort();
        list
    };
    let cors = Cors {
        allow_credentials: found.allow_credentials.unwrap_or(false),
        // Header names have no case (RFC 9110, section 5.1), and Lambda does not promise the one that was written.
        allow_headers: sorted(found.allow_headers.map(|names| names.iter().map(|name| name.to_lowercase()).collect())),
        allow_methods: sorted(found.allow_methods),
        allow_origins: sorted(found.allow_origins),
        max_age_seconds: found.max_age.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or_default(),
    };
    let allows_nothing =
        cors.allow_origins.is_empty() && cors.allow_methods.is_empty() && cors.allow_headers.is_empty();
    (!allows_nothing || cors.allow_credentials).then_some(cors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_empty_settings_are_none() {
        let live = LiveCors::builder().allow_origins("https://b").allow_origins("https://a").max_age(60).build();
        let found = cors(live).unwrap();
        let mixed = LiveCors::builder().allow_headers("X-Amz-Date").allow_headers("accept").build();
        assert_eq!(cors(mixed).unwrap().allow_headers, ["accept", "x-amz-date"]);
        assert_eq!(found.allow_origins, ["https://a", "https://b"]);
        assert_eq!((found.max_age_seconds, found.allow_credentials), (60, false));
        assert_eq!(cors(LiveCors::builder().build()), None);
    }
}
