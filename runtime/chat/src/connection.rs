//! Finding and checking the connection: which agent to talk to, and how.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use contract::Connection;
use url::Url;

use crate::failure::Failure;

/// Where the connection comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file of this name in the user's connection folder.
    Environment(String),
    File(PathBuf),
    /// Given on the command line.
    Flags(Flags),
}

/// A connection spelled out on the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    pub url: String,
    pub issuer: String,
    pub client_id: String,
    pub scopes: Vec<String>,
    pub region: Option<String>,
}

/// Reads and checks a connection; `folder` holds the environments' files.
///
/// # Errors
/// `connection/missing`, `connection/unreadable`, `connection/malformed` or `connection/refused`.
pub fn load(source: &Source, folder: &Path) -> Result<Connection, Failure> {
    let connection = match source {
        Source::Environment(name) => of_environment(name, folder)?,
        Source::File(path) => read(path, || "run `deployer connection --env NAME > FILE`".into())?,
        Source::Flags(flags) => from_flags(flags)?,
    };
    checked(connection)
}

/// The environments that have a connection file, sorted.
pub fn environments(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".json")?.to_owned()))
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

/// One sentence about the environments at hand, for hints.
pub fn known(folder: &Path) -> String {
    match environments(folder) {
        names if names.is_empty() => "no environment has a connection file yet".into(),
        names => format!("environments with a connection file: {}", names.join(", ")),
    }
}

/// Whether an address can only lead to this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether this text is an address that can only lead to this machine.
pub fn is_loopback_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| is_loopback(&url))
}

fn of_environment(name: &str, folder: &Path) -> Result<Connection, Failure> {
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
        return Err(Failure::new(
            "connection/missing",
            format!("find environment `{name}`"),
            "not an environment name",
        )
        .hint(known(folder)));
    }
    let path = folder.join(Connection::file_name(name));
    read(&path, || {
        format!(
            "run `deployer up --env {name}`, or `deployer connection --env {name} > {}` where it is deployed; {}",
            path.display(),
            known(folder)
        )
    })
}

fn read(path: &Path, missing: impl Fn() -> String) -> Result<Connection, Failure> {
    let doing = format!("read connection file {}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::new("connection/missing", &doing, "no such file").hint(missing()),
        _ => Failure::new("connection/unreadable", &doing, error),
    })?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::new("connection/malformed", doing, error).hint("write it again with `deployer connection --env NAME`")
    })
}

fn from_flags(flags: &Flags) -> Result<Connection, Failure> {
    let url = secure("function URL", &flags.url)?;
    let region = flags.region.clone().or_else(|| region_of(&url)).ok_or_else(|| {
        Failure::new("connection/refused", format!("connect to {url}"), "its region is unknown").hint("add --region")
    })?;
    Ok(Connection {
        version: Connection::VERSION,
        environment: String::new(),
        region,
        local: is_loopback(&url) && (flags.issuer.is_empty() || is_loopback_address(&flags.issuer)),
        function_url: url.into(),
        gateway_url: String::new(),
        issuer: flags.issuer.clone(),
        client_id: flags.client_id.clone(),
        scopes: flags.scopes.clone(),
        redirect_port: 0,
    })
}

/// The region in a function URL's host, `<id>.lambda-url.<region>.on.aws`; the local platform is us-east-1.
fn region_of(url: &Url) -> Option<String> {
    let labels: Vec<&str> = url.host_str()?.split('.').collect();
    match labels.as_slice() {
        [_, "lambda-url", region, "on", "aws"] => Some((*region).into()),
        _ => is_loopback(url).then(|| "us-east-1".into()),
    }
}

/// Refuses what would send a signature or a token in the clear.
fn checked(mut connection: Connection) -> Result<Connection, Failure> {
    if connection.version != Connection::VERSION {
        let cause = format!("its version is {}, this client reads {}", connection.version, Connection::VERSION);
        return Err(Failure::new("connection/malformed", "read the connection", cause).hint("update `chat`"));
    }
    let function_url = secure("function URL", &connection.function_url)?;
    if !connection.issuer.is_empty() {
        secure("issuer", &connection.issuer)?;
    }
    connection.function_url = function_url.into();
    if !connection.function_url.ends_with('/') {
        connection.function_url.push('/');
    }
    Ok(connection)
}

fn secure(what: &str, address: &str) -> Result<Url, Failure> {
    let url = parse(what, address)?;
    if url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url) {
        return Ok(url);
    }
    Err(Failure::new("connection/refused", format!("connect to {what} {url}"), "it is neither https nor loopback"))
}

fn parse(what: &str, address: &str) -> Result<Url, Failure> {
    Url::parse(address).map_err(|error| {
        Failure::new("connection/malformed", format!("read {what} `{address}`"), error)
            .hint("an address is written in full: https://...")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(url: &str) -> Source {
        Source::Flags(Flags { url: url.into(), ..Default::default() })
    }

    #[test]
    fn a_missing_file_names_the_command_and_the_environments_at_hand() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("prod.json"), "{}").unwrap();
        let failure = load(&Source::Environment("local".into()), folder.path()).unwrap_err();
        assert_eq!(failure.code(), "connection/missing");
        let text = failure.to_string();
        assert!(text.contains("deployer up --env local") && text.contains("deployer connection --env local"), "{text}");
        assert!(text.contains("prod"), "{text}");
    }

    #[test]
    fn an_environment_name_cannot_leave_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let failure = load(&Source::Environment("../secrets".into()), folder.path()).unwrap_err();
        assert!(failure.to_string().contains("not an environment name"));
    }

    #[test]
    fn a_malformed_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("dev.json"), "{\"version\": 1").unwrap();
        let failure = load(&Source::Environment("dev".into()), folder.path()).unwrap_err();
        assert_eq!(failure.code(), "connection/malformed");
        assert!(failure.to_string().contains("dev.json"));
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        let refused = load(&flags("http://abc.lambda-url.eu-west-1.on.aws/"), Path::new("/none")).unwrap_err();
        assert_eq!(refused.code(), "connection/refused");
        assert!(load(&flags("http://127.0.0.1:4566/_aws/lambda-url/abc"), Path::new("/none")).is_ok());
    }

    #[test]
    fn the_region_comes_from_the_function_url() {
        let connection = load(&flags("https://abc.lambda-url.eu-west-1.on.aws"), Path::new("/none")).unwrap();
        assert_eq!(connection.region, "eu-west-1");
        assert!(connection.function_url.ends_with('/') && !connection.local);
    }

    #[test]
    fn a_name_that_looks_like_loopback_is_not() {
        assert!(!is_loopback(&Url::parse("http://127.0.0.1.example.com/").unwrap()));
        assert!(is_loopback(&Url::parse("http://[::1]:80/").unwrap()));
    }
}
