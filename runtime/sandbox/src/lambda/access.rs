//! May a caller invoke a function: the caller's own policies, or the function's
//! resource policy. Within one account either is enough, unless the caller's own
//! policies forbid it (IAM user guide, "Policy evaluation logic").

use aws_sdk_lambda::Client;
use serde_json::Value;

use super::function::Function;
use crate::identity::{Caller, CallerKind, Decision, Denied, Identity, PolicyPrincipal, PolicyRequest, allows};

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
    /// `context` holds condition keys with their values. A function's policy
    /// cannot deny: AddPermission writes Allow statements alone, so it is not
    /// read where the caller's own policies are enough.
    pub async fn check(&self, action: &str, context: &[(&str, &str)]) -> Result<(), Denied> {
        let arn = &self.function.arn;
        match self.identity.decide(self.caller, action, arn, context).await {
            Decision::Allowed => Ok(()),
            Decision::NotAllowed if self.resource_policy_allows(action, context).await => Ok(()),
            Decision::NotAllowed | Decision::Denied => Err(Denied::not_authorized(self.caller, action, arn)),
        }
    }

    async fn resource_policy_allows(&self, action: &str, context: &[(&str, &str)]) -> bool {
        let Some(policy) = resource_policy(self.client, &self.function.name).await else { return false };
        let names = names(self.caller, self.identity.policy_source_arn(self.caller));
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let principal = PolicyPrincipal::Iam { arns: &names, own_policies_allow: false };
        allows(&policy, &PolicyRequest { principal, action, resource: Some(&self.function.arn), context })
    }
}

/// Whether a function's resource policy lets everybody in.
pub async fn is_open_to_anybody(client: &Client, function: &Function, action: &str, context: &[(&str, &str)]) -> bool {
    let Some(policy) = resource_policy(client, &function.name).await else { return false };
    let principal = PolicyPrincipal::Anybody;
    allows(&policy, &PolicyRequest { principal, action, resource: Some(&function.arn), context })
}

/// A function without a policy, or one that cannot be read, allows nobody.
async fn resource_policy(client: &Client, function: &str) -> Option<Value> {
    let output = client.get_policy().function_name(function).send().await.ok()?;
    serde_json::from_str(output.policy()?).ok()
}

/// The ARNs by which a resource policy may name a caller: a session goes by its
/// own ARN and by its role's, which alone holds the role's path.
fn names(caller: &Caller, policy_source_arn: Option<String>) -> Vec<String> {
    let role = policy_source_arn.filter(|_| caller.kind == CallerKind::Role);
    std::iter::once(caller.arn.clone()).chain(role).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(kind: CallerKind, arn: &str) -> Caller {
        let (account, user_id, access_key_id) = ("000000000000".into(), "id".into(), "key".into());
        Caller { account, arn: arn.into(), user_id, access_key_id, kind }
    }

    #[test]
    fn a_session_is_named_by_its_role_too_and_a_user_by_itself() {
        let session = "arn:aws:sts::000000000000:assumed-role/gateway/s1";
        let role = "arn:aws:iam::000000000000:role/path/gateway";
        assert_eq!(names(&caller(CallerKind::Role, session), Some(role.into())), [session, role]);
        let user = "arn:aws:iam::000000000000:user/ann";
        assert_eq!(names(&caller(CallerKind::User, user), Some(user.into())), [user]);
    }
}
