//! What every request must fulfil and every answer carries.
//!
//! A page of another site can make the browser send requests to 127.0.0.1, and with DNS rebinding
//! under its own name: hence the checks of `Host` and `Origin`. No answer allows another origin to
//! read it. The page may load nothing but its own files and run no script that is not among them.

use std::{sync::Arc, time::Instant};

use axum::{
    Json,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
            X_FRAME_OPTIONS,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    door::{Door, KEY_HEADER},
    refused::Refused,
};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Lets through what was asked of this very server by its own page; puts the headers on every answer.
pub async fn guarded(State(port): State<u16>, request: Request, next: Next) -> Response {
    let mut response = match check(port, request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Lets through what shows the key.
pub async fn keyed(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    if door.admits(shown(request.headers())) { next.run(request).await } else { wrong_key().into_response() }
}

/// `POST /api/open`: the key for itself or for a ticket.
pub async fn open(State(door): State<Arc<Door>>, headers: HeaderMap) -> Result<Json<Value>, Refused> {
    let key = door.open(shown(&headers), Instant::now()).ok_or_else(wrong_key)?;
    Ok(Json(json!({"key": key.expose()})))
}

fn shown(headers: &HeaderMap) -> &[u8] {
    headers.get(KEY_HEADER).map_or(b"", HeaderValue::as_bytes)
}

fn wrong_key() -> Refused {
    Refused::new(StatusCode::UNAUTHORIZED, "serve/key", "open the page: its address holds no valid key")
        .hint("open the address that `chat serve` printed when it started")
}

/// The two names of this server, each a host and, with `http://` before it, an origin.
fn check(port: u16, method: &Method, headers: &HeaderMap) -> Result<(), Refused> {
    let named = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let host = only(headers, &HOST).filter(|host| named.iter().any(|name| name == host));
    let Some(host) = host else {
        let message = "answer the request: it names another host";
        return Err(Refused::new(StatusCode::MISDIRECTED_REQUEST, "serve/host", message));
    };
    let needs_origin = !matches!(*method, Method::GET | Method::HEAD) || headers.contains_key(ORIGIN);
    let own = only(headers, &ORIGIN).and_then(|origin| origin.strip_prefix("http://")) == Some(host);
    if needs_origin && !own {
        let message = "answer the request: it comes from another page";
        return Err(Refused::new(StatusCode::FORBIDDEN, "serve/origin", message));
    }
    Ok(())
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(method: Method, headers: &[(HeaderName, &'static str)]) -> Option<StatusCode> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_static(value));
        }
        check(80, &method, &map).err().map(|refused| refused.into_response().status())
    }

    #[test]
    fn only_the_two_loopback_names_are_answered() {
        for host in ["127.0.0.1:80", "localhost:80"] {
            assert_eq!(checked(Method::GET, &[(HOST, host)]), None);
        }
        for host in ["rebound.example:80", "127.0.0.1", "127.0.0.1:81", "localhost:80.example", "[::1]:80", ""] {
            assert_eq!(checked(Method::GET, &[(HOST, host)]), Some(StatusCode::MISDIRECTED_REQUEST), "{host}");
        }
        assert!(checked(Method::GET, &[]).is_some());
        assert!(checked(Method::GET, &[(HOST, "localhost:80"), (HOST, "rebound.example")]).is_some());
    }

    #[test]
    fn a_change_wants_the_origin_of_the_page() {
        const OWN: (HeaderName, &str) = (HOST, "127.0.0.1:80");
        assert_eq!(checked(Method::POST, &[OWN, (ORIGIN, "http://127.0.0.1:80")]), None);
        for origin in ["https://127.0.0.1:80", "http://localhost:80", "null", "http://evil.example", "127.0.0.1:80"] {
            for method in [Method::POST, Method::DELETE, Method::GET] {
                assert_eq!(checked(method, &[OWN, (ORIGIN, origin)]), Some(StatusCode::FORBIDDEN), "{origin}");
            }
        }
        assert_eq!(checked(Method::DELETE, &[OWN]), Some(StatusCode::FORBIDDEN));
        assert_eq!(checked(Method::GET, &[OWN]), None);
    }
}
