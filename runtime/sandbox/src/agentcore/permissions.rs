//! May a gateway invoke a function? Three locks, all of which must open: the
//! gateway role trusts the service, the role's policies allow the invocation,
//! and the function's resource policy names the role or leaves it to IAM.
//!
//! AWS asks for the third only across accounts; the design asks for it always.

use futures::future::BoxFuture;
use serde_json::Value;

use crate::backend::{Backend, error_text};
use crate::identity::{Identity, PolicyPrincipal, PolicyRequest, allows};

const SERVICE: &str = "bedrock-agentcore.amazonaws.com";
const INVOKE: &str = "lambda:InvokeFunction";

/// Who wants to invoke what.
#[derive(Debug, Clone)]
pub struct GatewayCall {
    pub account: String,
    pub gateway_arn: String,
    pub role_arn: String,
    pub function_arn: String,
}

/// Why a gateway may not, in a sentence for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// Where the answer comes from.
pub trait GatewayPermissions: Send + Sync {
    fn check<'a>(&'a self, call: &'a GatewayCall) -> BoxFuture<'a, Result<(), Refusal>>;
}

/// The emulator's roles and function policies. Fails closed.
pub struct IamPermissions {
    pub identity: Identity,
    pub backend: Backend,
}

impl GatewayPermissions for IamPermissions {
    fn check<'a>(&'a self, call: &'a GatewayCall) -> BoxFuture<'a, Result<(), Refusal>> {
        Box::pin(async move {
            let (trust, policy, resource) =
                tokio::join!(self.check_trust(call), self.check_role(call), self.check_function(call));
            trust.and(policy).and(resource)
        })
    }
}

impl IamPermissions {
    async fn check_trust(&self, call: &GatewayCall) -> Result<(), Refusal> {
        let GatewayCall { account, gateway_arn, role_arn, .. } = call;
        let trusted = self.identity.trust_allows_service(role_arn, SERVICE, account, gateway_arn).await;
        match trusted.map_err(|error| Refusal(error.to_string()))? {
            true => Ok(()),
            false => Err(Refusal(format!("Gateway role {role_arn} cannot be assumed by {SERVICE} for {gateway_arn}"))),
        }
    }

    async fn check_role(&self, call: &GatewayCall) -> Result<(), Refusal> {
        let GatewayCall { role_arn, function_arn, .. } = call;
        let allowed = self.identity.role_allows(role_arn, INVOKE, function_arn).await;
        match allowed.map_err(|error| Refusal(error.to_string()))? {
            true => Ok(()),
            false => Err(Refusal(format!(
                "Gateway role {role_arn} is not authorized to perform: {INVOKE} on {function_arn}"
            ))),
        }
    }

    async fn check_function(&self, call: &GatewayCall) -> Result<(), Refusal> {
        let GatewayCall { role_arn, function_arn, .. } = call;
        let policy = self.function_policy(function_arn).await?;
        // `check_role` has to pass as well.
        let principal = PolicyPrincipal::Iam { arns: &[role_arn.as_str()], own_policies_allow: true };
        let request = PolicyRequest { principal, action: INVOKE, resource: Some(function_arn), context: &[] };
        match allows(&policy, &request) {
            true => Ok(()),
            false => {
                Err(Refusal(format!("The resource policy of {function_arn} does not allow {INVOKE} to {role_arn}")))
            }
        }
    }

    /// Null when the function has no policy or does not exist.
    async fn function_policy(&self, function_arn: &str) -> Result<Value, Refusal> {
        use aws_sdk_lambda::Error;
        let answer = self.backend.lambda().get_policy().function_name(function_arn).send().await;
        match answer.map_err(Error::from) {
            Ok(answer) => Ok(serde_json::from_str(answer.policy().unwrap_or_default()).unwrap_or(Value::Null)),
            Err(Error::ResourceNotFoundException(_)) => Ok(Value::Null),
            Err(error) => {
                Err(Refusal(format!("The resource policy of {function_arn} could not be read: {}", error_text(&error))))
            }
        }
    }
}
