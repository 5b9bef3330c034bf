//! Which access tokens open the system, beyond a good signature: an AgentCore
//! gateway's CUSTOM_JWT rules (AgentCore control API, CustomJWTAuthorizerConfiguration).
//!
//! The gateway is configured with them and the agent checks them itself, so that
//! both take the same tokens.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

const DISCOVERY_SUFFIX: &str = "/.well-known/openid-configuration";

/// All rules that are given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRules {
    /// Ends in `/.well-known/openid-configuration`.
    pub discovery_url: String,
    /// One of them is in the claim `aud`; any audience when empty.
    #[serde(default)]
    pub allowed_audience: Vec<String>,
    /// One of them is the claim `client_id`; any client when empty.
    #[serde(default)]
    pub allowed_clients: Vec<String>,
    #[serde(default)]
    pub custom_claims: Vec<CustomClaim>,
}

/// A claim that a token must carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CustomClaim {
    pub name: String,
    pub value_type: ClaimType,
    pub operator: ClaimOperator,
    /// One value for EQUALS and CONTAINS, any number for CONTAINS_ANY.
    pub values: Vec<String>,
}

/// What a claim's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClaimType {
    String,
    StringArray,
}

/// How a claim is compared: as a whole, or as a list that must hold the value, or one of the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClaimOperator {
    Equals,
    Contains,
    ContainsAny,
}

/// The rule that a token's claims do not meet. Holds nothing of the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimFault {
    #[error("the token is for another audience")]
    Audience,
    #[error("the token was issued to another client")]
    Client,
    #[error("the token's claim `{0}` is not as the environment asks for")]
    Claim(String),
}

impl TokenRules {
    /// Checks the claims of a token whose signature, issuer and times are good.
    ///
    /// # Errors
    /// The first rule that is not met.
    pub fn check(&self, claims: &Value) -> Result<(), ClaimFault> {
        if !is_listed(&self.allowed_audience, &claims["aud"]) {
            return Err(ClaimFault::Audience);
        }
        if !is_listed(&self.allowed_clients, &claims["client_id"]) {
            return Err(ClaimFault::Client);
        }
        match self.custom_claims.iter().find(|claim| !claim.holds(claims)) {
            Some(claim) => Err(ClaimFault::Claim(claim.name.clone())),
            None => Ok(()),
        }
    }

    /// The issuer that the discovery document has to name (OpenID Connect Discovery, section 4.3).
    pub fn issuer(&self) -> &str {
        self.discovery_url.strip_suffix(DISCOVERY_SUFFIX).unwrap_or(&self.discovery_url)
    }

    /// What is wrong with the rules themselves: one sentence a fault.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.discovery_url.ends_with(DISCOVERY_SUFFIX) {
            faults.push(format!("discovery_url: must end in {DISCOVERY_SUFFIX}"));
        }
        if self.allowed_audience.is_empty() && self.allowed_clients.is_empty() && self.custom_claims.is_empty() {
            faults.push("allowed_audience: one of it, allowed_clients and custom_claims must be given".into());
        }
        faults
    }
}

impl CustomClaim {
    /// A claim of another type than the rule's never holds.
    fn holds(&self, claims: &Value) -> bool {
        let claim = &claims[self.name.as_str()];
        let one = || self.values.first();
        match (self.value_type, self.operator) {
            (ClaimType::String, ClaimOperator::Equals) => {
                claim.as_str().is_some() && claim.as_str() == one().map(String::as_str)
            }
            (ClaimType::StringArray, ClaimOperator::Contains) => one().is_some_and(|wanted| contains(claim, wanted)),
            (ClaimType::StringArray, ClaimOperator::ContainsAny) => {
                self.values.iter().any(|wanted| contains(claim, wanted))
            }
            _ => false,
        }
    }
}

fn contains(claim: &Value, wanted: &str) -> bool {
    claim.as_array().is_some_and(|values| values.iter().any(|value| value == wanted))
}

/// A claim is one text or a list of them.
fn is_listed(allowed: &[String], claim: &Value) -> bool {
    let is_allowed = |value: &Value| value.as_str().is_some_and(|text| allowed.iter().any(|allowed| allowed == text));
    allowed.is_empty() || is_allowed(claim) || claim.as_array().is_some_and(|values| values.iter().any(is_allowed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rules(members: Value) -> TokenRules {
        let mut rules = json!({"discovery_url": "https://issuer/.well-known/openid-configuration"});
        rules.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        serde_json::from_value(rules).unwrap()
    }

    #[test]
    fn every_given_rule_must_hold() {
        let both = rules(json!({"allowed_audience": ["api"], "allowed_clients": ["chat"]}));
        assert_eq!(both.check(&json!({"aud": ["x", "api"], "client_id": "chat"})), Ok(()));
        assert_eq!(both.check(&json!({"aud": "x", "client_id": "chat"})), Err(ClaimFault::Audience));
        assert_eq!(both.check(&json!({"aud": "api", "cid": "chat"})), Err(ClaimFault::Client));
        assert_eq!(both.check(&json!({})), Err(ClaimFault::Audience));
    }

    #[test]
    fn claims_compare_by_type_and_operator() {
        let claim = |value_type: &str, operator: &str, values: Value| {
            rules(
                json!({"custom_claims": [{"name": "c", "value_type": value_type, "operator": operator, "values": values}]}),
            )
        };
        let equals = claim("STRING", "EQUALS", json!(["x"]));
        assert_eq!(equals.check(&json!({"c": "x"})), Ok(()));
        assert_eq!(equals.check(&json!({"c": ["x"]})), Err(ClaimFault::Claim("c".into())));
        assert!(claim("STRING", "EQUALS", json!([])).check(&json!({})).is_err());
        let any = claim("STRING_ARRAY", "CONTAINS_ANY", json!(["x", "y"]));
        assert_eq!(any.check(&json!({"c": ["z", "y"]})), Ok(()));
        assert!(any.check(&json!({"c": "y"})).is_err());
        assert!(claim("STRING_ARRAY", "CONTAINS", json!(["x"])).check(&json!({"c": ["z"]})).is_err());
        assert!(claim("STRING", "CONTAINS", json!(["x"])).check(&json!({"c": "x"})).is_err());
    }

    #[test]
    fn rules_that_would_take_every_token_are_faulty() {
        assert_eq!(rules(json!({"allowed_audience": ["api"]})).faults(), Vec::<String>::new());
        assert_eq!(rules(json!({})).faults().len(), 1);
        assert_eq!(rules(json!({"allowed_audience": ["api"]})).issuer(), "https://issuer");
    }
}
