//! Errors in rest-xml answers: `<Error>` itself, or inside `<ErrorResponse>`.

use super::Reply;
use super::xml::{self, Element};
use crate::error::Fault;
use crate::region::Region;
use crate::text;

/// S3 sends some errors with status 200, so the body is looked at as well.
pub(super) fn read(reply: &Reply) -> Option<Fault> {
    let root = xml::parse(&reply.body).ok();
    let error = root.as_ref().and_then(error_element);
    let is_success = (200..300).contains(&reply.status);
    (!is_success || error.is_some()).then(|| fault(reply, root.as_ref(), error))
}

fn error_element(root: &Element) -> Option<&Element> {
    match root.name.as_str() {
        "Error" => Some(root),
        "ErrorResponse" => root.child("Error"),
        _ => None,
    }
}

fn fault(reply: &Reply, root: Option<&Element>, error: Option<&Element>) -> Fault {
    let text = |name: &str| error.and_then(|error| error.child_text(name)).map(text::cleaned);
    let status_code = format!("HTTP {}", reply.status);
    let region = reply.header("x-amz-bucket-region").map(str::to_owned).or_else(|| text("Region"));
    let outer_id = || root.and_then(|root| root.child_text("RequestId")).map(text::cleaned);
    Fault {
        status: reply.status,
        code: text("Code").unwrap_or(status_code),
        message: text("Message").unwrap_or_default(),
        request_id: text("RequestId").or_else(outer_id),
        region: region.as_deref().and_then(Region::parse),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    fn read_body(status: u16, body: &str) -> Option<Fault> {
        read(&Reply { status, headers: HeaderMap::new(), body: Bytes::from(body.to_owned()) })
    }

    #[test]
    fn code_message_and_region_are_read() {
        let body = "<?xml version=\"1.0\"?><Error><Code>AuthorizationHeaderMalformed</Code><Message>expecting 'eu-west-1'\
                    </Message><Region>eu-west-1</Region><RequestId>R1</RequestId></Error>";
        let fault = read_body(400, body).unwrap();
        assert_eq!(fault.code, "AuthorizationHeaderMalformed");
        assert_eq!(fault.message, "expecting 'eu-west-1'");
        assert_eq!(fault.region, Region::parse("eu-west-1"));
        assert_eq!(fault.request_id.as_deref(), Some("R1"));
    }

    #[test]
    fn a_wrapped_error_is_read() {
        let body = "<ErrorResponse><Error><Code>Throttling</Code></Error><RequestId>R2</RequestId></ErrorResponse>";
        let fault = read_body(400, body).unwrap();
        assert_eq!((fault.code.as_str(), fault.request_id.as_deref()), ("Throttling", Some("R2")));
    }

    #[test]
    fn an_error_without_a_readable_body_has_its_status_as_code() {
        for body in ["", "<html><body>Bad gateway", "{}"] {
            assert_eq!(read_body(502, body).unwrap().code, "HTTP 502");
        }
    }

    #[test]
    fn an_error_with_status_200_is_an_error_and_a_result_is_not() {
        assert_eq!(read_body(200, "<Error><Code>InternalError</Code></Error>").unwrap().code, "InternalError");
        assert_eq!(read_body(200, "<Tagging><TagSet/></Tagging>"), None);
    }
}
