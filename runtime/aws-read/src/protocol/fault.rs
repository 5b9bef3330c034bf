//! Errors in answers: JSON with a type in header or body, and XML in the forms
//! of rest-xml (`<Error>`), query (`<ErrorResponse>`) and ec2 (`<Response>`).

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use super::Reply;
use super::xml::{self, Element};
use crate::error::Fault;
use crate::model::{Protocol, Service};
use crate::region::Region;
use crate::text;

/// The error that a reply holds, none if it is a success.
pub(crate) fn read(service: &Service, reply: &Reply) -> Option<Fault> {
    let is_success = (200..300).contains(&reply.status);
    match service.protocol {
        Protocol::Json | Protocol::RestJson => (!is_success).then(|| json_fault(reply)),
        // S3 sends some errors with status 200, so the body's root is looked at as well.
        Protocol::RestXml if is_success && !begins_with_error(&reply.body) => None,
        Protocol::Query | Protocol::Ec2 if is_success => None,
        Protocol::Query | Protocol::Ec2 | Protocol::RestXml => Some(xml_fault(reply)),
    }
}

/// Looks at the root element alone, since answers may be large.
fn begins_with_error(body: &[u8]) -> bool {
    let mut reader = Reader::from_reader(body);
    loop {
        match reader.read_event() {
            Ok(Event::Start(root) | Event::Empty(root)) => {
                return matches!(root.local_name().into_inner(), b"Error" | b"ErrorResponse");
            }
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

fn xml_fault(reply: &Reply) -> Fault {
    let root = xml::parse(&reply.body).ok();
    let error = root.as_ref().and_then(error_element);
    let text = |name: &str| error.and_then(|error| error.child_text(name)).map(text::cleaned);
    let region = reply.header("x-amz-bucket-region").map(str::to_owned).or_else(|| text("Region"));
    let outer_id = |name| root.as_ref().and_then(|root| root.child_text(name)).map(text::cleaned);
    Fault {
        status: reply.status,
        code: text("Code").unwrap_or_else(|| status_code(reply)),
        message: text("Message").or_else(|| text("message")).unwrap_or_default(),
        request_id: text("RequestId").or_else(|| outer_id("RequestId")).or_else(|| outer_id("RequestID")),
        region: region.as_deref().and_then(Region::parse),
    }
}

/// `<Error>`, `<ErrorResponse><Error>` or `<Response><Errors><Error>`.
fn error_element(root: &Element) -> Option<&Element> {
    match root.name.as_str() {
        "Error" => Some(root),
        "ErrorResponse" => root.child("Error"),
        "Response" => root.child("Errors").and_then(|errors| errors.child("Error")),
        _ => None,
    }
}

fn json_fault(reply: &Reply) -> Fault {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let text = |names: &[&str]| names.iter().find_map(|name| body.get(*name)?.as_str()).map(text::cleaned);
    let old_code = reply.header("x-amzn-query-error").and_then(|error| error.split(';').next()).map(text::cleaned);
    let header = reply.header("x-amzn-errortype").map(text::cleaned);
    let code = old_code.or(header).or_else(|| text(&["__type", "code", "Code"]));
    let code = code.as_deref().map(bare).filter(|code| !code.is_empty()).map(str::to_owned);
    Fault {
        status: reply.status,
        code: code.unwrap_or_else(|| status_code(reply)),
        message: text(&["message", "Message", "errorMessage"]).unwrap_or_default(),
        request_id: reply.header("x-amzn-requestid").map(text::cleaned),
        region: None,
    }
}

/// The name in `aws.protocoltests#FooError:http://amazon.com/...` (Smithy, "AWS
/// restJson1 protocol: operation error serialization").
fn bare(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default().trim()
}

fn status_code(reply: &Reply) -> String {
    format!("HTTP {}", reply.status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};

    fn read_body(service: &str, status: u16, body: &str) -> Option<Fault> {
        let reply = Reply { status, headers: HeaderMap::new(), body: Bytes::from(body.to_owned()) };
        read(model::service(service).unwrap(), &reply)
    }

    #[test]
    fn code_message_and_region_of_s3_are_read() {
        let body = "<?xml version=\"1.0\"?><Error><Code>AuthorizationHeaderMalformed</Code><Message>expecting 'eu-west-1'\
                    </Message><Region>eu-west-1</Region><RequestId>R1</RequestId></Error>";
        let fault = read_body("s3", 400, body).unwrap();
        assert_eq!(fault.code, "AuthorizationHeaderMalformed");
        assert_eq!(fault.message, "expecting 'eu-west-1'");
        assert_eq!(fault.region, Region::parse("eu-west-1"));
        assert_eq!(fault.request_id.as_deref(), Some("R1"));
    }

    #[test]
    fn errors_of_query_and_ec2_are_read() {
        let body = "<ErrorResponse><Error><Code>Throttling</Code></Error><RequestId>R2</RequestId></ErrorResponse>";
        let fault = read_body("iam", 400, body).unwrap();
        assert_eq!((fault.code.as_str(), fault.request_id.as_deref()), ("Throttling", Some("R2")));
        let body = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors>\
                    <RequestID>R3</RequestID></Response>";
        let fault = read_body("ec2", 403, body).unwrap();
        assert_eq!((fault.code.as_str(), fault.request_id.as_deref()), ("UnauthorizedOperation", Some("R3")));
        assert!(fault.is_denied());
    }

    #[test]
    fn json_errors_are_read_from_header_and_body() {
        let body = r#"{"__type": "com.amazon#AccessDeniedException", "Message": "no\u001b[31m"}"#;
        let fault = read_body("ecs", 400, body).unwrap();
        assert_eq!((fault.code.as_str(), fault.message.as_str()), ("AccessDeniedException", "no[31m"));
        let mut headers = HeaderMap::new();
        headers.insert("x-amzn-errortype", HeaderValue::from_static("ResourceNotFoundException:http://x/"));
        let reply = Reply { status: 404, headers, body: Bytes::from_static(b"not JSON") };
        assert_eq!(read(model::service("lambda").unwrap(), &reply).unwrap().code, "ResourceNotFoundException");
    }

    #[test]
    fn a_service_that_spoke_query_keeps_its_old_codes() {
        let mut headers = HeaderMap::new();
        let old = HeaderValue::from_static("AWS.SimpleQueueService.NonExistentQueue;Sender");
        headers.insert("x-amzn-query-error", old);
        let body = Bytes::from_static(br#"{"__type": "com.amazonaws.sqs#QueueDoesNotExist"}"#);
        let fault = read(model::service("sqs").unwrap(), &Reply { status: 400, headers, body }).unwrap();
        assert_eq!(fault.code, "AWS.SimpleQueueService.NonExistentQueue");
    }

    #[test]
    fn an_error_without_a_readable_body_has_its_status_as_code() {
        for service in ["s3", "iam", "ec2", "ecs", "lambda"] {
            for body in ["", "<html><body>Bad gateway", "{}", "[1]"] {
                assert_eq!(read_body(service, 502, body).unwrap().code, "HTTP 502", "{service}: {body}");
            }
        }
    }

    #[test]
    fn an_error_with_status_200_is_an_error_and_a_result_is_not() {
        let fault = read_body("s3", 200, "<Error><Code>InternalError</Code></Error>");
        assert_eq!(fault.unwrap().code, "InternalError");
        assert_eq!(read_body("s3", 200, "<Tagging><TagSet/></Tagging>"), None);
    }
}
