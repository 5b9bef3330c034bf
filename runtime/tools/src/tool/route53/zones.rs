//! Hosted zones.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::service::values::{flag, list, number, text};
use crate::service::{Ask, Findings, Unread};

/// What other reads need of a hosted zone.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Zone {
    /// Without `/hostedzone/`.
    pub id: String,
    /// Without the dot at its end.
    pub name: String,
    pub is_private: bool,
    pub records: f64,
    pub comment: Value,
}

pub(super) async fn read(ask: &Ask<'_>) -> Result<Vec<Zone>, Unread> {
    let answer = ask.read("route53:ListHostedZones", json!({})).await?;
    let zone = |zone: &Value| Zone {
        id: bare_id(text(zone, "Id")).into(),
        name: text(zone, "Name").trim_end_matches('.').into(),
        is_private: flag(&zone["Config"], "PrivateZone"),
        records: number(zone, "ResourceRecordSetCount"),
        comment: zone["Config"]["Comment"].clone(),
    };
    Ok(list(&answer, "HostedZones").map(zone).collect())
}

pub(super) fn bare_id(id: &str) -> &str {
    id.trim_start_matches("/hostedzone/")
}

pub(super) async fn overview(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let zones = read(ask).await?;
    let networks = ask.each(&zones, |zone| networks(ask, zone)).await;
    let mut findings = Findings::table(&["zone", "id", "private", "records", "vpcs", "comment"]);
    for (zone, networks) in zones.iter().zip(networks) {
        findings.push([
            json!(zone.name),
            json!(zone.id),
            json!(zone.is_private),
            json!(zone.records as u64),
            networks,
            zone.comment.clone(),
        ]);
    }
    findings.sort_by("zone");
    let private = zones.iter().filter(|zone| zone.is_private).count();
    findings.sum("zones", zones.len());
    findings.sum("private", private);
    findings.sum("public", zones.len() - private);
    findings.sum("records", zones.iter().map(|zone| zone.records).sum::<f64>() as u64);
    Ok(findings)
}

/// `us-east-1/vpc-1` for each VPC of a private zone; a public zone has none.
async fn networks(ask: &Ask<'_>, zone: &Zone) -> Value {
    if !zone.is_private {
        return Value::Null;
    }
    let Ok(answer) = ask.read("route53:GetHostedZone", json!({"Id": zone.id})).await else { return Value::Null };
    let network = |vpc: &Value| format!("{}/{}", text(vpc, "VPCRegion"), text(vpc, "VPCId"));
    json!(list(&answer, "VPCs").map(network).collect::<Vec<_>>().join(" "))
}

pub(super) async fn without_query_logging(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let zones = read(ask).await?;
    let answer = ask.read("route53:ListQueryLoggingConfigs", json!({})).await?;
    let logged = list(&answer, "QueryLoggingConfigs").map(|config| bare_id(text(config, "HostedZoneId")));
    let logged: BTreeSet<_> = logged.collect();
    // Route 53 logs queries of public zones only; Resolver does it for private ones, by VPC.
    let public = || zones.iter().filter(|zone| !zone.is_private);
    let mut findings = Findings::table(&["zone", "id", "records"]);
    for zone in public().filter(|zone| !logged.contains(zone.id.as_str())) {
        findings.push([json!(zone.name), json!(zone.id), json!(zone.records as u64)]);
    }
    findings.sort_by("zone");
    findings.sum("public_zones", public().count());
    findings.sum("without_query_logging", findings.rows.len());
    ask.note("Private zones are left out: Resolver logs their queries, for each VPC.");
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, called, rows, rows_of};

    const TOOL: &str = "route53_read_operations";
    const ZONES: &str = "route53:ListHostedZones";

    fn account() -> FakeAccount {
        let zone = |id: &str, name: &str, private| {
            json!({
                "Id": format!("/hostedzone/{id}"), "Name": name, "CallerReference": "1",
                "Config": {"PrivateZone": private},
                "ResourceRecordSetCount": 3,
            })
        };
        let zones = [zone("Z2", "example.com.", false), zone("Z1", "corp.internal.", true)];
        let vpcs = json!([{"VPCRegion": "us-east-1", "VPCId": "vpc-1"}, {"VPCRegion": "eu-west-1", "VPCId": "vpc-2"}]);
        let zone_1 = zone("Z1", "corp.internal.", true);
        FakeAccount::default()
            .answering(ZONES, json!({"HostedZones": zones, "Marker": "", "IsTruncated": false, "MaxItems": "100"}))
            .answering("route53:GetHostedZone", json!({"HostedZone": zone_1, "VPCs": vpcs}))
    }

    #[tokio::test]
    async fn zones_come_by_name_and_private_ones_with_their_networks() {
        let account = account();
        let answer = ask(TOOL, json!({"query": "", "operation": "zones"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!(
            (&rows[0]["zone"], &rows[0]["vpcs"]),
            (&json!("corp.internal"), &json!("us-east-1/vpc-1 eu-west-1/vpc-2"))
        );
        assert_eq!((&rows[1]["id"], &rows[1]["vpcs"]), (&json!("Z2"), &Value::Null));
        assert_eq!(answer.result.unwrap()["summary"], json!({"zones": 2, "private": 1, "public": 1, "records": 6}));
        assert_eq!(called(&account, "route53:GetHostedZone"), [json!({"Id": "Z1"})]);
    }

    #[tokio::test]
    async fn a_failed_second_read_leaves_the_zone_without_networks() {
        let account = account().failing("route53:GetHostedZone", 403, "AccessDenied");
        let answer = ask(TOOL, json!({"query": "", "operation": "zones"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((rows.len(), &rows[0]["vpcs"]), (2, &Value::Null));
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "route53:GetHostedZone");
    }

    #[tokio::test]
    async fn only_public_zones_can_lack_query_logging() {
        let config = json!([
            {
                "Id": "1",
                "HostedZoneId": "Z2",
                "CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:111122223333:log-group:dns",
            },
        ]);
        for (configs, count) in [(json!([]), 1), (config, 0)] {
            let answer = json!({"QueryLoggingConfigs": configs});
            let account = account().answering("route53:ListQueryLoggingConfigs", answer);
            assert_eq!(rows(TOOL, "zones-without-query-logging", json!({}), &account).await.len(), count);
        }
    }
}
