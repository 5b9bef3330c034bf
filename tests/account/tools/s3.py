"""What is true of the buckets in s3/buckets.py."""

import datetime

from account import ACCOUNT_ID, Case
from s3.buckets import ANSWERS, EU, GIB, KEY, NOW, PARTNER, POLICIES, all_buckets, region_of, seed

__all__ = ["ANSWERS", "cases", "seed"]

TOOL = "s3_read_operations"


def cases(account):
    return [
        *list_cases(account),
        *settings_cases(account),
        public_case(account),
        encryption_case(account),
        lifecycle_case(account),
        *upload_cases(account),
        sizes_case(account),
        shared_case(account),
        *object_cases(account),
    ]


def list_cases(account):
    names = all_buckets(account)
    rows = [{"name": name, "region": region_of(name)} for name in names]
    return [
        Case(TOOL, "buckets", rows=rows, summary={"buckets": len(names)}),
        Case(TOOL, "buckets", {"buckets": ["rules-some"]}, rows=[{"name": "rules-some", "region": EU}]),
    ]


def settings_cases(account):
    names = all_buckets(account)
    versioned = {"copy-target", "all-settings"}
    rows = [
        {
            "bucket": name,
            "versioning": "Enabled" if name in versioned else "Off",
            "tags": {"Owner": "data", "Stage": "prod"} if name == "all-settings" else {},
        }
        for name in names
    ]
    counts = {"versioning": {"Enabled": 2, "Off": len(names) - 2}, "tags": {"set": 1, "none": len(names) - 1}}
    return [
        Case(TOOL, "bucket-settings", {"aspects": ["versioning", "tags"]}, rows=rows, summary=counts),
        Case(
            TOOL, "bucket-settings", {"buckets": ["all-settings", "plain-0003"], "aspects": ASPECTS}, rows=[SET, UNSET]
        ),
    ]


SET = {
    "bucket": "all-settings",
    "region": "us-east-1",
    "encryption": "aws:kms",
    "versioning": "Enabled",
    "public_access_block": ["BlockPublicAcls", "IgnorePublicAcls"],
    "tags": {"Owner": "data", "Stage": "prod"},
    "lifecycle": [{"id": "keep", "status": "Enabled"}],
    "access_log": "s3://copy-target/log/",
    "replication": ["arn:aws:s3:::copy-target (Enabled)"],
    "website": "serves a website",
    "object_lock": "Enabled, GOVERNANCE 3 days",
    "notifications": [f"arn:aws:sqs:us-east-1:{ACCOUNT_ID}:uploads", "EventBridge"],
    "ownership": "BucketOwnerPreferred",
    "cors": ["https://a.example", "https://b.example"],
}
UNSET = {
    "bucket": "plain-0003",
    "region": EU,
    "encryption": "AES256",
    "versioning": "Off",
    "public_access_block": [],
    "tags": {},
    "lifecycle": [],
    "access_log": "off",
    "replication": [],
    "website": "none",
    "object_lock": "none",
    "notifications": [],
    "ownership": "BucketOwnerEnforced",
    "cors": [],
}
ASPECTS = [name for name in SET if name != "bucket"]


def public_case(account):
    """Open by policy, by list, or without anything that keeps single objects from being open."""
    by_policy = {"public": True, "objects_may_be_public": False, "policy_is_public": True, "public_acl_grants": []}
    by_list = {"public": True, "objects_may_be_public": True, "policy_is_public": False}
    rows = [
        {"bucket": "policy-everyone", **by_policy},
        {"bucket": "policy-everywhere", **by_policy},
        {"bucket": "list-open", **by_list, "public_acl_grants": ["READ to AllUsers"]},
        {"bucket": "list-any-account", **by_list, "public_acl_grants": ["READ to AuthenticatedUsers"]},
        {"bucket": "list-private", "public": False, "objects_may_be_public": True, "public_acl_grants": []},
    ]
    summary = {
        "buckets_checked": len(all_buckets(account)),
        "public": 4,
        "unknown": 0,
        "account_blocks": ["BlockPublicPolicy"],
    }
    return Case(TOOL, "public-buckets", rows=rows, summary=summary)


def encryption_case(account):
    with_key = {"kms-key", "all-settings"}
    rows = [
        (
            {"bucket": name, "encryption": "aws:kms", "kms_key": KEY, "bucket_key": True}
            if name in with_key
            else {"bucket": name, "encryption": "AES256", "kms_key": None}
        )
        for name in all_buckets(account)
    ]
    summary = {"kms_key": 2, "s3_managed_key": len(rows) - 2, "without_default_encryption": 0, "unknown": 0}
    return Case(TOOL, "bucket-encryption", rows=rows, summary=summary)


def lifecycle_case(account):
    none = {
        "enabled_rules": 0,
        "expires": [],
        "moves": [],
        "ends_old_versions": False,
        "aborts_uploads_after_days": None,
    }
    ruled = {
        "rules-all": {
            "enabled_rules": 1,
            "expires": ["365 days"],
            "moves": ["STANDARD_IA after 30 days", "GLACIER after 90 days"],
            "ends_old_versions": True,
            "aborts_uploads_after_days": 7,
        },
        "rules-some": {**none, "enabled_rules": 1, "expires": ["1 days"]},
        "all-settings": {**none, "enabled_rules": 1, "expires": ["9 days"]},
    }
    names = all_buckets(account)
    rows = [{"bucket": name, **ruled.get(name, none)} for name in names]
    summary = {
        "buckets": len(names),
        "without_rules": len(names) - 3,
        "without_abort_of_uploads": len(names) - 1,
        "unknown": 0,
    }
    return Case(TOOL, "bucket-lifecycle", rows=rows, summary=summary)


def upload_cases(account):
    old = {"bucket": "uploads-old", "oldest": (NOW - datetime.timedelta(400)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    return [
        Case(TOOL, "unfinished-uploads", rows=[{**old, "uploads": 2}], summary={"uploads": 2}),
        Case(
            TOOL,
            "unfinished-uploads",
            {"days": 0},
            rows=[{**old, "uploads": 3}, {"bucket": "uploads-new", "uploads": 9, "aborts_uploads_after_days": None}],
            summary={"uploads": 12, "buckets_checked": len(all_buckets(account))},
        ),
    ]


def sizes_case(account):
    names = all_buckets(account)
    measured = {
        "objects": {
            "gib": 6.5,
            "objects": 20,
            "bytes_by_storage_type": {"StandardStorage": 6 * GIB, "GlacierStorage": GIB // 2},
        },
        "plain-0000": {"gib": 3.0, "objects": None},
    }
    rows = [{"bucket": name, "region": region_of(name), **measured.get(name, {"gib": None})} for name in names]
    return Case(
        TOOL,
        "bucket-sizes",
        rows=rows,
        summary={"gib": 9.5, "buckets": len(names), "buckets_without_data": len(names) - 2},
    )


def shared_case(account):
    reads = {"who": ["*"], "actions": ["s3:GetObject"]}
    rows = [
        {"bucket": "policy-everyone", **reads, "conditions": [], "open_to_everyone": True},
        {"bucket": "policy-everyone-restricted", **reads, "conditions": [], "open_to_everyone": True},
        {"bucket": "policy-everywhere", **reads, "conditions": ["aws:SourceIp"], "open_to_everyone": True},
        {"bucket": "policy-office", **reads, "conditions": ["aws:SourceIp"], "open_to_everyone": False},
        {"bucket": "policy-organization", **reads, "conditions": ["aws:PrincipalOrgID"], "open_to_everyone": False},
        {
            "bucket": "policy-partner",
            # The own role is no outsider, and an account as a whole stands there by its number.
            "who": [PARTNER],
            "actions": ["s3:GetObject", "s3:ListBucket"],
            "open_to_everyone": False,
        },
    ]
    summary = {"buckets_checked": len(all_buckets(account)), "with_a_policy": len(POLICIES), "shared": 6, "unknown": 0}
    return Case(TOOL, "shared-buckets", rows=rows, summary=summary)


def object_cases(account):
    logs = [{"key": f"logs/{number}", "bytes": number, "storage_class": "STANDARD_IA"} for number in range(10)]
    others = [{"key": f"other/{number}", "bytes": 2, "storage_class": "STANDARD"} for number in range(10)]
    return [
        Case(
            TOOL,
            "newest-objects",
            {"buckets": ["objects"]},
            rows=logs + others,
            summary={"objects_read": 20, "bytes": sum(range(10)) + 20},
        ),
        Case(
            TOOL, "newest-objects", {"buckets": ["objects"], "prefix": "logs/"}, rows=logs, summary={"objects_read": 10}
        ),
    ]
