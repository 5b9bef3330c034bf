//! Whose requests are answered, by their Host: those for the loopback address
//! and for the AWS names that clients map to it. A web page whose own name was
//! made to point here (DNS rebinding) comes with that name, and is refused.

use http::{HeaderMap, header};

/// Endings of AWS's own names, and the one that resolvers keep for this machine.
const SERVED: [&str; 5] = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws", ".localhost"];

/// A request without a Host names nobody, and no browser sends one.
pub fn is_served(headers: &HeaderMap) -> bool {
    let mut named = headers.get_all(header::HOST).iter();
    match (named.next(), named.next()) {
        (None, _) => true,
        (Some(host), None) => host.to_str().is_ok_and(serves),
        (Some(_), Some(_)) => false,
    }
}

/// The port is not looked at: a proxy in between keeps the Host, and so its own
/// port, since signatures cover it.
fn serves(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    match without_port(&host) {
        "127.0.0.1" | "localhost" | "[::1]" => true,
        name => SERVED.iter().any(|ending| name.ends_with(ending) && name.len() > ending.len()),
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(hosts: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, host.parse().unwrap());
        }
        is_served(&headers)
    }

    #[test]
    fn the_loopback_address_is_served() {
        for host in ["127.0.0.1:4566", "localhost:4566", "LOCALHOST", "[::1]:4566", "[::1]", "127.0.0.1:8443"] {
            assert!(served(&[host]), "{host}");
        }
        assert!(served(&[]));
    }

    #[test]
    fn names_of_aws_are_served() {
        for host in [
            "bucket.s3.us-east-1.amazonaws.com",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com",
            "abc.lambda-url.us-east-1.on.aws:4566",
            "bucket.s3.localhost:4566",
        ] {
            assert!(served(&[host]), "{host}");
        }
    }

    #[test]
    fn anybody_else_s_name_is_refused() {
        for host in [
            "evil.example.com:4566",
            "127.0.0.1.example.com:4566",
            "amazonaws.com.example.com",
            "evilamazonaws.com",
            ".amazonaws.com",
            "localhost:80x",
            "10.0.0.1:4566",
            "0.0.0.0:4566",
            "",
        ] {
            assert!(!served(&[host]), "{host}");
        }
        assert!(!served(&["127.0.0.1:4566", "evil.example.com"]), "two hosts are one too many");
    }
}
