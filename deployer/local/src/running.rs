//! What a command needs of a platform that runs.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;

use contract::connection::{LOCAL_ACCESS_KEY_ID, LOCAL_SECRET_ACCESS_KEY};
use deployer_core::Failure;
use deployer_core::settings::LOCAL_REGION;

use crate::folders::Folders;

/// The platform's address and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// `http://127.0.0.1:<port>`, no slash at its end.
    pub base_url: String,
    sandbox_state: PathBuf,
}

impl Running {
    pub(crate) fn new(port: u16, folders: &Folders) -> Self {
        Self { base_url: format!("http://127.0.0.1:{port}"), sandbox_state: folders.sandbox_state() }
    }

    /// What makes any AWS client speak to the local platform.
    pub fn environment_variables(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("AWS_ACCESS_KEY_ID", LOCAL_ACCESS_KEY_ID.to_string()),
            ("AWS_DEFAULT_REGION", LOCAL_REGION.to_string()),
            ("AWS_ENDPOINT_URL", self.base_url.clone()),
            ("AWS_REGION", LOCAL_REGION.to_string()),
            ("AWS_SECRET_ACCESS_KEY", LOCAL_SECRET_ACCESS_KEY.to_string()),
        ])
    }

    /// The secret of the issuer's test client.
    ///
    /// Fails with `local/smoke-secret-missing`.
    pub fn smoke_client_secret(&self) -> Result<SmokeClientSecret, Failure> {
        let path = self.sandbox_state.join("issuer/smoke-client-secret");
        fs::read_to_string(&path).map(|secret| SmokeClientSecret(secret.trim().to_string())).map_err(|cause| {
            Failure::new("local/smoke-secret-missing", format!("read {}", path.display()), cause)
                .with_hint("run `deployer sandbox stop`, then `deployer sandbox start`")
        })
    }

    /// Where a client reaches a function URL: the same path below
    /// `/_aws/lambda-url/<id>/`. Any other address stays as it is.
    pub fn reachable_function_url(&self, function_url: &str) -> String {
        match function_url_parts(function_url) {
            Some((id, path)) => format!("{}/_aws/lambda-url/{id}/{path}", self.base_url),
            None => function_url.to_string(),
        }
    }
}

/// Id and path of `https://<id>.lambda-url.<region>.on.aws/<path>`.
fn function_url_parts(function_url: &str) -> Option<(&str, &str)> {
    let address = function_url.strip_prefix("https://")?;
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let (id, rest) = host.split_once('.')?;
    (rest.starts_with("lambda-url.") && rest.ends_with(".on.aws")).then_some((id, path))
}

/// A client secret that no Debug output shows.
#[derive(Clone)]
pub struct SmokeClientSecret(String);

impl SmokeClientSecret {
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SmokeClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmokeClientSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running() -> Running {
        Running::new(4566, &Folders::new("/s", "/c"))
    }

    #[test]
    fn function_url_maps_to_a_path_of_the_platform() {
        let mapped = |url| running().reachable_function_url(url);
        let base = "http://127.0.0.1:4566/_aws/lambda-url/abc123";
        assert_eq!(mapped("https://abc123.lambda-url.us-east-1.on.aws/"), format!("{base}/"));
        assert_eq!(mapped("https://abc123.lambda-url.us-east-1.on.aws/health"), format!("{base}/health"));
        assert_eq!(mapped("https://abc123.lambda-url.us-east-1.on.aws"), format!("{base}/"));
        assert_eq!(mapped("https://example.com/chat"), "https://example.com/chat");
    }

    #[test]
    fn variables_name_address_and_region() {
        let variables = running().environment_variables();
        assert_eq!(variables["AWS_ENDPOINT_URL"], "http://127.0.0.1:4566");
        assert_eq!(variables["AWS_REGION"], variables["AWS_DEFAULT_REGION"]);
        assert_eq!(variables.len(), 5);
    }

    #[test]
    fn smoke_secret_is_read_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let running = Running::new(4566, &Folders::new(folder.path(), "/c"));
        assert_eq!(running.smoke_client_secret().unwrap_err().code, "local/smoke-secret-missing");
        fs::create_dir_all(folder.path().join("sandbox/issuer")).unwrap();
        fs::write(folder.path().join("sandbox/issuer/smoke-client-secret"), "hush-hush\n").unwrap();
        let secret = running.smoke_client_secret().unwrap();
        assert_eq!(secret.reveal(), "hush-hush");
        assert!(!format!("{secret:?}").contains("hush"));
    }
}
