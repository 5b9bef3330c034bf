//! CUSTOM_JWT authorizers. What the deployer never sets (scopes, private
//! endpoints, workloads) is not read, and goes when the gateway is updated.

use aws_sdk_bedrockagentcorecontrol::error::BuildError;
use aws_sdk_bedrockagentcorecontrol::types::{
    AuthorizerConfiguration, AuthorizerType, AuthorizingClaimMatchValueType, ClaimMatchOperatorType,
    ClaimMatchValueType, CustomClaimValidationType, CustomJwtAuthorizerConfiguration, InboundTokenClaimValueType,
};
use deployer_core::desired::Authorizer;
use deployer_core::settings::{ClaimOperator, ClaimType, CustomClaim};

pub fn to_sdk(authorizer: &Authorizer) -> Result<AuthorizerConfiguration, BuildError> {
    let some = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
    let claims = authorizer.custom_claims.iter().map(claim_to_sdk).collect::<Result<Vec<_>, _>>()?;
    CustomJwtAuthorizerConfiguration::builder()
        .discovery_url(&authorizer.discovery_url)
        .set_allowed_audience(some(&authorizer.allowed_audience))
        .set_allowed_clients(some(&authorizer.allowed_clients))
        .set_custom_claims((!claims.is_empty()).then_some(claims))
        .build()
        .map(AuthorizerConfiguration::CustomJwtAuthorizer)
}

/// None when the gateway uses another kind of authorizer, or none.
pub fn from_sdk(kind: &AuthorizerType, configuration: Option<AuthorizerConfiguration>) -> Option<Authorizer> {
    let Some(AuthorizerConfiguration::CustomJwtAuthorizer(jwt)) = configuration else { return None };
    if *kind != AuthorizerType::CustomJwt {
        return None;
    }
    let sorted = |list: Option<Vec<String>>| {
        let mut list = list.unwrap_or_default();
        list.sort();
        list
    };
    Some(Authorizer {
        discovery_url: jwt.discovery_url,
        allowed_audience: sorted(jwt.allowed_audience),
        allowed_clients: sorted(jwt.allowed_clients),
        custom_claims: jwt.custom_claims.unwrap_or_default().into_iter().map(claim_from_sdk).collect(),
    })
}

fn claim_to_sdk(claim: &CustomClaim) -> Result<CustomClaimValidationType, BuildError> {
    let value = match (claim.operator, claim.values.first()) {
        (ClaimOperator::ContainsAny, _) => ClaimMatchValueType::MatchValueStringList(claim.values.clone()),
        (_, first) => ClaimMatchValueType::MatchValueString(first.cloned().unwrap_or_default()),
    };
    let matching = AuthorizingClaimMatchValueType::builder()
        .claim_match_operator(match claim.operator {
            ClaimOperator::Equals => ClaimMatchOperatorType::Equals,
            ClaimOperator::Contains => ClaimMatchOperatorType::Contains,
            ClaimOperator::ContainsAny => ClaimMatchOperatorType::ContainsAny,
        })
        .claim_match_value(value)
        .build()?;
    CustomClaimValidationType::builder()
        .inbound_token_claim_name(&claim.name)
        .inbound_token_claim_value_type(match claim.value_type {
            ClaimType::String => InboundTokenClaimValueType::String,
            ClaimType::StringArray => InboundTokenClaimValueType::StringArray,
        })
        .authorizing_claim_match_value(matching)
        .build()
}

/// A value or operator that this version does not know becomes an equality with
/// nothing, which no desired claim equals: it shows up as a difference.
fn claim_from_sdk(claim: CustomClaimValidationType) -> CustomClaim {
    let matching = claim.authorizing_claim_match_value;
    let operator = match matching.as_ref().map(|matching| &matching.claim_match_operator) {
        Some(ClaimMatchOperatorType::Contains) => ClaimOperator::Contains,
        Some(ClaimMatchOperatorType::ContainsAny) => ClaimOperator::ContainsAny,
        _ => ClaimOperator::Equals,
    };
    let values = match matching.and_then(|matching| matching.claim_match_value) {
        Some(ClaimMatchValueType::MatchValueString(value)) => vec![value],
        Some(ClaimMatchValueType::MatchValueStringList(values)) => values,
        _ => Vec::new(),
    };
    let value_type = match claim.inbound_token_claim_value_type {
        InboundTokenClaimValueType::StringArray => ClaimType::StringArray,
        _ => ClaimType::String,
    };
    CustomClaim { name: claim.inbound_token_claim_name, value_type, operator, values }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authorizer_survives_the_way_there_and_back() {
        let claim = |value_type, operator, values: &[&str]| CustomClaim {
            name: "cid".into(),
            value_type,
            operator,
            values: values.iter().map(|value| value.to_string()).collect(),
        };
        let authorizer = Authorizer {
            discovery_url: "https://issuer/.well-known/openid-configuration".into(),
            allowed_audience: vec!["a".into(), "b".into()],
            allowed_clients: vec![],
            custom_claims: vec![
                claim(ClaimType::String, ClaimOperator::Equals, &["x"]),
                claim(ClaimType::StringArray, ClaimOperator::ContainsAny, &["x", "y"]),
                claim(ClaimType::StringArray, ClaimOperator::Contains, &["z"]),
            ],
        };
        let there = to_sdk(&authorizer).unwrap();
        assert_eq!(from_sdk(&AuthorizerType::CustomJwt, Some(there.clone())), Some(authorizer));
        assert_eq!(from_sdk(&AuthorizerType::AwsIam, Some(there)), None);
    }
}
