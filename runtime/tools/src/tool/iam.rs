//! `iam_read_operations`: who may do what, with which credentials, and who no longer needs to.

mod account;
mod administrators;
mod credentials;
mod details;
mod roles;
#[cfg(test)]
mod testing;
mod who_can;

use crate::service::{Kind, Parameter, Recipe, Scope, ServiceTool};

const DAYS: Parameter = Parameter { name: "days", kind: Kind::Number, means: "Age or idle time in days; default 90." };

const ACTION: Parameter = Parameter {
    name: "action",
    kind: Kind::Text,
    means: "The IAM action, for example s3:DeleteBucket; without it the one in the query.",
};

const RESOURCE: Parameter =
    Parameter { name: "resource", kind: Kind::Text, means: "ARN of the resource; without it all resources." };

const UNUSED: &[&str] =
    &["unused", "inactive", "stale", "used", "idle", "dormant", "use", "active", "login", "logged", "sign", "signed"];

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "iam_read_operations",
    service: "iam",
    services: &["iam", "sts"],
    recipes: &[
        Recipe {
            name: "administrators",
            answers: "Users and roles that may do everything, or may give themselves that through IAM, with the \
                      policies and groups that make them so and what limits them.",
            example: "Which users and roles have admin rights?",
            topic: &[&[
                "admin",
                "administrator",
                "administratoraccess",
                "administrative",
                "superuser",
                "escalate",
                "escalation",
                "privileged",
                "overprivileged",
                "full",
            ]],
            not: &["mfa", "key", "password"],
            takes: &[],
            reads: &["iam:GetAccountAuthorizationDetails"],
            scope: Scope::Account,
            run: |ask| Box::pin(administrators::administrators(ask)),
        },
        Recipe {
            name: "users-without-mfa",
            answers: "Users without a second factor, those with a console password first, and whether the root user \
                      has one.",
            example: "Which users have no MFA?",
            topic: &[&["mfa", "2fa", "multi-factor", "multifactor", "factor"]],
            not: &["bucket"],
            takes: &[],
            reads: &["iam:ListUsers", "iam:ListMFADevices", "iam:GetLoginProfile", "iam:GetAccountSummary"],
            scope: Scope::Account,
            run: |ask| Box::pin(credentials::users_without_mfa(ask)),
        },
        Recipe {
            name: "access-keys",
            answers: "Access keys of users older than some days with age, status and last use; ids shortened.",
            example: "Which access keys are older than 90 days?",
            topic: &[
                &["key", "accesskey"],
                &["access", "old", "older", "rotate", "rotated", "rotation", "age", "unused"],
            ],
            not: &["kms", "root"],
            takes: &[DAYS],
            reads: &["iam:ListUsers", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed"],
            scope: Scope::Account,
            run: |ask| Box::pin(credentials::access_keys(ask)),
        },
        Recipe {
            name: "unused-users",
            answers: "Users who neither signed in nor used an access key for some days.",
            example: "Which users have not been active for 90 days?",
            topic: &[&["user", "people"], UNUSED],
            not: &["role", "key", "mfa"],
            takes: &[DAYS],
            reads: &["iam:ListUsers", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed"],
            scope: Scope::Account,
            run: |ask| Box::pin(credentials::unused_users(ask)),
        },
        Recipe {
            name: "unused-roles",
            answers: "Roles that nobody assumed for some days, never used ones first; service-linked roles left out.",
            example: "Which roles are unused?",
            topic: &[&["role"], UNUSED],
            not: &["key", "mfa"],
            takes: &[DAYS],
            reads: &["iam:GetAccountAuthorizationDetails"],
            scope: Scope::Account,
            run: |ask| Box::pin(roles::unused_roles(ask)),
        },
        Recipe {
            name: "roles-trusting-others",
            answers: "Roles that other accounts, identity providers or everyone may assume, with conditions, external \
                      id and what is open about them.",
            example: "Which roles trust other accounts?",
            topic: &[
                &["role", "trust", "trusting", "trusted"],
                &[
                    "trust",
                    "trusting",
                    "trusted",
                    "cross-account",
                    "external",
                    "assume",
                    "assumed",
                    "federated",
                    "oidc",
                    "saml",
                    "third-party",
                    "outside",
                ],
            ],
            not: &["unused"],
            takes: &[],
            reads: &["iam:ListRoles", "sts:GetCallerIdentity"],
            scope: Scope::Account,
            run: |ask| Box::pin(roles::trusting_roles(ask)),
        },
        Recipe {
            name: "account-security",
            answers: "Root user's second factor and keys, password policy, and how many users, roles and policies \
                      there are.",
            example: "What is the password policy of the account?",
            topic: &[
                &["password", "account", "root", "iam"],
                &["policy", "summary", "security", "root", "overview", "quota", "rule"],
            ],
            not: &["admin", "trust", "old", "older", "bucket", "unused", "mfa"],
            takes: &[],
            reads: &["iam:GetAccountSummary", "iam:GetAccountPasswordPolicy"],
            scope: Scope::Account,
            run: |ask| Box::pin(account::account_security(ask)),
        },
        Recipe {
            name: "who-can",
            answers: "Users and roles whose policies name an action, with the decision of IAM's simulator, and the \
                      customer managed policies that allow it.",
            example: "Who can do s3:DeleteBucket?",
            topic: &[&["who", "whom", "anyone", "anybody"], &["can", "may", "able", "allowed", "permission", "do"]],
            not: &["assume", "trust", "admin", "administrator", "mfa"],
            takes: &[ACTION, RESOURCE],
            reads: &["iam:GetAccountAuthorizationDetails", "iam:SimulatePrincipalPolicy"],
            scope: Scope::Account,
            run: |ask| Box::pin(who_can::who_can(ask)),
        },
        Recipe {
            name: "users",
            answers: "The users with path, creation and last sign-in with a password.",
            example: "List the IAM users",
            topic: &[&["user"], &["list", "which", "show", "how", "iam", "all", "there", "what"]],
            not: &[
                "mfa",
                "admin",
                "administrator",
                "unused",
                "inactive",
                "key",
                "role",
                "no",
                "active",
                "used",
                "policy",
                "permission",
                "login",
                "group",
                "password",
                "privileged",
                "can",
                "create",
                "delete",
                "full",
                "factor",
                "escalate",
                "stale",
                "idle",
                "dormant",
            ],
            takes: &[],
            reads: &["iam:ListUsers"],
            scope: Scope::Account,
            run: |ask| Box::pin(credentials::all_users(ask)),
        },
    ],
};

#[cfg(test)]
mod tests {
    use super::TOOL;
    use crate::service::testing::lead_to;

    #[test]
    fn words_lead_to_the_recipe_that_answers_them() {
        let meant = [
            ("users and roles with admin", "administrators"),
            ("Who has administrator access?", "administrators"),
            ("who is an admin", "administrators"),
            ("identities with full access", "administrators"),
            ("privilege escalation paths", "administrators"),
            ("users without MFA", "users-without-mfa"),
            ("is MFA enabled for the root user?", "users-without-mfa"),
            ("who has no second factor?", "users-without-mfa"),
            ("old access keys", "access-keys"),
            ("keys that were not rotated for 180 days", "access-keys"),
            ("unused access keys", "access-keys"),
            ("unused IAM users", "unused-users"),
            ("users that never logged in", "unused-users"),
            ("inactive users", "unused-users"),
            ("unused roles", "unused-roles"),
            ("roles that were not used for 60 days", "unused-roles"),
            ("roles trusting other accounts", "roles-trusting-others"),
            ("cross-account roles", "roles-trusting-others"),
            ("which roles can be assumed from outside?", "roles-trusting-others"),
            ("roles with OIDC federation", "roles-trusting-others"),
            ("password policy", "account-security"),
            ("IAM account summary", "account-security"),
            ("does the root user have access keys?", "account-security"),
            ("who can delete buckets", "who-can"),
            ("Who may call iam:PassRole?", "who-can"),
            ("who is allowed to do ec2:RunInstances?", "who-can"),
            ("which users exist?", "users"),
            ("show all IAM users", "users"),
            ("hello", ""),
        ];
        lead_to(&TOOL, &meant);
    }
}
