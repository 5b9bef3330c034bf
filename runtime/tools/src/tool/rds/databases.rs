//! Database instances as a list, and those without what keeps their data safe.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{has_cluster_volume, is_member};
use crate::service::values::{flag, list, number, text};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn overview(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("rds:DescribeDBInstances", json!({})).await?;
    let mut findings = Findings::table(&[
        "id", "engine", "version", "class", "status", "multi_az", "gib", "cluster", "zone", "public",
    ]);
    let mut engines = BTreeMap::<&str, u64>::new();
    for instance in list(&answer, "DBInstances") {
        *engines.entry(text(instance, "Engine")).or_default() += 1;
        // What an Aurora instance gives as its storage is a placeholder.
        let gib = if has_cluster_volume(instance) { Value::Null } else { instance["AllocatedStorage"].clone() };
        findings.push([
            instance["DBInstanceIdentifier"].clone(),
            instance["Engine"].clone(),
            instance["EngineVersion"].clone(),
            instance["DBInstanceClass"].clone(),
            instance["DBInstanceStatus"].clone(),
            instance["MultiAZ"].clone(),
            gib,
            instance["DBClusterIdentifier"].clone(),
            instance["AvailabilityZone"].clone(),
            instance["PubliclyAccessible"].clone(),
        ]);
    }
    findings.sort_by("id");
    findings.sum("instances", findings.rows.len());
    for (engine, count) in engines {
        findings.sum(engine, count);
    }
    Ok(findings)
}

pub(super) async fn unprotected(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let (instances, clusters) =
        futures::join!(ask.read("rds:DescribeDBInstances", json!({})), ask.read("rds:DescribeDBClusters", json!({})));
    if instances.is_err() && clusters.is_err() {
        return Err(Unread);
    }
    let (instances, clusters) = (instances.unwrap_or_default(), clusters.unwrap_or_default());
    let mut findings = Findings::table(&["id", "kind", "engine", "backup_days", "encrypted", "deletion_protection"]);
    let mut tally = Tally::default();
    for cluster in list(&clusters, "DBClusters") {
        tally.judge("cluster", "DBClusterIdentifier", cluster, &mut findings);
    }
    for instance in list(&instances, "DBInstances").filter(|instance| !is_member(instance)) {
        tally.judge("instance", "DBInstanceIdentifier", instance, &mut findings);
    }
    findings.sort_by("id");
    findings.sum("without_backups", tally.without_backups);
    findings.sum("unencrypted", tally.unencrypted);
    findings.sum("without_deletion_protection", tally.deletable);
    findings.sum("databases", tally.all);
    if tally.replicas > 0 {
        ask.note(format!(
            "Replicas without backups of their own, counted as backed up by their source: {}.",
            tally.replicas
        ));
    }
    Ok(findings)
}

#[derive(Default)]
struct Tally {
    all: u64,
    /// Replicas without backups of their own.
    replicas: u64,
    without_backups: u64,
    unencrypted: u64,
    deletable: u64,
}

impl Tally {
    fn judge(&mut self, kind: &str, id: &str, database: &Value, findings: &mut Findings) {
        // A replica is as safe as what it copies; it needs no backups of its own.
        let has_backups = number(database, "BackupRetentionPeriod") > 0.0;
        let backed_up = has_backups || is_replica(database);
        let (encrypted, protected) = (flag(database, "StorageEncrypted"), flag(database, "DeletionProtection"));
        self.all += 1;
        self.replicas += u64::from(backed_up && !has_backups);
        self.without_backups += u64::from(!backed_up);
        self.unencrypted += u64::from(!encrypted);
        self.deletable += u64::from(!protected);
        if backed_up && encrypted && protected {
            return;
        }
        findings.push([
            database[id].clone(),
            json!(kind),
            database["Engine"].clone(),
            database["BackupRetentionPeriod"].clone(),
            json!(encrypted),
            json!(protected),
        ]);
    }
}

fn is_replica(database: &Value) -> bool {
    ["ReadReplicaSourceDBInstanceIdentifier", "ReadReplicaSourceDBClusterIdentifier", "ReplicationSourceIdentifier"]
        .iter()
        .any(|member| !text(database, member).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn instance(id: &str, engine: &str) -> Value {
        json!({
            "DBInstanceIdentifier": id, "Engine": engine, "EngineVersion": "16.4", "DBInstanceClass": "db.t3.micro",
            "DBInstanceStatus": "available", "AllocatedStorage": 20, "MultiAZ": false, "PubliclyAccessible": false,
            "BackupRetentionPeriod": 7, "StorageEncrypted": true, "DeletionProtection": true,
        })
    }

    #[tokio::test]
    async fn the_overview_counts_engines_and_leaves_out_auroras_placeholder() {
        let mut aurora = instance("shop-1", "aurora-mysql");
        aurora["DBClusterIdentifier"] = json!("shop");
        aurora["AllocatedStorage"] = json!(1);
        let account = FakeAccount::default()
            .answering("rds:DescribeDBInstances", json!({"DBInstances": [aurora, instance("orders", "postgres")]}));
        let answer = ask(TOOL, json!({"query": "", "operation": "databases"}), &account).await;
        let found: Vec<_> = rows_of(&answer).iter().map(|row| json!([row["id"], row["gib"], row["cluster"]])).collect();
        assert_eq!(found, [json!(["orders", 20, null]), json!(["shop-1", null, "shop"])]);
        assert_eq!(answer.result.unwrap()["summary"], json!({"instances": 2, "aurora-mysql": 1, "postgres": 1}));
    }

    fn account() -> FakeAccount {
        let mut bare = instance("bare", "mysql");
        bare["BackupRetentionPeriod"] = json!(0);
        bare["DeletionProtection"] = json!(false);
        let mut replica = instance("replica", "mysql");
        replica["BackupRetentionPeriod"] = json!(0);
        replica["ReadReplicaSourceDBInstanceIdentifier"] = json!("orders");
        let mut member = instance("shop-1", "aurora-mysql");
        member["DBClusterIdentifier"] = json!("shop");
        member["DeletionProtection"] = json!(false);
        FakeAccount::default().answering(
            "rds:DescribeDBInstances",
            json!({"DBInstances": [instance("orders", "mysql"), bare, replica, member]}),
        )
    }

    #[tokio::test]
    async fn clusters_speak_for_their_members_and_replicas_need_no_backups() {
        let cluster = json!({"DBClusterIdentifier": "shop", "Engine": "aurora-mysql", "BackupRetentionPeriod": 1,
            "DeletionProtection": true});
        let account = account().answering("rds:DescribeDBClusters", json!({"DBClusters": [cluster]}));
        let answer = ask(TOOL, json!({"query": "", "operation": "unprotected-databases"}), &account).await;
        let found: Vec<_> = rows_of(&answer)
            .iter()
            .map(|row| json!([row["id"], row["backup_days"], row["encrypted"], row["deletion_protection"]]))
            .collect();
        assert_eq!(found, [json!(["bare", 0, true, false]), json!(["shop", 1, false, true])]);
        let summary = json!({"without_backups": 1, "unencrypted": 1, "without_deletion_protection": 1, "databases": 4});
        assert_eq!(answer.result.unwrap()["summary"], summary);
        let note = "Replicas without backups of their own, counted as backed up by their source: 1.";
        assert!(answer.completeness.unwrap().notes.contains(&note.to_owned()));
    }

    #[tokio::test]
    async fn instances_stay_when_clusters_cannot_be_read() {
        let account = account().failing("rds:DescribeDBClusters", 403, "AccessDenied");
        let answer = ask(TOOL, json!({"query": "", "operation": "unprotected-databases"}), &account).await;
        assert_eq!(rows_of(&answer).iter().map(|row| &row["id"]).collect::<Vec<_>>(), ["bare"]);
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "rds:DescribeDBClusters");
    }

    #[tokio::test]
    async fn an_empty_account_has_no_databases() {
        let account = FakeAccount::default()
            .answering("rds:DescribeDBInstances", json!({"DBInstances": []}))
            .answering("rds:DescribeDBClusters", json!({"DBClusters": []}));
        assert!(rows(TOOL, "databases", json!({}), &account).await.is_empty());
        assert!(rows(TOOL, "unprotected-databases", json!({}), &account).await.is_empty());
    }
}
