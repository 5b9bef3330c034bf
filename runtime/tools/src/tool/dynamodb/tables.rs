//! Tables as they are described: size, billing, indexes, protection.

use serde_json::{Value, json};

use crate::service::values::{flag, list, number, text};
use crate::service::{Ask, Findings, Unread};

/// A table; without its description when that could not be read.
pub(super) struct Table {
    pub name: String,
    pub description: Option<Value>,
}

/// Tables with their descriptions, in the order of their names. One that was deleted meanwhile is left out.
pub(super) async fn read_tables(ask: &Ask<'_>) -> Result<Vec<Table>, Unread> {
    let answer = ask.read("dynamodb:ListTables", json!({})).await?;
    let names: Vec<&str> = list(&answer, "TableNames").filter_map(Value::as_str).collect();
    let answers = ask.each(names.iter(), |name| {
        ask.read_if_any("dynamodb:DescribeTable", json!({"TableName": name}), &["ResourceNotFoundException"])
    });
    let mut tables = Vec::with_capacity(names.len());
    for (name, answer) in names.iter().zip(answers.await) {
        let name = (*name).to_owned();
        match answer {
            Ok(None) => {}
            Ok(Some(answer)) => tables.push(Table { name, description: Some(answer["Table"].clone()) }),
            Err(Unread) => tables.push(Table { name, description: None }),
        }
    }
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tables)
}

impl Table {
    /// Of the description; `null` when that is unknown.
    fn cell(&self, cell: impl Fn(&Value) -> Value) -> Value {
        self.description.as_ref().map(cell).unwrap_or_default()
    }

    /// DynamoDB leaves the summary out for tables that always had provisioned capacity.
    pub fn billing(&self) -> Value {
        self.cell(|table| match text(&table["BillingModeSummary"], "BillingMode") {
            "" => json!("PROVISIONED"),
            mode => json!(mode),
        })
    }
}

/// Read and write units; none for a table that is billed by request.
fn capacity(table: &Value) -> Value {
    let units = &table["ProvisionedThroughput"];
    match (units["ReadCapacityUnits"].as_u64(), units["WriteCapacityUnits"].as_u64()) {
        (Some(0) | None, Some(0) | None) => Value::Null,
        (read, write) => json!(format!("{} read, {} write", read.unwrap_or(0), write.unwrap_or(0))),
    }
}

/// A table without a description of its encryption has the key that DynamoDB owns.
fn encryption(table: &Value) -> Value {
    match text(&table["SSEDescription"], "SSEType") {
        "" => json!("key of DynamoDB"),
        kind => json!(kind),
    }
}

pub(super) async fn tables(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let tables = read_tables(ask).await?;
    let mut findings = Findings::table(&[
        "table",
        "status",
        "bytes",
        "items",
        "billing",
        "capacity",
        "class",
        "encryption",
        "indexes",
    ]);
    for table in &tables {
        let indexes = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"];
        findings.push([
            json!(table.name),
            table.cell(|table| table["TableStatus"].clone()),
            table.cell(|table| table["TableSizeBytes"].clone()),
            table.cell(|table| table["ItemCount"].clone()),
            table.billing(),
            table.cell(capacity),
            table.cell(|table| json!(table["TableClassSummary"]["TableClass"].as_str().unwrap_or("STANDARD"))),
            table.cell(encryption),
            table.cell(|table| json!(indexes.iter().map(|kind| list(table, kind).count()).sum::<usize>())),
        ]);
    }
    findings.sort_down_by("bytes");
    let described = || tables.iter().filter_map(|table| table.description.as_ref());
    findings.sum("tables", tables.len());
    findings.sum("bytes", described().map(|table| number(table, "TableSizeBytes") as u64).sum::<u64>());
    findings.sum("items", described().map(|table| number(table, "ItemCount") as u64).sum::<u64>());
    findings.sum("unknown", tables.len() - described().count());
    ask.note("DynamoDB updates sizes and numbers of items about every six hours; indexes are not in a table's bytes.");
    Ok(findings)
}

pub(super) async fn unprotected(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let tables = read_tables(ask).await?;
    let backups = ask.each(&tables, |table| recovery(ask, &table.name)).await;
    let mut findings =
        Findings::table(&["table", "point_in_time_recovery", "recovery_days", "deletion_protection", "bytes"]);
    let (mut without_recovery, mut without_protection, mut unknown) = (0, 0, 0);
    for (table, recovery) in tables.iter().zip(&backups) {
        let is_protected = table.description.as_ref().map(|table| flag(table, "DeletionProtectionEnabled"));
        let is_recoverable = recovery.as_ref().ok().map(|recovery| recovery.is_some());
        without_recovery += usize::from(is_recoverable == Some(false));
        without_protection += usize::from(is_protected == Some(false));
        unknown += usize::from(is_recoverable.is_none() || is_protected.is_none());
        if (is_recoverable, is_protected) != (Some(true), Some(true)) {
            let days = recovery.as_ref().ok().cloned().flatten();
            let bytes = table.cell(|table| table["TableSizeBytes"].clone());
            findings.push([json!(table.name), json!(is_recoverable), json!(days), json!(is_protected), bytes]);
        }
    }
    findings.sort_by("point_in_time_recovery");
    findings.sum("tables", tables.len());
    findings.sum("without_point_in_time_recovery", without_recovery);
    findings.sum("without_deletion_protection", without_protection);
    findings.sum("unknown", unknown);
    ask.note("Backups on demand and those of AWS Backup are not looked at here.");
    Ok(findings)
}

/// Days that a table can be taken back; none when point-in-time recovery is off.
async fn recovery(ask: &Ask<'_>, table: &str) -> Result<Option<u64>, Unread> {
    let answer = ask.read("dynamodb:DescribeContinuousBackups", json!({"TableName": table})).await?;
    let recovery = &answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"];
    let days = recovery["RecoveryPeriodInDays"].as_u64().unwrap_or(35);
    Ok((recovery["PointInTimeRecoveryStatus"] == "ENABLED").then_some(days))
}

pub(super) async fn indexes(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let tables = read_tables(ask).await?;
    let mut findings = Findings::table(&["table", "index", "kind", "keys", "projection", "status", "bytes", "items"]);
    for table in &tables {
        let Some(description) = &table.description else { continue };
        for (kind, member) in [("global", "GlobalSecondaryIndexes"), ("local", "LocalSecondaryIndexes")] {
            for index in list(description, member) {
                let keys: Vec<_> = list(index, "KeySchema").map(|key| text(key, "AttributeName")).collect();
                findings.push([
                    json!(table.name),
                    index["IndexName"].clone(),
                    json!(kind),
                    json!(keys.join(", ")),
                    index["Projection"]["ProjectionType"].clone(),
                    index["IndexStatus"].clone(),
                    index["IndexSizeBytes"].clone(),
                    index["ItemCount"].clone(),
                ]);
            }
        }
    }
    findings.sum("indexes", findings.rows.len());
    findings.sum("global", findings.rows.iter().filter(|row| row[2] == "global").count());
    findings.sum("tables", tables.len());
    findings.sum("tables_unknown", tables.iter().filter(|table| table.description.is_none()).count());
    ask.note("DynamoDB updates sizes and numbers of items about every six hours.");
    Ok(findings)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows, rows_of};

    const TOOL: &str = "dynamodb_read_operations";

    /// Tables with these members of their descriptions.
    pub fn account(tables: &[(&str, Value)]) -> FakeAccount {
        let names: Vec<_> = tables.iter().map(|(name, _)| name).collect();
        let account = FakeAccount::default().answering("dynamodb:ListTables", json!({"TableNames": names}));
        tables.iter().fold(account, |account, (name, more)| {
            let mut table = json!({"TableName": name, "TableStatus": "ACTIVE", "TableSizeBytes": 10, "ItemCount": 2});
            table.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            account.answering_when("dynamodb:DescribeTable", of(name), json!({"Table": table}))
        })
    }

    pub fn of(table: &str) -> Value {
        json!({"TableName": table})
    }

    #[tokio::test]
    async fn the_largest_table_comes_first_and_absent_members_have_their_meaning() {
        let large = json!({"TableSizeBytes": 5000, "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
            "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS"}, "GlobalSecondaryIndexes": [{"IndexName": "i"}]});
        let old = json!({"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 1}});
        let account = account(&[("gone", json!({})), ("large", large), ("old", old)]).failing_when(
            "dynamodb:DescribeTable",
            of("gone"),
            400,
            "ResourceNotFoundException",
        );
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "tables"}), &account).await;
        assert_eq!(
            answer.result.as_ref().unwrap()["rows"],
            json!([
                ["large", "ACTIVE", 5000, 2, "PAY_PER_REQUEST", null, "STANDARD", "KMS", 1],
                ["old", "ACTIVE", 10, 2, "PROVISIONED", "5 read, 1 write", "STANDARD", "key of DynamoDB", 0],
            ])
        );
        assert_eq!(answer.result.unwrap()["summary"]["bytes"], 5010);
        let notes = answer.completeness.unwrap().notes;
        assert!(notes.iter().any(|note| note.contains("six hours")), "{notes:?}");
    }

    #[tokio::test]
    async fn tables_without_recovery_or_protection_are_listed_and_unknown_ones_stay() {
        let backups = "dynamodb:DescribeContinuousBackups";
        let status = |status: &str| {
            let recovery = json!({"PointInTimeRecoveryStatus": status, "RecoveryPeriodInDays": 7});
            json!({"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery}})
        };
        let protected = || json!({"DeletionProtectionEnabled": true});
        let account =
            account(&[("denied", protected()), ("half", json!({})), ("none", json!({})), ("safe", protected())])
                .answering(backups, status("ENABLED"))
                .answering_when(backups, of("none"), status("DISABLED"))
                .failing_when(backups, of("denied"), 400, "AccessDeniedException");
        let answer = testing::ask(TOOL, json!({"query": "", "operation": "unprotected-tables"}), &account).await;
        assert_eq!(
            answer.result.as_ref().unwrap()["rows"],
            json!([["denied", null, null, true, 10], ["none", false, null, false, 10], ["half", true, 7, false, 10],])
        );
        let summary = answer.result.unwrap()["summary"].clone();
        let expected =
            json!({"tables": 4, "without_point_in_time_recovery": 1, "without_deletion_protection": 2, "unknown": 1});
        assert_eq!(summary, expected);
        assert_eq!(answer.completeness.unwrap().failed[0].operation, backups);
    }

    #[tokio::test]
    async fn indexes_of_both_kinds_are_listed_with_their_keys() {
        let index = |name: &str| {
            let keys = json!([{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "RANGE"}]);
            json!({"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}, "IndexSizeBytes": 1, "ItemCount": 1})
        };
        let more = json!({"GlobalSecondaryIndexes": [index("by-a")], "LocalSecondaryIndexes": [index("local")]});
        let rows = rows(TOOL, "table-indexes", json!({}), &account(&[("t", more), ("u", json!({}))])).await;
        let found: Vec<_> = rows.iter().map(|row| (&row["index"], &row["kind"], &row["keys"])).collect();
        assert_eq!(
            found,
            [(&json!("by-a"), &json!("global"), &json!("a, b")), (&json!("local"), &json!("local"), &json!("a, b")),]
        );
    }

    #[tokio::test]
    async fn an_account_without_tables_is_an_answer_for_every_recipe() {
        for recipe in ["tables", "unprotected-tables", "throttled-tables", "table-indexes"] {
            let account = account(&[]);
            let answer = testing::ask(TOOL, json!({"query": "", "operation": recipe}), &account).await;
            assert_eq!((answer.success, rows_of(&answer).len()), (true, 0), "{recipe}");
            assert_eq!(account.asked().len(), 1, "{recipe}");
        }
    }
}
