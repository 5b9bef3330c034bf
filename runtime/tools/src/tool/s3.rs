//! `s3_read_operations`: buckets, who can reach them, what they keep and for how long.

mod bucket;
mod cells;
mod encryption;
mod lifecycle;
mod names;
mod objects;
mod policies;
mod public;
mod settings;
mod size;
#[cfg(test)]
mod testing;

use crate::service::{Kind, Parameter, Recipe, Scope, ServiceTool};

const BUCKETS: Parameter = Parameter {
    name: "buckets",
    kind: Kind::List,
    means: "Names of buckets; without it those that the query names, or all.",
};

const ASPECTS: Parameter = Parameter {
    name: "aspects",
    kind: Kind::List,
    means: "Any of region, encryption, versioning, public_access_block, tags, lifecycle, access_log, replication, \
            website, object_lock, notifications, ownership, cors; without it those that the query asks for, or the \
            first five but lifecycle.",
};

const PREFIX: Parameter =
    Parameter { name: "prefix", kind: Kind::Text, means: "Beginning of the keys; without it all keys." };

const UPLOAD_AGE: Parameter =
    Parameter { name: "days", kind: Kind::Number, means: "Age in days from which an upload counts; default 7." };

/// Words of questions that other recipes than the list of buckets answer, or none.
const MORE_THAN_A_LIST: &[&str] = &[
    "abort",
    "acl",
    "anonymous",
    "big",
    "biggest",
    "bytes",
    "cors",
    "cost",
    "create",
    "delete",
    "empty",
    "encrypted",
    "encryption",
    "event",
    "exposed",
    "file",
    "gb",
    "hosting",
    "incomplete",
    "internet",
    "key",
    "kms",
    "large",
    "largest",
    "lifecycle",
    "lock",
    "log",
    "logging",
    "mfa",
    "multipart",
    "newest",
    "notification",
    "object",
    "ownership",
    "policy",
    "prefix",
    "private",
    "public",
    "publicly",
    "replicated",
    "replication",
    "setting",
    "shared",
    "size",
    "storage",
    "tag",
    "tagged",
    "tagging",
    "unencrypted",
    "unfinished",
    "untagged",
    "upload",
    "versioned",
    "versioning",
    "website",
];

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "s3_read_operations",
    service: "s3",
    services: &["s3", "s3control"],
    recipes: &[
        Recipe {
            name: "buckets",
            answers: "The buckets of the account with their regions and creation times.",
            example: "List my S3 buckets",
            topic: &[&["bucket"]],
            not: MORE_THAN_A_LIST,
            takes: &[BUCKETS],
            reads: &["s3:ListBuckets", "s3:GetBucketLocation"],
            scope: Scope::Account,
            run: |ask| Box::pin(bucket::buckets(ask)),
        },
        Recipe {
            name: "bucket-settings",
            answers: "Settings of named buckets or of all, one column an aspect: region, encryption, versioning, \
                      public access block, tags, lifecycle, access logging, replication, website, object lock, \
                      notifications, ownership, cross-origin rules; counts by value.",
            example: "Which buckets have no versioning?",
            topic: &[
                &["bucket", "s3"],
                &[
                    "acl",
                    "configuration",
                    "cors",
                    "event",
                    "hosting",
                    "lock",
                    "locked",
                    "log",
                    "logging",
                    "mfa",
                    "notification",
                    "ownership",
                    "replicated",
                    "replication",
                    "retention",
                    "setting",
                    "tag",
                    "tagged",
                    "tagging",
                    "untagged",
                    "unversioned",
                    "versioned",
                    "versioning",
                    "website",
                ],
            ],
            not: &["public", "publicly", "lifecycle", "multipart", "object", "encryption", "encrypted", "unencrypted"],
            takes: &[BUCKETS, ASPECTS],
            reads: &[
                "s3:ListBuckets",
                "s3:GetBucketLocation",
                "s3:GetBucketEncryption",
                "s3:GetBucketVersioning",
                "s3:GetPublicAccessBlock",
                "s3:GetBucketTagging",
                "s3:GetBucketLifecycleConfiguration",
                "s3:GetBucketLogging",
                "s3:GetBucketReplication",
                "s3:GetBucketWebsite",
                "s3:GetObjectLockConfiguration",
                "s3:GetBucketNotificationConfiguration",
                "s3:GetBucketOwnershipControls",
                "s3:GetBucketCors",
            ],
            scope: Scope::Account,
            run: |ask| Box::pin(settings::bucket_settings(ask)),
        },
        Recipe {
            name: "public-buckets",
            answers: "Buckets that the public can reach, joined from the account's and the bucket's Block Public \
                      Access, policy, access control list and Object Ownership; named buckets in any case.",
            example: "Which buckets have public access?",
            topic: &[
                &["bucket", "s3"],
                &["public", "publicly", "anonymous", "exposed", "internet", "private", "world", "everyone"],
            ],
            not: &["policy", "object"],
            takes: &[BUCKETS],
            reads: &[
                "s3:ListBuckets",
                "s3:GetBucketLocation",
                "sts:GetCallerIdentity",
                "s3control:GetPublicAccessBlock",
                "s3:GetPublicAccessBlock",
                "s3:GetBucketPolicyStatus",
                "s3:GetBucketAcl",
                "s3:GetBucketOwnershipControls",
            ],
            scope: Scope::Account,
            run: |ask| Box::pin(public::public_buckets(ask)),
        },
        Recipe {
            name: "bucket-encryption",
            answers: "Default encryption of buckets with algorithm, KMS key and bucket key, the weakest first; counts.",
            example: "Which buckets are not encrypted with a KMS key?",
            topic: &[&["bucket", "s3"], &["encryption", "encrypted", "unencrypted", "encrypt", "kms", "sse"]],
            not: &["versioning", "lifecycle", "tag", "public"],
            takes: &[BUCKETS],
            reads: &["s3:ListBuckets", "s3:GetBucketLocation", "s3:GetBucketEncryption"],
            scope: Scope::Account,
            run: |ask| Box::pin(encryption::encryption(ask)),
        },
        Recipe {
            name: "bucket-lifecycle",
            answers: "Lifecycle rules of buckets: what expires or moves and when, and whether unfinished uploads are \
                      removed; buckets without rules first.",
            example: "Which buckets have no lifecycle rules?",
            topic: &[&["bucket", "s3"], &["lifecycle", "expire", "expiration", "expiry", "transition", "glacier"]],
            not: &["multipart", "unfinished", "incomplete"],
            takes: &[BUCKETS],
            reads: &["s3:ListBuckets", "s3:GetBucketLocation", "s3:GetBucketLifecycleConfiguration"],
            scope: Scope::Account,
            run: |ask| Box::pin(lifecycle::lifecycle(ask)),
        },
        Recipe {
            name: "unfinished-uploads",
            answers: "Multipart uploads that were begun and never finished, by bucket with count, oldest and the rule \
                      that would remove them; the uploads need s3:ListMultipartUploads in data_operations.",
            example: "Are there incomplete multipart uploads in my buckets?",
            topic: &[&["multipart", "upload"], &["incomplete", "unfinished", "multipart", "abandoned", "old", "abort"]],
            not: &[],
            takes: &[BUCKETS, UPLOAD_AGE],
            reads: &[
                "s3:ListBuckets",
                "s3:GetBucketLocation",
                "s3:ListMultipartUploads",
                "s3:GetBucketLifecycleConfiguration",
            ],
            scope: Scope::Account,
            run: |ask| Box::pin(lifecycle::unfinished_uploads(ask)),
        },
        Recipe {
            name: "bucket-sizes",
            answers: "Size of buckets in GiB by storage type and number of objects, as CloudWatch measures them daily; \
                      the largest first, with the sum.",
            example: "How big are my S3 buckets?",
            topic: &[
                &["bucket", "s3"],
                &[
                    "size", "big", "biggest", "large", "largest", "bytes", "gb", "gib", "tb", "storage", "space",
                    "empty",
                ],
            ],
            not: &["object", "file", "prefix", "cost"],
            takes: &[BUCKETS],
            reads: &["s3:ListBuckets", "s3:GetBucketLocation", "cloudwatch:ListMetrics", "cloudwatch:GetMetricData"],
            scope: Scope::Account,
            run: |ask| Box::pin(size::bucket_sizes(ask)),
        },
        Recipe {
            name: "shared-buckets",
            answers: "Bucket policies that let other accounts or everyone in, with actions and conditions.",
            example: "Which bucket policies give access to other accounts?",
            topic: &[
                &["bucket", "s3"],
                &["policy", "share", "shared", "cross-account", "account", "external"],
                &["account", "cross-account", "external", "everyone", "public", "open", "share", "shared", "other"],
            ],
            not: &["block"],
            takes: &[BUCKETS],
            reads: &["s3:ListBuckets", "s3:GetBucketLocation", "s3:GetBucketPolicy", "sts:GetCallerIdentity"],
            scope: Scope::Account,
            run: |ask| Box::pin(policies::shared_buckets(ask)),
        },
        Recipe {
            name: "newest-objects",
            answers: "Keys of one bucket under a prefix with size, time and storage class, the newest first; needs \
                      s3:ListObjectsV2 in data_operations.",
            example: "What is the newest object in bucket 'app-logs'?",
            topic: &[
                &["object", "file", "key", "prefix"],
                &["newest", "latest", "recent", "list", "new", "last", "prefix"],
            ],
            not: &["lock", "public", "ownership", "kms"],
            takes: &[BUCKETS, PREFIX],
            reads: &["s3:ListBuckets", "s3:GetBucketLocation", "s3:ListObjectsV2"],
            scope: Scope::Account,
            run: |ask| Box::pin(objects::newest_objects(ask)),
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
            ("Which buckets do I have?", "buckets"),
            ("what buckets exist", "buckets"),
            ("How many S3 buckets are there?", "buckets"),
            ("show me the buckets", "buckets"),
            ("In which regions are my buckets?", "buckets"),
            ("list the buckets in eu-west-1", "buckets"),
            ("where is bucket app-data-1?", "buckets"),
            ("Which buckets are not encrypted?", "bucket-encryption"),
            ("unencrypted buckets", "bucket-encryption"),
            ("Find S3 buckets without encryption", "bucket-encryption"),
            ("buckets without versioning or tags", "bucket-settings"),
            ("versioning of all buckets", "bucket-settings"),
            ("Which buckets have no access logging?", "bucket-settings"),
            ("which buckets have replication?", "bucket-settings"),
            ("tags of bucket app-1", "bucket-settings"),
            ("untagged buckets", "bucket-settings"),
            ("which buckets host a website?", "bucket-settings"),
            ("is any bucket publicly accessible?", "public-buckets"),
            ("Find public S3 buckets", "public-buckets"),
            ("Which buckets are exposed to the internet?", "public-buckets"),
            ("buckets with public access", "public-buckets"),
            ("which buckets have no lifecycle rules", "bucket-lifecycle"),
            ("buckets whose objects never expire", "bucket-lifecycle"),
            ("unfinished multipart uploads", "unfinished-uploads"),
            ("incomplete uploads older than 30 days", "unfinished-uploads"),
            ("bucket sizes", "bucket-sizes"),
            ("What are the largest buckets?", "bucket-sizes"),
            ("How much storage do the S3 buckets use?", "bucket-sizes"),
            ("Which buckets are shared with other accounts?", "shared-buckets"),
            ("bucket policies with cross-account access", "shared-buckets"),
            ("list the objects under the prefix logs/ in bucket 'app-logs'", "newest-objects"),
            ("latest file in bucket 'x1-data'", "newest-objects"),
            ("S3 pricing", ""),
            ("how are you?", ""),
            ("", ""),
        ];
        lead_to(&TOOL, &meant);
    }
}
