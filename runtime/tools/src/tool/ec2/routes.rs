//! Where a subnet's traffic to the internet goes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::firewall::is_internet;
use crate::service::values::{flag, list, text};
use crate::service::{Ask, Unread};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    Ipv4,
    Ipv6,
}

/// The family of an address or a network.
pub(crate) fn family_of(address: &str) -> Family {
    if address.contains(':') { Family::Ipv6 } else { Family::Ipv4 }
}

/// How the internet gets into a subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// The internet gateway's id.
    Gateway(String),
    /// A firewall or load balancer endpoint that answers go through; what it lets in is not known.
    Endpoint(String),
    None,
}

/// Internet gateways that are attached to a VPC; every gateway counts when they could not be read.
#[derive(Debug)]
pub(crate) struct Gateways(Option<BTreeSet<String>>);

impl Gateways {
    pub async fn read(ask: &Ask<'_>) -> Self {
        let answer = ask.read_whole("ec2:DescribeInternetGateways", json!({}), |gateway| gateway).await.ok();
        let attached = |gateway: &&Value| {
            list(gateway, "Attachments")
                .any(|attachment| attachment["State"] != "detached" && !attachment["VpcId"].is_null())
        };
        let ids = |answer: Value| {
            let attached = list(&answer, "InternetGateways").filter(attached);
            attached.map(|gateway| text(gateway, "InternetGatewayId").to_owned()).collect()
        };
        Self(answer.map(ids))
    }

    fn holds(&self, id: &str) -> bool {
        id.starts_with("igw-") && self.0.as_ref().is_none_or(|ids| ids.contains(id))
    }
}

/// All route tables of a region.
#[derive(Debug)]
pub(crate) struct RouteTables {
    tables: Vec<Value>,
    by_subnet: BTreeMap<String, usize>,
    /// The main table of each VPC: for subnets without an association of their own.
    main: BTreeMap<String, usize>,
}

impl RouteTables {
    pub async fn read(ask: &Ask<'_>) -> Result<Self, Unread> {
        let mut answer = ask.read_whole("ec2:DescribeRouteTables", json!({}), |table| table).await?;
        let tables = match answer["RouteTables"].take() {
            Value::Array(tables) => tables,
            _ => Vec::new(),
        };
        Ok(Self::new(tables))
    }

    fn new(tables: Vec<Value>) -> Self {
        let (mut by_subnet, mut main) = (BTreeMap::new(), BTreeMap::new());
        for (index, table) in tables.iter().enumerate() {
            for association in list(table, "Associations").filter(|association| holds(association)) {
                if flag(association, "Main") {
                    main.insert(text(table, "VpcId").to_owned(), index);
                } else if let Some(subnet) = association["SubnetId"].as_str() {
                    by_subnet.insert(subnet.to_owned(), index);
                }
            }
        }
        Self { tables, by_subnet, main }
    }

    /// The way from the internet into a subnet of a VPC.
    pub fn way(&self, subnet: &str, vpc: &str, family: Family, gateways: &Gateways) -> Way {
        let index = self.by_subnet.get(subnet).or_else(|| self.main.get(vpc));
        let Some(table) = index.map(|index| &self.tables[*index]) else { return Way::None };
        let mut way = Way::None;
        for route in list(table, "Routes").filter(|route| leads_out(route, family)) {
            // Gateway Load Balancer endpoints stand in the same member as gateways (EC2 API, Route).
            match text(route, "GatewayId") {
                id if gateways.holds(id) => return Way::Gateway(id.to_owned()),
                id if id.starts_with("vpce-") => way = Way::Endpoint(id.to_owned()),
                _ => {}
            }
        }
        way
    }
}

/// An association counts unless AWS says that it failed or ended.
fn holds(association: &Value) -> bool {
    !matches!(text(&association["AssociationState"], "State"), "disassociating" | "disassociated" | "failed")
}

/// A route for the internet at large that works. A blackhole's target is gone.
fn leads_out(route: &Value, family: Family) -> bool {
    let destination = match family {
        Family::Ipv4 => text(route, "DestinationCidrBlock"),
        Family::Ipv6 => text(route, "DestinationIpv6CidrBlock"),
    };
    is_internet(destination) && route["State"] != "blackhole"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateways() -> Gateways {
        Gateways(Some(["igw-1".to_owned()].into()))
    }

    fn table(vpc: &str, association: Value, route: Value) -> Value {
        json!({"VpcId": vpc, "Associations": [association], "Routes": [
            {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}, route,
        ]})
    }

    fn way(tables: Vec<Value>, family: Family) -> Way {
        RouteTables::new(tables).way("subnet-1", "vpc-1", family, &gateways())
    }

    #[test]
    fn a_subnet_without_an_association_uses_the_main_table_of_its_vpc() {
        let out = json!({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"});
        let main = table("vpc-1", json!({"Main": true}), out.clone());
        let other = table("vpc-2", json!({"Main": true}), out);
        assert_eq!(way(vec![other.clone(), main.clone()], Family::Ipv4), Way::Gateway("igw-1".into()));
        assert_eq!(way(vec![other], Family::Ipv4), Way::None);
        let own = table(
            "vpc-1",
            json!({"SubnetId": "subnet-1"}),
            json!({"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}),
        );
        assert_eq!(way(vec![main, own], Family::Ipv4), Way::None);
    }

    #[test]
    fn each_family_has_its_own_routes() {
        let six = json!({"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1"});
        let tables = vec![table("vpc-1", json!({"Main": true}), six)];
        assert_eq!(way(tables.clone(), Family::Ipv6), Way::Gateway("igw-1".into()));
        assert_eq!(way(tables, Family::Ipv4), Way::None);
    }

    #[test]
    fn only_a_working_route_to_an_attached_gateway_leads_to_the_internet() {
        let to = |route: Value| way(vec![table("vpc-1", json!({"SubnetId": "subnet-1"}), route)], Family::Ipv4);
        let all = "0.0.0.0/0";
        assert_eq!(to(json!({"DestinationCidrBlock": all, "GatewayId": "igw-1", "State": "blackhole"})), Way::None);
        assert_eq!(to(json!({"DestinationCidrBlock": all, "GatewayId": "igw-9"})), Way::None);
        assert_eq!(to(json!({"DestinationCidrBlock": all, "GatewayId": "vgw-1"})), Way::None);
        assert_eq!(to(json!({"DestinationCidrBlock": "203.0.113.0/24", "GatewayId": "igw-1"})), Way::None);
        assert_eq!(to(json!({"DestinationCidrBlock": all, "GatewayId": "vpce-1"})), Way::Endpoint("vpce-1".into()));
    }

    #[test]
    fn an_association_that_ended_does_not_count() {
        let ended = json!({"SubnetId": "subnet-1", "AssociationState": {"State": "disassociated"}});
        let out = json!({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"});
        assert_eq!(way(vec![table("vpc-1", ended, out)], Family::Ipv4), Way::None);
    }
}
