//! The event of a function URL: payload format 2.0 (Lambda developer guide,
//! "Request and response payloads" of function URLs).

use std::net::IpAddr;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Method, header};
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, macros::format_description};

use crate::identity::Caller;

/// Content types that reach the function as text (beside `text/*`).
const TEXT_TYPES: [&str; 4] =
    ["application/json", "application/xml", "application/javascript", "application/x-www-form-urlencoded"];

/// A request to a function URL.
pub struct UrlRequest<'a> {
    pub url_id: &'a str,
    pub region: &'a str,
    pub method: &'a Method,
    /// As it came, without the prefix that stands for the host locally.
    pub path: &'a str,
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a Bytes,
    /// None for a URL that anybody may call.
    pub caller: Option<&'a Caller>,
    pub source: IpAddr,
    pub now: OffsetDateTime,
    pub request_id: &'a str,
}

pub fn event(request: &UrlRequest<'_>) -> Value {
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers(request),
        "requestContext": context(request),
    });
    let cookies: Vec<_> = request.headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).collect();
    if !cookies.is_empty() {
        event["cookies"] = cookies.iter().flat_map(|line| line.split("; ")).collect();
    }
    if !request.query.is_empty() {
        event["queryStringParameters"] = parameters(request.query);
    }
    let (body, encoded) = body(request);
    event["isBase64Encoded"] = encoded.into();
    if let Some(body) = body {
        event["body"] = body.into();
    }
    event
}

fn domain(request: &UrlRequest<'_>) -> String {
    format!("{}.lambda-url.{}.on.aws", request.url_id, request.region)
}

/// Names in lower case, several values joined with commas; cookies have their
/// own member.
fn headers(request: &UrlRequest<'_>) -> Map<String, Value> {
    let mut headers = Map::new();
    for name in request.headers.keys().filter(|name| **name != header::COOKIE) {
        let values = request.headers.get_all(name).iter();
        let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        headers.insert(name.as_str().to_owned(), values.join(",").into());
    }
    headers.insert("host".into(), domain(request).into());
    headers.insert("x-forwarded-for".into(), request.source.to_string().into());
    headers.insert("x-forwarded-port".into(), "443".into());
    headers.insert("x-forwarded-proto".into(), "https".into());
    headers
}

fn context(request: &UrlRequest<'_>) -> Value {
    let day = format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
    let agent = request.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let mut context = json!({
        "accountId": request.caller.map_or("anonymous", |caller| &caller.account),
        "apiId": request.url_id,
        "domainName": domain(request),
        "domainPrefix": request.url_id,
        "http": {
            "method": request.method.as_str(),
            "path": request.path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.source.to_string(),
            "userAgent": agent,
        },
        "requestId": request.request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": request.now.format(&day).unwrap_or_default(),
        "timeEpoch": u64::try_from(request.now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default(),
    });
    if let Some(caller) = request.caller {
        context["authorizer"] = json!({"iam": {
            "accessKey": caller.access_key_id,
            "accountId": caller.account,
            "callerId": caller.user_id,
            "cognitoIdentity": null,
            "principalOrgId": null,
            "userArn": caller.arn,
            "userId": caller.user_id,
        }});
    }
    context
}

fn parameters(query: &str) -> Value {
    let mut parameters: Map<String, Value> = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let joined = match parameters.get(name.as_ref()).and_then(Value::as_str) {
            Some(before) => format!("{before},{value}"),
            None => value.into_owned(),
        };
        parameters.insert(name.into_owned(), joined.into());
    }
    parameters.into()
}

fn body(request: &UrlRequest<'_>) -> (Option<String>, bool) {
    if request.body.is_empty() {
        return (None, false);
    }
    let declared = request.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_text = media_type.starts_with("text/") || TEXT_TYPES.contains(&media_type.as_str());
    match std::str::from_utf8(request.body) {
        Ok(text) if is_text => (Some(text.to_owned()), false),
        _ => (Some(STANDARD.encode(request.body)), true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::CallerKind;

    fn request_event(headers: &HeaderMap, body: &Bytes, caller: Option<&Caller>) -> Value {
        event(&UrlRequest {
            url_id: "abc",
            region: "us-east-1",
            method: &Method::POST,
            path: "/api/a%20b",
            query: "x=1&x=2&y=a%26b",
            headers,
            body,
            caller,
            source: [127, 0, 0, 1].into(),
            now: OffsetDateTime::UNIX_EPOCH,
            request_id: "r1",
        })
    }

    #[test]
    fn the_event_has_the_documented_members() {
        let caller = Caller {
            account: "000000000000".into(),
            arn: "arn:aws:iam::000000000000:user/ann".into(),
            user_id: "AIDA1".into(),
            access_key_id: "AKIA1".into(),
            kind: CallerKind::User,
        };
        let mut headers = HeaderMap::new();
        headers.insert("X-Okta-Token", "t".parse().unwrap());
        headers.insert("content-type", "application/json".parse().unwrap());
        headers.insert("cookie", "a=1; b=2".parse().unwrap());
        let event = request_event(&headers, &Bytes::from_static(b"{}"), Some(&caller));
        assert_eq!(event["rawPath"], "/api/a%20b");
        assert_eq!(event["queryStringParameters"], json!({"x": "1,2", "y": "a&b"}));
        assert_eq!(event["headers"]["x-okta-token"], "t");
        assert_eq!(event["headers"]["host"], "abc.lambda-url.us-east-1.on.aws");
        assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("{}"), &json!(false)));
        let context = &event["requestContext"];
        assert_eq!(context["authorizer"]["iam"]["userArn"], "arn:aws:iam::000000000000:user/ann");
        assert_eq!(context["time"], "01/Jan/1970:00:00:00 +0000");
        assert_eq!(context["http"]["method"], "POST");
    }

    #[test]
    fn a_binary_body_is_encoded_and_an_anonymous_caller_has_no_authorizer() {
        let event = request_event(&HeaderMap::new(), &Bytes::from_static(b"\xff\x00"), None);
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("/wA="), &json!(true)));
        assert_eq!(event["requestContext"]["accountId"], "anonymous");
        assert!(event["requestContext"].get("authorizer").is_none());
    }
}
