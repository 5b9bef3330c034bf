//! Asks the emulator whether the policies of a user or role allow an action,
//! within the permissions boundary if there is one.

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};
use percent_encoding::percent_decode_str;

use super::IdentityError;
use crate::backend::Backend;

/// What the policies of a user or role, and its permissions boundary, say of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// Nothing allows it and nothing forbids it: a resource policy may still allow it.
    NotAllowed,
    /// Forbidden, whatever a resource policy says.
    Denied,
}

/// One question.
pub(super) struct Simulation<'a> {
    /// ARN of the user or role.
    pub(super) policy_source_arn: &'a str,
    pub(super) action: &'a str,
    pub(super) resource_arn: &'a str,
    pub(super) context: &'a [(&'a str, &'a str)],
}

impl Simulation<'_> {
    pub(super) async fn decide(&self, backend: &Backend) -> Result<Decision, IdentityError> {
        let (policies, boundary) = tokio::join!(self.by_policies(backend), self.by_boundary(backend));
        Ok(within(boundary?, policies?, self.is_user()))
    }

    fn is_user(&self) -> bool {
        self.policy_source_arn.contains(":user/")
    }

    async fn by_policies(&self, backend: &Backend) -> Result<Decision, IdentityError> {
        let answer = backend
            .iam()
            .simulate_principal_policy()
            .policy_source_arn(without_path(self.policy_source_arn))
            .action_names(self.action)
            .resource_arns(self.resource_arn)
            .set_context_entries(Some(self.entries()))
            .send()
            .await
            .map_err(|error| IdentityError::new("evaluate the policies of", self.policy_source_arn, error))?;
        Ok(decision(answer.evaluation_results()))
    }

    /// Allowed without a boundary: it can only narrow what the policies allow.
    async fn by_boundary(&self, backend: &Backend) -> Result<Decision, IdentityError> {
        let Some(boundary) = self.boundary(backend).await? else { return Ok(Decision::Allowed) };
        let failed = |error: aws_sdk_iam::Error| IdentityError::new("evaluate the boundary", &boundary, error);
        let document = policy_document(backend, &boundary).await.map_err(failed)?;
        let answer = backend
            .iam()
            .simulate_custom_policy()
            .policy_input_list(document)
            .action_names(self.action)
            .resource_arns(self.resource_arn)
            .set_context_entries(Some(self.entries()))
            .send()
            .await
            .map_err(|error| failed(error.into()))?;
        Ok(decision(answer.evaluation_results()))
    }

    /// ARN of the permissions boundary of the user or role. An error for one that
    /// is gone: to a simulation it is like one without policies, and no resource
    /// policy may let it in.
    async fn boundary(&self, backend: &Backend) -> Result<Option<String>, IdentityError> {
        let name = self.policy_source_arn.rsplit('/').next().unwrap_or_default();
        let boundary = if self.is_user() {
            let user = backend.iam().get_user().user_name(name).send().await;
            user.map(|answer| answer.user.and_then(|user| user.permissions_boundary)).map_err(aws_sdk_iam::Error::from)
        } else {
            let role = backend.iam().get_role().role_name(name).send().await;
            role.map(|answer| answer.role.and_then(|role| role.permissions_boundary)).map_err(aws_sdk_iam::Error::from)
        };
        let boundary = boundary.map_err(|error| IdentityError::new("read", self.policy_source_arn, error))?;
        Ok(boundary.and_then(|boundary| boundary.permissions_boundary_arn))
    }

    fn entries(&self) -> Vec<ContextEntry> {
        let entry = |(name, value): &(&str, &str)| {
            let builder = ContextEntry::builder().context_key_name(*name).context_key_values(*value);
            builder.context_key_type(ContextKeyTypeEnum::String).build()
        };
        self.context.iter().map(entry).collect()
    }
}

/// The default version of a managed policy, decoded.
async fn policy_document(backend: &Backend, arn: &str) -> Result<String, aws_sdk_iam::Error> {
    let policy = backend.iam().get_policy().policy_arn(arn).send().await?;
    let version = policy.policy.and_then(|policy| policy.default_version_id).unwrap_or_default();
    let answer = backend.iam().get_policy_version().policy_arn(arn).version_id(version).send().await?;
    let document = answer.policy_version.and_then(|version| version.document).unwrap_or_default();
    Ok(percent_decode_str(&document).decode_utf8_lossy().into_owned())
}

/// What a boundary does not allow, a resource policy may allow to a user but not
/// to a role (IAM user guide, "Permissions boundaries for IAM entities").
fn within(boundary: Decision, policies: Decision, is_user: bool) -> Decision {
    match (boundary, policies) {
        (Decision::Denied, _) | (_, Decision::Denied) => Decision::Denied,
        (Decision::NotAllowed, _) if !is_user => Decision::Denied,
        (Decision::Allowed, Decision::Allowed) => Decision::Allowed,
        _ => Decision::NotAllowed,
    }
}

/// Fails closed: an answer that is empty or unknown denies.
fn decision(results: &[EvaluationResult]) -> Decision {
    let is = |wanted: PolicyEvaluationDecisionType| results.iter().all(|result| *result.eval_decision() == wanted);
    match results.is_empty() {
        false if is(PolicyEvaluationDecisionType::Allowed) => Decision::Allowed,
        false if is(PolicyEvaluationDecisionType::ImplicitDeny) => Decision::NotAllowed,
        _ => Decision::Denied,
    }
}

/// The emulator looks policies up by the last part of the name; names are
/// unique in an account whatever their path.
fn without_path(arn: &str) -> String {
    match (arn.find(['/']), arn.rfind('/')) {
        (Some(first), Some(last)) => format!("{}{}", &arn[..first], &arn[last..]),
        _ => arn.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_left_out_of_the_policy_source() {
        assert_eq!(without_path("arn:aws:iam::1:role/a/b/name"), "arn:aws:iam::1:role/name");
        assert_eq!(without_path("arn:aws:iam::1:user/name"), "arn:aws:iam::1:user/name");
    }

    fn decided(decisions: &[PolicyEvaluationDecisionType]) -> Decision {
        let result = |decision: &PolicyEvaluationDecisionType| {
            let builder = EvaluationResult::builder().eval_action_name("x:Y").eval_decision(decision.clone());
            builder.build().unwrap()
        };
        decision(&decisions.iter().map(result).collect::<Vec<_>>())
    }

    #[test]
    fn an_explicit_deny_is_told_from_a_missing_allow() {
        use PolicyEvaluationDecisionType::{Allowed, ExplicitDeny, ImplicitDeny};
        assert_eq!(decided(&[Allowed]), Decision::Allowed);
        assert_eq!(decided(&[ImplicitDeny]), Decision::NotAllowed);
        assert_eq!(decided(&[ExplicitDeny]), Decision::Denied);
        assert_eq!(decided(&[]), Decision::Denied);
    }

    #[test]
    fn a_boundary_narrows_and_binds_roles_more_than_users() {
        use Decision::{Allowed, Denied, NotAllowed};
        assert_eq!(within(Allowed, Allowed, false), Allowed);
        assert_eq!(within(Denied, Allowed, true), Denied);
        assert_eq!(within(Allowed, Denied, true), Denied);
        assert_eq!(within(NotAllowed, Allowed, true), NotAllowed);
        assert_eq!(within(NotAllowed, Allowed, false), Denied);
    }
}
