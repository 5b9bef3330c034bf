//! Whom roles trust, and which roles nobody uses.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::Duration;

use crate::service::policy::{self, Principal, Statement};
use crate::service::values::{list, text, time};
use crate::service::{Ask, Findings, Unread};

/// Roles that AWS services make and use on their own.
fn is_service_linked(role: &Value) -> bool {
    text(role, "Path").starts_with("/aws-service-role/")
}

/// One row for each principal outside the account that a role trusts.
pub(super) async fn trusting_roles(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let (own, answer) = futures::join!(ask.account(), ask.read("iam:ListRoles", json!({})));
    let (own, answer) = (own?, answer?);
    let mut findings = Findings::table(&["role", "trusts", "kind", "external_id", "conditions", "finding"]);
    let (mut accounts, mut services, mut unread) = (BTreeSet::new(), 0, 0);
    let mut roles = BTreeSet::new();
    for role in list(&answer, "Roles") {
        let Some(statements) = policy::statements(&role["AssumeRolePolicyDocument"]) else {
            unread += 1;
            continue;
        };
        for statement in statements.iter().filter(|statement| statement.is_allow()) {
            for principal in statement.principals() {
                services += usize::from(matches!(principal, Principal::Service(_)));
                let Some(kind) = outside(&principal, &own) else { continue };
                accounts.extend(principal.account().map(str::to_owned));
                roles.insert(text(role, "RoleName"));
                findings.push([
                    role["RoleName"].clone(),
                    json!(principal.text()),
                    json!(kind),
                    json!(statement.has_condition("sts:ExternalId")),
                    json!(statement.condition_keys()),
                    json!(finding(&principal, statement)),
                ]);
            }
        }
    }
    findings.sort_by("role");
    findings.sum("roles_trusting_outsiders", roles.len());
    findings.sum("other_accounts", json!(accounts));
    findings.sum("roles_checked", list(&answer, "Roles").count());
    findings.sum("statements_for_aws_services", services);
    findings.sum("documents_not_understood", unread);
    ask.note(format!(
        "Trust in account {own} itself and in AWS services is counted and not listed. A principal also needs a policy \
         of its own account that lets it assume the role."
    ));
    Ok(findings)
}

/// What kind of outsider it is; absent for the account's own and for AWS services.
fn outside(principal: &Principal, own: &str) -> Option<&'static str> {
    match principal {
        Principal::Everyone => Some("everyone"),
        Principal::Account(account) | Principal::Identity { account, .. } => (account != own).then_some("account"),
        Principal::Federated(_) => Some("identity provider"),
        Principal::Service(_) => None,
        Principal::Other(_) => Some("unknown or deleted"),
    }
}

/// What somebody should look at.
fn finding(principal: &Principal, statement: &Statement) -> Option<&'static str> {
    let keys = statement.condition_keys();
    let narrows_to = |suffix: &str| keys.iter().any(|key| key.to_lowercase().ends_with(suffix));
    match principal {
        Principal::Everyone if statement.is_open_to_everyone() => Some("any AWS account may assume it"),
        Principal::Account(_) if keys.is_empty() => Some("no condition, no external id"),
        // A web identity token of anybody at the provider has the same audience; the subject tells people apart.
        Principal::Federated(name) if is_shared(name) && !narrows_to(":sub") => {
            Some("no condition on the token's subject: anybody at the provider may assume it")
        }
        _ => None,
    }
}

/// Providers that serve everybody and not one company.
fn is_shared(provider: &str) -> bool {
    const SHARED: [&str; 6] = [
        "token.actions.githubusercontent.com",
        "gitlab.com",
        "app.terraform.io",
        "accounts.google.com",
        "graph.facebook.com",
        "www.amazon.com",
    ];
    SHARED.iter().any(|host| provider == *host || provider.ends_with(&format!("/{host}")))
}

/// Roles that were not assumed for some days; never assumed ones first.
pub(super) async fn unused_roles(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let days = ask.question.number("days", &["day", "days"], 90.0);
    let border = ask.now - Duration::seconds_f64(days * 86_400.0);
    let answer = ask.read("iam:GetAccountAuthorizationDetails", json!({"Filter": ["Role"]})).await?;
    let mut findings = Findings::table(&["role", "last_used", "last_region", "days_unused", "created", "policies"]);
    let (mut linked, mut never) = (0, 0);
    for role in list(&answer, "RoleDetailList") {
        if is_service_linked(role) {
            linked += 1;
            continue;
        }
        let used = time(&role["RoleLastUsed"], "LastUsedDate");
        let is_young = time(role, "CreateDate").is_some_and(|created| created > border);
        if is_young || used.is_some_and(|used| used > border) {
            continue;
        }
        never += usize::from(used.is_none());
        let policies = ["RolePolicyList", "AttachedManagedPolicies"].map(|member| list(role, member).count());
        findings.push([
            role["RoleName"].clone(),
            role["RoleLastUsed"]["LastUsedDate"].clone(),
            role["RoleLastUsed"]["Region"].clone(),
            json!(used.map(|used| (ask.now - used).whole_days())),
            role["CreateDate"].clone(),
            json!(policies.iter().sum::<usize>()),
        ]);
    }
    findings.sort_by("last_used");
    findings.sum("unused", findings.rows.len());
    findings.sum("never_used", never);
    findings.sum("roles", list(&answer, "RoleDetailList").count());
    findings.sum("service_linked_roles_left_out", linked);
    ask.note(format!(
        "Listed are roles older than {days} days that were not used since. IAM tracks the last 400 days: an empty \
         last_used means not in that time."
    ));
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows, rows_of};
    use crate::tool::iam::testing::{details, document, role};

    const TOOL: &str = "iam_read_operations";

    fn trusting(name: &str, principal: Value, condition: Value) -> Value {
        let statement =
            json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition});
        role(name, json!({"AssumeRolePolicyDocument": document(json!([statement]))}))
    }

    fn account(roles: &[Value]) -> FakeAccount {
        FakeAccount::default()
            .answering("sts:GetCallerIdentity", json!({"Account": "111122223333"}))
            .answering("iam:ListRoles", json!({"Roles": roles, "IsTruncated": false}))
    }

    #[tokio::test]
    async fn trust_in_others_is_listed_with_what_narrows_it() {
        let github = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
        let audience = json!({"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}});
        let subject = json!({"StringLike": {"token.actions.githubusercontent.com:sub": "repo:me/app:*"}});
        let account = account(&[
            trusting(
                "a-vendor",
                json!({"AWS": "arn:aws:iam::999988887777:root"}),
                json!({"StringEquals": {"sts:ExternalId": "x"}}),
            ),
            trusting("b-plain", json!({"AWS": "999988887777"}), json!({})),
            trusting("c-open", json!("*"), json!({})),
            trusting("d-github-any", json!({"Federated": github}), audience),
            trusting("e-github-one", json!({"Federated": github}), subject),
            trusting("f-own", json!({"AWS": ["arn:aws:iam::111122223333:user/ann"]}), json!({})),
            trusting("g-service", json!({"Service": "lambda.amazonaws.com"}), json!({})),
            trusting("h-organization", json!({"AWS": "*"}), json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
        ]);
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "roles-trusting-others"}), &account).await;
        let rows = rows_of(&answer);
        let found: Vec<_> = rows
            .iter()
            .map(|row| (row["role"].as_str().unwrap(), row["external_id"].as_bool().unwrap(), row["finding"].as_str()))
            .collect();
        let subject = "no condition on the token's subject: anybody at the provider may assume it";
        assert_eq!(
            found,
            [
                ("a-vendor", true, None),
                ("b-plain", false, Some("no condition, no external id")),
                ("c-open", false, Some("any AWS account may assume it")),
                ("d-github-any", false, Some(subject)),
                ("e-github-one", false, None),
                ("h-organization", false, None),
            ]
        );
        let summary = &answer.result.unwrap()["summary"];
        assert_eq!((&summary["other_accounts"], &summary["roles_checked"]), (&json!(["999988887777"]), &json!(8)));
    }

    #[tokio::test]
    async fn a_document_that_cannot_be_read_is_counted() {
        let account = account(&[role("odd", json!({"AssumeRolePolicyDocument": "nonsense"}))]);
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "roles-trusting-others"}), &account).await;
        assert_eq!(answer.result.unwrap()["summary"]["documents_not_understood"], 1);
    }

    #[tokio::test]
    async fn roles_that_were_never_used_come_first_and_young_or_linked_ones_stay_out() {
        let used = |day: &str| json!({"RoleLastUsed": {"LastUsedDate": day, "Region": "us-east-1"}});
        let account = details(
            json!([]),
            json!([]),
            json!([
                role("old", used("2026-03-01T00:00:00Z")),
                role("never", json!({"RoleLastUsed": {}})),
                role("busy", used("2026-11-20T00:00:00Z")),
                role("young", json!({"CreateDate": "2026-11-20T00:00:00Z"})),
                role("linked", json!({"Path": "/aws-service-role/ecs.amazonaws.com/"})),
            ]),
            json!([]),
        );
        let rows = rows(TOOL, "unused-roles", json!({}), &account).await;
        let found: Vec<_> = rows.iter().map(|row| (&row["role"], &row["days_unused"])).collect();
        assert_eq!(found, [(&json!("never"), &Value::Null), (&json!("old"), &json!(266))]);
        assert!(account.asked()[0].ends_with(r#"{"Filter":["Role"]}"#));
    }

    #[tokio::test]
    async fn an_account_without_roles_is_an_answer() {
        assert!(rows(TOOL, "roles-trusting-others", json!({}), &account(&[])).await.is_empty());
    }
}
