//! Engine versions that AWS has given up or soon will.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use time::Duration;

use super::is_member;
use crate::service::values::{flag, list, text, time};
use crate::service::{Ask, Findings, Unread};

const COLUMNS: [&str; 9] = [
    "id",
    "kind",
    "engine",
    "version",
    "version_status",
    "standard_support_until",
    "extended_support_until",
    "extended_support",
    "newest_minor",
];
const STANDARD: &str = "open-source-rds-standard-support";
const EXTENDED: &str = "open-source-rds-extended-support";

pub(super) async fn support(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let days = ask.question.number("days", &["day", "days"], 365.0);
    let horizon = ask.now + Duration::seconds_f64(days.clamp(0.0, 36_500.0) * 86_400.0);
    let databases = databases(ask).await?;
    let (versions, majors) =
        if databases.is_empty() { Default::default() } else { futures::join!(versions(ask, &databases), majors(ask)) };
    let mut findings = Findings::table(&COLUMNS);
    let (mut deprecated, mut ended, mut undated) = (0_u64, 0_u64, 0_u64);
    for database in &databases {
        let version = versions.get(&database.release()).unwrap_or(&Value::Null);
        let major = majors.iter().find(|major| is_major_of(major, &database.settings, version)).unwrap_or(&Value::Null);
        let until = lifecycle(major, STANDARD);
        let is_deprecated = version["Status"] == "deprecated";
        let has_ended =
            until.is_some_and(|until| time(until, "LifecycleSupportEndDate").is_some_and(|end| end <= ask.now));
        let ends_soon =
            until.is_some_and(|until| time(until, "LifecycleSupportEndDate").is_some_and(|end| end <= horizon));
        deprecated += u64::from(is_deprecated);
        ended += u64::from(has_ended);
        undated += u64::from(until.is_none());
        if is_deprecated || ends_soon {
            findings.push(database.row(version, major));
        }
    }
    findings.rows.sort_by_key(|row| (row[5].is_null(), row[5].to_string(), row[0].to_string()));
    findings.sum("at_issue", findings.rows.len());
    findings.sum("deprecated_versions", deprecated);
    findings.sum("standard_support_ended", ended);
    findings.sum("without_published_dates", undated);
    findings.sum("databases", databases.len());
    if undated > 0 {
        ask.note(
            "AWS publishes support dates for the open source engines only; others are judged by their version's \
                  status.",
        );
    }
    Ok(findings)
}

/// A cluster, or an instance that is in none.
struct Database {
    kind: &'static str,
    id: Value,
    settings: Value,
}

impl Database {
    /// Engine and version.
    fn release(&self) -> (String, String) {
        (text(&self.settings, "Engine").to_owned(), text(&self.settings, "EngineVersion").to_owned())
    }

    fn row(&self, version: &Value, major: &Value) -> [Value; 9] {
        let end =
            |name| lifecycle(major, name).map(|cycle| cycle["LifecycleSupportEndDate"].clone()).unwrap_or_default();
        [
            self.id.clone(),
            json!(self.kind),
            self.settings["Engine"].clone(),
            self.settings["EngineVersion"].clone(),
            version["Status"].clone(),
            end(STANDARD),
            end(EXTENDED),
            json!(self.settings["EngineLifecycleSupport"].as_str().map(|support| !support.ends_with("-disabled"))),
            newest_minor(version),
        ]
    }
}

async fn databases(ask: &Ask<'_>) -> Result<Vec<Database>, Unread> {
    let (instances, clusters) =
        futures::join!(ask.read("rds:DescribeDBInstances", json!({})), ask.read("rds:DescribeDBClusters", json!({})));
    if instances.is_err() && clusters.is_err() {
        return Err(Unread);
    }
    let (instances, clusters) = (instances.unwrap_or_default(), clusters.unwrap_or_default());
    let settings = |resource: &Value| {
        json!({
            "Engine": resource["Engine"],
            "EngineVersion": resource["EngineVersion"],
            "EngineLifecycleSupport": resource["EngineLifecycleSupport"],
        })
    };
    let clusters = list(&clusters, "DBClusters");
    let clusters = clusters.map(|one| Database {
        kind: "cluster",
        id: one["DBClusterIdentifier"].clone(),
        settings: settings(one),
    });
    let instances = list(&instances, "DBInstances").filter(|instance| !is_member(instance));
    let instances = instances.map(|one| Database {
        kind: "instance",
        id: one["DBInstanceIdentifier"].clone(),
        settings: settings(one),
    });
    Ok(clusters.chain(instances).collect())
}

/// What AWS says about each version in use; deprecated versions are listed only when all are asked for.
async fn versions(ask: &Ask<'_>, databases: &[Database]) -> BTreeMap<(String, String), Value> {
    let releases: BTreeSet<_> = databases.iter().map(Database::release).collect();
    let read = ask.each(releases, |(engine, version)| async move {
        let parameters = json!({"Engine": engine, "EngineVersion": version, "IncludeAll": true});
        let answer = ask.read("rds:DescribeDBEngineVersions", parameters).await.unwrap_or_default();
        let found = list(&answer, "DBEngineVersions").next().cloned().unwrap_or_default();
        ((engine, version), found)
    });
    read.await.into_iter().collect()
}

async fn majors(ask: &Ask<'_>) -> Vec<Value> {
    let answer = ask.read("rds:DescribeDBMajorEngineVersions", json!({})).await.unwrap_or_default();
    list(&answer, "DBMajorEngineVersions").cloned().collect()
}

/// The version's own statement, or, where it makes none, its number: 16.4 is of 16.
fn is_major_of(major: &Value, settings: &Value, version: &Value) -> bool {
    let number = text(major, "MajorEngineVersion");
    let of_number = match version["MajorEngineVersion"].as_str() {
        Some(stated) => stated == number,
        None => text(settings, "EngineVersion")
            .strip_prefix(number)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
    };
    major["Engine"] == settings["Engine"] && of_number
}

fn lifecycle<'a>(major: &'a Value, name: &str) -> Option<&'a Value> {
    list(major, "SupportedEngineLifecycles").find(|cycle| cycle["LifecycleSupportName"] == name)
}

/// The greatest by its numbers: the API does not say in which order it lists upgrade targets.
fn newest_minor(version: &Value) -> Value {
    let minor = list(version, "ValidUpgradeTarget").filter(|target| !flag(target, "IsMajorVersionUpgrade"));
    let newest = minor.max_by_key(|target| numbers(text(target, "EngineVersion")));
    newest.map(|target| target["EngineVersion"].clone()).unwrap_or_default()
}

/// `[16, 10]` of `16.10`.
fn numbers(version: &str) -> Vec<u64> {
    version.split(|character: char| !character.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn account() -> FakeAccount {
        let instance = |id: &str, engine: &str, version: &str| {
            json!({"DBInstanceIdentifier": id, "Engine": engine,
            "EngineVersion": version})
        };
        let mut member = instance("shop-1", "aurora-mysql", "8.0.mysql_aurora.3.04.0");
        member["DBClusterIdentifier"] = json!("shop");
        FakeAccount::default()
            .answering(
                "rds:DescribeDBInstances",
                json!({"DBInstances": [
                    instance("new", "postgres", "17.2"),
                    instance("old", "postgres", "12.20"),
                    instance("gone", "oracle-ee", "12.1.0.2.v1"),
                    instance("current", "oracle-ee", "19.0.0.0"),
                    member,
                ]}),
            )
            .answering(
                "rds:DescribeDBClusters",
                json!({"DBClusters": [{
                    "DBClusterIdentifier": "shop", "Engine": "aurora-mysql", "EngineVersion": "8.0.mysql_aurora.3.04.0",
                    "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
                }]}),
            )
    }

    fn with_versions(account: FakeAccount) -> FakeAccount {
        let version = |version: &str, major: Value, status: &str, minor: &str| {
            json!({"DBEngineVersions": [{
                "EngineVersion": version, "MajorEngineVersion": major, "Status": status, "ValidUpgradeTarget": [
                    {"EngineVersion": minor, "IsMajorVersionUpgrade": false},
                        {"EngineVersion": "99.1", "IsMajorVersionUpgrade": true},
                ],
            }]})
        };
        let of = |account: FakeAccount, number: &str, answer: Value| {
            account.answering_when("rds:DescribeDBEngineVersions", json!({"EngineVersion": number}), answer)
        };
        let account = of(account, "17.2", version("17.2", json!("17"), "available", "17.9"));
        let account = of(account, "12.20", version("12.20", Value::Null, "available", "12.22"));
        let account = of(account, "12.1.0.2.v1", version("12.1.0.2.v1", json!("12.1"), "deprecated", "12.1.0.2.v9"));
        let account = of(account, "19.0.0.0", version("19.0.0.0", json!("19"), "available", "19.1"));
        of(
            account,
            "8.0.mysql_aurora.3.04.0",
            version("8.0.mysql_aurora.3.04.0", json!("8.0"), "available", "8.0.mysql_aurora.3.08.0"),
        )
    }

    fn with_dates(account: FakeAccount) -> FakeAccount {
        let cycle = |name: &str, end: &str| {
            json!({"LifecycleSupportName": name,
            "LifecycleSupportStartDate": "2020-01-01T00:00:00Z", "LifecycleSupportEndDate": end})
        };
        let major = |engine: &str, number: &str, standard: &str, extended: &str| {
            json!({"Engine": engine, "MajorEngineVersion": number,
                "SupportedEngineLifecycles": [cycle(STANDARD, standard), cycle(EXTENDED, extended)]})
        };
        account.answering(
            "rds:DescribeDBMajorEngineVersions",
            json!({"DBMajorEngineVersions": [
                major("postgres", "1", "2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z"),
                major("postgres", "12", "2025-02-28T23:59:59Z", "2028-02-29T23:59:59Z"),
                major("postgres", "17", "2030-02-28T23:59:59Z", "2033-02-28T23:59:59Z"),
                major("mysql", "8.0", "2020-07-31T23:59:59Z", "2029-07-31T23:59:59Z"),
                major("aurora-mysql", "8.0", "2027-04-30T23:59:59Z", "2029-07-31T23:59:59Z"),
            ]}),
        )
    }

    #[tokio::test]
    async fn versions_that_are_deprecated_or_end_soon_are_listed_and_members_with_their_cluster() {
        let answer =
            ask(TOOL, json!({"query": "", "operation": "engine-support"}), &with_dates(with_versions(account()))).await;
        let result = answer.result.unwrap();
        assert_eq!(
            result["rows"],
            json!([
                [
                    "old",
                    "instance",
                    "postgres",
                    "12.20",
                    "available",
                    "2025-02-28T23:59:59Z",
                    "2028-02-29T23:59:59Z",
                    null,
                    "12.22"
                ],
                [
                    "shop",
                    "cluster",
                    "aurora-mysql",
                    "8.0.mysql_aurora.3.04.0",
                    "available",
                    "2027-04-30T23:59:59Z",
                    "2029-07-31T23:59:59Z",
                    false,
                    "8.0.mysql_aurora.3.08.0"
                ],
                ["gone", "instance", "oracle-ee", "12.1.0.2.v1", "deprecated", null, null, null, "12.1.0.2.v9"],
            ])
        );
        let summary = json!({"at_issue": 3, "deprecated_versions": 1, "standard_support_ended": 1,
            "without_published_dates": 2, "databases": 5});
        assert_eq!(result["summary"], summary);
    }

    #[test]
    fn the_newest_minor_version_is_the_greatest_wherever_it_stands() {
        let target =
            |version: &str, is_major: bool| json!({"EngineVersion": version, "IsMajorVersionUpgrade": is_major});
        let targets =
            json!({"ValidUpgradeTarget": [target("16.10", false), target("17.2", true), target("16.9", false)]});
        assert_eq!(newest_minor(&targets), "16.10");
        let aurora = ["8.0.mysql_aurora.3.10.0", "8.0.mysql_aurora.3.08.2"].map(|version| target(version, false));
        assert_eq!(newest_minor(&json!({"ValidUpgradeTarget": aurora})), "8.0.mysql_aurora.3.10.0");
    }

    #[tokio::test]
    async fn deprecated_versions_stay_when_dates_cannot_be_read() {
        let account = with_versions(account()).failing("rds:DescribeDBMajorEngineVersions", 403, "AccessDenied");
        let answer = ask(TOOL, json!({"query": "", "operation": "engine-support"}), &account).await;
        assert_eq!(rows_of(&answer).iter().map(|row| &row["id"]).collect::<Vec<_>>(), ["gone"]);
        assert_eq!(answer.completeness.unwrap().failed.len(), 1);
    }

    #[tokio::test]
    async fn without_databases_no_version_is_asked() {
        let account = FakeAccount::default()
            .answering("rds:DescribeDBInstances", json!({"DBInstances": []}))
            .answering("rds:DescribeDBClusters", json!({"DBClusters": []}));
        assert!(rows(TOOL, "engine-support", json!({}), &account).await.is_empty());
        assert_eq!(account.asked().len(), 2);
    }
}
