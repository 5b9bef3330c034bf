//! The same request in the same bytes, always.
//!
//! Bedrock keeps a prompt only as long as its beginning stays the same, byte by
//! byte (Bedrock user guide, "Prompt caching"). The SDK writes documents, which
//! tool schemas and tool inputs are, in the order of a hash map that differs
//! from request to request. So the members of every body are sorted.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;

/// Sorts the members of JSON bodies before they are signed.
#[derive(Debug)]
pub struct StableOrder;

impl Intercept for StableOrder {
    fn name(&self) -> &'static str {
        "StableOrder"
    }

    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let Some(sorted) = request.body().bytes().and_then(sorted) else { return Ok(()) };
        request.headers_mut().insert("content-length", sorted.len().to_string());
        *request.body_mut() = SdkBody::from(sorted);
        Ok(())
    }
}

/// None for what is no JSON: it is sent as it is.
fn sorted(body: &[u8]) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    value.sort_all_objects();
    serde_json::to_vec(&value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_sorted_and_lists_keep_their_order() {
        let body = br#"{"b": [{"z": 1, "a": 2}, 3], "a": {"d": 0.7, "c": "\u00e4"}}"#;
        let expected = "{\"a\":{\"c\":\"ä\",\"d\":0.7},\"b\":[{\"a\":2,\"z\":1},3]}";
        assert_eq!(String::from_utf8(sorted(body).unwrap()).unwrap(), expected);
        assert_eq!(sorted(b"no JSON"), None);
    }
}
