//! The caller of a request.

use axum::http::request::Parts;
use lambda_http::request::RequestContext;

use crate::agent::Agent;
use crate::failure::{Code, Failure};
use crate::identity::{Caller, Owner, Principal};
use crate::token::Token;

/// Verifies the token, when there is one; a token that is not good is refused, never left out.
pub async fn of(agent: &Agent, parts: &Parts, token: Option<Token>) -> Result<Caller, Failure> {
    let principal = principal(parts)?;
    let Some(token) = token else { return Ok(Caller { owner: Owner::of_principal(&principal), token: None }) };
    let user = agent.ports.tokens.verify(&token).await?;
    Ok(Caller { owner: Owner::of_user(&user, &principal), token: Some(token) })
}

/// Reads `requestContext.authorizer.iam.userArn` of a function URL event
/// (Lambda developer guide, "Invoking function URLs", request payload).
fn principal(parts: &Parts) -> Result<Principal, Failure> {
    let context = parts.extensions.get::<RequestContext>();
    let authorizer = context.and_then(RequestContext::authorizer);
    let principal = authorizer.and_then(|authorizer| authorizer.iam.as_ref()).and_then(|iam| iam.user_arn.as_deref());
    match principal.filter(|arn| !arn.is_empty()) {
        Some(arn) => Ok(Principal::new(arn)),
        None => Err(Failure::new(Code::CallerUnknown, "the request carries no verified IAM principal")
            .hint("call the function URL with SigV4; its authorization type must be AWS_IAM")),
    }
}
