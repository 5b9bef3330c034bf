//! Clients for the servers that this process calls without an AWS SDK: the gateway and the token issuer.

use reqwest::ClientBuilder;
use reqwest::redirect::Policy;
use url::{Host, Url};

/// A client for one server. It follows no redirect, so that a token goes, and keys come, where they should and
/// nowhere else, and leaves https only for a server that is named with http. What is on this machine is asked
/// directly, whatever proxy the environment names.
pub fn for_server(url: &Url) -> ClientBuilder {
    let builder = ClientBuilder::new().redirect(Policy::none()).https_only(url.scheme() == "https");
    if is_loopback(url) { builder.no_proxy() } else { builder }
}

/// Whether nobody on the way can read or change what travels there: https, or http on this machine, which is
/// for the local platform.
pub fn is_guarded(url: &Url) -> bool {
    url.scheme() == "https" || url.scheme() == "http" && is_loopback(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        let is_guarded = |text: &str| super::is_guarded(&Url::parse(text).unwrap());
        for good in ["https://example.com/", "http://127.0.0.1:4566/", "http://[::1]/", "http://localhost:1/"] {
            assert!(is_guarded(good), "{good}");
        }
        for bad in ["http://example.com/", "http://localhost.example.com/", "http://10.0.0.1/", "ftp://localhost/"] {
            assert!(!is_guarded(bad), "{bad}");
        }
    }
}
