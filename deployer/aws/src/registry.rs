//! Access to the account's image registry.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use deployer_core::Failure;
use deployer_image::{Registry, Secret};

use crate::Clients;
use crate::errors::failed;

const DOING: &str = "get access to the image registry";

/// A registry that accepts pushes for some hours (the token's life is 12).
///
/// Its host is AWS-shaped on the local platform too; `connect_to` then says
/// where it really answers.
pub async fn registry(clients: &Clients) -> Result<Registry, Failure> {
    let answer = clients.ecr().get_authorization_token().send().await.map_err(failed(DOING))?;
    let data = answer.authorization_data().first().ok_or_else(|| unusable("it holds no token"))?;
    let (username, password) = credentials(data.authorization_token().unwrap_or_default())?;
    let host = data.proxy_endpoint().and_then(host_of).ok_or_else(|| unusable("it names no registry"))?;
    Ok(Registry {
        host,
        connect_to: clients.endpoint_url().map(str::to_string),
        username,
        password: Secret::new(password),
        patience: clients.patience(),
    })
}

/// A token is `user:password` in base64 (ECR API reference, AuthorizationData).
fn credentials(token: &str) -> Result<(String, String), Failure> {
    let decoded = BASE64_STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or_else(|| unusable("its token is not base64"))?;
    let (username, password) = decoded.split_once(':').ok_or_else(|| unusable("its token has no password"))?;
    Ok((username.to_string(), password.to_string()))
}

fn host_of(endpoint: &str) -> Option<String> {
    let host = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let host = host.trim_end_matches('/');
    (!host.is_empty()).then(|| host.to_string())
}

fn unusable(what: &str) -> Failure {
    Failure::new("aws/failed", DOING, format!("ECR's answer cannot be used: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_user_and_password() {
        let token = BASE64_STANDARD.encode("AWS:pass:word");
        assert_eq!(credentials(&token).unwrap(), ("AWS".to_string(), "pass:word".to_string()));
        assert!(credentials("%%").is_err());
    }

    #[test]
    fn the_host_has_no_scheme_and_no_slash() {
        let host = "000000000000.dkr.ecr.eu-west-1.amazonaws.com";
        assert_eq!(host_of(&format!("https://{host}/")).as_deref(), Some(host));
        assert_eq!(host_of("https://"), None);
    }
}
