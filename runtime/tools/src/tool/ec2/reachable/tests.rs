use super::*;
use crate::reader::fake::FakeAccount;
use crate::service::testing::{ask, rows, rows_of};

const TOOL: &str = super::super::TOOL.name;
const RECIPE: &str = "instances-reachable-from-internet";

fn instance(id: &str, subnet: &str, group: &str, association: Value) -> Value {
    json!({
        "InstanceId": id, "State": {"Code": 16, "Name": "running"},
        "NetworkInterfaces": [{
            "SubnetId": subnet, "VpcId": "vpc-1", "Groups": [{"GroupId": group}], "Association": association,
            "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": "10.0.0.4", "Association": association}],
        }],
    })
}

fn public(address: &str) -> Value {
    json!({"PublicIp": address, "IpOwnerId": "amazon"})
}

fn group(id: &str, source: &str) -> Value {
    json!({"GroupId": id, "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 20, "ToPort": 25,
        "IpRanges": [{"CidrIp": source}]}]})
}

fn acl(id: &str, subnets: &[&str], action: &str) -> Value {
    let associations: Vec<_> = subnets.iter().map(|subnet| json!({"SubnetId": subnet})).collect();
    let entry = |egress, action| {
        json!({"RuleNumber": 100, "Egress": egress, "RuleAction": action,
        "Protocol": "-1", "CidrBlock": "0.0.0.0/0"})
    };
    json!({"NetworkAclId": id, "Associations": associations,
        "Entries": [entry(false, action), entry(true, "allow")]})
}

/// subnet-open leads to the internet by the main table, subnet-nat does not, subnet-shut has an ACL
/// that denies, subnet-blocked has Block Public Access.
fn network() -> FakeAccount {
    let out = json!({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"});
    let nat = json!({"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"});
    FakeAccount::default()
        .answering(
            "ec2:DescribeRouteTables",
            json!({"RouteTables": [
                {"VpcId": "vpc-1", "Associations": [{"Main": true}], "Routes": [out]},
                {"VpcId": "vpc-1", "Associations": [{"Main": false, "SubnetId": "subnet-nat"}], "Routes": [nat]},
            ]}),
        )
        .answering(
            "ec2:DescribeInternetGateways",
            json!({"InternetGateways": [{"InternetGatewayId": "igw-1",
                "Attachments": [{"State": "attached", "VpcId": "vpc-1"}]}]}),
        )
        .answering(
            "ec2:DescribeSubnets",
            json!({"Subnets": [
                {"SubnetId": "subnet-open", "BlockPublicAccessStates": {"InternetGatewayBlockMode": "off"}},
                {"SubnetId": "subnet-blocked",
                 "BlockPublicAccessStates": {"InternetGatewayBlockMode": "block-ingress"}},
            ]}),
        )
        .answering(
            "ec2:DescribeNetworkAcls",
            json!({"NetworkAcls": [
                acl("acl-1", &["subnet-open", "subnet-nat", "subnet-blocked"], "allow"),
                acl("acl-2", &["subnet-shut"], "deny"),
            ]}),
        )
        .answering(
            "ec2:DescribeSecurityGroups",
            json!({"SecurityGroups": [group("sg-open", "0.0.0.0/0"), group("sg-office", "203.0.113.0/24")]}),
        )
}

fn with_instances(account: FakeAccount, instances: Value) -> FakeAccount {
    account.answering("ec2:DescribeInstances", json!({"Reservations": [{"Instances": instances}]}))
}

#[tokio::test]
async fn an_address_is_reachable_when_no_gate_is_shut() {
    let stopped = {
        let mut stopped = instance("i-stopped", "subnet-open", "sg-open", public("198.51.100.9"));
        stopped["State"]["Name"] = json!("stopping");
        stopped
    };
    let instances = json!([
        instance("i-open", "subnet-open", "sg-open", public("198.51.100.1")),
        instance("i-office", "subnet-open", "sg-office", public("198.51.100.2")),
        instance("i-nat", "subnet-nat", "sg-open", public("198.51.100.3")),
        instance("i-shut", "subnet-shut", "sg-open", public("198.51.100.4")),
        instance("i-blocked", "subnet-blocked", "sg-open", public("198.51.100.5")),
        instance("i-private", "subnet-open", "sg-open", Value::Null),
        stopped,
    ]);
    let rows = rows(TOOL, RECIPE, json!({}), &with_instances(network(), instances)).await;
    let cells: Vec<_> = rows.iter().map(|row| row.values().cloned().collect::<Vec<_>>()).collect();
    let expected = json!(["i-open", null, "198.51.100.1", 22, "igw-1", "acl-1", "sg-open", "0.0.0.0/0"]);
    assert_eq!(json!(cells), json!([expected]));
}

#[tokio::test]
async fn the_port_comes_from_the_parameter_or_the_query() {
    let instances = json!([instance("i-open", "subnet-open", "sg-open", public("198.51.100.1"))]);
    let account = with_instances(network(), instances);
    assert!(rows(TOOL, RECIPE, json!({"port": 443}), &account).await.is_empty());
    for (query, port) in [("ssh from the internet", 22), ("RDP open to the world?", 3389), ("is port 25 open?", 25)] {
        let question = Question { query: query.into(), ..Question::default() };
        assert_eq!(super::port(&question), port, "{query}");
    }
}

#[tokio::test]
async fn an_ipv6_address_needs_ipv6_routes_and_rules() {
    let mut six = instance("i-six", "subnet-open", "sg-six", Value::Null);
    six["NetworkInterfaces"][0]["Ipv6Addresses"] = json!([{"Ipv6Address": "2600:1f18::1"}, {"Ipv6Address": "fd00::1"}]);
    let rule = json!({"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]});
    let acl = json!({"NetworkAclId": "acl-6", "Associations": [{"SubnetId": "subnet-open"}], "Entries": [
        {"RuleNumber": 101, "Egress": false, "RuleAction": "allow", "Protocol": "-1", "Ipv6CidrBlock": "::/0"},
        {"RuleNumber": 101, "Egress": true, "RuleAction": "allow", "Protocol": "-1", "Ipv6CidrBlock": "::/0"},
    ]});
    let account = with_instances(network(), json!([six]))
        .answering(
            "ec2:DescribeSecurityGroups",
            json!({"SecurityGroups": [{"GroupId": "sg-six", "IpPermissions": [rule]}]}),
        )
        .answering("ec2:DescribeNetworkAcls", json!({"NetworkAcls": [acl]}));
    assert!(rows(TOOL, RECIPE, json!({}), &account).await.is_empty(), "the main table has no IPv6 route");
    let out = json!({"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1", "State": "active"});
    let account = account.answering(
        "ec2:DescribeRouteTables",
        json!({"RouteTables": [{"VpcId": "vpc-1", "Associations": [{"Main": true}], "Routes": [out]}]}),
    );
    let rows = rows(TOOL, RECIPE, json!({}), &account).await;
    assert_eq!(rows.iter().map(|row| &row["address"]).collect::<Vec<_>>(), ["2600:1f18::1"]);
}

#[tokio::test]
async fn gates_that_could_not_be_read_leave_null_cells() {
    let instances = json!([instance("i-open", "subnet-open", "sg-open", public("198.51.100.1"))]);
    let account = with_instances(network(), instances)
        .failing("ec2:DescribeRouteTables", 403, "UnauthorizedOperation")
        .failing("ec2:DescribeSecurityGroups", 403, "UnauthorizedOperation");
    let answer = ask(TOOL, json!({"query": "", "operation": RECIPE}), &account).await;
    let rows = rows_of(&answer);
    assert_eq!((&rows[0]["gateway"], &rows[0]["security_groups"]), (&Value::Null, &Value::Null));
    assert_eq!(rows[0]["network_acl"], "acl-1");
    assert_eq!(
        answer.result.unwrap()["summary"],
        json!({"reachable_addresses": 0, "unsure_addresses": 1, "public_addresses": 1})
    );
    assert_eq!(answer.completeness.unwrap().failed.len(), 2);
}

#[tokio::test]
async fn without_public_addresses_nothing_else_is_asked() {
    let account = FakeAccount::default().answering("ec2:DescribeInstances", json!({"Reservations": []}));
    assert!(rows(TOOL, RECIPE, json!({}), &account).await.is_empty());
    assert_eq!(account.asked().len(), 1);
}
