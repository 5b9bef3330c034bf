//! Every identity of the account with the policies that hold for it, from one paged read.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::service::policy::{self, Statement};
use crate::service::values::{list, text};
use crate::service::{Ask, Unread};

/// A user or a role.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Identity {
    /// `user` or `role`
    pub kind: &'static str,
    pub name: String,
    pub arn: String,
    pub path: String,
    /// Its own policies, its managed ones and those of its groups.
    pub policies: Vec<Policy>,
    /// Name of the policy that bounds its permissions.
    pub boundary: Option<String>,
    /// Who may assume the role; empty for a user.
    pub trust: Vec<Statement>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Policy {
    /// `AdministratorAccess`, `inline deploy`, `AdministratorAccess of group admins`
    pub label: String,
    pub statements: Vec<Statement>,
}

pub(super) struct Details {
    pub identities: Vec<Identity>,
    /// The account's own managed policies, attached or not.
    pub customer_policies: Vec<Policy>,
}

pub(super) async fn read(ask: &Ask<'_>) -> Result<Details, Unread> {
    let answer = ask.read("iam:GetAccountAuthorizationDetails", json!({})).await?;
    let managed: BTreeMap<&str, Policy> =
        list(&answer, "Policies").map(|entry| (text(entry, "Arn"), managed_policy(ask, entry))).collect();
    let groups: BTreeMap<&str, Vec<Policy>> = list(&answer, "GroupDetailList")
        .map(|group| (text(group, "GroupName"), policies(ask, group, "GroupPolicyList", &managed)))
        .collect();
    let users = list(&answer, "UserDetailList").map(|user| {
        let of_groups = list(user, "GroupList").filter_map(Value::as_str).flat_map(|name| {
            let policies = groups.get(name).map(Vec::as_slice).unwrap_or_default();
            policies
                .iter()
                .map(move |policy| Policy { label: format!("{} of group {name}", policy.label), ..policy.clone() })
        });
        let own = policies(ask, user, "UserPolicyList", &managed);
        identity(user, "user", "UserName", own.into_iter().chain(of_groups).collect(), Vec::new())
    });
    let roles = list(&answer, "RoleDetailList").map(|role| {
        let trust = policy::statements(&role["AssumeRolePolicyDocument"]).unwrap_or_default();
        identity(role, "role", "RoleName", policies(ask, role, "RolePolicyList", &managed), trust)
    });
    let identities = users.chain(roles).collect();
    let is_own = |arn: &str| !arn.contains(":iam::aws:policy/");
    let customer_policies = managed.iter().filter(|(arn, _)| is_own(arn)).map(|(_, policy)| policy.clone()).collect();
    Ok(Details { identities, customer_policies })
}

fn identity(entry: &Value, kind: &'static str, name: &str, policies: Vec<Policy>, trust: Vec<Statement>) -> Identity {
    let boundary = entry["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str();
    Identity {
        kind,
        name: text(entry, name).into(),
        arn: text(entry, "Arn").into(),
        path: text(entry, "Path").into(),
        policies,
        boundary: boundary.map(|arn| arn.rsplit('/').next().unwrap_or(arn).to_owned()),
        trust,
    }
}

/// Inline and attached policies. An attached policy that the answer does not hold is empty, and that is said.
fn policies(ask: &Ask<'_>, entry: &Value, inline: &str, managed: &BTreeMap<&str, Policy>) -> Vec<Policy> {
    let inline = list(entry, inline).map(|policy| {
        let label = format!("inline {}", text(policy, "PolicyName"));
        understood(ask, label, &policy["PolicyDocument"])
    });
    let attached = list(entry, "AttachedManagedPolicies").map(|policy| {
        managed.get(text(policy, "PolicyArn")).cloned().unwrap_or_else(|| {
            let label = text(policy, "PolicyName").to_owned();
            ask.note(format!("The document of the managed policy {label} is missing from what IAM answered."));
            Policy { label, statements: Vec::new() }
        })
    });
    inline.chain(attached).collect()
}

/// The default version of a managed policy: only that one has an effect.
fn managed_policy(ask: &Ask<'_>, entry: &Value) -> Policy {
    let default = list(entry, "PolicyVersionList").find(|version| version["IsDefaultVersion"] == true);
    understood(ask, text(entry, "PolicyName").into(), default.map_or(&Value::Null, |version| &version["Document"]))
}

fn understood(ask: &Ask<'_>, label: String, document: &Value) -> Policy {
    let statements = policy::statements(document).unwrap_or_else(|| {
        ask.note(format!("The document of the policy {label} could not be understood."));
        Vec::new()
    });
    Policy { label, statements }
}

impl Identity {
    /// Allow statements with the policies that they are in.
    pub fn allows(&self) -> impl Iterator<Item = (&Policy, &Statement)> {
        self.statements().filter(|(_, statement)| statement.is_allow())
    }

    /// Deny statements with the policies that they are in.
    pub fn denies(&self) -> impl Iterator<Item = (&Policy, &Statement)> {
        self.statements().filter(|(_, statement)| statement.is_deny())
    }

    fn statements(&self) -> impl Iterator<Item = (&Policy, &Statement)> {
        self.policies.iter().flat_map(|policy| policy.statements.iter().map(move |statement| (policy, statement)))
    }
}
