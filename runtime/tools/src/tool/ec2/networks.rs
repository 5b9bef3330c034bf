//! VPCs without flow logs, and Elastic IP addresses that serve nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::name_of;
use crate::service::values::{flag, list, text};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn without_flow_logs(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let (vpcs, logs) = futures::join!(
        ask.read("ec2:DescribeVpcs", json!({})),
        ask.read_whole("ec2:DescribeFlowLogs", json!({}), |log| log),
    );
    // Without all flow logs some VPC would look unwatched.
    let (vpcs, logs) = (vpcs?, logs?);
    let logs = FlowLogs::new(&logs);
    let subnets = logs.subnets_by_vpc(ask).await;
    let mut findings = Findings::table(&["id", "name", "cidr", "default", "problem", "subnets_with_flow_log"]);
    for vpc in list(&vpcs, "Vpcs") {
        let id = text(vpc, "VpcId");
        let Some(problem) = logs.problem(id) else { continue };
        let watched = match (&subnets, logs.of_subnets()) {
            (_, false) => json!(0),
            (Some(subnets), true) => json!(subnets.get(id).copied().unwrap_or_default()),
            (None, true) => Value::Null,
        };
        findings.push([
            vpc["VpcId"].clone(),
            name_of(&vpc["Tags"]),
            vpc["CidrBlock"].clone(),
            json!(flag(vpc, "IsDefault")),
            json!(problem),
            watched,
        ]);
    }
    findings.sort_by("id");
    findings.sum("without_flow_logs", findings.rows.len());
    findings.sum("vpcs", list(&vpcs, "Vpcs").count());
    Ok(findings)
}

/// What the region's flow logs watch.
struct FlowLogs {
    working: BTreeSet<String>,
    /// Resources whose flow logs deliver nothing, with AWS's reason.
    failing: BTreeMap<String, String>,
}

impl FlowLogs {
    fn new(answer: &Value) -> Self {
        let (mut working, mut failing) = (BTreeSet::new(), BTreeMap::new());
        for log in list(answer, "FlowLogs") {
            let resource = text(log, "ResourceId").to_owned();
            if log["DeliverLogsStatus"] == "FAILED" {
                let reason = log["DeliverLogsErrorMessage"].as_str().unwrap_or("unknown error");
                failing.insert(resource, format!("delivery fails: {reason}"));
            } else {
                working.insert(resource);
            }
        }
        Self { working, failing }
    }

    fn problem(&self, vpc: &str) -> Option<String> {
        let failing = || self.failing.get(vpc).cloned().unwrap_or_else(|| "no flow log".to_owned());
        (!self.working.contains(vpc)).then(failing)
    }

    fn of_subnets(&self) -> bool {
        self.working.iter().any(|resource| resource.starts_with("subnet-"))
    }

    /// Number of subnets with a working flow log for each VPC; absent when the subnets could not be read.
    async fn subnets_by_vpc(&self, ask: &Ask<'_>) -> Option<BTreeMap<String, u64>> {
        let mut watched = BTreeMap::new();
        if self.of_subnets() {
            let answer = ask.read("ec2:DescribeSubnets", json!({})).await.ok()?;
            for subnet in list(&answer, "Subnets").filter(|subnet| self.working.contains(text(subnet, "SubnetId"))) {
                *watched.entry(text(subnet, "VpcId").to_owned()).or_default() += 1;
            }
        }
        Some(watched)
    }
}

pub(super) async fn unused_addresses(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("ec2:DescribeAddresses", json!({})).await?;
    let mut findings = Findings::table(&["address", "name", "allocation", "border_group", "managed_by"]);
    for address in list(&answer, "Addresses").filter(|address| is_unused(address)) {
        findings.push([
            address["PublicIp"].clone(),
            name_of(&address["Tags"]),
            address["AllocationId"].clone(),
            address["NetworkBorderGroup"].clone(),
            address["ServiceManaged"].clone(),
        ]);
    }
    findings.sort_by("address");
    findings.sum("unused", findings.rows.len());
    findings.sum("addresses", list(&answer, "Addresses").count());
    Ok(findings)
}

/// Some answers give an empty text for what is not set.
fn is_unused(address: &Value) -> bool {
    ["AssociationId", "InstanceId", "NetworkInterfaceId"].iter().all(|member| text(address, member).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn vpcs() -> FakeAccount {
        let vpc = |id: &str| json!({"VpcId": id, "CidrBlock": "10.0.0.0/16", "IsDefault": false});
        FakeAccount::default()
            .answering("ec2:DescribeVpcs", json!({"Vpcs": [vpc("vpc-4"), vpc("vpc-1"), vpc("vpc-2"), vpc("vpc-3")]}))
    }

    fn log(resource: &str) -> Value {
        json!({"FlowLogId": "fl-1", "ResourceId": resource, "FlowLogStatus": "ACTIVE", "DeliverLogsStatus": "SUCCESS",
            "TrafficType": "ALL"})
    }

    fn logs() -> FakeAccount {
        let mut failing = log("vpc-2");
        failing["DeliverLogsStatus"] = json!("FAILED");
        failing["DeliverLogsErrorMessage"] = json!("Access error");
        vpcs().answering(
            "ec2:DescribeFlowLogs",
            json!({"FlowLogs": [log("vpc-1"), failing, log("subnet-3"), log("eni-1")]}),
        )
    }

    #[tokio::test]
    async fn a_vpc_needs_a_flow_log_that_delivers() {
        let account = logs().answering(
            "ec2:DescribeSubnets",
            json!({"Subnets": [{"SubnetId": "subnet-3", "VpcId": "vpc-3"},
                {"SubnetId": "subnet-4", "VpcId": "vpc-3"}]}),
        );
        let rows = rows(TOOL, "vpcs-without-flow-logs", json!({}), &account).await;
        let found: Vec<_> =
            rows.iter().map(|row| json!([row["id"], row["problem"], row["subnets_with_flow_log"]])).collect();
        assert_eq!(
            found,
            [
                json!(["vpc-2", "delivery fails: Access error", 0]),
                json!(["vpc-3", "no flow log", 1]),
                json!(["vpc-4", "no flow log", 0]),
            ]
        );
    }

    #[tokio::test]
    async fn vpcs_stay_when_subnets_cannot_be_read() {
        let account = logs().failing("ec2:DescribeSubnets", 403, "UnauthorizedOperation");
        let answer = ask(TOOL, json!({"query": "", "operation": "vpcs-without-flow-logs"}), &account).await;
        assert_eq!(rows_of(&answer).len(), 3);
        assert_eq!(rows_of(&answer)[0]["subnets_with_flow_log"], Value::Null);
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "ec2:DescribeSubnets");
    }

    #[tokio::test]
    async fn no_vpc_is_called_unwatched_when_flow_logs_are_not_all_read() {
        let denied = vpcs().failing("ec2:DescribeFlowLogs", 403, "UnauthorizedOperation");
        let cut = vpcs().answering_page(
            "ec2:DescribeFlowLogs",
            json!({}),
            json!({"FlowLogs": []}),
            json!({"NextToken": "t"}),
        );
        for account in [denied, cut] {
            let answer = ask(TOOL, json!({"query": "", "operation": "vpcs-without-flow-logs"}), &account).await;
            assert!(!answer.success);
            assert!(!serde_json::to_string(&answer).unwrap().contains("vpc-1"));
        }
    }

    #[tokio::test]
    async fn an_address_is_unused_when_nothing_holds_it() {
        let account = FakeAccount::default().answering(
            "ec2:DescribeAddresses",
            json!({"Addresses": [
                {"PublicIp": "198.51.100.2", "AllocationId": "eipalloc-2", "AssociationId": "", "InstanceId": ""},
                {"PublicIp": "198.51.100.1", "AllocationId": "eipalloc-1", "Tags": [{"Key": "Name", "Value": "spare"}]},
                {"PublicIp": "198.51.100.3", "AllocationId": "eipalloc-3", "AssociationId": "eipassoc-3"},
            ]}),
        );
        let rows = rows(TOOL, "unused-elastic-ips", json!({}), &account).await;
        let found: Vec<_> = rows.iter().map(|row| json!([row["address"], row["name"]])).collect();
        assert_eq!(found, [json!(["198.51.100.1", "spare"]), json!(["198.51.100.2", null])]);
    }
}
