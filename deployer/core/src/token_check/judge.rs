//! Claims against the authorizer's settings. All configured checks must pass
//! at the gateway, so every one that does not is told.

use serde_json::Value;

use super::claims::{Claims, Unreadable};
use crate::settings::{ClaimOperator, ClaimType, CustomClaim, Issuer};

/// Clocks of issuer and gateway may differ by this much.
const LEEWAY_SECONDS: i64 = 60;

/// One reason for which the gateway refuses the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFault {
    /// The claim that it is about.
    pub claim: String,
    pub cause: String,
    pub hint: String,
}

/// What a good token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSummary {
    pub audience: Vec<String>,
    /// None for a token without an end.
    pub seconds_left: Option<i64>,
}

/// Whether the gateway accepts the token; `now` in seconds since 1970.
pub fn judge(token: &str, issuer: &Issuer, now: i64) -> Result<TokenSummary, Vec<TokenFault>> {
    let claims = Claims::read(token).map_err(|unreadable| vec![unreadable_fault(unreadable)])?;
    let faults: Vec<TokenFault> =
        [algorithm(&claims), named_issuer(&claims, issuer), not_before(&claims, now), end(&claims, now)]
            .into_iter()
            .chain([audience(&claims, &issuer.allowed_audience), client(&claims, &issuer.allowed_clients)])
            .chain(issuer.custom_claims.iter().map(|wanted| custom_claim(&claims, wanted)))
            .flatten()
            .collect();
    match faults.is_empty() {
        true => Ok(TokenSummary {
            audience: claims.list("aud").into_iter().map(str::to_string).collect(),
            seconds_left: claims.time("exp").map(|end| end - now),
        }),
        false => Err(faults),
    }
}

fn fault(claim: &str, cause: impl Into<String>, hint: impl Into<String>) -> TokenFault {
    TokenFault { claim: claim.into(), cause: cause.into(), hint: hint.into() }
}

fn unreadable_fault(unreadable: Unreadable) -> TokenFault {
    match unreadable {
        Unreadable::Opaque => fault(
            "token",
            "the token is opaque, not a JWT, so nobody but its issuer can verify it",
            "ask the issuer for an access token for an API of its own: on Okta a custom authorization server, \
             on Auth0 and others the parameter `audience`",
        ),
        Unreadable::Malformed => {
            fault("token", "the token is no JWT: a part of it is not base64url with JSON", "was it copied as a whole?")
        }
    }
}

/// Signatures that only the holder of a shared secret can check are of no use to a gateway.
fn algorithm(claims: &Claims) -> Option<TokenFault> {
    let algorithm = claims.algorithm();
    let useless = algorithm.eq_ignore_ascii_case("none") || algorithm.starts_with("HS");
    useless.then(|| {
        fault(
            "alg",
            format!("the token is signed with `{algorithm}`"),
            "let the issuer sign with RS256 or another public key algorithm",
        )
    })
}

fn named_issuer(claims: &Claims, issuer: &Issuer) -> Option<TokenFault> {
    let expected = issuer.identifier()?;
    let found = claims.text("iss").unwrap_or("(none)");
    if found == expected {
        return None;
    }
    let cause = format!("the token is of issuer {found}, the gateway trusts {expected}");
    let hint = if is_okta(found) && !found.contains("/oauth2/") {
        "this is a token of Okta's org server, which others cannot verify: ask a custom authorization server, \
         /oauth2/<id>, for it"
            .into()
    } else if found.trim_end_matches('/') == expected.trim_end_matches('/') {
        format!(
            "they differ in a slash at the end only: set issuer.discovery_url to {found}/.well-known/openid-configuration with that slash, as the issuer publishes it"
        )
    } else {
        format!(
            "set issuer.discovery_url to {found}/.well-known/openid-configuration, or get the token from {expected}"
        )
    };
    Some(fault("iss", cause, hint))
}

fn is_okta(issuer: &str) -> bool {
    let host = issuer.split_once("://").map_or(issuer, |(_, rest)| rest).split('/').next().unwrap_or_default();
    [".okta.com", ".oktapreview.com", ".okta-emea.com"].iter().any(|domain| host.ends_with(domain))
}

fn is_cognito(claims: &Claims) -> bool {
    claims.text("iss").is_some_and(|issuer| issuer.starts_with("https://cognito-idp."))
}

fn not_before(claims: &Claims, now: i64) -> Option<TokenFault> {
    let start = claims.time("nbf").filter(|start| *start > now + LEEWAY_SECONDS)?;
    let cause = format!("the token is valid only in {}", span(start - now));
    Some(fault("nbf", cause, "compare this machine's clock with the issuer's"))
}

fn end(claims: &Claims, now: i64) -> Option<TokenFault> {
    let Some(end) = claims.time("exp") else {
        return Some(fault(
            "exp",
            "the token has no end",
            "gateways want tokens that expire: set a lifetime at the issuer",
        ));
    };
    (end <= now).then(|| fault("exp", format!("the token expired {} ago", span(now - end)), "get a new one"))
}

fn audience(claims: &Claims, allowed: &[String]) -> Option<TokenFault> {
    let found = claims.list("aud");
    if allowed.is_empty() || found.iter().any(|one| allowed.iter().any(|allowed| allowed == one)) {
        return None;
    }
    if !found.is_empty() {
        let found = found.join(", ");
        let cause = format!("its audience is {found}, the gateway accepts {}", allowed.join(", "));
        return Some(fault(
            "aud",
            cause,
            format!("ask the issuer for that audience, or add `{found}` to issuer.allowed_audience"),
        ));
    }
    let hint = match (is_cognito(claims), claims.text("client_id")) {
        (true, Some(client)) => format!(
            "Cognito's access tokens name no audience: set issuer.allowed_clients = [\"{client}\"] and remove \
             issuer.allowed_audience"
        ),
        (false, Some(client)) => {
            format!("use issuer.allowed_clients = [\"{client}\"] instead, or let the issuer put `aud` into its tokens")
        }
        (_, None) => "let the issuer put `aud` into its access tokens".into(),
    };
    Some(fault("aud", "the token has no `aud`, and issuer.allowed_audience wants one", hint))
}

fn client(claims: &Claims, allowed: &[String]) -> Option<TokenFault> {
    if allowed.is_empty() || claims.text("client_id").is_some_and(|client| allowed.iter().any(|one| one == client)) {
        return None;
    }
    if let Some(client) = claims.text("client_id") {
        let cause = format!("its client is {client}, the gateway accepts {}", allowed.join(", "));
        return Some(fault("client_id", cause, format!("add `{client}` to issuer.allowed_clients")));
    }
    let cause = "the token has no `client_id`, so issuer.allowed_clients refuses every token of this issuer";
    let hint = match ["cid", "azp"].into_iter().find_map(|name| Some((name, claims.text(name)?))) {
        Some((name, client)) => format!(
            "its client is in `{name}`: replace allowed_clients by [[issuer.custom_claims]] name = \"{name}\", \
             value_type = \"STRING\", operator = \"EQUALS\", values = [\"{client}\"]; or use allowed_audience"
        ),
        None => "use issuer.allowed_audience, or let the issuer add the claim `client_id`".into(),
    };
    Some(fault("client_id", cause, hint))
}

fn custom_claim(claims: &Claims, wanted: &CustomClaim) -> Option<TokenFault> {
    let CustomClaim { name, value_type, operator, values } = wanted;
    let Some(found) = claims.get(name) else {
        return Some(fault(
            name,
            format!("the token has no `{name}`"),
            "let the issuer add it, or correct issuer.custom_claims",
        ));
    };
    let is_of_type = match value_type {
        ClaimType::String => found.is_string(),
        ClaimType::StringArray => found.is_array(),
    };
    if !is_of_type {
        let (kind, word) = if found.is_array() { ("a list", "STRING_ARRAY") } else { ("one value", "STRING") };
        let hint = format!("set value_type = \"{word}\" for it in issuer.custom_claims");
        return Some(fault(name, format!("`{name}` is {kind} in the token"), hint));
    }
    let found = claims.list(name);
    let holds = |value: &String| found.contains(&value.as_str());
    let passes = match operator {
        ClaimOperator::Equals | ClaimOperator::Contains => values.iter().all(holds),
        ClaimOperator::ContainsAny => values.iter().any(holds),
    };
    (!passes).then(|| {
        let cause = format!("`{name}` is {}, the gateway wants {}", shown(claims.get(name)), values.join(", "));
        fault(name, cause, "get the token for another client or user, or correct issuer.custom_claims")
    })
}

/// A claim that settings name is about clients and rights, not a secret.
fn shown(value: Option<&Value>) -> String {
    crate::plan::shorten(&value.map(Value::to_string).unwrap_or_default())
}

/// "3 minutes"
fn span(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} seconds"),
        120..7_200 => format!("{} minutes", seconds / 60),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
