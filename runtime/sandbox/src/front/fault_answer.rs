//! The answers that armed faults give, each in its service's own form.

use axum::{
    Json,
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::faults::{ErrorAnswer, Service};

/// DynamoDB's namespace of error types.
const DYNAMODB_TYPES: &str = "com.amazonaws.dynamodb.v20120810#";

/// What an answer refers to.
#[derive(Default)]
pub struct Subject {
    /// Id of the JSON-RPC request; null for other services.
    pub message: Value,
    /// Where a gateway tells which issuer's tokens open it.
    pub metadata_url: String,
}

pub fn error(service: Service, answer: &ErrorAnswer, subject: &Subject) -> Response {
    let (body, content_type) = match service {
        Service::Dynamodb => (
            json!({"__type": format!("{DYNAMODB_TYPES}{}", answer.code), "message": answer.message}),
            "application/x-amz-json-1.0",
        ),
        Service::Gateway => (json_rpc(answer, subject), "application/json"),
        Service::Bedrock => (json!({"message": answer.message, "__type": answer.code}), "application/json"),
        Service::Lambda => (json!({"Type": "User", "message": answer.message}), "application/json"),
        Service::Issuer => (json!({"error": answer.code, "error_description": answer.message}), "application/json"),
    };
    let mut body = body;
    body.as_object_mut().into_iter().for_each(|members| members.extend(answer.members.clone()));
    let mut response = (status(answer), Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let (Service::Dynamodb | Service::Bedrock | Service::Lambda, Ok(code)) = (service, answer.code.parse()) {
        headers.insert("x-amzn-errortype", code);
    }
    if let (Service::Gateway, 401, Ok(challenge)) = (service, answer.status, challenge(subject).parse()) {
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// The connection closes before a byte of an answer: the head waits for the
/// body's first piece, and that is an error.
pub fn closed_connection() -> Response {
    let broken = futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("dropped by an armed fault")) });
    Response::new(Body::from_stream(broken))
}

/// A gateway refuses a token before it reads the message, so that its 401 names none.
fn json_rpc(answer: &ErrorAnswer, subject: &Subject) -> Value {
    let unauthorized = answer.status == 401;
    let id = if unauthorized { Value::Null } else { subject.message.clone() };
    let code = if unauthorized { -32001 } else { -32603 };
    let message = if answer.message.is_empty() { &answer.code } else { &answer.message };
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

fn challenge(subject: &Subject) -> String {
    format!("Bearer resource_metadata=\"{}\"", subject.metadata_url)
}

fn status(answer: &ErrorAnswer) -> StatusCode {
    StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn answer(status: u16, code: &str) -> ErrorAnswer {
        ErrorAnswer { status, code: code.into(), message: "slow down".into(), members: Default::default() }
    }

    async fn body(response: Response) -> Value {
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
    }

    #[tokio::test]
    async fn each_service_answers_in_its_own_form() {
        let subject = Subject { message: json!(7), metadata_url: "http://m".into() };
        let mut cancelled = answer(400, "TransactionCanceledException");
        cancelled.members.insert("CancellationReasons".into(), json!([{"Code": "ConditionalCheckFailed"}]));
        let response = error(Service::Dynamodb, &cancelled, &subject);
        assert_eq!(response.headers()["content-type"], "application/x-amz-json-1.0");
        let document = body(response).await;
        assert_eq!(document["__type"], "com.amazonaws.dynamodb.v20120810#TransactionCanceledException");
        assert_eq!(document["CancellationReasons"][0]["Code"], "ConditionalCheckFailed");

        let response = error(Service::Bedrock, &answer(429, "ThrottlingException"), &subject);
        assert_eq!(
            (response.status(), &response.headers()["x-amzn-errortype"]),
            (StatusCode::TOO_MANY_REQUESTS, &HeaderValue::from_static("ThrottlingException"))
        );

        let response = error(Service::Gateway, &answer(401, "Unauthorized"), &subject);
        assert_eq!(response.headers()["www-authenticate"], "Bearer resource_metadata=\"http://m\"");
        assert_eq!(body(response).await["error"]["code"], -32001);
        let document = body(error(Service::Gateway, &answer(429, "Throttled"), &subject)).await;
        assert_eq!((&document["id"], &document["error"]["message"]), (&json!(7), &json!("slow down")));

        let document = body(error(Service::Issuer, &answer(400, "invalid_grant"), &subject)).await;
        assert_eq!(document["error"], "invalid_grant");
    }

    #[tokio::test]
    async fn a_dropped_connection_carries_no_byte_of_an_answer() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = axum::Router::new().fallback(|| async { closed_connection() });
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), "");
        server.abort();
    }
}
