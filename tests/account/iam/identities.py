"""Users, groups, roles and policies: administrators in each of the ways there are, credentials old and new, used and
not, roles that trust each kind of principal, and for each one that is nearly so.

moto keeps no history, so ages and last uses are set in its own store, which its documentation allows for. It has no
simulator; its decisions are prepared as the IAM policy simulator would take them.
"""

import datetime
import json

from account import ACCOUNT_ID
from moto.iam.models import AccessKeyLastUsed, AWSManagedPolicy, iam_backends

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
PARTNER = "999988887777"
GITHUB = "token.actions.githubusercontent.com"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ACTION = "s3:DeleteBucket"

# Days since they were created, and since their password was used.
USERS = {
    "alice": {"created": 300, "password_used": 2, "has_password": True, "has_mfa": True, "path": "/people/"},
    "bob": {"created": 300, "password_used": 100, "has_password": True},
    "carol": {"created": 300},
    "dave": {"created": 300, "has_mfa": True},
    "erin": {"created": 30},
    "frank": {"created": 300},
    "grace": {"created": 91},
    "heidi": {"created": 300, "password_used": 95, "has_mfa": True},
    "ivan": {"created": 89},
}
# Age and last use in days, and where that was.
KEYS = {
    "alice": [{"age": 200, "used": 1, "service": "s3", "region": "eu-west-1"}],
    "carol": [{"age": 95, "status": "Inactive"}],
    "dave": [{"age": 89, "used": 10, "service": "ec2", "region": "us-east-1"}],
    "frank": [{"age": 90}, {"age": 30, "used": 1, "service": "sqs", "region": "us-east-1"}],
    "heidi": [{"age": 3, "used": 3, "service": "iam", "region": "us-east-1"}],
}
INLINE = {
    "carol": {
        "own-rights": [
            {
                "Effect": "Allow",
                "Action": ["iam:PutUserPolicy", "s3:GetObject"],
                "Resource": "*",
                "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
            }
        ]
    },
    # What AWS's PowerUserAccess allows.
    "erin": {"power": [{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}]},
    "frank": {"one-bucket": [{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::frank/*"}]},
    "grace": {"but-secrets": [{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::secrets/*"}]},
    "heidi": {"all": [EVERYTHING], "none": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]},
}
PASSWORDS = {"Effect": "Allow", "Action": ["iam:CreateLoginProfile", "iam:UpdateLoginProfile"], "Resource": "*"}


def trust(principal, **condition):
    action = "sts:AssumeRoleWithWebIdentity" if "Federated" in principal else "sts:AssumeRole"
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return statement | ({"Condition": condition} if condition else {})


def github(**condition):
    return trust({"Federated": f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{GITHUB}"}, **condition)


LAMBDA = trust({"Service": "lambda.amazonaws.com"})
# Roles were created 400 days ago and used yesterday where nothing else stands.
ROLES = {
    "deploy": {"trust": [trust({"AWS": f"arn:aws:iam::{PARTNER}:root"})]},
    "auditor": {
        "trust": [trust({"AWS": [PARTNER]}, StringEquals={"sts:ExternalId": "x-1"})],
        "used": 95,
        "region": "eu-west-1",
    },
    "ci": {"trust": [github(StringEquals={f"{GITHUB}:aud": "sts.amazonaws.com"})], "used": None},
    "ci-one-repository": {
        "trust": [
            github(
                StringEquals={f"{GITHUB}:aud": "sts.amazonaws.com"}, StringLike={f"{GITHUB}:sub": "repo:example/shop:*"}
            )
        ]
    },
    "workforce": {"trust": [trust({"Federated": f"arn:aws:iam::{ACCOUNT_ID}:saml-provider/corp"})]},
    "anyone": {"trust": [trust({"AWS": "*"})], "used": None, "created": 20},
    "organization": {"trust": [trust({"AWS": "*"}, StringEquals={"aws:PrincipalOrgID": "o-1234567890"})]},
    "own-account": {"trust": [trust({"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}), LAMBDA]},
    "orphan": {"trust": [trust({"AWS": "AROA1234567890EXAMPLE"})]},
    "two-accounts": {
        "trust": [trust({"AWS": [f"arn:aws:iam::{PARTNER}:role/reader", f"arn:aws:iam::{ACCOUNT_ID}:user/alice"]})]
    },
    "bounded": {"trust": [LAMBDA], "inline": {"all": [EVERYTHING]}},
    "passer": {"trust": [LAMBDA], "inline": {"pass": [{"Effect": "Allow", "Action": "iam:Pass*", "Resource": "*"}]}},
    "passer-of-one": {
        "trust": [LAMBDA],
        "inline": {
            "pass": [{"Effect": "Allow", "Action": "iam:PassRole", "Resource": f"arn:aws:iam::{ACCOUNT_ID}:role/ci"}]
        },
    },
    "cleaner": {
        "trust": [LAMBDA],
        "inline": {"tidy": [{"Effect": "Allow", "Action": "s3:Delete*", "Resource": "arn:aws:s3:::tmp-*"}]},
    },
}
LINKED = "AWSServiceRoleForAutoScaling"


def ago(days):
    return NOW - datetime.timedelta(days)


def written(days):
    return None if days is None else ago(days).strftime("%Y-%m-%dT%H:%M:%SZ")


def user_arn(name):
    return f"arn:aws:iam::{ACCOUNT_ID}:user{USERS[name].get('path', '/')}{name}"


def role_arn(name):
    return f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"


# On everything where no resource is named.
DECISIONS = {
    user_arn("alice"): "allowed",
    user_arn("bob"): "allowed",
    user_arn("erin"): "allowed",
    user_arn("frank"): "implicitDeny",
    user_arn("grace"): "allowed",
    user_arn("heidi"): "explicitDeny",
    role_arn("deploy"): "allowed",
    role_arn("bounded"): "implicitDeny",
    role_arn("cleaner"): "implicitDeny",
}
TEMPORARY = "arn:aws:s3:::tmp-1"


def decision(arn, decision, resource=None):
    result = {"EvalActionName": ACTION, "EvalResourceName": resource or "*", "EvalDecision": decision}
    return {
        "when": {"PolicySourceArn": arn, "ActionNames": [ACTION], "ResourceArns": [resource] if resource else None},
        "output": {"EvaluationResults": [result], "IsTruncated": False},
    }


ANSWERS = {
    "iam:SimulatePrincipalPolicy": [
        *(decision(arn, found) for arn, found in DECISIONS.items()),
        *(decision(arn, "allowed" if "cleaner" in arn else found, TEMPORARY) for arn, found in DECISIONS.items()),
    ]
}


def busy_users(account):
    """Ten days old, each with a key that was never used, every second with a second factor."""
    return [f"user-{number:04}" for number in range(account.size)]


def busy_roles(account):
    return [f"function-{number:04}" for number in range(account.size)]


def seed(account):
    iam = account.client("iam")
    store = iam_backends[ACCOUNT_ID]["aws"]
    administrator = aws_policy(store, "AdministratorAccess", [EVERYTHING])
    for name, user in USERS.items():
        seed_user(iam, store, name, user)
    iam.attach_user_policy(UserName="alice", PolicyArn=administrator)
    for group, user in (("admins", "bob"), ("helpdesk", "ivan")):
        iam.create_group(GroupName=group)
        iam.add_user_to_group(GroupName=group, UserName=user)
    iam.attach_group_policy(GroupName="admins", PolicyArn=administrator)
    iam.put_group_policy(GroupName="helpdesk", PolicyName="passwords", PolicyDocument=document(PASSWORDS))
    seed_policies(iam)
    for name, role in ROLES.items():
        seed_role(iam, store, name, role)
    iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    iam.attach_role_policy(RoleName="deploy", PolicyArn=administrator)
    iam.attach_role_policy(RoleName="auditor", PolicyArn=own_policy("reader"))
    iam.put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=own_policy("boundary"))
    seed_account(iam, store)
    seed_busy(account, store)
    # moto's answer about the whole account leaves out the names of managed policies.
    for policy in store.managed_policies.values():
        policy.policy_name = policy.name


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def own_policy(name):
    return f"arn:aws:iam::{ACCOUNT_ID}:policy/{name}"


def aws_policy(store, name, statements):
    """One of AWS's own, as an account has it that attaches it."""
    data = {"Document": json.loads(document(*statements)), "DefaultVersionId": "v1", "Path": "/"}
    data |= {"CreateDate": "2015-02-06T18:39:46+00:00", "UpdateDate": "2015-02-06T18:39:46+00:00"}
    policy = AWSManagedPolicy.from_data(name, ACCOUNT_ID, "us-east-1", data)
    store.managed_policies[policy.arn] = policy
    return policy.arn


def seed_user(iam, store, name, user):
    iam.create_user(UserName=name, Path=user.get("path", "/"))
    if user.get("has_password"):
        iam.create_login_profile(UserName=name, Password="Correct-horse-9-battery")
    if user.get("has_mfa"):
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName=name, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
        )
    for policy, statements in INLINE.get(name, {}).items():
        iam.put_user_policy(UserName=name, PolicyName=policy, PolicyDocument=document(*statements))
    stored = store.users[name]
    stored.create_date = ago(user["created"])
    if "password_used" in user:
        stored.password_last_used = ago(user["password_used"])
    for key in KEYS.get(name, []):
        seed_key(iam, stored, name, key)


def seed_key(iam, stored, name, key):
    made = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    if "status" in key:
        iam.update_access_key(UserName=name, AccessKeyId=made, Status=key["status"])
    found = stored.get_access_key_by_id(made)
    found.create_date = ago(key["age"])
    if "used" in key:
        found.last_used = AccessKeyLastUsed(ago(key["used"]), key["service"], key["region"])


def seed_policies(iam):
    """`reader` allowed everything before its second version, which holds; `nobody-has-it` is attached to nothing."""
    reads = {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}
    iam.create_policy(PolicyName="reader", PolicyDocument=document(EVERYTHING))
    iam.create_policy_version(PolicyArn=own_policy("reader"), PolicyDocument=document(reads), SetAsDefault=True)
    iam.create_policy(PolicyName="boundary", PolicyDocument=document(reads))
    iam.create_policy(
        PolicyName="nobody-has-it", PolicyDocument=document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    )
    iam.attach_user_policy(UserName="dave", PolicyArn=own_policy("reader"))


def seed_role(iam, store, name, role):
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(*role["trust"]))
    for policy, statements in role.get("inline", {}).items():
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=document(*statements))
    set_times(store, name, role.get("created", 400), role.get("used", 1), role.get("region", "us-east-1"))


def set_times(store, name, created, used, region):
    stored = next(role for role in store.roles.values() if role.name == name)
    stored.create_date = ago(created)
    if used is not None:
        stored.last_used, stored.last_used_region = ago(used), region


def seed_account(iam, store):
    """The root user has a second factor, and access keys."""
    store.account_summary._account_mfa_enabled = 1
    store.account_summary._account_access_keys_present = 1
    iam.update_account_password_policy(
        MinimumPasswordLength=14,
        RequireSymbols=True,
        MaxPasswordAge=90,
        PasswordReusePrevention=5,
        RequireNumbers=False,
    )


def seed_busy(account, store):
    """In the emulator's own store: thousands of calls would take minutes."""
    for number, name in enumerate(busy_users(account)):
        store.create_user("us-east-1", name)
        store.create_access_key(name).create_date = ago(10)
        store.users[name].create_date = ago(10)
        if number % 2 == 0:
            device = store.create_virtual_mfa_device(name, "/")
            store.enable_mfa_device(name, device.serial_number, "123456", "654321")
    for name in busy_roles(account):
        store.create_role(name, document(LAMBDA), "/", None, "", [], 3600)
        set_times(store, name, 400, 1, "us-east-1")
