"""A VPC with every gate between the internet and an instance open or shut, groups of rules, and flow logs."""

from account import Case
from moto.logs.models import logs_backends

from ec2 import OWN_ACCOUNT, by_name, launch, records, stop, tagged

TOOL = "ec2_read_operations"
ANYWHERE, COMPANY = "0.0.0.0/0", "10.0.0.0/8"
FLOW_LOG_ROLE = f"arn:aws:iam::{OWN_ACCOUNT}:role/flows"
# What the seeding made: ids by name.
GROUPS, SUBNETS, VPCS, LISTS = {}, {}, {}, {}
# Inbound rules of each group: protocol, ports, sources.
RULES = {
    "ssh": [("tcp", (22, 22), [ANYWHERE])],
    "ssh-company": [("tcp", (22, 22), [COMPANY, "203.0.113.0/24"])],
    "https": [("tcp", (443, 443), [ANYWHERE, "::/0"])],
    "halves": [("tcp", (0, 1024), ["0.0.0.0/1", "128.0.0.0/1"])],
    "list": [("tcp", (22, 22), ["list-open"])],
    "list-company": [("tcp", (22, 22), ["list-company"])],
    "ssh6": [("tcp", (22, 22), ["::/0"])],
    "all": [("-1", None, [ANYWHERE])],
    "ping": [("icmp", (8, -1), [ANYWHERE])],
    "dns": [("udp", (53, 53), [ANYWHERE])],
    "of-interface": [],
    "idle": [],
}
# Subnet and groups of each instance, and whether it has a public address.
PLACES = {
    "at-ssh": ("public", ["ssh"], True),
    "at-two-groups": ("public", ["ssh-company", "halves"], True),
    "at-list": ("public", ["list"], True),
    "at-all": ("public", ["all"], True),
    "at-six": ("public", ["ssh6"], True),
    "without-address": ("public", ["ssh"], False),
    "company-only": ("public", ["ssh-company", "list-company"], True),
    "https-only": ("public", ["https"], True),
    "udp-only": ("public", ["dns", "ping"], True),
    "six-rule-four-address": ("plain", ["ssh6"], True),
    "no-route": ("private", ["ssh"], True),
    "behind-nat": ("nat", ["ssh"], True),
    "blackhole": ("blackhole", ["ssh"], True),
    "acl-denies-in": ("acl-in", ["ssh"], True),
    "acl-denies-out": ("acl-out", ["ssh"], True),
    "acl-some-denied": ("acl-some", ["ssh"], True),
    "is-stopped": ("public", ["ssh"], True),
}
WITH_IPV6 = ["at-ssh", "at-six", "https-only", "at-all"]
REACHED_AT_22 = {
    "at-ssh": {ANYWHERE},
    "at-two-groups": {"0.0.0.0/1", "128.0.0.0/1"},
    "at-list": {"list-open"},
    "at-all": {ANYWHERE},
    "acl-some-denied": {ANYWHERE},
}
REACHED_AT_443 = {
    "at-all": {ANYWHERE},
    "at-two-groups": {"0.0.0.0/1", "128.0.0.0/1"},
    "https-only": {ANYWHERE},
}


def seed(account):
    ec2 = account.client("ec2")
    VPCS["shop"] = ec2.create_vpc(
        CidrBlock="10.1.0.0/16", AmazonProvidedIpv6CidrBlock=True, TagSpecifications=tagged("vpc", "shop")
    )["Vpc"]["VpcId"]
    seed_subnets(ec2)
    seed_routes(ec2)
    seed_acls(ec2)
    seed_groups(account, ec2)
    seed_instances(account, ec2)
    seed_flow_logs(ec2)


def seed_subnets(ec2):
    six = ec2.describe_vpcs(VpcIds=[VPCS["shop"]])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    names = ["public", "plain", "private", "nat", "blackhole", "acl-in", "acl-out", "acl-some"]
    for number, name in enumerate(names):
        block = {"CidrBlock": f"10.1.{number}.0/24"}
        if name == "public":
            block["Ipv6CidrBlock"] = six.replace("::/56", "::/64")
        subnet = ec2.create_subnet(VpcId=VPCS["shop"], AvailabilityZone="us-east-1a", **block)
        SUBNETS[name] = subnet["Subnet"]["SubnetId"]


def seed_routes(ec2):
    """The main table leads nowhere; tables of their own lead out, to a NAT gateway, or to a gateway that is gone."""
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=VPCS["shop"])
    VPCS["gateway"] = gateway
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=SUBNETS["public"], AllocationId=address)["NatGateway"]["NatGatewayId"]
    out = table(ec2, ["public", "plain", "acl-in", "acl-out", "acl-some"], GatewayId=gateway)
    ec2.create_route(RouteTableId=out, DestinationIpv6CidrBlock="::/0", GatewayId=gateway)
    table(ec2, ["nat"], NatGatewayId=nat)
    dead = table(ec2, ["blackhole"], GatewayId=gateway)
    # moto never calls a route a blackhole.
    [route] = [route for route in records().route_tables[dead].routes if route.gateway]
    route.__class__ = type("Blackhole", (route.__class__,), {"state": "blackhole"})


def table(ec2, subnets, **target):
    table = ec2.create_route_table(VpcId=VPCS["shop"])["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, **target)
    for subnet in subnets:
        ec2.associate_route_table(RouteTableId=table, SubnetId=SUBNETS[subnet])
    return table


def seed_acls(ec2):
    """Rules in the order of their numbers, the first that fits holds."""
    # AWS adds these to the default ACL of a VPC with IPv6 (VPC user guide, "Default network ACL"); moto does not.
    mine = [{"Name": "vpc-id", "Values": [VPCS["shop"]]}]
    [default] = ec2.describe_network_acls(Filters=mine)["NetworkAcls"]
    for egress in (False, True):
        ec2.create_network_acl_entry(
            NetworkAclId=default["NetworkAclId"],
            RuleNumber=101,
            Egress=egress,
            RuleAction="allow",
            Protocol="-1",
            Ipv6CidrBlock="::/0",
        )
    acl(ec2, "acl-in", (90, False, "deny", ANYWHERE, (22, 22)), (100, False, "allow", ANYWHERE, None))
    acl(ec2, "acl-out", (100, False, "allow", ANYWHERE, None), (100, True, "allow", ANYWHERE, (0, 1023)))
    acl(
        ec2,
        "acl-some",
        (80, False, "deny", "198.51.100.0/24", None),
        (90, False, "allow", ANYWHERE, (22, 22)),
        (95, False, "deny", ANYWHERE, (22, 22)),
        (100, True, "allow", ANYWHERE, None),
    )


def acl(ec2, subnet, *entries):
    """A network ACL of its own for the subnet; without a rule for a direction it lets nothing through."""
    made = ec2.create_network_acl(VpcId=VPCS["shop"])["NetworkAcl"]["NetworkAclId"]
    if not any(egress for _, egress, *_ in entries):
        entries = (*entries, (100, True, "allow", ANYWHERE, None))
    for number, egress, action, block, ports in entries:
        given = {"NetworkAclId": made, "RuleNumber": number, "Egress": egress, "RuleAction": action, "CidrBlock": block}
        given |= {"Protocol": "6", "PortRange": {"From": ports[0], "To": ports[1]}} if ports else {"Protocol": "-1"}
        ec2.create_network_acl_entry(**given)
    acls = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [SUBNETS[subnet]]}])
    [old] = [one for one in acls["NetworkAcls"][0]["Associations"] if one["SubnetId"] == SUBNETS[subnet]]
    ec2.replace_network_acl_association(AssociationId=old["NetworkAclAssociationId"], NetworkAclId=made)


def seed_groups(account, ec2):
    seed_lists(ec2)
    for name, rules in RULES.items():
        GROUPS[name] = group(ec2, name)
        permissions = [permission(*rule) for rule in rules]
        if permissions:
            ec2.authorize_security_group_ingress(GroupId=GROUPS[name], IpPermissions=permissions)
    GROUPS["named"] = group(ec2, "named")
    pair = [{"GroupId": GROUPS["named"]}]
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": pair}
    ec2.authorize_security_group_ingress(GroupId=GROUPS["idle"], IpPermissions=[rule])
    for number in range(account.size):
        group(ec2, f"team-{number}")


def group(ec2, name):
    made = ec2.create_security_group(GroupName=name, Description=f"Group {name}", VpcId=VPCS["shop"])
    return made["GroupId"]


def seed_lists(ec2):
    for name, entry in {"list-open": ANYWHERE, "list-company": COMPANY}.items():
        made = ec2.create_managed_prefix_list(
            PrefixListName=name, AddressFamily="IPv4", MaxEntries=2, Entries=[{"Cidr": "192.0.2.0/24"}, {"Cidr": entry}]
        )
        LISTS[name] = made["PrefixList"]["PrefixListId"]


def permission(protocol, ports, sources):
    rule = {"IpProtocol": protocol, "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": []}
    if ports:
        rule |= {"FromPort": ports[0], "ToPort": ports[1]}
    for source in sources:
        if source in LISTS:
            rule["PrefixListIds"].append({"PrefixListId": LISTS[source]})
        elif ":" in source:
            rule["Ipv6Ranges"].append({"CidrIpv6": source})
        else:
            rule["IpRanges"].append({"CidrIp": source})
    return {name: value for name, value in rule.items() if value != []}


def seed_instances(account, ec2):
    for name, (subnet, groups, public) in PLACES.items():
        interface = {
            "DeviceIndex": 0,
            "SubnetId": SUBNETS[subnet],
            "Groups": [GROUPS[group] for group in groups],
            "AssociatePublicIpAddress": public,
        }
        [instance] = launch(account, name, NetworkInterfaces=[interface])
        if name == "is-stopped":
            stop(account, instance)
    six = ec2.describe_subnets(SubnetIds=[SUBNETS["public"]])["Subnets"][0]["Ipv6CidrBlockAssociationSet"]
    for number, name in enumerate(WITH_IPV6, 5):
        address = six[0]["Ipv6CidrBlock"].replace("/64", str(number))
        interface = by_name(account)[name]["NetworkInterfaces"][0]["NetworkInterfaceId"]
        ec2.assign_ipv6_addresses(NetworkInterfaceId=interface, Ipv6Addresses=[address])
    # Used without any instance.
    ec2.create_network_interface(SubnetId=SUBNETS["plain"], Groups=[GROUPS["of-interface"]])


def seed_flow_logs(ec2):
    """Working, failing, both, of a subnet alone, and none."""
    logs_backends[OWN_ACCOUNT]["us-east-1"].create_log_group("/vpc/flows", {})
    for number, name in enumerate(["watched", "failing", "both", "bare"]):
        made = ec2.create_vpc(CidrBlock=f"10.{20 + number}.0.0/16", TagSpecifications=tagged("vpc", name))
        VPCS[name] = made["Vpc"]["VpcId"]
    # moto says FAILED where the log group is missing, as AWS does.
    for name, group in [("watched", "/vpc/flows"), ("failing", "/gone"), ("both", "/gone"), ("both", "/vpc/flows")]:
        flow_log(ec2, "VPC", VPCS[name], group)
    for subnet in ["public", "plain"]:
        flow_log(ec2, "Subnet", SUBNETS[subnet], "/vpc/flows")
    flow_log(ec2, "Subnet", SUBNETS["private"], "/gone")


def flow_log(ec2, kind, resource, group):
    made = ec2.create_flow_logs(
        ResourceType=kind,
        ResourceIds=[resource],
        TrafficType="ALL",
        LogGroupName=group,
        DeliverLogsPermissionArn=FLOW_LOG_ROLE,
    )
    assert made["FlowLogIds"], made


def cases(account):
    return [*open_groups(account), *reachable(account), flow_logs(account), unused_groups(account)]


def open_groups(account):
    uses = interfaces_of_groups(account)
    shown = {"tcp": "tcp", "udp": "udp", "icmp": "icmp", "-1": "all"}

    def row(name, protocol, ports, source):
        one = {"id": GROUPS[name], "name": name, "vpc": VPCS["shop"], "protocol": shown[protocol], "ports": ports}
        return {**one, "source": LISTS.get(source, source), "interfaces": uses.get(GROUPS[name], 0)}

    rows = {
        "ssh": [row("ssh", "tcp", "22", ANYWHERE)],
        "https": [row("https", "tcp", "443", ANYWHERE), row("https", "tcp", "443", "::/0")],
        "halves": [row("halves", "tcp", "0-1024", "0.0.0.0/1"), row("halves", "tcp", "0-1024", "128.0.0.0/1")],
        "list": [row("list", "tcp", "22", "list-open")],
        "ssh6": [row("ssh6", "tcp", "22", "::/0")],
        "all": [row("all", "-1", "all", ANYWHERE)],
        "ping": [row("ping", "icmp", "type 8", ANYWHERE)],
        "dns": [row("dns", "udp", "53", ANYWHERE)],
    }

    def case(names, parameters):
        found = [row for name in names for row in rows[name]]
        summary = {"open_groups": len(names), "open_groups_in_use": len(names)}
        total = len(account.all("ec2", "describe_security_groups", "SecurityGroups"))
        return Case(TOOL, "open-security-groups", parameters, rows=found, summary={**summary, "groups": total})

    return [
        case(list(rows), {}),
        case(["ssh", "halves", "list", "ssh6", "all"], {"port": 22}),
        case(["halves", "all", "dns"], {"port": 53}),
    ]


def interfaces_of_groups(account):
    uses = {}
    for interface in account.all("ec2", "describe_network_interfaces", "NetworkInterfaces"):
        for group in interface["Groups"]:
            uses[group["GroupId"]] = uses.get(group["GroupId"], 0) + 1
    return uses


def reachable(account):
    instances = by_name(account)
    # Over IPv6 whoever stands in the public subnet with a rule for ::/0.
    return [
        reachable_case({}, 22, instances, REACHED_AT_22, ["at-six"]),
        reachable_case({"port": 443}, 443, instances, REACHED_AT_443, ["https-only"]),
    ]


def reachable_case(parameters, port, instances, over_four, over_six):
    rows = []
    for name, sources in over_four.items():
        sources = sorted(LISTS.get(source, source) for source in sources)
        rows.append(reached(instances[name], port, instances[name]["PublicIpAddress"], ", ".join(sources)))
    for name in over_six:
        [interface] = instances[name]["NetworkInterfaces"]
        [six] = interface["Ipv6Addresses"]
        rows.append(reached(instances[name], port, six["Ipv6Address"], "::/0"))
    summary = {"reachable_addresses": len(rows), "unsure_addresses": 0}
    return Case(TOOL, "instances-reachable-from-internet", parameters, rows=rows, summary=summary)


def reached(instance, port, address, sources):
    row = {"id": instance["InstanceId"], "address": address, "port": port, "gateway": VPCS["gateway"]}
    return {**row, "sources": sources}


def flow_logs(account):
    vpcs = account.all("ec2", "describe_vpcs", "Vpcs")
    [default] = [vpc for vpc in vpcs if vpc["IsDefault"]]
    rows = [
        {"id": VPCS["shop"], "name": "shop", "problem": "no flow log", "subnets_with_flow_log": 2, "default": False},
        {"id": VPCS["failing"], "problem": "delivery fails: Access error", "subnets_with_flow_log": 0},
        {"id": VPCS["bare"], "problem": "no flow log", "subnets_with_flow_log": 0, "cidr": "10.23.0.0/16"},
        {"id": default["VpcId"], "problem": "no flow log", "subnets_with_flow_log": 0, "default": True},
    ]
    summary = {"without_flow_logs": len(rows), "vpcs": len(vpcs)}
    return Case(TOOL, "vpcs-without-flow-logs", rows=rows, summary=summary)


def unused_groups(account):
    uses = interfaces_of_groups(account)
    teams = [{"name": f"team-{number}", "named_by": None} for number in range(account.size)]
    rows = [
        *teams,
        {"id": GROUPS["idle"], "name": "idle", "named_by": None},
        {"id": GROUPS["named"], "name": "named", "named_by": GROUPS["idle"], "description": "Group named"},
    ]
    groups = account.all("ec2", "describe_security_groups", "SecurityGroups")
    defaults = [one for one in groups if one["GroupName"] == "default" and one["GroupId"] not in uses]
    summary = {"unused": len(rows), "unused_default_groups": len(defaults), "groups": len(groups)}
    return Case(TOOL, "unused-security-groups", rows=rows, summary=summary)
