//! Cross-origin answers of a function URL, from its configuration. Where there
//! is one it alone decides; a URL without one passes the function's own on.

use aws_sdk_lambda::types::Cors;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

/// True for a browser's preflight that the URL's configuration answers.
pub fn is_preflight(method: &Method, headers: &HeaderMap, cors: Option<&Cors>) -> bool {
    cors.is_some() && method == Method::OPTIONS && headers.contains_key(header::ORIGIN)
}

/// Puts the configuration's headers in the place of the function's own.
pub fn impose(cors: Option<&Cors>, decided: HeaderMap, answer: &mut HeaderMap) {
    if cors.is_none() {
        return;
    }
    let own: Vec<_> = answer.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
    own.iter().for_each(|name| drop(answer.remove(name)));
    answer.extend(decided);
}

/// Headers for an origin that the configuration allows; none for another.
pub fn headers(cors: Option<&Cors>, request: &HeaderMap) -> HeaderMap {
    let mut answer = HeaderMap::new();
    let origin = request.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let (Some(cors), Some(origin)) = (cors, origin) else { return answer };
    let Some(allowed) = allowed_origin(cors, origin) else { return answer };
    set(&mut answer, header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed.clone());
    if allowed != "*" {
        set(&mut answer, header::VARY, "Origin".into());
    }
    set(&mut answer, header::ACCESS_CONTROL_ALLOW_METHODS, cors.allow_methods().join(","));
    set(&mut answer, header::ACCESS_CONTROL_ALLOW_HEADERS, cors.allow_headers().join(","));
    set(&mut answer, header::ACCESS_CONTROL_EXPOSE_HEADERS, cors.expose_headers().join(","));
    if cors.allow_credentials() == Some(true) {
        set(&mut answer, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true".into());
    }
    if let Some(seconds) = cors.max_age() {
        set(&mut answer, header::ACCESS_CONTROL_MAX_AGE, seconds.to_string());
    }
    answer
}

fn allowed_origin(cors: &Cors, origin: &str) -> Option<String> {
    let origins = cors.allow_origins();
    match origins.iter().any(|allowed| allowed == "*") {
        true => Some("*".into()),
        false => origins.iter().any(|allowed| allowed == origin).then(|| origin.to_owned()),
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value)
        && !value.is_empty()
    {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cors() -> Cors {
        Cors::builder().allow_origins("https://a.example").allow_methods("POST").max_age(60).build()
    }

    fn from(origin: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static(origin))])
    }

    #[test]
    fn only_a_configured_origin_is_allowed() {
        let allowed = headers(Some(&cors()), &from("https://a.example"));
        assert_eq!(allowed[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://a.example");
        assert_eq!(allowed[header::ACCESS_CONTROL_MAX_AGE], "60");
        assert!(headers(Some(&cors()), &from("https://b.example")).is_empty());
        assert!(headers(None, &from("https://a.example")).is_empty());
    }

    #[test]
    fn a_function_cannot_allow_what_its_url_does_not() {
        let own = HeaderMap::from_iter([(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))]);
        let mut answer = own.clone();
        impose(Some(&cors()), headers(Some(&cors()), &from("https://b.example")), &mut answer);
        assert!(answer.is_empty());
        let mut answer = own.clone();
        impose(Some(&cors()), headers(Some(&cors()), &from("https://a.example")), &mut answer);
        assert_eq!(answer[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://a.example");
        let mut answer = own.clone();
        impose(None, HeaderMap::new(), &mut answer);
        assert_eq!(answer, own);
    }
}
