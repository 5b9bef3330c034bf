//! Who is asking. Lambda verified the request's signature and says in the
//! request context which principal made it; nothing that a caller merely
//! claims is used.

use axum::http::request::Parts;
use lambda_http::request::RequestContext;

use crate::failure::{Code, Failure};

/// Whom a conversation belongs to: the ARN of the IAM principal, as Lambda verified it.
///
/// The session name of an assumed role is part of it: behind IAM Identity
/// Center it is what tells one user from the other. Hence who assumes a role
/// under a new session name each time, as many tools do, is a new owner each
/// time and does not see the earlier conversations again; they expire.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner(String);

impl Owner {
    pub fn new(principal: impl Into<String>) -> Self {
        Self(principal.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads `requestContext.authorizer.iam.userArn` of a function URL event
    /// (Lambda developer guide, "Invoking function URLs", request payload).
    pub fn of(parts: &Parts) -> Result<Self, Failure> {
        let context = parts.extensions.get::<RequestContext>();
        let authorizer = context.and_then(RequestContext::authorizer);
        let principal =
            authorizer.and_then(|authorizer| authorizer.iam.as_ref()).and_then(|iam| iam.user_arn.as_deref());
        match principal.filter(|arn| !arn.is_empty()) {
            Some(arn) => Ok(Self::new(arn)),
            None => Err(Failure::new(Code::CallerUnknown, "the request carries no verified IAM principal")
                .hint("call the function URL with SigV4; its authorization type must be AWS_IAM")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted;

    fn parts_of(request: axum::http::Request<axum::body::Body>) -> Parts {
        request.into_parts().0
    }

    #[test]
    fn the_owner_is_the_verified_principal() {
        let mut request = axum::http::Request::new(axum::body::Body::empty());
        request.extensions_mut().insert(scripted::request_context("arn:aws:iam::1:user/ada"));
        assert_eq!(Owner::of(&parts_of(request)).unwrap().as_str(), "arn:aws:iam::1:user/ada");
    }

    #[test]
    fn a_request_without_a_context_is_refused() {
        let request = axum::http::Request::new(axum::body::Body::empty());
        assert_eq!(Owner::of(&parts_of(request)).unwrap_err().code, Code::CallerUnknown);
    }
}
