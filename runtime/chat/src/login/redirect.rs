//! The loopback redirect: a listener that takes one browser visit to
//! `/callback` (RFC 8252, section 7.3), and the reading of what the issuer sends there.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use url::Url;

use crate::failure::Failure;

const PATH: &str = "/callback";
const HEAD_LIMIT: usize = 16 * 1024;

/// Browsers open connections on suspicion and send nothing: such a visit must not keep the next one waiting.
const HEAD_DEADLINE: Duration = Duration::from_secs(3);

const APPROVED: &str = "You are logged in. Close this page and go back to the terminal.";
const REFUSED: &str = "The login did not succeed. Go back to the terminal.";

/// Listens on 127.0.0.1 only.
pub(super) struct RedirectListener {
    listener: TcpListener,
    url: Url,
}

impl RedirectListener {
    /// Port 0 takes a free one; `host` is how the redirect address names this machine.
    pub async fn bind(port: u16, host: &str) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::new("login/redirect-port", format!("listen for the login at 127.0.0.1:{port}"), error)
                .hint("another login may be waiting on this port: end it and try again")
        };
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        Ok(Self { listener, url: redirect_url(port, host) })
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The code of the first visit that carries our state; others are turned away.
    pub async fn code(&self, expected: &Expected) -> Result<String, Failure> {
        loop {
            let Ok((stream, _)) = self.listener.accept().await else { continue };
            if let Some(result) = self.visit(stream, expected).await {
                return result;
            }
        }
    }

    async fn visit(&self, mut stream: TcpStream, expected: &Expected) -> Option<Result<String, Failure>> {
        let target = timeout(HEAD_DEADLINE, request_target(&mut stream)).await.ok().flatten()?;
        let visited = self.url.join(&target).ok()?;
        if visited.path() != PATH {
            answer(&mut stream, "404 Not Found", "Nothing here.").await;
            return None;
        }
        match code_in(&visited, expected) {
            Visit::Foreign => {
                answer(&mut stream, "400 Bad Request", REFUSED).await;
                None
            }
            Visit::Approved(code) => {
                answer(&mut stream, "200 OK", APPROVED).await;
                Some(Ok(code))
            }
            Visit::Refused(failure) => {
                answer(&mut stream, "400 Bad Request", REFUSED).await;
                Some(Err(failure))
            }
        }
    }
}

/// The redirect URI as it is registered with the issuer.
pub(super) fn redirect_url(port: u16, host: &str) -> Url {
    Url::parse(&format!("http://{host}:{port}{PATH}")).expect("a host name and a port make an address")
}

/// How a redirect address names this machine: by its number (RFC 8252, section 8.3), but Cognito
/// for long took plain http for the name `localhost` only, and takes it still (Cognito API reference, CallbackURLs).
pub(super) fn redirect_host(issuer: &Url) -> &'static str {
    let host = issuer.host_str().unwrap_or_default();
    if host.starts_with("cognito-idp.") && host.contains(".amazonaws.com") { "localhost" } else { "127.0.0.1" }
}

/// What the issuer says with a visit to the redirect address.
#[derive(Debug)]
pub(super) enum Visit {
    Approved(String),
    Refused(Failure),
    /// Without our state: not the answer to our question.
    Foreign,
}

/// How to know the answer to our question.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    pub state: String,
    /// As the discovery document writes it.
    pub issuer: String,
    /// The issuer says that it names itself in every answer (RFC 9207, section 3).
    pub must_name_issuer: bool,
}

pub(super) fn code_in(visited: &Url, expected: &Expected) -> Visit {
    let value = |name: &str| visited.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    if value("state").as_ref() != Some(&expected.state) {
        return Visit::Foreign;
    }
    let refused = |cause: String| Visit::Refused(Failure::new("login/refused", "log in at the issuer", cause));
    match value("iss") {
        Some(issuer) if issuer != expected.issuer => {
            return refused(format!("the answer is of issuer {issuer}, {} was asked", expected.issuer));
        }
        None if expected.must_name_issuer => return refused("the answer does not name its issuer".into()),
        _ => {}
    }
    match (value("code"), value("error")) {
        (_, Some(error)) => refused(match value("error_description") {
            Some(description) => format!("{error}: {description}"),
            None => error,
        }),
        (Some(code), None) => Visit::Approved(code),
        (None, None) => refused("the answer holds neither code nor error".into()),
    }
}

/// The target of a GET request; `None` for anything else.
async fn request_target(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut chunk = [0; 2048];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        head.extend_from_slice(&chunk[..count]);
        if head.len() > HEAD_LIMIT {
            return None;
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.lines().next()?.split(' ');
    match (words.next(), words.next()) {
        (Some("GET"), Some(target)) if target.starts_with('/') => Some(target.into()),
        _ => None,
    }
}

/// The browser's copy is a courtesy: whether it arrives decides nothing.
async fn answer(stream: &mut TcpStream, status: &str, text: &str) {
    let page = format!("<!doctype html><meta charset=\"utf-8\"><title>chat login</title><p>{text}</p>\n");
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n",
        page.len()
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(page.as_bytes()).await;
    let _ = stream.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(must_name_issuer: bool) -> Expected {
        Expected { state: "ours".into(), issuer: "https://a.example".into(), must_name_issuer }
    }

    fn visit(query: &str) -> Visit {
        code_in(&Url::parse(&format!("http://127.0.0.1:1/callback?{query}")).unwrap(), &expected(false))
    }

    #[test]
    fn cognito_gets_the_name_that_it_takes() {
        let host = |issuer: &str| redirect_host(&Url::parse(issuer).unwrap());
        assert_eq!(host("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example"), "localhost");
        assert_eq!(host("https://example.okta.com/oauth2/default"), "127.0.0.1");
        assert_eq!(redirect_url(8765, "localhost").as_str(), "http://localhost:8765/callback");
    }

    #[test]
    fn an_answer_of_another_issuer_is_refused() {
        assert!(matches!(visit("code=abc&state=ours&iss=https%3A%2F%2Fa.example"), Visit::Approved(_)));
        let Visit::Refused(failure) = visit("code=abc&state=ours&iss=https%3A%2F%2Fevil.example") else {
            panic!("not refused");
        };
        assert!(failure.to_string().contains("of issuer https://evil.example"));
        let nameless = Url::parse("http://127.0.0.1:1/callback?code=abc&state=ours").unwrap();
        assert!(matches!(code_in(&nameless, &expected(true)), Visit::Refused(_)));
    }

    #[test]
    fn a_code_counts_only_with_our_state() {
        assert!(matches!(visit("code=abc&state=ours"), Visit::Approved(code) if code == "abc"));
        assert!(matches!(visit("code=abc&state=theirs"), Visit::Foreign));
        assert!(matches!(visit("code=abc"), Visit::Foreign));
    }

    #[test]
    fn the_issuers_refusal_is_reported_in_its_words() {
        let Visit::Refused(failure) = visit("error=access_denied&error_description=not+assigned&state=ours") else {
            panic!("not refused");
        };
        assert!(failure.to_string().contains("access_denied: not assigned"));
    }

    #[tokio::test]
    async fn foreign_visits_do_not_end_the_wait() {
        let listener = RedirectListener::bind(0, "127.0.0.1").await.unwrap();
        let address = ("127.0.0.1", listener.url().port().unwrap());
        let waiting = tokio::spawn(async move { listener.code(&expected(false)).await });
        for target in ["/favicon.ico", "/callback?code=evil&state=theirs", "/callback?code=good&state=ours"] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
        }
        assert_eq!(waiting.await.unwrap().unwrap(), "good");
    }
}
