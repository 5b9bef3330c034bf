//! Asks the emulator whether the policies of a user or role allow an action,
//! within the permissions boundary if there is one.

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};
use percent_encoding::percent_decode_str;

use super::IdentityError;
use crate::backend::Backend;

/// One question.
pub(super) struct Simulation<'a> {
    /// ARN of the user or role.
    pub(super) policy_source_arn: &'a str,
    pub(super) action: &'a str,
    pub(super) resource_arn: &'a str,
    pub(super) context: &'a [(&'a str, &'a str)],
}

impl Simulation<'_> {
    pub(super) async fn is_allowed(&self, backend: &Backend) -> Result<bool, IdentityError> {
        let (by_policies, by_boundary) = tokio::join!(self.policies_allow(backend), self.boundary_allows(backend));
        Ok(by_policies? && by_boundary?)
    }

    async fn policies_allow(&self, backend: &Backend) -> Result<bool, IdentityError> {
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
        Ok(all_allowed(answer.evaluation_results()))
    }

    /// True without a boundary: it can only narrow what the policies allow.
    async fn boundary_allows(&self, backend: &Backend) -> Result<bool, IdentityError> {
        let Some(boundary) = self.boundary(backend).await? else { return Ok(true) };
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
        Ok(all_allowed(answer.evaluation_results()))
    }

    /// ARN of the permissions boundary of the user or role.
    async fn boundary(&self, backend: &Backend) -> Result<Option<String>, IdentityError> {
        let name = self.policy_source_arn.rsplit('/').next().unwrap_or_default();
        let boundary = if self.policy_source_arn.contains(":user/") {
            let user = backend.iam().get_user().user_name(name).send().await;
            user.map(|answer| answer.user.and_then(|user| user.permissions_boundary)).map_err(aws_sdk_iam::Error::from)
        } else {
            let role = backend.iam().get_role().role_name(name).send().await;
            role.map(|answer| answer.role.and_then(|role| role.permissions_boundary)).map_err(aws_sdk_iam::Error::from)
        };
        match boundary {
            Ok(boundary) => Ok(boundary.and_then(|boundary| boundary.permissions_boundary_arn)),
            // Nobody of that name: the policies deny it anyway.
            Err(aws_sdk_iam::Error::NoSuchEntityException(_)) => Ok(None),
            Err(error) => Err(IdentityError::new("read", self.policy_source_arn, error)),
        }
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

fn all_allowed(results: &[EvaluationResult]) -> bool {
    !results.is_empty() && results.iter().all(|result| *result.eval_decision() == PolicyEvaluationDecisionType::Allowed)
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
}
