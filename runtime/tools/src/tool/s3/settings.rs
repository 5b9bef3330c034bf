//! The settings of named buckets or of all: one read and one column an aspect.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::bucket::{self, Bucket};
use super::cells::{
    cors, encryption, lifecycle, logging, notifications, object_lock, ownership, replication, tags, versioning, website,
};
use super::{names, public};
use crate::service::{Ask, Findings, Unread};

/// One setting of a bucket.
#[derive(Debug)]
pub(super) struct Aspect {
    /// As callers name it, and its column.
    pub name: &'static str,
    /// Words that ask for it begin so.
    stems: &'static [&'static str],
    /// Words that ask for it.
    words: &'static [&'static str],
    operation: &'static str,
    /// AWS's error code for a bucket without such a configuration; empty where there is none.
    absent: &'static [&'static str],
    /// From the operation's output; `null` for a bucket without one.
    cell: fn(&Value) -> Value,
}

pub(super) const ASPECTS: [Aspect; 13] = [
    Aspect {
        name: "region",
        stems: &["locat"],
        words: &["region", "regions", "where"],
        operation: "s3:GetBucketLocation",
        absent: &[],
        cell: |output| json!(bucket::location(output)),
    },
    Aspect {
        name: "encryption",
        stems: &["encrypt", "unencrypt", "sse"],
        words: &["kms", "server-side"],
        operation: "s3:GetBucketEncryption",
        absent: &["ServerSideEncryptionConfigurationNotFoundError"],
        cell: encryption,
    },
    Aspect {
        name: "versioning",
        stems: &["version", "unversion"],
        words: &["mfa"],
        operation: "s3:GetBucketVersioning",
        absent: &[],
        cell: versioning,
    },
    Aspect {
        name: "public_access_block",
        stems: &["block", "public"],
        words: &[],
        operation: "s3:GetPublicAccessBlock",
        absent: &["NoSuchPublicAccessBlockConfiguration"],
        cell: |output| json!(public::settings_on(&output["PublicAccessBlockConfiguration"])),
    },
    Aspect {
        name: "tags",
        stems: &["tagg", "untagg"],
        words: &["tag", "tags"],
        operation: "s3:GetBucketTagging",
        absent: &["NoSuchTagSet"],
        cell: tags,
    },
    Aspect {
        name: "lifecycle",
        stems: &["lifecycle", "expir"],
        words: &[],
        operation: "s3:GetBucketLifecycleConfiguration",
        absent: &["NoSuchLifecycleConfiguration"],
        cell: lifecycle,
    },
    Aspect {
        name: "access_log",
        stems: &["logg"],
        words: &["log", "logs"],
        operation: "s3:GetBucketLogging",
        absent: &[],
        cell: logging,
    },
    Aspect {
        name: "replication",
        stems: &["replicat"],
        words: &[],
        operation: "s3:GetBucketReplication",
        absent: &["ReplicationConfigurationNotFoundError"],
        cell: replication,
    },
    Aspect {
        name: "website",
        stems: &["website"],
        words: &["site", "hosting"],
        operation: "s3:GetBucketWebsite",
        absent: &["NoSuchWebsiteConfiguration"],
        cell: website,
    },
    Aspect {
        name: "object_lock",
        stems: &["retention"],
        words: &["lock", "locks", "locked", "worm"],
        operation: "s3:GetObjectLockConfiguration",
        absent: &["ObjectLockConfigurationNotFoundError"],
        cell: object_lock,
    },
    Aspect {
        name: "notifications",
        stems: &["notif", "trigger"],
        words: &["event", "events"],
        operation: "s3:GetBucketNotificationConfiguration",
        absent: &[],
        cell: notifications,
    },
    Aspect {
        name: "ownership",
        stems: &["ownership"],
        words: &["acl", "acls"],
        operation: "s3:GetBucketOwnershipControls",
        absent: &["OwnershipControlsNotFoundError"],
        cell: ownership,
    },
    Aspect {
        name: "cors",
        stems: &["cross-origin"],
        words: &["cors"],
        operation: "s3:GetBucketCors",
        absent: &["NoSuchCORSConfiguration"],
        cell: cors,
    },
];

/// What a question about buckets in general looks at.
const OVERVIEW: [&str; 5] = ["region", "encryption", "versioning", "public_access_block", "tags"];

pub(super) async fn bucket_settings(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let aspects = aspects(ask);
    let buckets = bucket::chosen(ask).await?;
    let cells = ask.each(&buckets, |bucket| row(ask, bucket, &aspects)).await;
    let mut findings = Findings::table(&["bucket"]);
    findings.columns.extend(aspects.iter().map(|aspect| aspect.name));
    findings.sum("buckets", buckets.len());
    for (index, aspect) in aspects.iter().enumerate() {
        findings.sum(aspect.name, tally(cells.iter().map(|row| &row[index])));
    }
    for (bucket, cells) in buckets.iter().zip(cells) {
        findings.rows.push(std::iter::once(json!(bucket.name)).chain(cells).collect());
    }
    findings.sort_by("bucket");
    Ok(findings)
}

/// The aspects that the caller gave, or those that the query's words ask for.
fn aspects(ask: &Ask<'_>) -> Vec<&'static Aspect> {
    let given = match ask.question.parameters.contains_key("aspects") {
        true => ask.question.names("aspects"),
        false => Vec::new(),
    };
    for name in given.iter().filter(|name| !ASPECTS.iter().any(|aspect| aspect.name == **name)) {
        let known: Vec<_> = ASPECTS.iter().map(|aspect| aspect.name).collect();
        ask.note(format!("There is no aspect {name}; there are {}.", known.join(", ")));
    }
    let words = names::words(&ask.question.query);
    let named: Vec<_> = ASPECTS.iter().filter(|aspect| given.iter().any(|name| name == aspect.name)).collect();
    let asked: Vec<_> = ASPECTS.iter().filter(|aspect| words.iter().any(|word| aspect.is_meant(word))).collect();
    match (named.is_empty(), asked.is_empty()) {
        (false, _) => named,
        (true, false) => asked,
        (true, true) => ASPECTS.iter().filter(|aspect| OVERVIEW.contains(&aspect.name)).collect(),
    }
}

async fn row(ask: &Ask<'_>, bucket: &Bucket, aspects: &[&'static Aspect]) -> Vec<Value> {
    let cell = |aspect: &'static Aspect| async move {
        match (aspect.name, bucket.region_text()) {
            ("region", Some(region)) => json!(region),
            _ => match bucket.read(ask, aspect.operation, aspect.absent).await {
                Ok(output) => (aspect.cell)(&output.unwrap_or_default()),
                Err(Unread) => Value::Null,
            },
        }
    };
    futures::future::join_all(aspects.iter().copied().map(cell)).await
}

/// How many buckets have which value; `set` stands for all lists and objects, `unknown` for what could not be read.
fn tally<'a>(cells: impl Iterator<Item = &'a Value>) -> Value {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in cells {
        let is_empty =
            cell.as_array().is_some_and(Vec::is_empty) || cell.as_object().is_some_and(serde_json::Map::is_empty);
        let label = match cell {
            Value::Null => "unknown",
            Value::String(text) if text.starts_with("s3://") => "set",
            Value::String(text) => text,
            _ if is_empty => "none",
            _ => "set",
        };
        *counts.entry(label).or_default() += 1;
    }
    json!(counts)
}

impl Aspect {
    fn is_meant(&self, word: &str) -> bool {
        self.stems.iter().any(|stem| word.starts_with(stem)) || self.words.contains(&word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows_of};
    use crate::tool::s3::testing::account_with;

    async fn asked(query: &str, parameters: Value, account: &FakeAccount) -> contract::tool_call::ToolAnswer {
        let arguments = json!({"query": query, "operation": "bucket-settings", "parameters": parameters.to_string()});
        testing::ask("s3_read_operations", arguments, account).await
    }

    fn two_buckets() -> FakeAccount {
        account_with(&[("app-1", Some("eu-west-1")), ("photos", Some("us-east-1"))])
    }

    #[tokio::test]
    async fn all_buckets_are_joined_and_none_is_told_from_unknown() {
        let rule = json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}});
        let account = two_buckets()
            .answering("s3:GetBucketEncryption", json!({"ServerSideEncryptionConfiguration": {"Rules": [rule]}}))
            .failing_when(
                "s3:GetBucketEncryption",
                json!({"Bucket": "photos"}),
                404,
                "ServerSideEncryptionConfigurationNotFoundError",
            );
        let answer = asked("which buckets are not encrypted?", json!({}), &account).await;
        assert_eq!(answer.result.as_ref().unwrap()["rows"], json!([["app-1", "AES256"], ["photos", "none"]]));
        assert_eq!(answer.result.as_ref().unwrap()["summary"]["encryption"], json!({"AES256": 1, "none": 1}));
        let completeness = answer.completeness.unwrap();
        assert_eq!(completeness.failed, []);
        assert_eq!(completeness.calls, ["s3:GetBucketEncryption x2", "s3:ListBuckets"]);
        assert_eq!(completeness.regions, ["eu-west-1", "us-east-1"]);
    }

    #[tokio::test]
    async fn one_failing_bucket_keeps_its_row_and_the_others_answer() {
        let account = two_buckets().answering("s3:GetBucketVersioning", json!({"Status": "Enabled"})).failing_when(
            "s3:GetBucketVersioning",
            json!({"Bucket": "photos"}),
            403,
            "AccessDenied",
        );
        let answer = asked("versioning of all buckets", json!({}), &account).await;
        assert_eq!(answer.result.as_ref().unwrap()["rows"], json!([["app-1", "Enabled"], ["photos", null]]));
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "s3:GetBucketVersioning");
    }

    #[tokio::test]
    async fn a_marked_bucket_is_asked_without_listing() {
        let account = FakeAccount::default().answering("s3:GetBucketTagging", json!({"TagSet": []}));
        let answer = asked("tags of bucket app-1", json!({}), &account).await;
        assert_eq!(answer.result.unwrap()["rows"], json!([["app-1", {}]]));
        assert_eq!(account.asked(), [r#"s3:GetBucketTagging us-east-1 {"Bucket":"app-1"}"#]);
    }

    #[tokio::test]
    async fn a_listed_name_in_the_query_narrows_the_question() {
        let account = two_buckets().failing("s3:GetBucketTagging", 404, "NoSuchTagSet");
        let rows = rows_of(&asked("what tags does photos have?", json!({}), &account).await);
        assert_eq!((rows.len(), &rows[0]["bucket"], &rows[0]["tags"]), (1, &json!("photos"), &json!({})));
    }

    #[tokio::test]
    async fn parameters_choose_buckets_and_aspects() {
        let account = FakeAccount::default().answering("s3:GetBucketVersioning", json!({}));
        let parameters = json!({"buckets": ["photos"], "aspects": ["versioning", "colour"]});
        let answer = asked("", parameters, &account).await;
        assert_eq!(answer.result.as_ref().unwrap()["rows"], json!([["photos", "Off"]]));
        assert!(answer.completeness.unwrap().notes.iter().any(|note| note.contains("no aspect colour")));
    }

    #[tokio::test]
    async fn an_account_without_buckets_makes_no_further_call() {
        let account = account_with(&[]);
        let answer = asked("which buckets have no lifecycle rules?", json!({}), &account).await;
        assert_eq!((answer.success, rows_of(&answer).len()), (true, 0));
        assert_eq!(account.asked().len(), 1);
    }

    #[test]
    fn words_choose_the_aspects() {
        let meant = |query: &str| -> Vec<&str> {
            let words = names::words(query);
            let found = ASPECTS.iter().filter(|aspect| words.iter().any(|word| aspect.is_meant(word)));
            found.map(|aspect| aspect.name).collect()
        };
        assert_eq!(meant("buckets without versioning or tags"), ["versioning", "tags"]);
        assert_eq!(meant("which buckets have no lifecycle rules"), ["lifecycle"]);
        assert_eq!(meant("where is bucket app-data-1?"), ["region"]);
        assert_eq!(meant("buckets with access logging and replication"), ["access_log", "replication"]);
        assert_eq!(meant("list my buckets"), Vec::<&str>::new());
    }

    #[test]
    fn without_a_configuration_a_cell_says_so() {
        let cells = ASPECTS.iter().map(|aspect| (aspect.cell)(&Value::Null));
        let expected =
            json!(["us-east-1", "none", "Off", [], {}, [], "off", [], "none", "none", [], "ObjectWriter", [],]);
        assert_eq!(cells.collect::<Value>(), expected);
    }
}
