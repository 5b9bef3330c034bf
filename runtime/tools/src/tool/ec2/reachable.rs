//! Instances that the internet reaches at their own public address.
//!
//! Every gate is looked at: the address, the subnet's route, Block Public Access, the
//! network ACL, the security groups. A gate that could not be read leaves a null
//! cell; a gate that is known to be shut takes the address off the list. Ways
//! through load balancers, NAT, VPN and peering are others' questions.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::firewall::{OpenLists, acl_admits, named_port, open_ports, open_sources};
use super::routes::{Family, Gateways, RouteTables, Way, family_of};
use super::{instances_of, keeping, name_of};
use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Question, Unread};

const SSH: u16 = 22;
const RDP: u16 = 3389;

pub(super) async fn instances(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let port = port(ask.question);
    ask.note(format!(
        "TCP port {port} at the instances' own public addresses; ways through load balancers, NAT or VPN \
         are not followed."
    ));
    let running = json!({
        "Filters": [{"Name": "instance-state-name", "Values": ["running"]}],
        "IncludeManagedResources": true,
    });
    let members = keeping(&[
        "InstanceId",
        "Tags",
        "State",
        "NetworkInterfaces",
        "PublicIpAddress",
        "Ipv6Address",
        "SubnetId",
        "VpcId",
        "SecurityGroups",
    ]);
    let answer = ask.read_each("ec2:DescribeInstances", running, members).await?;
    let doors: Vec<Door<'_>> =
        instances_of(&answer).filter(|instance| instance["State"]["Name"] == "running").flat_map(doors).collect();
    let mut findings =
        Findings::table(&["id", "name", "address", "port", "gateway", "network_acl", "security_groups", "sources"]);
    if !doors.is_empty() {
        let network = Network::read(ask).await;
        for door in &doors {
            network.judge(ask, door, port, &mut findings);
        }
    }
    findings.sort_by("address");
    findings.sort_by("id");
    let sure = |row: &&Vec<Value>| !row[4..].iter().any(Value::is_null);
    findings.sum("reachable_addresses", findings.rows.iter().filter(sure).count());
    findings.sum("unsure_addresses", findings.rows.iter().filter(|row| !sure(row)).count());
    findings.sum("public_addresses", doors.len());
    Ok(findings)
}

/// The port that is named, or that of a protocol that the query names.
fn port(question: &Question) -> u16 {
    let rdp = question.words().has("rdp");
    named_port(question).unwrap_or(if rdp { RDP } else { SSH })
}

/// A public address of an instance and the interface behind it.
struct Door<'a> {
    instance: &'a Value,
    address: &'a str,
    subnet: &'a str,
    vpc: &'a str,
    groups: &'a Value,
}

fn doors(instance: &Value) -> Vec<Door<'_>> {
    let interfaces: Vec<&Value> = list(instance, "NetworkInterfaces").collect();
    // Some answers leave the interfaces out; the instance then speaks for its first one.
    if interfaces.is_empty() {
        let addresses = [text(instance, "PublicIpAddress"), text(instance, "Ipv6Address")];
        return open_doors(instance, instance, "SecurityGroups", addresses.into_iter());
    }
    let of_interface = |interface| open_doors(instance, interface, "Groups", public_addresses(interface));
    interfaces.into_iter().flat_map(of_interface).collect()
}

fn open_doors<'a>(
    instance: &'a Value,
    place: &'a Value,
    groups: &str,
    addresses: impl Iterator<Item = &'a str>,
) -> Vec<Door<'a>> {
    let door = |address| Door {
        instance,
        address,
        subnet: text(place, "SubnetId"),
        vpc: text(place, "VpcId"),
        groups: &place[groups],
    };
    addresses.filter(|address| is_public(address)).map(door).collect()
}

/// Public IPv4 addresses of an interface, first and secondary ones once each, and its IPv6 addresses.
fn public_addresses(interface: &Value) -> impl Iterator<Item = &str> {
    let first = text(&interface["Association"], "PublicIp");
    let others = list(interface, "PrivateIpAddresses").map(|private| text(&private["Association"], "PublicIp"));
    let six = list(interface, "Ipv6Addresses").map(|address| text(address, "Ipv6Address"));
    std::iter::once(first).chain(others.filter(move |other| *other != first)).chain(six)
}

/// Any IPv4 address here is a public one; of IPv6 addresses 2000::/3 is public (RFC 4291).
fn is_public(address: &str) -> bool {
    match address.parse() {
        Ok(std::net::IpAddr::V4(_)) => true,
        Ok(std::net::IpAddr::V6(address)) => address.segments()[0] & 0xe000 == 0x2000,
        Err(_) => false,
    }
}

/// What stands between the internet and the addresses; absent where it could not be read.
struct Network {
    routes: Option<RouteTables>,
    gateways: Gateways,
    /// Subnets from which Block Public Access keeps the internet.
    blocked: Vec<String>,
    acls: Option<BTreeMap<String, Value>>,
    groups: Option<(BTreeMap<String, Value>, OpenLists)>,
}

impl Network {
    async fn read(ask: &Ask<'_>) -> Self {
        let (routes, gateways, blocked, acls, groups) =
            futures::join!(RouteTables::read(ask), Gateways::read(ask), blocked_subnets(ask), acls(ask), groups(ask));
        Self { routes: routes.ok(), gateways, blocked, acls, groups }
    }

    /// Adds a row unless a gate is shut.
    fn judge(&self, ask: &Ask<'_>, door: &Door<'_>, port: u16, findings: &mut Findings) {
        let family = family_of(door.address);
        let Some(gateway) = self.gateway(ask, door, family) else { return };
        let Some(acl) = self.acl(door, family, port) else { return };
        let Some((groups, sources)) = self.opening(ask, door, family, port) else { return };
        findings.push([
            door.instance["InstanceId"].clone(),
            name_of(&door.instance["Tags"]),
            json!(door.address),
            json!(port),
            gateway,
            acl,
            groups,
            sources,
        ]);
    }

    /// The gateway's id, null when not known, absent when no way leads in.
    fn gateway(&self, ask: &Ask<'_>, door: &Door<'_>, family: Family) -> Option<Value> {
        if self.blocked.iter().any(|subnet| subnet == door.subnet) {
            return None;
        }
        let Some(routes) = &self.routes else { return Some(Value::Null) };
        match routes.way(door.subnet, door.vpc, family, &self.gateways) {
            Way::Gateway(id) => Some(json!(id)),
            Way::Endpoint(id) => {
                ask.note(format!("What the firewall behind endpoint {id} lets in was not read."));
                Some(Value::Null)
            }
            Way::None => None,
        }
    }

    fn acl(&self, door: &Door<'_>, family: Family, port: u16) -> Option<Value> {
        match self.acls.as_ref().and_then(|acls| acls.get(door.subnet)) {
            Some(acl) => acl_admits(acl, family, port).then(|| acl["NetworkAclId"].clone()),
            None => Some(Value::Null),
        }
    }

    /// Security groups with a rule that lets the internet in, and that rule's sources.
    /// One group that lets in is enough: groups only permit.
    fn opening(&self, ask: &Ask<'_>, door: &Door<'_>, family: Family, port: u16) -> Option<(Value, Value)> {
        let Some((groups, lists)) = &self.groups else { return Some((Value::Null, Value::Null)) };
        let (mut open, mut sources, mut unknown) = (Vec::new(), Vec::new(), false);
        for id in door.groups.as_array().into_iter().flatten().map(|group| text(group, "GroupId")) {
            let Some(group) = groups.get(id) else {
                ask.note(format!("Security group {id} is not among those of this account: its rules are not known."));
                unknown = true;
                continue;
            };
            let mut found = group_sources(group, lists, family, port);
            if !found.is_empty() {
                open.push(id);
                sources.append(&mut found);
            }
        }
        sources.sort();
        sources.dedup();
        match (open.is_empty(), unknown) {
            (true, true) => Some((Value::Null, Value::Null)),
            (true, false) => None,
            (false, _) => Some((json!(open.join(", ")), json!(sources.join(", ")))),
        }
    }
}

fn group_sources(group: &Value, lists: &OpenLists, family: Family, port: u16) -> Vec<String> {
    let rules = list(group, "IpPermissions");
    let open = rules.filter(|rule| open_ports(rule, "tcp").is_some_and(|ports| ports.contains(&i64::from(port))));
    let sources = open.flat_map(|rule| open_sources(rule, lists));
    sources.filter(|(of, _)| *of == family).map(|(_, source)| source).collect()
}

/// VPC Block Public Access stands above all rules (VPC user guide, "Block public access to VPCs and subnets").
async fn blocked_subnets(ask: &Ask<'_>) -> Vec<String> {
    let Ok(answer) = ask.read("ec2:DescribeSubnets", json!({})).await else {
        ask.note("Whether Block Public Access shuts a subnet could not be read.");
        return Vec::new();
    };
    let mode = |subnet: &Value| text(&subnet["BlockPublicAccessStates"], "InternetGatewayBlockMode").to_owned();
    let blocked = list(&answer, "Subnets").filter(|subnet| mode(subnet).starts_with("block-"));
    blocked.map(|subnet| text(subnet, "SubnetId").to_owned()).collect()
}

/// The network ACL of each subnet: there is always exactly one.
async fn acls(ask: &Ask<'_>) -> Option<BTreeMap<String, Value>> {
    let answer = ask.read("ec2:DescribeNetworkAcls", json!({})).await.ok()?;
    let mut acls = BTreeMap::new();
    for acl in list(&answer, "NetworkAcls") {
        acls.extend(list(acl, "Associations").map(|of| (text(of, "SubnetId").to_owned(), acl.clone())));
    }
    Some(acls)
}

async fn groups(ask: &Ask<'_>) -> Option<(BTreeMap<String, Value>, OpenLists)> {
    let answer = ask.read("ec2:DescribeSecurityGroups", json!({})).await.ok()?;
    let lists = OpenLists::read(ask, list(&answer, "SecurityGroups")).await;
    let groups = list(&answer, "SecurityGroups").map(|group| (text(group, "GroupId").to_owned(), group.clone()));
    Some((groups.collect(), lists))
}

#[cfg(test)]
mod tests;
