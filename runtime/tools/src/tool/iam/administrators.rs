//! Who may do everything, and who may give themselves that.

use serde_json::json;

use super::details::{self, Identity};
use crate::service::policy::Statement;
use crate::service::{Ask, Findings, Unread};

/// Actions with which their holder can get any permission of the account, when they
/// may be used on every resource: policies and their versions, memberships, trust,
/// credentials of others. iam:PassRole also needs a service that runs code.
const ESCALATIONS: [&str; 14] = [
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:PassRole",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
];

pub(super) async fn administrators(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let details = details::read(ask).await?;
    let mut findings =
        Findings::table(&["identity", "kind", "rights", "through", "escalation_actions", "limits", "trusts"]);
    let (mut administrators, mut escalating) = (0, 0);
    for identity in &details.identities {
        let Some(rights) = rights(identity) else { continue };
        match rights.is_administrator {
            true => administrators += 1,
            false => escalating += 1,
        }
        let trusts = identity.trust.iter().filter(|statement| statement.is_allow());
        let trusts: Vec<_> =
            trusts.flat_map(|statement| statement.principals()).map(|who| who.text().to_owned()).collect();
        findings.push([
            json!(identity.name),
            json!(identity.kind),
            json!(if rights.is_administrator { "administrator" } else { "can become administrator" }),
            json!(rights.through),
            json!(rights.escalations),
            json!(rights.limits),
            json!(trusts),
        ]);
    }
    findings.sort_by("rights");
    findings.sum("administrators", administrators);
    findings.sum("can_become_administrator", escalating);
    findings.sum("identities_checked", details.identities.len());
    ask.note(
        "administrator is whoever some policy allows every action on every resource; can become administrator is \
         whoever may change permissions or credentials of IAM on every resource. Resources that a policy leaves out, \
         deny statements, conditions and permissions boundaries are named in limits and not weighed. Service control policies, session policies and \
         the policies of resources are not seen here.",
    );
    Ok(findings)
}

/// What an identity may do that is more than its work.
#[derive(Debug, Clone, Default, PartialEq)]
struct Rights {
    is_administrator: bool,
    /// Policies that give it.
    through: Vec<String>,
    /// Of those who are no administrators.
    escalations: Vec<&'static str>,
    limits: Vec<String>,
}

/// Absent for an identity with neither.
fn rights(identity: &Identity) -> Option<Rights> {
    let mut rights = Rights { limits: limits(identity), ..Rights::default() };
    let wide = || identity.allows().filter(|(_, statement)| statement.names_every_resource());
    let mut note = |label: &str, statement: &Statement, limits: &mut Vec<String>| {
        limits.extend(statement.condition_keys().iter().map(|key| format!("condition {key} in {label}")));
        limits.extend(statement.leaves_out_resources().then(|| format!("not every resource in {label}")));
        rights.through.push(label.to_owned());
    };
    for (policy, statement) in wide().filter(|(_, statement)| statement.names_every_action()) {
        rights.is_administrator = true;
        note(&policy.label, statement, &mut rights.limits);
    }
    if !rights.is_administrator {
        for (policy, statement) in wide() {
            let named = ESCALATIONS.into_iter().filter(|action| statement.names_action(action));
            let named: Vec<_> = named.collect();
            if !named.is_empty() {
                note(&policy.label, statement, &mut rights.limits);
                rights.escalations.extend(named);
            }
        }
    }
    for texts in [&mut rights.through, &mut rights.limits] {
        texts.sort();
        texts.dedup();
    }
    rights.escalations.sort_unstable();
    rights.escalations.dedup();
    (!rights.through.is_empty()).then_some(rights)
}

/// A boundary, and policies that deny something everywhere.
fn limits(identity: &Identity) -> Vec<String> {
    let boundary = identity.boundary.iter().map(|name| format!("permissions boundary {name}"));
    let denies = identity.denies().filter(|(_, statement)| statement.names_every_resource());
    let denies = denies.map(|(policy, statement)| match statement.names_every_action() {
        true => format!("deny of every action in {}", policy.label),
        false => format!("deny in {}", policy.label),
    });
    boundary.chain(denies).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows};
    use crate::tool::iam::testing::{attached, details, document, managed, role, user};
    use serde_json::Value;

    const TOOL: &str = "iam_read_operations";
    const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

    fn everything() -> Value {
        json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}])
    }

    fn inline(name: &str, statements: Value) -> Value {
        json!([{"PolicyName": name, "PolicyDocument": document(statements)}])
    }

    async fn found(account: &FakeAccount) -> Vec<(String, String, Value)> {
        let rows = rows(TOOL, "administrators", json!({}), account).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        rows.iter().map(|row| (text(&row["identity"]), text(&row["rights"]), row["through"].clone())).collect()
    }

    fn row(name: &str, rights: &str, through: &[&str]) -> (String, String, Value) {
        (name.into(), rights.into(), json!(through))
    }

    #[tokio::test]
    async fn administrators_are_found_through_groups_inline_and_managed_policies() {
        let account = details(
            json!([
                user("ann", json!({"GroupList": ["admins"]})),
                user(
                    "bob",
                    json!({"UserPolicyList": inline("all", json!({"Effect": "Allow", "Action": ["s3:*", "*:*"], "Resource": ["*"]}))})
                ),
                user(
                    "eve",
                    json!({"UserPolicyList": inline("some", json!([{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b"}]))})
                ),
            ]),
            json!([{"GroupName": "admins", "AttachedManagedPolicies": attached(ADMINISTRATOR)}]),
            json!([role(
                "ops",
                json!({"AttachedManagedPolicies": attached(ADMINISTRATOR), "AssumeRolePolicyDocument":
                document(json!([{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]))})
            )]),
            json!([managed(ADMINISTRATOR, everything())]),
        );
        assert_eq!(
            found(&account).await,
            [
                row("ann", "administrator", &["AdministratorAccess of group admins"]),
                row("bob", "administrator", &["inline all"]),
                row("ops", "administrator", &["AdministratorAccess"]),
            ]
        );
        let rows = rows(TOOL, "administrators", json!({}), &account).await;
        assert_eq!(rows[2]["trusts"], json!(["ec2.amazonaws.com"]));
    }

    #[tokio::test]
    async fn rights_over_iam_are_a_finding_of_their_own() {
        let statements = json!([{"Effect": "Allow", "Action": ["iam:Put*Policy", "iam:Get*"], "Resource": "*"}]);
        let power = json!([{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}]);
        let account = details(
            json!([user("dan", json!({"UserPolicyList": inline("iam", statements)}))]),
            json!([]),
            json!([role("power", json!({"RolePolicyList": inline("power", power)}))]),
            json!([]),
        );
        let rows = rows(TOOL, "administrators", json!({}), &account).await;
        assert_eq!(rows.len(), 1, "all actions but those of IAM are no way to more");
        assert_eq!(rows[0]["rights"], "can become administrator");
        assert_eq!(
            rows[0]["escalation_actions"],
            json!(["iam:PutGroupPolicy", "iam:PutRolePolicy", "iam:PutUserPolicy"])
        );
    }

    #[tokio::test]
    async fn conditions_denies_and_boundaries_are_named() {
        let statements = json!([
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}},
            {"Effect": "Deny", "Action": "organizations:*", "Resource": "*"},
        ]);
        let boundary = json!({"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/edge"});
        let more = json!({"UserPolicyList": inline("mfa", statements), "PermissionsBoundary": boundary});
        let account = details(json!([user("fay", more)]), json!([]), json!([]), json!([]));
        let rows = rows(TOOL, "administrators", json!({}), &account).await;
        assert_eq!(
            rows[0]["limits"],
            json!([
                "condition aws:MultiFactorAuthPresent in inline mfa",
                "deny in inline mfa",
                "permissions boundary edge"
            ])
        );
    }

    #[tokio::test]
    async fn everything_but_some_resources_is_administration_with_a_limit() {
        let most = json!([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::secrets/*"}]);
        let account = details(
            json!([user("gil", json!({"UserPolicyList": inline("most", most)}))]),
            json!([]),
            json!([]),
            json!([]),
        );
        let rows = rows(TOOL, "administrators", json!({}), &account).await;
        assert_eq!(
            (&rows[0]["rights"], &rows[0]["limits"]),
            (&json!("administrator"), &json!(["not every resource in inline most"]))
        );
    }

    #[tokio::test]
    async fn an_empty_account_and_a_missing_policy_are_answers() {
        let account = details(json!([]), json!([]), json!([]), json!([]));
        assert!(rows(TOOL, "administrators", json!({}), &account).await.is_empty());
        let lost =
            json!([user("gus", json!({"AttachedManagedPolicies": attached("arn:aws:iam::111122223333:policy/lost")}))]);
        let account = details(lost, json!([]), json!([]), json!([]));
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "administrators"}), &account).await;
        assert!(answer.completeness.unwrap().notes.iter().any(|note| note.contains("policy lost is missing")));
    }
}
