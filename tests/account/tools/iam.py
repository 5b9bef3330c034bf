"""What is true of the identities in iam/identities.py."""

from account import ACCOUNT_ID, Case
from iam.identities import (
    ACTION,
    ANSWERS,
    GITHUB,
    KEYS,
    PARTNER,
    ROLES,
    TEMPORARY,
    USERS,
    busy_users,
    seed,
    written,
)

__all__ = ["ANSWERS", "cases", "seed"]

TOOL = "iam_read_operations"


def cases(account):
    """Of thousands of users without the recipes that make a call for each: the fixture is too slow for those."""
    by_user = [mfa_case(account), *key_cases(account), unused_users_case(account)] if account.size < 300 else []
    return [
        *by_user,
        administrators_case(account),
        *unused_roles_cases(account),
        trust_case(account),
        security_case(account),
        *who_can_cases(account),
        users_case(account),
    ]


def administrators_case(account):
    def row(name, kind, through, limits=(), escalations=(), trusts=()):
        return {
            "identity": name,
            "kind": kind,
            "rights": "can become administrator" if escalations else "administrator",
            "through": [through],
            "escalation_actions": list(escalations),
            "limits": list(limits),
            "trusts": list(trusts),
        }

    lambdas = ["lambda.amazonaws.com"]
    passwords = ["iam:CreateLoginProfile", "iam:UpdateLoginProfile"]
    rows = [
        row("alice", "user", "AdministratorAccess"),
        row("bob", "user", "AdministratorAccess of group admins"),
        row("grace", "user", "inline but-secrets", ["not every resource in inline but-secrets"]),
        row("heidi", "user", "inline all", ["deny of every action in inline none"]),
        row("deploy", "role", "AdministratorAccess", trusts=[PARTNER]),
        row("bounded", "role", "inline all", ["permissions boundary boundary"], trusts=lambdas),
        row(
            "carol", "user", "inline own-rights", ["condition aws:SourceIp in inline own-rights"], ["iam:PutUserPolicy"]
        ),
        row("ivan", "user", "inline passwords of group helpdesk", escalations=passwords),
        row("passer", "role", "inline pass", escalations=["iam:PassRole"], trusts=lambdas),
    ]
    summary = {
        "administrators": 6,
        "can_become_administrator": 3,
        "identities_checked": len(USERS) + len(ROLES) + 1 + 2 * account.size,
    }
    return Case(TOOL, "administrators", rows=rows, summary=summary)


def mfa_case(account):
    without = [name for name, user in USERS.items() if not user.get("has_mfa")]
    rows = [{"user": name, "console_password": name == "bob", "mfa_devices": 0} for name in without]
    rows += [{"user": name, "console_password": False, "mfa_devices": 0} for name in busy_users(account)[1::2]]
    summary = {
        "users": len(USERS) + account.size,
        "without_mfa": len(rows),
        "without_mfa_with_password": 1,
        "unknown": 0,
        "root_user_has_mfa": True,
    }
    return Case(TOOL, "users-without-mfa", rows=rows, summary=summary)


def key_rows(account, days):
    ids = {name: account.all("iam", "list_access_keys", "AccessKeyMetadata", UserName=name) for name in KEYS}
    rows = []
    for name, keys in KEYS.items():
        for key, listed in zip(keys, ids[name]):
            if key["age"] < days:
                continue
            rows.append(
                {
                    "user": name,
                    "key": "..." + listed["AccessKeyId"][-4:],
                    "status": key.get("status", "Active"),
                    "age_days": key["age"],
                    "last_used": written(key["used"]) if "used" in key else "never",
                }
            )
            if "used" in key:
                rows[-1] |= {"last_service": key["service"], "last_region": key["region"]}
    return rows


def key_cases(account):
    users = {"users": len(USERS) + account.size, "users_unknown": 0}
    return [
        Case(TOOL, "access-keys", rows=key_rows(account, 90), summary={**users, "old_keys": 3, "old_active_keys": 2}),
        Case(
            TOOL, "access-keys", {"days": 91}, rows=key_rows(account, 91), summary={"old_keys": 2, "old_active_keys": 1}
        ),
        Case(TOOL, "access-keys", {"days": 5}, count=5 + account.size, summary={"old_active_keys": 4 + account.size}),
    ]


def unused_users_case(account):
    rows = [
        {"user": "bob", "ever_used": True, "last_used": written(100), "active_keys": 0, "created": written(300)},
        {"user": "carol", "ever_used": False, "last_used": None, "active_keys": 0, "created": written(300)},
        {"user": "grace", "ever_used": False, "last_used": None, "active_keys": 0, "created": written(91)},
    ]
    return Case(
        TOOL, "unused-users", rows=rows, summary={"users": len(USERS) + account.size, "unused": 3, "unknown": 0}
    )


def unused_roles_cases(account):
    auditor = {
        "role": "auditor",
        "last_used": written(95),
        "last_region": "eu-west-1",
        "days_unused": 95,
        "created": written(400),
        "policies": 1,
    }
    ci = {"role": "ci", "last_used": None, "days_unused": None, "policies": 0}
    roles = len(ROLES) + account.size + 1
    return [
        Case(
            TOOL,
            "unused-roles",
            rows=[auditor, ci],
            summary={"unused": 2, "never_used": 1, "roles": roles, "service_linked_roles_left_out": 1},
        ),
        Case(TOOL, "unused-roles", {"days": 96}, rows=[ci], summary={"unused": 1}),
    ]


def trust_case(account):
    provider = f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{GITHUB}"
    open_to_github = "no condition on the token's subject: anybody at the provider may assume it"
    rows = [
        {
            "role": "deploy",
            "trusts": PARTNER,
            "kind": "account",
            "external_id": False,
            "finding": "no condition, no external id",
        },
        {"role": "auditor", "trusts": PARTNER, "kind": "account", "external_id": True, "finding": None},
        {"role": "ci", "trusts": provider, "kind": "identity provider", "finding": open_to_github},
        {
            "role": "ci-one-repository",
            "trusts": provider,
            "conditions": [f"{GITHUB}:aud", f"{GITHUB}:sub"],
            "finding": None,
        },
        {"role": "workforce", "kind": "identity provider", "conditions": [], "finding": None},
        {"role": "anyone", "trusts": "*", "kind": "everyone", "finding": "any AWS account may assume it"},
        {
            "role": "organization",
            "trusts": "*",
            "kind": "everyone",
            "conditions": ["aws:PrincipalOrgID"],
            "finding": None,
        },
        {"role": "orphan", "trusts": "AROA1234567890EXAMPLE", "kind": "unknown or deleted"},
        {"role": "two-accounts", "trusts": f"arn:aws:iam::{PARTNER}:role/reader", "kind": "account"},
    ]
    for_services = sum(
        1 for role in ROLES.values() for statement in role["trust"] if "Service" in statement["Principal"]
    )
    summary = {
        "roles_trusting_outsiders": 9,
        "other_accounts": [PARTNER],
        "roles_checked": len(ROLES) + account.size + 1,
        "statements_for_aws_services": for_services + account.size + 1,
        "documents_not_understood": 0,
    }
    return Case(TOOL, "roles-trusting-others", rows=rows, summary=summary)


def security_case(account):
    numbers = account.client("iam").get_account_summary()["SummaryMap"]
    counts = ["Groups", "InstanceProfiles", "MFADevices", "MFADevicesInUse", "ServerCertificates", "Providers"]
    known = {
        "Users": len(USERS) + account.size,
        "Roles": len(ROLES) + account.size + 1,
        "UsersQuota": 5000,
        "RolesQuota": 1000,
    }
    policy = {
        "is set": True,
        "MinimumPasswordLength": 14,
        "RequireSymbols": True,
        "RequireNumbers": False,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "MaxPasswordAge": 90,
        "PasswordReusePrevention": 5,
        "HardExpiry": False,
    }
    settings = [
        ("root user", {"has a second factor": True, "has access keys": True}),
        ("account", {**{name: numbers[name] for name in [*counts, "Policies"]}, **known}),
        ("password policy", policy),
    ]
    rows = [
        {"about": about, "setting": name, "value": value}
        for about, values in settings
        for name, value in values.items()
    ]
    return Case(TOOL, "account-security", rows=rows)


def who_can_cases(account):
    anywhere = ["*"]
    rows = [
        {"identity": "alice", "decision": "allowed", "through": ["AdministratorAccess"], "resources": anywhere},
        {"identity": "bob", "decision": "allowed", "through": ["AdministratorAccess of group admins"]},
        {"identity": "erin", "decision": "allowed", "through": ["inline power"]},
        {"identity": "frank", "decision": "implicitDeny", "resources": ["arn:aws:s3:::frank/*"]},
        {"identity": "grace", "decision": "allowed", "through": ["inline but-secrets"]},
        {"identity": "heidi", "decision": "explicitDeny", "through": ["inline all"]},
        {"identity": "deploy", "kind": "role", "decision": "allowed"},
        {"identity": "bounded", "kind": "role", "decision": "implicitDeny", "resources": anywhere},
    ]
    cleaner = {"identity": "cleaner", "kind": "role", "through": ["inline tidy"], "resources": ["arn:aws:s3:::tmp-*"]}
    summary = {
        "action": ACTION,
        "allowed": 5,
        "explicitDeny": 1,
        "implicitDeny": 3,
        "unknown": 0,
        "customer_policies_with_the_action": ["nobody-has-it"],
        "identities_checked": len(USERS) + len(ROLES) + 1 + 2 * account.size,
    }
    return [
        Case(
            TOOL, "who-can", {"action": ACTION}, rows=[*rows, {**cleaner, "decision": "implicitDeny"}], summary=summary
        ),
        Case(
            TOOL,
            "who-can",
            {"action": ACTION, "resource": TEMPORARY},
            rows=[*rows, {**cleaner, "decision": "allowed"}],
            summary={**summary, "allowed": 6, "implicitDeny": 2},
        ),
    ]


def users_case(account):
    rows = [
        {
            "user": name,
            "path": user.get("path", "/"),
            "created": written(user["created"]),
            "password_last_used": written(user.get("password_used")),
        }
        for name, user in USERS.items()
    ]
    rows += [{"user": name, "created": written(10), "password_last_used": None} for name in busy_users(account)]
    return Case(TOOL, "users", rows=rows, summary={"users": len(rows)})
