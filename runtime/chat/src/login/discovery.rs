//! Who the issuer is: its discovery document (OpenID Connect Discovery 1.0),
//! with the members of RFC 8628 (device grant), RFC 8414 (revocation) and RFC 9207 (issuer in the answer).

use openidconnect::{
    AdditionalProviderMetadata, DeviceAuthorizationUrl, DiscoveryError, IssuerUrl, ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{http::IssuerHttp, issuer::Account};
use crate::failure::{Failure, chain};

/// A refresh token is asked for with it, where the issuer knows it.
const OFFLINE_ACCESS: &str = "offline_access";

/// Members beyond those of OpenID Connect Discovery.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Extensions {
    #[serde(default)]
    pub device_authorization_endpoint: Option<DeviceAuthorizationUrl>,
    #[serde(default)]
    pub revocation_endpoint: Option<Url>,
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Extensions {}

/// A discovery document.
pub(super) type Metadata = ProviderMetadata<
    Extensions,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Reads the document and the signing keys.
///
/// # Errors
/// `login/discovery` when they cannot be read or name another issuer.
pub(super) async fn read(account: &Account, http: &IssuerHttp) -> Result<Metadata, Failure> {
    let hint = match account.is_local() {
        true => "is the local platform running? `deployer sandbox start` starts it",
        false => "the issuer must serve <issuer>/.well-known/openid-configuration; Okta: .../oauth2/<id>",
    };
    let failed = |cause: String| {
        Failure::new("login/discovery", format!("read the discovery document of issuer {}", account.issuer), cause)
            .hint(hint)
    };
    let named = IssuerUrl::new(account.issuer.clone()).map_err(|error| failed(chain(&error)))?;
    match Metadata::discover_async(named, http).await {
        Ok(metadata) => Ok(metadata),
        Err(DiscoveryError::Validation(first)) => {
            let other = IssuerUrl::new(other_slash(&account.issuer)).map_err(|error| failed(chain(&error)))?;
            Metadata::discover_async(other, http).await.map_err(|_| failed(first))
        }
        Err(error) => Err(failed(chain(&error))),
    }
}

/// Issuers compare byte by byte, a slash at the end included. A discovery address is the same
/// with and without it, so that the connection may not know which one the issuer writes.
fn other_slash(issuer: &str) -> String {
    issuer.strip_suffix('/').map_or_else(|| format!("{issuer}/"), Into::into)
}

/// The scopes to ask for: `offline_access` only from an issuer that lists it or lists none.
/// Cognito gives refresh tokens without it and refuses a login that names it.
pub(super) fn askable_scopes(account: &Account, metadata: &Metadata) -> Vec<String> {
    let knows = |wanted: &str| {
        metadata.scopes_supported().is_none_or(|listed| listed.iter().any(|scope| scope.as_str() == wanted))
    };
    account.scopes.iter().filter(|scope| *scope != OFFLINE_ACCESS || knows(OFFLINE_ACCESS)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Okta publishes it for a custom authorization server, the lists shortened.
    const OKTA: &str = r#"{
        "issuer": "https://example.okta.com/oauth2/default",
        "authorization_endpoint": "https://example.okta.com/oauth2/default/v1/authorize",
        "token_endpoint": "https://example.okta.com/oauth2/default/v1/token",
        "userinfo_endpoint": "https://example.okta.com/oauth2/default/v1/userinfo",
        "registration_endpoint": "https://example.okta.com/oauth2/v1/clients",
        "jwks_uri": "https://example.okta.com/oauth2/default/v1/keys",
        "response_types_supported": ["code", "id_token", "code id_token", "code token"],
        "response_modes_supported": ["query", "fragment", "form_post", "okta_post_message"],
        "grant_types_supported": ["authorization_code", "refresh_token", "password",
            "urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "address", "phone", "offline_access", "device_sso"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "claims_supported": ["iss", "ver", "sub", "aud", "iat", "exp", "jti", "auth_time", "amr", "idp", "nonce"],
        "code_challenge_methods_supported": ["S256"],
        "introspection_endpoint": "https://example.okta.com/oauth2/default/v1/introspect",
        "revocation_endpoint": "https://example.okta.com/oauth2/default/v1/revoke",
        "end_session_endpoint": "https://example.okta.com/oauth2/default/v1/logout",
        "request_parameter_supported": true,
        "device_authorization_endpoint": "https://example.okta.com/oauth2/default/v1/device/authorize"
    }"#;

    /// As Cognito publishes it for a user pool with a domain.
    const COGNITO: &str = r#"{
        "authorization_endpoint": "https://example.auth.eu-west-1.amazoncognito.com/oauth2/authorize",
        "end_session_endpoint": "https://example.auth.eu-west-1.amazoncognito.com/logout",
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example",
        "jwks_uri": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example/.well-known/jwks.json",
        "response_types_supported": ["code", "token"],
        "revocation_endpoint": "https://example.auth.eu-west-1.amazoncognito.com/oauth2/revoke",
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint": "https://example.auth.eu-west-1.amazoncognito.com/oauth2/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": "https://example.auth.eu-west-1.amazoncognito.com/oauth2/userInfo"
    }"#;

    fn metadata(text: &str) -> Metadata {
        serde_json::from_str(text).unwrap()
    }

    fn asked(text: &str) -> Vec<String> {
        let scopes = ["openid", "offline_access", "agent.ask"].map(String::from).to_vec();
        let account = Account { issuer: String::new(), client_id: "chat".into(), scopes };
        askable_scopes(&account, &metadata(text))
    }

    #[test]
    fn okta_offers_the_device_grant_revocation_and_offline_access() {
        let extensions = metadata(OKTA).additional_metadata().clone();
        assert!(extensions.device_authorization_endpoint.is_some() && extensions.revocation_endpoint.is_some());
        assert_eq!(asked(OKTA), ["openid", "offline_access", "agent.ask"]);
    }

    #[test]
    fn cognito_offers_no_device_grant_and_is_not_asked_for_offline_access() {
        let extensions = metadata(COGNITO).additional_metadata().clone();
        assert!(extensions.device_authorization_endpoint.is_none() && extensions.revocation_endpoint.is_some());
        assert_eq!(asked(COGNITO), ["openid", "agent.ask"]);
    }

    #[test]
    fn an_issuer_that_lists_no_scopes_is_asked_for_all() {
        let mut document: serde_json::Value = serde_json::from_str(COGNITO).unwrap();
        document.as_object_mut().unwrap().remove("scopes_supported");
        assert_eq!(asked(&document.to_string()).len(), 3);
    }

    #[test]
    fn a_slash_at_the_end_is_taken_away_or_added() {
        assert_eq!(other_slash("https://a.example/"), "https://a.example");
        assert_eq!(other_slash("https://a.example"), "https://a.example/");
    }
}
