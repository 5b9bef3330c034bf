//! CUSTOM_JWT authorizers: their configuration and what a token's claims must hold.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault::Faults;

const DISCOVERY_SUFFIX: &str = "/.well-known/openid-configuration";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuthorizerConfiguration {
    #[serde(rename = "customJWTAuthorizer")]
    pub(super) custom_jwt: JwtAuthorizer,
}

/// All checks that are configured must pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct JwtAuthorizer {
    pub(super) discovery_url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    allowed_audience: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    allowed_clients: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) allowed_scopes: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    custom_claims: Option<Vec<CustomClaim>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CustomClaim {
    inbound_token_claim_name: String,
    inbound_token_claim_value_type: ClaimType,
    authorizing_claim_match_value: ClaimMatch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ClaimType {
    String,
    StringArray,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClaimMatch {
    claim_match_value: MatchValue,
    claim_match_operator: Operator,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum MatchValue {
    #[serde(rename = "matchValueString")]
    One(String),
    #[serde(rename = "matchValueStringList")]
    List(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Operator {
    Equals,
    Contains,
    ContainsAny,
}

/// Why verified claims do not open the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClaimFault {
    NotAllowed,
    /// The token is good, but none of the allowed scopes is in it.
    InsufficientScope,
}

impl JwtAuthorizer {
    pub(super) fn validate(&self, faults: &mut Faults) {
        let field = "authorizerConfiguration.customJWTAuthorizer";
        let well_formed = self.discovery_url.strip_suffix(DISCOVERY_SUFFIX).is_some_and(|issuer| !issuer.is_empty())
            && url::Url::parse(&self.discovery_url).is_ok();
        faults.require(
            well_formed,
            &format!("{field}.discoveryUrl"),
            "Member must satisfy regular expression pattern: .+/\\.well-known/openid-configuration",
        );
        let lists = [&self.allowed_audience, &self.allowed_clients, &self.allowed_scopes];
        let any = lists.iter().any(|list| list.is_some()) || self.custom_claims.is_some();
        faults.require(
            any,
            field,
            "at least one of allowedAudience, allowedClients, allowedScopes or customClaims is required",
        );
        for (name, list) in ["allowedAudience", "allowedClients", "allowedScopes"].into_iter().zip(lists) {
            let filled = list.as_ref().is_none_or(|list| !list.is_empty());
            faults.require(filled, &format!("{field}.{name}"), "Member must have length greater than or equal to 1");
        }
        for claim in self.custom_claims.iter().flatten() {
            let operator = "customClaims: STRING takes EQUALS with one value, STRING_ARRAY takes CONTAINS with one \
                            value or CONTAINS_ANY with a list";
            faults.require(claim.is_consistent(), field, operator);
        }
    }

    /// Audience, client and claims before scope: a stranger's token is no matter of scope.
    pub(super) fn check(&self, claims: &Value) -> Result<(), ClaimFault> {
        let audience = texts(&claims["aud"]);
        let client = texts(&claims["client_id"]);
        let listed = is_listed(&self.allowed_audience, &audience) && is_listed(&self.allowed_clients, &client);
        if !listed || !self.custom_claims.iter().flatten().all(|claim| claim.holds(claims)) {
            return Err(ClaimFault::NotAllowed);
        }
        if !is_listed(&self.allowed_scopes, &scopes(claims)) {
            return Err(ClaimFault::InsufficientScope);
        }
        Ok(())
    }
}

fn is_listed(allowed: &Option<Vec<String>>, found: &[&str]) -> bool {
    allowed.as_ref().is_none_or(|allowed| allowed.iter().any(|allowed| found.contains(&allowed.as_str())))
}

/// `scp` is Okta's list, `scope` the standard's text with spaces (RFC 8693, section 4.2).
fn scopes(claims: &Value) -> Vec<&str> {
    let spaced = claims["scope"].as_str().unwrap_or_default().split_whitespace();
    texts(&claims["scp"]).into_iter().chain(spaced).collect()
}

/// A text or the texts of a list.
fn texts(claim: &Value) -> Vec<&str> {
    match claim {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    }
}

impl CustomClaim {
    fn is_consistent(&self) -> bool {
        let ClaimMatch { claim_match_value, claim_match_operator } = &self.authorizing_claim_match_value;
        matches!(
            (self.inbound_token_claim_value_type, claim_match_operator, claim_match_value),
            (ClaimType::String, Operator::Equals, MatchValue::One(_))
                | (ClaimType::StringArray, Operator::Contains, MatchValue::One(_))
                | (ClaimType::StringArray, Operator::ContainsAny, MatchValue::List(_))
        )
    }

    fn holds(&self, claims: &Value) -> bool {
        let claim = &claims[self.inbound_token_claim_name.as_str()];
        match (&self.authorizing_claim_match_value.claim_match_value, self.inbound_token_claim_value_type) {
            (MatchValue::One(wanted), ClaimType::String) => claim.as_str() == Some(wanted),
            (MatchValue::One(wanted), ClaimType::StringArray) => {
                claim.is_array() && texts(claim).contains(&wanted.as_str())
            }
            (MatchValue::List(wanted), ClaimType::StringArray) => {
                claim.is_array() && texts(claim).iter().any(|found| wanted.iter().any(|wanted| wanted == found))
            }
            (MatchValue::List(_), ClaimType::String) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn authorizer(checks: Value) -> JwtAuthorizer {
        let mut configuration = json!({"discoveryUrl": "https://issuer/.well-known/openid-configuration"});
        configuration.as_object_mut().unwrap().extend(checks.as_object().unwrap().clone());
        serde_json::from_value(configuration).unwrap()
    }

    fn is_valid(authorizer: &JwtAuthorizer) -> bool {
        let mut faults = Faults::default();
        authorizer.validate(&mut faults);
        faults.into_result().is_ok()
    }

    #[test]
    fn every_configured_check_must_pass() {
        let both = authorizer(json!({"allowedAudience": ["api://default"], "allowedClients": ["chat"]}));
        assert_eq!(both.check(&json!({"aud": ["api://default"], "client_id": "chat"})), Ok(()));
        assert_eq!(both.check(&json!({"aud": "api://default", "cid": "chat"})), Err(ClaimFault::NotAllowed));
        assert_eq!(both.check(&json!({"aud": "api://other", "client_id": "chat"})), Err(ClaimFault::NotAllowed));
    }

    #[test]
    fn one_allowed_scope_is_enough_and_none_is_insufficient_scope() {
        let scoped = authorizer(json!({"allowedScopes": ["read", "write"]}));
        assert_eq!(scoped.check(&json!({"scp": ["read"]})), Ok(()));
        assert_eq!(scoped.check(&json!({"scope": "openid write"})), Ok(()));
        assert_eq!(scoped.check(&json!({"scp": ["openid"]})), Err(ClaimFault::InsufficientScope));
    }

    #[test]
    fn custom_claims_compare_by_type_and_operator() {
        let claim = |kind: &str, operator: &str, value: Value| {
            authorizer(json!({"customClaims": [{"inboundTokenClaimName": "c", "inboundTokenClaimValueType": kind,
                "authorizingClaimMatchValue": {"claimMatchOperator": operator, "claimMatchValue": value}}]}))
        };
        let equals = claim("STRING", "EQUALS", json!({"matchValueString": "x"}));
        assert_eq!(equals.check(&json!({"c": "x"})), Ok(()));
        assert_eq!(equals.check(&json!({"c": ["x"]})), Err(ClaimFault::NotAllowed));
        assert_eq!(equals.check(&json!({})), Err(ClaimFault::NotAllowed));
        let any = claim("STRING_ARRAY", "CONTAINS_ANY", json!({"matchValueStringList": ["x", "y"]}));
        assert_eq!(any.check(&json!({"c": ["z", "y"]})), Ok(()));
        assert_eq!(any.check(&json!({"c": ["z"]})), Err(ClaimFault::NotAllowed));
        assert!(is_valid(&any));
        assert!(!is_valid(&claim("STRING", "CONTAINS", json!({"matchValueString": "x"}))));
    }

    #[test]
    fn an_authorizer_without_any_check_or_with_another_url_is_refused() {
        assert!(!is_valid(&authorizer(json!({}))));
        assert!(!is_valid(&authorizer(json!({"allowedAudience": []}))));
        let elsewhere = json!({"discoveryUrl": "https://issuer/keys", "allowedAudience": ["a"]});
        assert!(!is_valid(&serde_json::from_value(elsewhere).unwrap()));
    }
}
