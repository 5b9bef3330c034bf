//! May a caller invoke a function: the caller's own policies, or the function's
//! resource policy. Within one account either is enough (IAM user guide,
//! "Policy evaluation logic").

use aws_sdk_lambda::Client;
use serde_json::Value;

use super::function::Function;
use crate::identity::{Caller, CallerKind, Denied, Identity, PolicyPrincipal, PolicyRequest, allows};

pub const INVOKE_FUNCTION: &str = "lambda:InvokeFunction";
pub const INVOKE_FUNCTION_URL: &str = "lambda:InvokeFunctionUrl";

/// One question to both kinds of policy.
pub struct Access<'a> {
    pub identity: &'a Identity,
    pub client: &'a Client,
    pub caller: &'a Caller,
    pub function: &'a Function,
}

impl Access<'_> {
    /// `context` holds condition keys with their values.
    pub async fn check(&self, action: &str, context: &[(&str, &str)]) -> Result<(), Denied> {
        let own = self.identity.authorize(self.caller, action, &self.function.arn, context).await;
        let Err(denied) = own else { return Ok(()) };
        if self.resource_policy_allows(action, context).await { Ok(()) } else { Err(denied) }
    }

    async fn resource_policy_allows(&self, action: &str, context: &[(&str, &str)]) -> bool {
        let Some(policy) = resource_policy(self.client, &self.function.name).await else { return false };
        names(self.caller).iter().any(|arn| {
            let principal = PolicyPrincipal::Role(arn);
            allows(&policy, &PolicyRequest { principal, action, resource: Some(&self.function.arn), context })
        })
    }
}

/// A function without a policy, or one that cannot be read, allows nobody.
async fn resource_policy(client: &Client, function: &str) -> Option<Value> {
    let output = client.get_policy().function_name(function).send().await.ok()?;
    serde_json::from_str(output.policy()?).ok()
}

/// The ARNs by which a resource policy may name a caller: a session goes by its
/// own ARN and by its role's.
fn names(caller: &Caller) -> Vec<String> {
    let mut names = vec![caller.arn.clone()];
    if caller.kind == CallerKind::Role {
        names.extend(role_of_session(&caller.arn));
    }
    names
}

/// `arn:aws:sts::<account>:assumed-role/<role>/<session>` to the role's ARN.
fn role_of_session(arn: &str) -> Option<String> {
    let (head, rest) = arn.split_once(":assumed-role/")?;
    let role = rest.split('/').next()?;
    Some(format!("{}:role/{role}", head.replacen(":sts:", ":iam:", 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_by_its_role_too() {
        let arn = "arn:aws:sts::000000000000:assumed-role/gateway/s1";
        assert_eq!(role_of_session(arn).as_deref(), Some("arn:aws:iam::000000000000:role/gateway"));
        assert_eq!(role_of_session("arn:aws:iam::000000000000:user/ann"), None);
    }
}
