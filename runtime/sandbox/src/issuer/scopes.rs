//! The scopes that the issuer knows.

use super::oauth_error::OAuthError;

pub(super) const OPENID: &str = "openid";
pub(super) const PROFILE: &str = "profile";
pub(super) const EMAIL: &str = "email";
pub(super) const OFFLINE_ACCESS: &str = "offline_access";
/// The scope of the API itself; what a client gets that asks for none.
pub(super) const API_READ: &str = "api.read";

pub(super) const ALL: [&str; 5] = [OPENID, PROFILE, EMAIL, OFFLINE_ACCESS, API_READ];

/// The scopes of a request, once each. Unknown ones are an error, as at Okta.
pub(super) fn parse(text: &str) -> Result<Vec<String>, OAuthError> {
    let mut scopes = Vec::<String>::new();
    for scope in text.split_whitespace() {
        if !ALL.contains(&scope) {
            let description = format!("scope `{scope}` is not one of {}", ALL.join(", "));
            return Err(OAuthError::new("invalid_scope", description));
        }
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.into());
        }
    }
    Ok(scopes)
}

pub(super) fn has(scopes: &[String], scope: &str) -> bool {
    scopes.iter().any(|granted| granted == scope)
}
