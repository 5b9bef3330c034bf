//! Databases that are set to be publicly accessible.
//!
//! The setting alone gives the database a public address. Whether anyone gets through
//! is up to the routes of its subnets and its security groups, which are looked at
//! here, and to network ACLs, which are not.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::service::values::{flag, list, text};
use crate::service::{Ask, Findings, Unread};
use crate::tool::ec2::{Family, Gateways, OpenLists, RouteTables, Way, open_ports, open_sources};

/// Values of one filter (EC2 API: at most 200).
const FILTER_VALUES: usize = 200;

pub(super) async fn public(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("rds:DescribeDBInstances", json!({})).await?;
    let public: Vec<&Value> =
        list(&answer, "DBInstances").filter(|instance| flag(instance, "PubliclyAccessible")).collect();
    let mut findings = Findings::table(&[
        "id",
        "engine",
        "cluster",
        "status",
        "port",
        "vpc",
        "internet_route",
        "open_groups",
        "sources",
    ]);
    if !public.is_empty() {
        ask.note(
            "Listed by the setting PubliclyAccessible; routes and security groups tell whether the internet \
                  gets through. Network ACLs were not read.",
        );
        let (routes, gateways, groups) =
            futures::join!(RouteTables::read(ask), Gateways::read(ask), groups(ask, &public));
        for instance in &public {
            let routed = routes.as_ref().ok().map(|routes| is_routed(instance, routes, &gateways));
            let open = groups.as_ref().map(|(groups, lists)| opening(instance, groups, lists));
            let (names, sources) =
                open.map_or((Value::Null, Value::Null), |(names, sources)| (json!(names), json!(sources)));
            findings.push([
                instance["DBInstanceIdentifier"].clone(),
                instance["Engine"].clone(),
                instance["DBClusterIdentifier"].clone(),
                instance["DBInstanceStatus"].clone(),
                json!(port(instance)),
                instance["DBSubnetGroup"]["VpcId"].clone(),
                json!(routed),
                names,
                sources,
            ]);
        }
    }
    findings.sort_by("id");
    findings.sort_down_by("sources");
    let open = |row: &&Vec<Value>| row[6] == true && row[7].as_str().is_some_and(|groups| !groups.is_empty());
    findings.sum("open_to_internet", findings.rows.iter().filter(open).count());
    findings.sum("publicly_accessible", findings.rows.len());
    findings.sum("instances", list(&answer, "DBInstances").count());
    Ok(findings)
}

fn port(instance: &Value) -> Option<i64> {
    instance["Endpoint"]["Port"].as_i64().or_else(|| instance["DbInstancePort"].as_i64().filter(|port| *port > 0))
}

/// True when a subnet of the database's group leads to the internet: it may be in any of them.
fn is_routed(instance: &Value, routes: &RouteTables, gateways: &Gateways) -> bool {
    let group = &instance["DBSubnetGroup"];
    let vpc = text(group, "VpcId");
    let mut subnets = list(group, "Subnets").map(|subnet| text(subnet, "SubnetIdentifier"));
    subnets.any(|subnet| matches!(routes.way(subnet, vpc, Family::Ipv4, gateways), Way::Gateway(_)))
}

async fn groups(ask: &Ask<'_>, instances: &[&Value]) -> Option<(BTreeMap<String, Value>, OpenLists)> {
    let ids: BTreeSet<&str> = instances.iter().flat_map(|instance| group_ids(instance)).collect();
    let mut groups = Vec::new();
    for ids in ids.into_iter().collect::<Vec<_>>().chunks(FILTER_VALUES) {
        let parameters = json!({"Filters": [{"Name": "group-id", "Values": ids}]});
        let answer = ask.read("ec2:DescribeSecurityGroups", parameters).await.ok()?;
        groups.extend(list(&answer, "SecurityGroups").cloned());
    }
    let lists = OpenLists::read(ask, groups.iter()).await;
    Some((groups.into_iter().map(|group| (text(&group, "GroupId").to_owned(), group)).collect(), lists))
}

fn group_ids(instance: &Value) -> impl Iterator<Item = &str> {
    let active = list(instance, "VpcSecurityGroups").filter(|group| group["Status"] != "removing");
    active.map(|group| text(group, "VpcSecurityGroupId"))
}

/// Groups that let the internet in on the database's port, and the sources that they name; empty texts when none does.
fn opening(instance: &Value, groups: &BTreeMap<String, Value>, lists: &OpenLists) -> (String, String) {
    let port = port(instance);
    let fits =
        |rule: &&Value| open_ports(rule, "tcp").is_some_and(|ports| port.is_none_or(|port| ports.contains(&port)));
    let (mut open, mut sources) = (BTreeSet::new(), BTreeSet::new());
    for group in group_ids(instance).filter_map(|id| groups.get(id)) {
        for (_, source) in list(group, "IpPermissions").filter(fits).flat_map(|rule| open_sources(rule, lists)) {
            open.insert(text(group, "GroupId"));
            sources.insert(source);
        }
    }
    (Vec::from_iter(open).join(", "), Vec::from_iter(sources).join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn account() -> FakeAccount {
        let instance = |id: &str, public: bool, subnet: &str, group: &str| {
            json!({
                "DBInstanceIdentifier": id, "Engine": "postgres", "DBInstanceStatus": "available",
                    "PubliclyAccessible": public,
                "Endpoint": {"Address": "db.example.com", "Port": 5432},
                "DBSubnetGroup": {"VpcId": "vpc-1", "Subnets": [{"SubnetIdentifier": subnet}]},
                "VpcSecurityGroups": [{"VpcSecurityGroupId": group, "Status": "active"}],
            })
        };
        FakeAccount::default().answering(
            "rds:DescribeDBInstances",
            json!({"DBInstances": [
                instance("inner", true, "subnet-private", "sg-open"),
                instance("office", true, "subnet-public", "sg-office"),
                instance("open", true, "subnet-public", "sg-open"),
                instance("private", false, "subnet-public", "sg-open"),
            ]}),
        )
    }

    fn network(account: FakeAccount) -> FakeAccount {
        let rule = |port: u16, source: &str| {
            json!([{"IpProtocol": "tcp", "FromPort": port, "ToPort": port,
            "IpRanges": [{"CidrIp": source}]}])
        };
        account
            .answering(
                "ec2:DescribeRouteTables",
                json!({"RouteTables": [{"VpcId": "vpc-1", "Associations": [{"SubnetId": "subnet-public"}],
                    "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}]}]}),
            )
            .answering(
                "ec2:DescribeInternetGateways",
                json!({"InternetGateways": [{"InternetGatewayId": "igw-1",
                    "Attachments": [{"VpcId": "vpc-1", "State": "available"}]}]}),
            )
            .answering(
                "ec2:DescribeSecurityGroups",
                json!({"SecurityGroups": [
                    {"GroupId": "sg-open", "IpPermissions": rule(5432, "0.0.0.0/0")},
                    {"GroupId": "sg-office", "IpPermissions": rule(22, "0.0.0.0/0")},
                ]}),
            )
    }

    #[tokio::test]
    async fn the_setting_the_route_and_the_groups_are_told_apart() {
        let answer = ask(TOOL, json!({"query": "", "operation": "public-databases"}), &network(account())).await;
        let found: Vec<_> =
            rows_of(&answer).iter().map(|row| json!([row["id"], row["internet_route"], row["open_groups"]])).collect();
        assert_eq!(
            found,
            [json!(["inner", false, "sg-open"]), json!(["open", true, "sg-open"]), json!(["office", true, ""])]
        );
        let summary = json!({"open_to_internet": 1, "publicly_accessible": 3, "instances": 4});
        assert_eq!(answer.result.unwrap()["summary"], summary);
    }

    #[tokio::test]
    async fn public_databases_stay_when_the_network_cannot_be_read() {
        let account = network(account()).failing("ec2:DescribeSecurityGroups", 403, "UnauthorizedOperation").failing(
            "ec2:DescribeRouteTables",
            403,
            "UnauthorizedOperation",
        );
        let answer = ask(TOOL, json!({"query": "", "operation": "public-databases"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!(rows.len(), 3);
        assert!(rows.iter().all(|row| row["internet_route"].is_null() && row["open_groups"].is_null()));
        assert_eq!(answer.completeness.unwrap().failed.len(), 2);
    }

    #[tokio::test]
    async fn without_public_databases_the_network_is_not_asked() {
        let account = FakeAccount::default().answering("rds:DescribeDBInstances", json!({"DBInstances": []}));
        assert!(rows(TOOL, "public-databases", json!({}), &account).await.is_empty());
        assert_eq!(account.asked().len(), 1);
    }
}
