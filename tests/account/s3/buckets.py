"""Buckets in two regions, most of them plain, some open to the world or to others in each of the ways there are,
and for each of those one that only looks open; buckets with rules, with unfinished uploads, with sizes.

Policies whose status S3 calls public follow the S3 User Guide, "Blocking public access", "The meaning of public".
"""

import datetime
import json

from account import ACCOUNT_ID

EU = "eu-west-1"
PARTNER = "999988887777"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
GIB = 1024**3

EVERYONE_READS = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
# Statements of bucket policies; `public` is what S3 says of them.
POLICIES = {
    "policy-everyone": {"public": True, "statements": [EVERYONE_READS]},
    "policy-everyone-restricted": {"public": True, "statements": [EVERYONE_READS]},
    "policy-everywhere": {
        "public": True,
        "statements": [{**EVERYONE_READS, "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}],
    },
    "policy-office": {
        "public": False,
        "statements": [{**EVERYONE_READS, "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}],
    },
    "policy-organization": {
        "public": False,
        "statements": [{**EVERYONE_READS, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}}],
    },
    "policy-partner": {
        "public": False,
        "statements": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:aws:iam::{PARTNER}:root", f"arn:aws:iam::{ACCOUNT_ID}:role/reader"]},
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": "*",
            }
        ],
    },
    "policy-own": {
        "public": False,
        "statements": [
            {"Effect": "Allow", "Principal": {"AWS": ACCOUNT_ID}, "Action": "s3:*", "Resource": "*"},
            {
                "Effect": "Allow",
                "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": "*",
            },
        ],
    },
    "policy-deny": {
        "public": False,
        "statements": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    },
}
# Sizes by days since they were measured. `plain-0001` was last measured long ago, `deleted` is no bucket any more.
SIZES = [
    ("us-east-1", "objects", "StandardStorage", {1: 6 * GIB, 2: 5 * GIB}),
    ("us-east-1", "objects", "GlacierStorage", {1: GIB // 2}),
    ("us-east-1", "objects", "AllStorageTypes", {1: 20, 2: 19}),
    (EU, "plain-0000", "StandardStorage", {2: 3 * GIB}),
    ("us-east-1", "plain-0001", "StandardStorage", {10: 70 * GIB}),
    ("us-east-1", "deleted", "StandardStorage", {1: 80 * GIB}),
]
# Buckets whose access control lists count; with the canned list that they have.
LISTS = {
    "list-open": "public-read",
    "list-ignored": "public-read",
    "list-any-account": "authenticated-read",
    "list-private": "private",
}
BLOCKS = {
    "policy-everyone-restricted": ["RestrictPublicBuckets"],
    "list-ignored": ["IgnorePublicAcls"],
    "policy-partner": ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"],
}
OTHERS = [
    "kms-key",
    "rules-all",
    "rules-some",
    "rules-off",
    "uploads-new",
    "uploads-old",
    "objects",
    "all-settings",
    "copy-target",
]


def metric_of(storage):
    return "NumberOfObjects" if storage == "AllStorageTypes" else "BucketSizeBytes"


def listed(region):
    """What ListMetrics has there, request metrics of a bucket among it."""
    metrics = [
        {
            "Namespace": "AWS/S3",
            "MetricName": metric_of(storage),
            "Dimensions": [{"Name": "StorageType", "Value": storage}, {"Name": "BucketName", "Value": name}],
        }
        for there, name, storage, _ in SIZES
        if there == region
    ]
    requests = [{"Name": "BucketName", "Value": "objects"}, {"Name": "FilterId", "Value": "all"}]
    return [*metrics, {"Namespace": "AWS/S3", "MetricName": "AllRequests", "Dimensions": requests}]


ANSWERS = {
    # moto lists a metric of several dimensions once for each of its values.
    "cloudwatch:ListMetrics": [
        {"region": region, "output": {"Metrics": listed(region)}} for region in ("us-east-1", EU)
    ],
    # No new public policies; the ones that are there go on to count.
    "s3control:GetPublicAccessBlock": [
        {
            "output": {
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": False,
                    "IgnorePublicAcls": False,
                    "BlockPublicPolicy": True,
                    "RestrictPublicBuckets": False,
                }
            }
        }
    ],
    "s3:GetBucketPolicyStatus": [
        *(
            {"when": {"Bucket": name}, "output": {"PolicyStatus": {"IsPublic": policy["public"]}}}
            for name, policy in POLICIES.items()
        ),
        {"error": [404, "NoSuchBucketPolicy", "The bucket policy does not exist"]},
    ],
    # Uploads of the emulators are all of today.
    "s3:ListMultipartUploads": [
        {
            "when": {"Bucket": "uploads-old"},
            "output": {
                "Bucket": "uploads-old",
                "IsTruncated": False,
                "Uploads": [
                    {
                        "UploadId": str(days),
                        "Key": f"{days} days",
                        "Initiated": (NOW - datetime.timedelta(days)).isoformat(),
                    }
                    for days in (400, 8, 6)
                ],
            },
        }
    ],
}


def plain(account):
    return [f"plain-{number:04}" for number in range(account.size)]


def region_of(name):
    is_in_eu = name == "rules-some" or (name.startswith("plain-") and int(name[-4:]) % 3 == 0)
    return EU if is_in_eu else "us-east-1"


def all_buckets(account):
    return [*plain(account), *POLICIES, *LISTS, *OTHERS]


def seed(account):
    for name in all_buckets(account):
        make_bucket(account, name)
    s3 = account.client("s3")
    for name, policy in POLICIES.items():
        document = {"Version": "2012-10-17", "Statement": policy["statements"]}
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(document))
    for name, canned in LISTS.items():
        own(s3, name, "ObjectWriter")
        s3.put_bucket_acl(Bucket=name, ACL=canned)
    for name, settings in BLOCKS.items():
        block(s3, name, settings)
    encrypt(s3, "kms-key")
    seed_rules(account)
    for number in range(9):
        s3.create_multipart_upload(Bucket="uploads-new", Key=f"part-{number}")
    for number in range(10):
        s3.put_object(Bucket="objects", Key=f"logs/{number}", Body=b"x" * number, StorageClass="STANDARD_IA")
        s3.put_object(Bucket="objects", Key=f"other/{number}", Body=b"xx")
    seed_all_settings(s3)
    seed_sizes(account)


def make_bucket(account, name):
    region = region_of(name)
    there = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region == EU else {}
    lock = {"ObjectLockEnabledForBucket": True} if name == "all-settings" else {}
    account.client("s3", region).create_bucket(Bucket=name, **there, **lock)


def own(s3, name, ownership):
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]})


def block(s3, name, settings):
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={setting: True for setting in settings})


def encrypt(s3, name):
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})


def seed_rules(account):
    put_rules(
        account,
        "rules-all",
        {
            "ID": "all",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Days": 365},
            "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}],
            "NoncurrentVersionExpiration": {"NoncurrentDays": 10},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
        {
            "ID": "sooner",
            "Status": "Disabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        },
    )
    # Uploads outside of tmp/ stay.
    put_rules(
        account,
        "rules-some",
        {
            "ID": "tmp",
            "Status": "Enabled",
            "Filter": {"Prefix": "tmp/"},
            "Expiration": {"Days": 1},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        },
    )
    put_rules(
        account, "rules-off", {"ID": "off", "Status": "Disabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    )


def put_rules(account, name, *rules):
    s3 = account.client("s3", region_of(name))
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": list(rules)})


def seed_all_settings(s3):
    """One bucket with every setting, versioned as its locks demand."""
    name = "all-settings"
    s3.put_bucket_versioning(Bucket="copy-target", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(
        Bucket=name, Tagging={"TagSet": [{"Key": "Owner", "Value": "data"}, {"Key": "Stage", "Value": "prod"}]}
    )
    s3.put_bucket_logging(
        Bucket=name, BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "copy-target", "TargetPrefix": "log/"}}
    )
    rule = {
        "ID": "copy",
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::copy-target"},
    }
    s3.put_bucket_replication(
        Bucket=name, ReplicationConfiguration={"Role": f"arn:aws:iam::{ACCOUNT_ID}:role/copy", "Rules": [rule]}
    )
    s3.put_bucket_website(Bucket=name, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    s3.put_object_lock_configuration(
        Bucket=name,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3}},
        },
    )
    queue = {"QueueArn": f"arn:aws:sqs:us-east-1:{ACCOUNT_ID}:uploads", "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=name,
        NotificationConfiguration={"QueueConfigurations": [queue], "EventBridgeConfiguration": {}},
        SkipDestinationValidation=True,
    )
    cors = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://a.example", "https://b.example"]}
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [cors]})
    own(s3, name, "BucketOwnerPreferred")
    block(s3, name, ["BlockPublicAcls", "IgnorePublicAcls"])
    encrypt(s3, name)
    s3.put_bucket_lifecycle_configuration(
        Bucket=name,
        LifecycleConfiguration={
            "Rules": [{"ID": "keep", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 9}}]
        },
    )


def seed_sizes(account):
    """Values of midnight, as S3 gives them."""
    midnight = NOW.replace(hour=0, minute=0, second=0)
    for region, name, storage, values in SIZES:
        values = {midnight - datetime.timedelta(days): value for days, value in values.items()}
        dimensions = {"BucketName": name, "StorageType": storage}
        account.measure("AWS/S3", metric_of(storage), dimensions, values, region)
