//! Security groups: open ones, and ones that nothing uses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::firewall::{OpenLists, named_port, open_ports, open_sources};
use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn open_to_internet(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let (groups, interfaces) = futures::join!(ask.read("ec2:DescribeSecurityGroups", json!({})), interfaces(ask));
    let groups = groups?;
    let lists = OpenLists::read(ask, list(&groups, "SecurityGroups")).await;
    let port = named_port(ask.question).map(i64::from);
    let mut findings = Findings::table(&["id", "name", "vpc", "protocol", "ports", "source", "interfaces"]);
    let mut open = BTreeSet::new();
    for group in list(&groups, "SecurityGroups") {
        let id = text(group, "GroupId");
        let used = interfaces.as_ref().map(|all| all.get(id).copied().unwrap_or_default());
        for rule in list(group, "IpPermissions").filter(|rule| port.is_none_or(|port| opens(rule, port))) {
            for (_, source) in open_sources(rule, &lists) {
                open.insert((id.to_owned(), used.is_some_and(|count| count > 0)));
                findings.push([
                    group["GroupId"].clone(),
                    group["GroupName"].clone(),
                    group["VpcId"].clone(),
                    protocol(rule),
                    ports(rule),
                    json!(source),
                    json!(used),
                ]);
            }
        }
    }
    findings.sort_down_by("interfaces");
    findings.sum("open_groups", open.len());
    if interfaces.is_some() {
        findings.sum("open_groups_in_use", open.iter().filter(|(_, used)| *used).count());
    }
    findings.sum("groups", list(&groups, "SecurityGroups").count());
    Ok(findings)
}

fn opens(rule: &Value, port: i64) -> bool {
    ["tcp", "udp"].iter().any(|protocol| open_ports(rule, protocol).is_some_and(|ports| ports.contains(&port)))
}

fn protocol(rule: &Value) -> Value {
    json!(if rule["IpProtocol"] == "-1" { "all" } else { text(rule, "IpProtocol") })
}

/// `22`, `1000-2000` or `all`; for ICMP its type, which stands in the port's place.
fn ports(rule: &Value) -> Value {
    let (from, to) = (rule["FromPort"].as_i64(), rule["ToPort"].as_i64());
    json!(match (text(rule, "IpProtocol"), from, to) {
        ("-1", ..) | (_, None | Some(-1), _) => "all".to_owned(),
        ("icmp" | "icmpv6" | "1" | "58", Some(kind), _) => format!("type {kind}"),
        ("tcp" | "udp" | "6" | "17", Some(0), Some(65535)) => "all".to_owned(),
        (_, Some(from), Some(to)) if from != to => format!("{from}-{to}"),
        (_, Some(from), _) => from.to_string(),
    })
}

/// Network interfaces of each group; absent when they could not be read. Those of
/// resources that AWS services manage count as well.
async fn interfaces(ask: &Ask<'_>) -> Option<BTreeMap<String, u64>> {
    let groups = |interface: Value| json!({"Groups": interface["Groups"]});
    let all = json!({"IncludeManagedResources": true});
    let answer = ask.read_whole("ec2:DescribeNetworkInterfaces", all, groups).await.ok()?;
    let mut used = BTreeMap::new();
    for group in list(&answer, "NetworkInterfaces").flat_map(|interface| list(interface, "Groups")) {
        *used.entry(text(group, "GroupId").to_owned()).or_default() += 1;
    }
    Some(used)
}

pub(super) async fn unused(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let (groups, interfaces) = futures::join!(ask.read("ec2:DescribeSecurityGroups", json!({})), interfaces(ask));
    // Without the interfaces every group would look unused.
    let (groups, interfaces) = (groups?, interfaces.ok_or(Unread)?);
    ask.note("Launch templates and functions without network interfaces at the moment may still name a group.");
    let referrers = referrers(&groups);
    let mut findings = Findings::table(&["id", "name", "vpc", "description", "named_by"]);
    let mut defaults = 0;
    for group in list(&groups, "SecurityGroups") {
        let id = text(group, "GroupId");
        if interfaces.contains_key(id) {
            continue;
        }
        // A VPC's default group cannot be deleted.
        if group["GroupName"] == "default" {
            defaults += 1;
            continue;
        }
        let named_by = referrers.get(id).map(|names| names.iter().copied().collect::<Vec<_>>().join(", "));
        findings.push([
            group["GroupId"].clone(),
            group["GroupName"].clone(),
            group["VpcId"].clone(),
            group["Description"].clone(),
            json!(named_by),
        ]);
    }
    findings.sort_by("id");
    findings.sum("unused", findings.rows.len());
    findings.sum("unused_default_groups", defaults);
    findings.sum("groups", list(&groups, "SecurityGroups").count());
    Ok(findings)
}

/// For each group, the other groups whose rules name it: it cannot be deleted before those rules.
fn referrers(groups: &Value) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut referrers = BTreeMap::<&str, BTreeSet<&str>>::new();
    for group in list(groups, "SecurityGroups") {
        let own = text(group, "GroupId");
        let rules = list(group, "IpPermissions").chain(list(group, "IpPermissionsEgress"));
        for pair in rules.flat_map(|rule| list(rule, "UserIdGroupPairs")) {
            let named = text(pair, "GroupId");
            if named != own {
                referrers.entry(named).or_default().insert(own);
            }
        }
    }
    referrers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn group(id: &str, rules: Value) -> Value {
        json!({"GroupId": id, "GroupName": format!("{id}-name"), "VpcId": "vpc-1", "Description": "d",
            "IpPermissions": rules})
    }

    fn tcp(port: u16, source: &str) -> Value {
        json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": source}]})
    }

    fn account(groups: Value) -> FakeAccount {
        FakeAccount::default().answering("ec2:DescribeSecurityGroups", json!({"SecurityGroups": groups})).answering(
            "ec2:DescribeNetworkInterfaces",
            json!({"NetworkInterfaces": [
                {"NetworkInterfaceId": "eni-1", "Groups": [{"GroupId": "sg-used"}]},
                {"NetworkInterfaceId": "eni-2", "Groups": []},
            ]}),
        )
    }

    fn found(rows: &[serde_json::Map<String, Value>]) -> Vec<Value> {
        rows.iter()
            .map(|row| json!([row["id"], row["protocol"], row["ports"], row["source"], row["interfaces"]]))
            .collect()
    }

    #[tokio::test]
    async fn rules_that_are_open_to_the_internet_are_listed_with_those_in_use_first() {
        let account = account(json!([
            group("sg-a", json!([tcp(443, "0.0.0.0/0"), tcp(22, "203.0.113.0/24")])),
            group("sg-b", json!([{"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}])),
            group(
                "sg-c",
                json!([{"IpProtocol": "tcp", "FromPort": 1000, "ToPort": 2000,
                    "UserIdGroupPairs": [{"GroupId": "sg-a"}]}])
            ),
            group(
                "sg-used",
                json!([{"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
            ),
        ]));
        let rows = rows(TOOL, "open-security-groups", json!({}), &account).await;
        assert_eq!(
            found(&rows),
            [
                json!(["sg-used", "icmp", "type 8", "0.0.0.0/0", 1]),
                json!(["sg-a", "tcp", "443", "0.0.0.0/0", 0]),
                json!(["sg-b", "all", "all", "::/0", 0]),
            ]
        );
    }

    #[tokio::test]
    async fn a_port_is_found_in_ranges_and_in_rules_for_all_protocols() {
        let range =
            json!({"IpProtocol": "udp", "FromPort": 3000, "ToPort": 4000, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]});
        let account = account(json!([
            group("sg-a", json!([tcp(443, "0.0.0.0/0"), range])),
            group("sg-b", json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])),
        ]));
        let rows = rows(TOOL, "open-security-groups", json!({"port": 3306}), &account).await;
        assert_eq!(
            found(&rows),
            [json!(["sg-a", "udp", "3000-4000", "0.0.0.0/0", 0]), json!(["sg-b", "all", "all", "0.0.0.0/0", 0])]
        );
    }

    #[tokio::test]
    async fn prefix_lists_are_looked_into() {
        let rule =
            |id| json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": [{"PrefixListId": id}]});
        let account =
            account(json!([group("sg-a", json!([rule("pl-open")])), group("sg-b", json!([rule("pl-office")]))]))
                .answering_when(
                    "ec2:GetManagedPrefixListEntries",
                    json!({"PrefixListId": "pl-open"}),
                    json!({"Entries": [{"Cidr": "0.0.0.0/0"}, {"Cidr": "10.0.0.0/8"}]}),
                )
                .answering_when(
                    "ec2:GetManagedPrefixListEntries",
                    json!({"PrefixListId": "pl-office"}),
                    json!({"Entries": [{"Cidr": "203.0.113.0/24"}]}),
                );
        let rows = rows(TOOL, "open-security-groups", json!({}), &account).await;
        assert_eq!(found(&rows), [json!(["sg-a", "tcp", "22", "pl-open", 0])]);
    }

    #[tokio::test]
    async fn open_groups_stay_when_interfaces_and_prefix_lists_cannot_be_read() {
        let named =
            json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": [{"PrefixListId": "pl-1"}]});
        let account = account(json!([group("sg-a", json!([tcp(22, "0.0.0.0/0"), named]))]))
            .failing("ec2:DescribeNetworkInterfaces", 403, "UnauthorizedOperation")
            .failing("ec2:GetManagedPrefixListEntries", 403, "UnauthorizedOperation");
        let answer = ask(TOOL, json!({"query": "", "operation": "open-security-groups"}), &account).await;
        assert_eq!(found(&rows_of(&answer)), [json!(["sg-a", "tcp", "22", "0.0.0.0/0", null])]);
        assert!(answer.result.as_ref().unwrap()["summary"].get("open_groups_in_use").is_none());
        let completeness = answer.completeness.unwrap();
        assert_eq!(completeness.failed.len(), 2);
        let note = "Prefix list pl-1 could not be read: rules that name it are not judged.";
        assert!(completeness.notes.contains(&note.to_owned()), "{:?}", completeness.notes);
    }

    #[tokio::test]
    async fn unused_groups_are_neither_default_nor_on_an_interface() {
        let mut default = group("sg-default", json!([]));
        default["GroupName"] = json!("default");
        let refers = json!([{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-a"}, {"GroupId": "sg-used"}]}]);
        let account =
            account(json!([group("sg-b", json!([])), group("sg-a", json!([])), group("sg-used", refers), default]));
        let answer = ask(TOOL, json!({"query": "", "operation": "unused-security-groups"}), &account).await;
        let rows: Vec<_> = rows_of(&answer).iter().map(|row| json!([row["id"], row["named_by"]])).collect();
        assert_eq!(rows, [json!(["sg-a", "sg-used"]), json!(["sg-b", null])]);
        assert_eq!(answer.result.unwrap()["summary"], json!({"unused": 2, "unused_default_groups": 1, "groups": 4}));
    }

    #[tokio::test]
    async fn no_group_is_called_unused_when_interfaces_are_not_all_read() {
        let interfaces = "ec2:DescribeNetworkInterfaces";
        let groups = || account(json!([group("sg-a", json!([]))]));
        let denied = groups().failing(interfaces, 403, "UnauthorizedOperation");
        let cut =
            groups().answering_page(interfaces, json!({}), json!({"NetworkInterfaces": []}), json!({"NextToken": "t"}));
        for account in [denied, cut] {
            let answer = ask(TOOL, json!({"query": "", "operation": "unused-security-groups"}), &account).await;
            assert!(!answer.success);
            assert!(!serde_json::to_string(&answer).unwrap().contains("sg-a"));
        }
    }
}
