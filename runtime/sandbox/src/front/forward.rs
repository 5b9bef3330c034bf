//! Requests passed on to the emulator: method, raw path, query, Host, headers
//! and body as they came, since a signature covers them all. Answers come back
//! as they are, redirects included, a piece at a time.

use axum::{body::Body, extract::Request, response::Response};
use http::{
    HeaderMap, HeaderName, StatusCode, Uri, Version,
    header::{self, HeaderValue},
    uri::{Authority, PathAndQuery, Scheme},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

/// Concern one connection only (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

pub struct Forwarder {
    backend: Authority,
    client: Client<HttpConnector, Body>,
}

impl Forwarder {
    /// `backend` is the emulator's `host:port`.
    pub fn new(backend: Authority) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).set_host(false).build(connector);
        Self { backend, client }
    }

    /// The emulator's answer; 503 in AWS's form when it cannot be reached.
    pub async fn forward(&self, mut request: Request) -> Response {
        let wants_json = wants_json(request.headers());
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = self.address(path);
        *request.version_mut() = Version::HTTP_11;
        remove_hop_by_hop(request.headers_mut());
        match self.client.request(request).await {
            Ok(response) => {
                let mut response = response.map(Body::new);
                remove_hop_by_hop(response.headers_mut());
                response
            }
            Err(error) => {
                tracing::warn!(%error, backend = %self.backend, "backend not reached");
                self.unreachable(wants_json)
            }
        }
    }

    fn address(&self, path: Option<PathAndQuery>) -> Uri {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.backend.clone());
        parts.path_and_query = Some(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
        // Cannot fail: scheme, authority and path are all there.
        Uri::from_parts(parts).unwrap_or_default()
    }

    fn unreachable(&self, wants_json: bool) -> Response {
        let text = format!("The emulator at http://{} does not answer. Is it still running?", self.backend);
        let (content_type, body) = match wants_json {
            true => {
                ("application/json", serde_json::json!({"__type": "ServiceUnavailable", "message": text}).to_string())
            }
            false => ("text/xml", xml(&text)),
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert("x-amzn-errortype", HeaderValue::from_static("ServiceUnavailable"));
        response
    }
}

/// The text holds no markup of its own.
fn xml(text: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Receiver</Type><Code>ServiceUnavailable</Code>\
         <Message>{text}</Message></Error></ErrorResponse>"
    )
}

/// JSON protocols name their operation in a header or send JSON.
fn wants_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    headers.contains_key("x-amz-target") || content_type.is_some_and(|value| value.contains("json"))
}

/// Those of the standard, and those that `Connection` names.
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    named.iter().chain(&HOP_BY_HOP).for_each(|name| {
        headers.remove(name);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use bytes::Bytes;
    use futures::StreamExt;
    use http_body_util::BodyExt;
    use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};

    async fn backend(router: Router) -> (Forwarder, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string().parse().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (Forwarder::new(authority), server)
    }

    async fn echo(request: Request) -> String {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let mut lines = vec![format!("{} {}", parts.method, parts.uri)];
        lines.extend(parts.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())));
        lines.push(String::from_utf8(body.to_vec()).unwrap());
        lines.join("\n")
    }

    #[tokio::test]
    async fn host_path_and_query_arrive_as_they_were_sent() {
        let (forwarder, server) = backend(Router::new().fallback(echo)).await;
        let uri = "/bucket//a/../b%2Fc%7e+d?list-type=2&prefix=%20x&empty=&flag";
        let request = Request::put(uri)
            .header("host", "bucket.s3.amazonaws.com")
            .header("connection", "keep-alive, x-private")
            .header("x-private", "1")
            .header("authorization", "AWS4-HMAC-SHA256 x")
            .body(Body::from("content"))
            .unwrap();
        let response = forwarder.forward(request).await;
        let text = String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
        assert!(text.starts_with(&format!("PUT {uri}\n")), "{text}");
        assert!(text.contains("host: bucket.s3.amazonaws.com\n") && text.contains("authorization: AWS4"), "{text}");
        assert!(!text.contains("x-private") && !text.contains("keep-alive"), "{text}");
        assert!(text.ends_with("\ncontent"), "{text}");
        server.abort();
    }

    #[tokio::test]
    async fn an_answer_streams_through_and_a_redirect_is_not_followed() {
        let (sender, receiver) = mpsc::channel::<Bytes>(1);
        let body =
            Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(receiver).map(Ok::<_, std::io::Error>));
        let slot = std::sync::Arc::new(std::sync::Mutex::new(Some(body)));
        let router = Router::new().fallback(move || async move {
            let body = slot.lock().unwrap().take().unwrap();
            Response::builder().status(307).header("location", "/elsewhere").body(body).unwrap()
        });
        let (forwarder, server) = backend(router).await;
        let response = forwarder.forward(Request::get("/").body(Body::empty()).unwrap()).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["location"]),
            (307, &HeaderValue::from_static("/elsewhere"))
        );
        let mut chunks = response.into_body().into_data_stream();
        for part in ["one", "two"] {
            // The second is not even made before the first has come through.
            sender.send(part.into()).await.unwrap();
            assert_eq!(chunks.next().await.unwrap().unwrap(), part);
        }
        drop(sender);
        assert!(chunks.next().await.is_none());
        server.abort();
    }

    #[tokio::test]
    async fn a_backend_that_is_down_is_named_in_the_error() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let forwarder = Forwarder::new(address.parse().unwrap());
        let request = Request::post("/").header("x-amz-target", "DynamoDB.ListTables").body(Body::empty()).unwrap();
        let response = forwarder.forward(request).await;
        assert_eq!(response.status(), 503);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let error: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(error["__type"], "ServiceUnavailable");
        assert!(error["message"].as_str().unwrap().contains(&address));
    }
}
