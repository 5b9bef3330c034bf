//! Who answers a request: decided by the service that it is signed for, its
//! path and its Host. Pure.

use http::{Method, header, request::Parts};
use percent_encoding::percent_decode_str;

use super::control;
use crate::{
    bedrock::{Answering, ModelQuestion},
    identity::credential_scope,
    lambda::{InvocationStyle, url::UrlTarget},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    Health,
    /// What tests tell the sandbox.
    Control,
    ControlPlane,
    DataPlane,
    Issuer,
    Invoke {
        function: String,
        style: InvocationStyle,
    },
    /// A whole function goes, not only a version of it.
    DeleteFunction {
        function: String,
    },
    FunctionUrl(UrlTarget),
    Converse {
        model: String,
        answering: Answering,
    },
    /// What Bedrock knows about a model.
    Model(ModelQuestion),
    /// The emulator's, with the service when the request is signed.
    Backend {
        service: Option<String>,
    },
}

const FUNCTION_URL_PREFIX: &str = "/_aws/lambda-url/";

/// Decides by the raw path: nothing is normalised before it.
pub fn route(parts: &Parts) -> Route {
    let path = parts.uri.path();
    if path == "/_sandbox/health" {
        return Route::Health;
    }
    if path.starts_with(control::PATH) {
        return Route::Control;
    }
    if let Some(target) = function_url(parts, path) {
        return Route::FunctionUrl(target);
    }
    if path.starts_with("/_aws/agentcore/") {
        return Route::DataPlane;
    }
    let service = credential_scope(&parts.headers).map(|scope| scope.service);
    match service.as_deref() {
        Some("bedrock-agentcore") => return Route::ControlPlane,
        Some("lambda") | None if parts.method == Method::POST => {
            if let Some(route) = invocation(path) {
                return route;
            }
        }
        Some("lambda") if parts.method == Method::DELETE && parts.uri.query().is_none() => {
            if let Some(function) = segment(path, "/2015-03-31/functions/", "") {
                return Route::DeleteFunction { function };
            }
        }
        Some("bedrock") if parts.method == Method::POST => {
            if let Some(route) = converse(path) {
                return route;
            }
        }
        Some("bedrock") if parts.method == Method::GET => {
            if let Some(question) = model_question(path) {
                return Route::Model(question);
            }
        }
        _ => {}
    }
    match service.is_none() && path.starts_with("/oauth2/") {
        true => Route::Issuer,
        false => Route::Backend { service },
    }
}

fn function_url(parts: &Parts, path: &str) -> Option<UrlTarget> {
    if let Some(rest) = path.strip_prefix(FUNCTION_URL_PREFIX) {
        let (id, path) = rest.split_once('/').unwrap_or((rest, ""));
        return Some(UrlTarget { id: id.to_owned(), path: format!("/{path}") });
    }
    let host = parts.headers.get(header::HOST)?.to_str().ok()?;
    let (id, rest) = host.split_once('.')?;
    rest.starts_with("lambda-url.").then(|| UrlTarget { id: id.to_owned(), path: path.to_owned() })
}

fn invocation(path: &str) -> Option<Route> {
    let forms = [
        ("/2015-03-31/functions/", "/invocations", InvocationStyle::Buffered),
        ("/2021-11-15/functions/", "/response-streaming-invocations", InvocationStyle::Streamed),
    ];
    forms.into_iter().find_map(|(prefix, suffix, style)| {
        let function = segment(path, prefix, suffix)?;
        Some(Route::Invoke { function, style })
    })
}

fn converse(path: &str) -> Option<Route> {
    let forms = [("/converse-stream", Answering::Streamed), ("/converse", Answering::Whole)];
    forms.into_iter().find_map(|(suffix, answering)| {
        let model = segment(path, "/model/", suffix)?;
        Some(Route::Converse { model, answering })
    })
}

/// An ARN's slash is encoded, so that it is one segment too.
fn model_question(path: &str) -> Option<ModelQuestion> {
    let about = |prefix| segment(path, prefix, "");
    about("/foundation-models/")
        .map(ModelQuestion::Model)
        .or_else(|| about("/inference-profiles/").map(ModelQuestion::Profile))
        .or_else(|| about("/foundation-model-availability/").map(ModelQuestion::Availability))
}

/// The decoded segment between a prefix and a suffix.
fn segment(path: &str, prefix: &str, suffix: &str) -> Option<String> {
    let segment = path.strip_prefix(prefix)?.strip_suffix(suffix)?;
    (!segment.is_empty() && !segment.contains('/'))
        .then(|| percent_decode_str(segment).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routed(method: &str, path: &str, service: Option<&str>) -> Route {
        let mut request = http::Request::builder().method(method).uri(path).header("host", "127.0.0.1:4566");
        if let Some(service) = service {
            let authorization = format!(
                "AWS4-HMAC-SHA256 Credential=test/20261122/us-east-1/{service}/aws4_request, \
                 SignedHeaders=host, Signature=00"
            );
            request = request.header("authorization", authorization);
        }
        route(&request.body(()).unwrap().into_parts().0)
    }

    fn backend(service: &str) -> Route {
        Route::Backend { service: Some(service.into()) }
    }

    #[test]
    fn invocations_are_ours_in_every_form_of_the_name() {
        let arn = "arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Atool";
        let path = format!("/2015-03-31/functions/{arn}/invocations");
        let function = "arn:aws:lambda:us-east-1:000000000000:function:tool".to_owned();
        let expected = Route::Invoke { function, style: InvocationStyle::Buffered };
        assert_eq!(routed("POST", &path, Some("lambda")), expected);
        let streamed = "/2021-11-15/functions/tool/response-streaming-invocations";
        let expected = Route::Invoke { function: "tool".into(), style: InvocationStyle::Streamed };
        assert_eq!(routed("POST", streamed, Some("lambda")), expected);
        assert_eq!(routed("GET", "/2015-03-31/functions/tool", Some("lambda")), backend("lambda"));
    }

    #[test]
    fn the_deletion_of_a_function_is_told_from_that_of_a_version_or_a_statement() {
        let delete = |path: &str| routed("DELETE", path, Some("lambda"));
        assert_eq!(delete("/2015-03-31/functions/tool"), Route::DeleteFunction { function: "tool".into() });
        assert_eq!(delete("/2015-03-31/functions/tool?Qualifier=1"), backend("lambda"));
        assert_eq!(delete("/2015-03-31/functions/tool/policy/sid"), backend("lambda"));
    }

    #[test]
    fn a_bucket_of_a_reserved_name_stays_with_s3() {
        for path in ["/gateways/x", "/oauth2/default/x", "/model/m/converse"] {
            assert_eq!(routed("POST", path, Some("s3")), backend("s3"));
        }
    }

    #[test]
    fn a_function_url_is_known_by_path_and_by_host() {
        let expected = |path: &str| Route::FunctionUrl(UrlTarget { id: "abc".into(), path: path.into() });
        assert_eq!(routed("POST", "/_aws/lambda-url/abc/api/x%20y?z=1", Some("lambda")), expected("/api/x%20y"));
        assert_eq!(routed("GET", "/_aws/lambda-url/abc", None), expected("/"));
        let request = http::Request::builder().uri("/health").header("host", "abc.lambda-url.us-east-1.on.aws:4566");
        assert_eq!(route(&request.body(()).unwrap().into_parts().0), expected("/health"));
    }

    #[test]
    fn the_rest_of_the_table() {
        assert_eq!(routed("GET", "/_sandbox/health", None), Route::Health);
        assert_eq!(routed("PUT", "/_sandbox/faults", None), Route::Control);
        assert_eq!(routed("GET", "/gateways/", Some("bedrock-agentcore")), Route::ControlPlane);
        assert_eq!(routed("POST", "/_aws/agentcore/g-1/mcp", None), Route::DataPlane);
        assert_eq!(routed("GET", "/oauth2/default/.well-known/openid-configuration", None), Route::Issuer);
        let model = "us.anthropic.claude-sonnet-4-6".to_owned();
        let expected = Route::Converse { model, answering: Answering::Streamed };
        let path = "/model/us.anthropic.claude-sonnet-4-6/converse-stream";
        assert_eq!(routed("POST", path, Some("bedrock")), expected);
        assert_eq!(routed("GET", "/foundation-models", Some("bedrock")), backend("bedrock"));
        let path = "/inference-profiles/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.m";
        let expected = ModelQuestion::Profile("arn:aws:bedrock:us-east-1:1:inference-profile/us.m".into());
        assert_eq!(routed("GET", path, Some("bedrock")), Route::Model(expected));
        assert_eq!(routed("GET", "/_ministack/health", None), Route::Backend { service: None });
    }
}
