//! Manual snapshots of databases and clusters: old ones, and ones that others may restore.

use serde_json::{Value, json};

use crate::service::values::{list, text, time};
use crate::service::{Ask, Findings, Unread};

/// The two kinds of snapshots and how the API calls their parts.
struct Kind {
    name: &'static str,
    list: &'static str,
    items: &'static str,
    id: &'static str,
    source: &'static str,
    encrypted: &'static str,
    attributes: &'static str,
    result: &'static str,
    attribute_list: &'static str,
}

const KINDS: [Kind; 2] = [
    Kind {
        name: "instance",
        list: "rds:DescribeDBSnapshots",
        items: "DBSnapshots",
        id: "DBSnapshotIdentifier",
        source: "DBInstanceIdentifier",
        encrypted: "Encrypted",
        attributes: "rds:DescribeDBSnapshotAttributes",
        result: "DBSnapshotAttributesResult",
        attribute_list: "DBSnapshotAttributes",
    },
    Kind {
        name: "cluster",
        list: "rds:DescribeDBClusterSnapshots",
        items: "DBClusterSnapshots",
        id: "DBClusterSnapshotIdentifier",
        source: "DBClusterIdentifier",
        encrypted: "StorageEncrypted",
        attributes: "rds:DescribeDBClusterSnapshotAttributes",
        result: "DBClusterSnapshotAttributesResult",
        attribute_list: "DBClusterSnapshotAttributes",
    },
];

/// Manual snapshots of both kinds. Only they stay until someone deletes them, and only they can be shared.
async fn manual(ask: &Ask<'_>) -> Result<Vec<(&'static Kind, Value)>, Unread> {
    let read =
        |kind: &'static Kind| async move { (kind, ask.read(kind.list, json!({"SnapshotType": "manual"})).await) };
    let answers = ask.each(&KINDS, read).await;
    if answers.iter().all(|(_, answer)| answer.is_err()) {
        return Err(Unread);
    }
    let items = |(kind, answer): (&'static Kind, Result<Value, Unread>)| {
        let answer = answer.unwrap_or_default();
        list(&answer, kind.items).map(|snapshot| (kind, snapshot.clone())).collect::<Vec<_>>()
    };
    Ok(answers.into_iter().flat_map(items).collect())
}

pub(super) async fn old(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let least_days = ask.question.number("days", &["day", "days"], 90.0);
    ask.note(format!("Manual snapshots of at least {least_days} days are listed."));
    let snapshots = manual(ask).await?;
    let mut findings = Findings::table(&["id", "kind", "source", "engine", "gib", "created", "days", "encrypted"]);
    for (kind, snapshot) in &snapshots {
        // A snapshot that is still being taken has no time.
        let Some(created) = time(snapshot, "SnapshotCreateTime") else { continue };
        let days = (ask.now - created).whole_days();
        if (days as f64) < least_days {
            continue;
        }
        findings.push([
            snapshot[kind.id].clone(),
            json!(kind.name),
            snapshot[kind.source].clone(),
            snapshot["Engine"].clone(),
            snapshot["AllocatedStorage"].clone(),
            snapshot["SnapshotCreateTime"].clone(),
            json!(days),
            snapshot[kind.encrypted].clone(),
        ]);
    }
    findings.sort_down_by("days");
    findings.sum("old_snapshots", findings.rows.len());
    findings.sum("manual_snapshots", snapshots.len());
    Ok(findings)
}

pub(super) async fn shared(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let snapshots = manual(ask).await?;
    let readers = ask.each(&snapshots, |(kind, snapshot)| readers(ask, kind, snapshot)).await;
    let mut findings = Findings::table(&["id", "kind", "source", "public", "shared_with", "encrypted", "created"]);
    let (mut public, mut unread) = (0_u64, 0_u64);
    for ((kind, snapshot), readers) in snapshots.iter().zip(readers) {
        unread += u64::from(readers.is_err());
        let Some(accounts) = readers.ok().filter(|accounts| !accounts.is_empty()) else { continue };
        let is_public = accounts.iter().any(|account| account == "all");
        let named: Vec<&str> = accounts.iter().map(String::as_str).filter(|account| *account != "all").collect();
        public += u64::from(is_public);
        findings.push([
            snapshot[kind.id].clone(),
            json!(kind.name),
            snapshot[kind.source].clone(),
            json!(is_public),
            json!((!named.is_empty()).then(|| named.join(", "))),
            snapshot[kind.encrypted].clone(),
            snapshot["SnapshotCreateTime"].clone(),
        ]);
    }
    findings.rows.sort_by_key(|row| (row[3] != true, row[0].to_string()));
    findings.sum("public", public);
    findings.sum("shared", findings.rows.len());
    findings.sum("manual_snapshots", snapshots.len());
    if unread > 0 {
        ask.note(format!("Manual snapshots whose sharing could not be read: {unread}."));
    }
    Ok(findings)
}

/// Accounts that may restore a snapshot; `all` stands for everyone.
async fn readers(ask: &Ask<'_>, kind: &Kind, snapshot: &Value) -> Result<Vec<String>, Unread> {
    let parameters = json!({kind.id: snapshot[kind.id]});
    let gone = ["DBSnapshotNotFound", "DBClusterSnapshotNotFoundFault"];
    let answer = ask.read_if_any(kind.attributes, parameters, &gone).await?.unwrap_or_default();
    let restore = list(&answer[kind.result], kind.attribute_list)
        .filter(|attribute| text(attribute, "AttributeName") == "restore");
    let accounts = restore.flat_map(|attribute| list(attribute, "AttributeValues"));
    Ok(accounts.filter_map(Value::as_str).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn account() -> FakeAccount {
        let snapshot = |id: &str, created: &str| {
            json!({"DBSnapshotIdentifier": id, "DBInstanceIdentifier": "orders",
            "Engine": "postgres", "AllocatedStorage": 20, "Encrypted": true, "SnapshotCreateTime": created})
        };
        FakeAccount::default()
            .answering(
                "rds:DescribeDBSnapshots",
                json!({"DBSnapshots": [
                    snapshot("new", "2026-11-01T00:00:00Z"),
                    snapshot("old", "2026-08-14T09:00:00Z"),
                    {"DBSnapshotIdentifier": "creating", "Status": "creating"},
                ]}),
            )
            .answering(
                "rds:DescribeDBClusterSnapshots",
                json!({"DBClusterSnapshots": [{"DBClusterSnapshotIdentifier": "cluster-old",
                    "DBClusterIdentifier": "shop", "StorageEncrypted": false,
                        "SnapshotCreateTime": "2025-11-22T09:00:00Z"}]}),
            )
    }

    #[tokio::test]
    async fn old_snapshots_of_both_kinds_come_with_the_oldest_first() {
        let account = account();
        let rows = rows(TOOL, "old-database-snapshots", json!({}), &account).await;
        let found: Vec<_> =
            rows.iter().map(|row| json!([row["id"], row["kind"], row["days"], row["encrypted"]])).collect();
        assert_eq!(found, [json!(["cluster-old", "cluster", 365, false]), json!(["old", "instance", 100, true])]);
        assert!(
            account.asked().iter().all(|asked| asked.ends_with(r#"{"SnapshotType":"manual"}"#)),
            "{:?}",
            account.asked()
        );
    }

    #[tokio::test]
    async fn snapshots_of_instances_stay_when_those_of_clusters_cannot_be_read() {
        let account = account().failing("rds:DescribeDBClusterSnapshots", 403, "AccessDenied");
        let answer = ask(TOOL, json!({"query": "", "operation": "old-database-snapshots"}), &account).await;
        assert_eq!(rows_of(&answer).iter().map(|row| &row["id"]).collect::<Vec<_>>(), ["old"]);
        assert_eq!(answer.completeness.unwrap().failed[0].code, "AccessDenied");
    }

    fn restore(accounts: Value) -> Value {
        json!([{"AttributeName": "restore", "AttributeValues": accounts}])
    }

    #[tokio::test]
    async fn public_snapshots_come_first_and_unshared_ones_are_left_out() {
        let of = |values| json!({"DBSnapshotAttributesResult": {"DBSnapshotAttributes": restore(values)}});
        let account = account()
            .answering_when(
                "rds:DescribeDBSnapshotAttributes",
                json!({"DBSnapshotIdentifier": "new"}),
                of(json!(["123456789012"])),
            )
            .answering_when("rds:DescribeDBSnapshotAttributes", json!({"DBSnapshotIdentifier": "old"}), of(json!([])))
            .failing_when(
                "rds:DescribeDBSnapshotAttributes",
                json!({"DBSnapshotIdentifier": "creating"}),
                404,
                "DBSnapshotNotFound",
            )
            .answering(
                "rds:DescribeDBClusterSnapshotAttributes",
                json!({"DBClusterSnapshotAttributesResult": {"DBClusterSnapshotAttributes": restore(json!(["all"]))}}),
            );
        let rows = rows(TOOL, "shared-database-snapshots", json!({}), &account).await;
        let found: Vec<_> = rows.iter().map(|row| json!([row["id"], row["public"], row["shared_with"]])).collect();
        assert_eq!(found, [json!(["cluster-old", true, null]), json!(["new", false, "123456789012"])]);
    }

    #[tokio::test]
    async fn snapshots_whose_sharing_cannot_be_read_are_counted() {
        let account = account()
            .failing("rds:DescribeDBSnapshotAttributes", 403, "AccessDenied")
            .answering("rds:DescribeDBClusterSnapshotAttributes", json!({"DBClusterSnapshotAttributesResult": {}}));
        let answer = ask(TOOL, json!({"query": "", "operation": "shared-database-snapshots"}), &account).await;
        assert!(rows_of(&answer).is_empty());
        let completeness = answer.completeness.unwrap();
        assert_eq!(completeness.failed[0].times, 3);
        let note = "Manual snapshots whose sharing could not be read: 3.";
        assert!(completeness.notes.contains(&note.to_owned()), "{:?}", completeness.notes);
    }
}
