"""Fixture of eks_read_operations: clusters by version, exposure and logs, with node groups and add-ons.

Kubernetes versions and add-ons are prepared: moto has neither.
"""

import datetime

from account import Case
from moto.eks.models import eks_backends

TOOL = "eks_read_operations"
ACCOUNT = "123456789012"
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
SUBNETS = ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"]
ANYWHERE = ["0.0.0.0/0"]
# Version, what follows standard support, public endpoint and its networks, log types that are on, own key.
CLUSTERS = {
    "new": ("1.33", "STANDARD", ANYWHERE, ["audit", "api"], True),
    "extended": ("1.31", "EXTENDED", ["203.0.113.0/24", "10.0.0.0/8"], [], False),
    "expired": ("1.24", "EXTENDED", ["0.0.0.0/1", "128.0.0.0/1"], ["api"], False),
    "private": ("1.33", "STANDARD", None, ["audit"], True),
    "unknown": ("1.99", "STANDARD", ["::/0", "198.51.100.7/32"], ["audit"], False),
}
LOGS = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
# Days until standard and extended support end.
VERSIONS = {"1.33": (200, 565), "1.32": (1, 366), "1.31": (-1, 364), "1.24": (-600, -235)}
NODE_GROUPS = {
    "new": {"current": {}, "behind-two": {"version": "1.31"}, "empty": {"sizes": (0, 0, 3), "capacity": "SPOT"}},
    "extended": {
        "sick": {"issue": ("AsgInstanceLaunchFailures", "Could not launch On-Demand Instances."), "status": "DEGRADED"},
        "behind-one": {"version": "1.30", "sizes": (2, 1, 5)},
    },
}
ADDONS = {
    "new": {
        "vpc-cni": ("v1.19.0-eksbuild.1", "ACTIVE", None),
        "coredns": ("v1.11.3-eksbuild.2", "DEGRADED", ("InsufficientNumberOfReplicas", "Not enough replicas.")),
        "kube-proxy": ("v1.31.2-eksbuild.3", "ACTIVE", ("ConfigurationConflict", "Apply failed.")),
        **{f"tool-{number}": ("v1.0.0", "ACTIVE", None) for number in range(9)},
    },
    "extended": {"vpc-cni": ("v1.18.5-eksbuild.1", "UPDATE_FAILED", None)},
}


def day(days):
    return NOW + datetime.timedelta(days=days)


def shown(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def issue_of(issue):
    return [{"code": issue[0], "message": issue[1], "resourceIds": ["x"]}] if issue else []


def addon(parameters):
    """DescribeAddon of one of them."""
    cluster, name = parameters["clusterName"], parameters["addonName"]
    version, status, issue = ADDONS[cluster][name]
    described = {"addonName": name, "clusterName": cluster, "addonVersion": version, "status": status}
    return {"addon": {**described, "health": {"issues": issue_of(issue)}}}


KNOWN_VERSIONS = [
    {
        "clusterVersion": version,
        "endOfStandardSupportDate": day(standard),
        "endOfExtendedSupportDate": day(extended),
        # Of versions whose support is over AWS still says what it once was.
        "versionStatus": "STANDARD_SUPPORT" if standard > 0 else "EXTENDED_SUPPORT",
    }
    for version, (standard, extended) in VERSIONS.items()
]
ANSWERS = {
    "eks:DescribeClusterVersions": [{"output": {"clusterVersions": KNOWN_VERSIONS}}],
    "eks:ListAddons": [{"make": lambda parameters: {"addons": list(ADDONS.get(parameters["clusterName"], {}))}}],
    "eks:DescribeAddon": [{"make": addon}],
}


def seed(account):
    eks = account.client("eks")
    for number in range(account.size // 3):
        CLUSTERS[f"fleet-{number}"] = ("1.32", "STANDARD", None, LOGS, True)
    for name, settings in CLUSTERS.items():
        create_cluster(eks, name, *settings)
    for cluster, groups in NODE_GROUPS.items():
        for name, settings in groups.items():
            create_group(eks, cluster, name, settings)


def create_cluster(eks, name, version, policy, networks, logs, own_key):
    network = {"subnetIds": SUBNETS, "endpointPublicAccess": networks is not None, "endpointPrivateAccess": True}
    setups = [{"types": logs, "enabled": True}, {"types": [one for one in LOGS if one not in logs], "enabled": False}]
    keys = [{"resources": ["secrets"], "provider": {"keyArn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"}}]
    eks.create_cluster(
        name=name,
        version=version,
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/cluster",
        # EKS gives 0.0.0.0/0 for a private cluster too.
        resourcesVpcConfig=network | {"publicAccessCidrs": networks or ANYWHERE},
        logging={"clusterLogging": [setup for setup in setups if setup["types"]]},
        encryptionConfig=keys if own_key else [],
    )
    # moto does not keep it.
    eks_backends[ACCOUNT]["us-east-1"].clusters[name].upgrade_policy = {"supportType": policy}


def create_group(eks, cluster, name, settings):
    desired, least, most = settings.get("sizes", (1, 1, 2))
    eks.create_nodegroup(
        clusterName=cluster,
        nodegroupName=name,
        subnets=SUBNETS,
        nodeRole=f"arn:aws:iam::{ACCOUNT}:role/nodes",
        version=settings.get("version", CLUSTERS[cluster][0]),
        scalingConfig={"desiredSize": desired, "minSize": least, "maxSize": most},
        instanceTypes=["m6i.large", "m5.large"],
        capacityType=settings.get("capacity", "ON_DEMAND"),
    )
    group = eks_backends[ACCOUNT]["us-east-1"].clusters[cluster].nodegroups[name]
    group.health = {"issues": issue_of(settings.get("issue"))}
    group.status = settings.get("status", "ACTIVE")


def cases(account):
    return [versions(), endpoints(), logging(), node_groups(), addons()]


def versions():
    after = {"STANDARD": "upgraded by AWS", "EXTENDED": "extended support, at a higher price"}
    support = {"1.33": "standard", "1.32": "standard", "1.31": "extended", "1.24": "none", "1.99": None}
    rows = []
    for name, (version, policy, *_) in CLUSTERS.items():
        row = {"name": name, "version": version, "support": support[version], "after_standard_support": after[policy]}
        ends = [shown(day(days)) for days in VERSIONS[version]] if version in VERSIONS else [None, None]
        row |= {"standard_support_until": ends[0], "extended_support_until": ends[1], "status": "ACTIVE"}
        rows.append(row)
    summary = {"clusters": len(rows), "in_extended_support": 1, "unsupported": 1}
    return Case(TOOL, "cluster-versions", rows=rows, summary=summary)


def endpoints():
    """The whole internet is everyone in one network, or in two halves."""
    is_open = {"new", "expired", "unknown"}
    rows = [
        {
            "name": name,
            "public_endpoint": networks is not None,
            "private_endpoint": True,
            "public_for": ", ".join(networks) if networks else None,
            "open_to_internet": name in is_open,
        }
        for name, (_, _, networks, *_) in CLUSTERS.items()
    ]
    summary = {"public_endpoints": 4, "open_to_internet": 3, "clusters": len(rows)}
    return Case(TOOL, "public-endpoints", rows=rows, summary=summary)


def logging():
    rows = [
        {
            "name": name,
            "logs_on": ", ".join(sorted(logs)),
            "logs_off": ", ".join(sorted(one for one in LOGS if one not in logs)),
            "secrets_encrypted": own_key,
        }
        for name, (_, _, _, logs, own_key) in CLUSTERS.items()
    ]
    return Case(TOOL, "cluster-logging", rows=rows, summary={"without_audit_log": 2, "clusters": len(rows)})


def node_groups():
    behind = {"behind-two": 2, "behind-one": 1}
    rows = []
    for cluster, groups in NODE_GROUPS.items():
        for name, settings in groups.items():
            desired, least, most = settings.get("sizes", (1, 1, 2))
            row = {"cluster": cluster, "node_group": name, "status": settings.get("status", "ACTIVE")}
            row |= {"version": settings.get("version", CLUSTERS[cluster][0]), "versions_behind": behind.get(name, 0)}
            row |= {"desired": desired, "min": least, "max": most, "instance_types": "m6i.large, m5.large"}
            row |= {"capacity": settings.get("capacity", "ON_DEMAND"), "issues": told(settings.get("issue"))}
            rows.append(row)
    summary = {"node_groups": 5, "behind_their_cluster": 2, "with_issues": 1}
    return Case(TOOL, "node-groups", rows=rows, summary=summary)


def addons():
    rows = [
        {"cluster": cluster, "addon": name, "version": version, "status": status, "issues": told(issue)}
        for cluster, addons in ADDONS.items()
        for name, (version, status, issue) in addons.items()
    ]
    return Case(TOOL, "addons", rows=rows, summary={"not_healthy": 3, "addons": len(rows)})


def told(issue):
    return f"{issue[0]}: {issue[1]}" if issue else None
