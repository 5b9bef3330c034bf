//! What security groups and network ACLs let in from the internet.
//!
//! "The internet" is a source network that no single organisation holds: 0.0.0.0/0,
//! ::/0 and networks nearly as large, since 0.0.0.0/1 beside 128.0.0.0/1 opens as much.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::routes::{Family, family_of};
use crate::service::values::{flag, list, number, text};
use crate::service::{Ask, Question};

/// Longest prefixes that count as the internet. A /8 of IPv4 may be one company's.
const LONGEST_IPV4: u8 = 7;
const LONGEST_IPV6: u8 = 16;

/// True for a network that holds a large part of the public addresses.
pub(crate) fn is_internet(cidr: &str) -> bool {
    match parse(cidr) {
        // 224.0.0.0 and above is multicast and reserved.
        Some((IpAddr::V4(address), length)) => length <= LONGEST_IPV4 && address.octets()[0] < 224,
        // Public addresses are in 2000::/3 (RFC 4291).
        Some((IpAddr::V6(address), length)) => {
            length <= LONGEST_IPV6 && u32::from(address.segments()[0] ^ 0x2000) >> (16 - length.min(3)) == 0
        }
        None => false,
    }
}

fn is_everything(cidr: &str) -> bool {
    parse(cidr).is_some_and(|(_, length)| length == 0)
}

fn parse(cidr: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = cidr.split_once('/')?;
    Some((address.parse().ok()?, length.parse().ok()?))
}

/// Prefix lists that rules name, with the families in which they hold the internet.
#[derive(Debug, Default)]
pub(crate) struct OpenLists(BTreeMap<String, BTreeSet<Family>>);

impl OpenLists {
    /// Reads the lists that inbound rules of these groups name. A list that could
    /// not be read counts as closed, and the answer says so.
    pub async fn read(ask: &Ask<'_>, groups: impl Iterator<Item = &Value>) -> Self {
        let named: BTreeSet<String> = groups
            .flat_map(|group| list(group, "IpPermissions"))
            .flat_map(|rule| list(rule, "PrefixListIds"))
            .map(|entry| text(entry, "PrefixListId").to_owned())
            .collect();
        let read = ask.each(named, |id| async move {
            let entries = ask.read("ec2:GetManagedPrefixListEntries", json!({"PrefixListId": id})).await;
            if entries.is_err() {
                ask.note(format!("Prefix list {id} could not be read: rules that name it are not judged."));
            }
            (id, entries.unwrap_or_default())
        });
        Self(read.await.into_iter().map(|(id, answer)| (id, open_families(&answer))).collect())
    }
}

fn open_families(answer: &Value) -> BTreeSet<Family> {
    let networks = list(answer, "Entries").map(|entry| text(entry, "Cidr"));
    networks.filter(|network| is_internet(network)).map(family_of).collect()
}

/// Sources of an inbound rule that are the internet: networks and prefix lists, with the family of each.
pub(crate) fn open_sources(rule: &Value, lists: &OpenLists) -> Vec<(Family, String)> {
    let v4 = list(rule, "IpRanges").map(|range| text(range, "CidrIp"));
    let v6 = list(rule, "Ipv6Ranges").map(|range| text(range, "CidrIpv6"));
    let networks = v4.chain(v6).filter(|network| is_internet(network));
    let mut open: Vec<_> = networks.map(|network| (family_of(network), network.to_owned())).collect();
    for entry in list(rule, "PrefixListIds") {
        let id = text(entry, "PrefixListId");
        open.extend(lists.0.get(id).into_iter().flatten().map(|family| (*family, id.to_owned())));
    }
    open
}

/// Ports that a rule opens for a protocol (`tcp`, `udp`); absent when it is about another protocol.
/// A rule for all protocols opens all ports, whatever it says about ports (EC2 API, IpPermission).
pub(crate) fn open_ports(rule: &Value, protocol: &str) -> Option<RangeInclusive<i64>> {
    let own = match text(rule, "IpProtocol") {
        "-1" => return Some(0..=65535),
        "6" => "tcp",
        "17" => "udp",
        name => name,
    };
    let (from, to) = (rule["FromPort"].as_i64().unwrap_or(-1), rule["ToPort"].as_i64().unwrap_or(-1));
    (own == protocol).then_some(if from < 0 { 0..=65535 } else { from..=to })
}

/// The port in the parameters, or in the query: `port 5432`, `ports 22`.
pub(super) fn named_port(question: &Question) -> Option<u16> {
    let query = question.query.to_lowercase();
    let mut words = query.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let given = question.parameters.get("port").and_then(Value::as_f64).filter(|port| (0.0..=65535.0).contains(port));
    let named = words.find(|word| matches!(*word, "port" | "ports")).and_then(|_| words.next()?.parse().ok());
    given.map(|port| port as u16).or(named)
}

/// Ports from which clients send: answers to them must leave the subnet again
/// (VPC user guide, "Ephemeral ports").
const EPHEMERAL: RangeInclusive<u16> = 1024..=65535;

/// True when a network ACL lets the internet's TCP connections to this port in and the answers out.
/// Entries apply in the order of their numbers; what none of them names is denied.
pub(super) fn acl_admits(acl: &Value, family: Family, port: u16) -> bool {
    admits(acl, false, family, port..=port) && admits(acl, true, family, EPHEMERAL)
}

fn admits(acl: &Value, egress: bool, family: Family, ports: RangeInclusive<u16>) -> bool {
    let mut entries: Vec<&Value> = list(acl, "Entries").filter(|entry| flag(entry, "Egress") == egress).collect();
    entries.sort_by_key(|entry| entry["RuleNumber"].as_i64());
    let mut open = vec![ports];
    for entry in entries {
        let Some(covered) = tcp_ports(entry) else { continue };
        let network = network(entry, family);
        let meets = open.iter().any(|range| range.start() <= covered.end() && covered.start() <= range.end());
        if entry["RuleAction"] == "allow" && is_internet(network) && meets {
            return true;
        }
        // A narrower denial leaves the rest of the internet to the entries after it.
        if entry["RuleAction"] == "deny" && is_everything(network) {
            open = open.into_iter().flat_map(|range| without(range, &covered)).collect();
        }
    }
    false
}

fn network(entry: &Value, family: Family) -> &str {
    match family {
        Family::Ipv4 => text(entry, "CidrBlock"),
        Family::Ipv6 => text(entry, "Ipv6CidrBlock"),
    }
}

/// TCP ports of an entry; absent when it is about another protocol.
fn tcp_ports(entry: &Value) -> Option<RangeInclusive<u16>> {
    match text(entry, "Protocol") {
        "-1" => Some(0..=u16::MAX),
        "6" | "tcp" if entry["PortRange"].is_null() => Some(0..=u16::MAX),
        "6" | "tcp" => {
            let range = &entry["PortRange"];
            Some(number(range, "From") as u16..=number(range, "To") as u16)
        }
        _ => None,
    }
}

/// What is left of a range when another is taken away.
fn without(range: RangeInclusive<u16>, taken: &RangeInclusive<u16>) -> Vec<RangeInclusive<u16>> {
    let before = *range.start()..=taken.start().saturating_sub(1).min(*range.end());
    let after = taken.end().saturating_add(1).max(*range.start())..=*range.end();
    let mut left = Vec::new();
    if *taken.start() > *range.start() {
        left.push(before);
    }
    if *taken.end() < *range.end() {
        left.push(after);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_internet_is_everything_or_nearly_everything() {
        for cidr in ["0.0.0.0/0", "128.0.0.0/1", "64.0.0.0/3", "::/0", "2000::/3", "::/1", "2600::/12"] {
            assert!(is_internet(cidr), "{cidr}");
        }
    }

    #[test]
    fn private_and_narrow_networks_are_not_the_internet() {
        let narrow = ["10.0.0.0/8", "203.0.113.0/24", "1.2.3.4/32", "224.0.0.0/4", "fc00::/7", "fe80::/10", "8000::/1"];
        for cidr in narrow.into_iter().chain(["2001:db8::/32", "", "sg-1", "0.0.0.0", "0.0.0.0/x"]) {
            assert!(!is_internet(cidr), "{cidr}");
        }
    }

    #[test]
    fn a_rule_opens_its_range_and_all_protocols_open_all_ports() {
        let rule = |protocol: &str, from, to| json!({"IpProtocol": protocol, "FromPort": from, "ToPort": to});
        assert_eq!(open_ports(&rule("tcp", 20, 25), "tcp"), Some(20..=25));
        assert_eq!(open_ports(&rule("6", 20, 25), "tcp"), Some(20..=25));
        assert_eq!(open_ports(&rule("udp", 20, 25), "tcp"), None);
        assert_eq!(open_ports(&rule("icmp", -1, -1), "tcp"), None);
        assert_eq!(open_ports(&json!({"IpProtocol": "-1"}), "tcp"), Some(0..=65535));
        assert_eq!(open_ports(&json!({"IpProtocol": "tcp"}), "tcp"), Some(0..=65535));
    }

    fn entry(number: u32, egress: bool, action: &str, cidr: &str, ports: Option<(u16, u16)>) -> Value {
        let mut entry =
            json!({"RuleNumber": number, "Egress": egress, "RuleAction": action, "CidrBlock": cidr, "Protocol": "-1"});
        if let Some((from, to)) = ports {
            entry["Protocol"] = json!("6");
            entry["PortRange"] = json!({"From": from, "To": to});
        }
        entry
    }

    fn acl(inbound: &[Value], outbound: &[Value]) -> Value {
        let last = [false, true].map(|egress| entry(32767, egress, "deny", "0.0.0.0/0", None));
        let entries = [inbound, outbound, &last].concat();
        json!({"Entries": entries})
    }

    const ALL: &str = "0.0.0.0/0";

    #[test]
    fn the_first_entry_that_fits_decides_by_number_and_not_by_place() {
        let out = [entry(100, true, "allow", ALL, None)];
        let denied =
            acl(&[entry(200, false, "allow", ALL, None), entry(100, false, "deny", ALL, Some((22, 22)))], &out);
        assert!(!acl_admits(&denied, Family::Ipv4, 22));
        assert!(acl_admits(&denied, Family::Ipv4, 23));
        let allowed =
            acl(&[entry(50, false, "allow", ALL, Some((0, 100))), entry(100, false, "deny", ALL, None)], &out);
        assert!(acl_admits(&allowed, Family::Ipv4, 22));
        assert!(!acl_admits(&allowed, Family::Ipv6, 22));
    }

    #[test]
    fn a_narrow_denial_does_not_close_the_internet_and_a_narrow_permission_does_not_open_it() {
        let out = [entry(100, true, "allow", ALL, None)];
        let one = entry(90, false, "deny", "203.0.113.0/24", None);
        assert!(acl_admits(&acl(&[one, entry(100, false, "allow", ALL, None)], &out), Family::Ipv4, 22));
        let office = entry(90, false, "allow", "203.0.113.0/24", None);
        assert!(!acl_admits(&acl(&[office], &out), Family::Ipv4, 22));
    }

    #[test]
    fn answers_must_get_out_as_well() {
        let inbound = [entry(100, false, "allow", ALL, None)];
        assert!(!acl_admits(&acl(&inbound, &[]), Family::Ipv4, 22));
        let low = [entry(100, true, "allow", ALL, Some((0, 1023)))];
        assert!(!acl_admits(&acl(&inbound, &low), Family::Ipv4, 22));
        let some =
            [entry(90, true, "deny", ALL, Some((1024, 32767))), entry(100, true, "allow", ALL, Some((1024, 65535)))];
        assert!(acl_admits(&acl(&inbound, &some), Family::Ipv4, 22));
    }
}
