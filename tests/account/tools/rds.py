"""Fixture of rds_read_operations: instances and clusters, their storage, snapshots, exposure, versions and events.

Engine versions, pending maintenance and events are prepared, see tests/account/rds.
"""

from account import Case
from moto.rds.models import rds_backends

from rds import ACCOUNT, TOOL, ago, upkeep

ANSWERS = upkeep.ANSWERS
OTHER = "210987654321"
GIB = 1 << 30
NETWORK = {}

SAFE = {"BackupRetentionPeriod": 7, "StorageEncrypted": True, "DeletionProtection": True}
POSTGRES = {"Engine": "postgres", "EngineVersion": "16.4", "AllocatedStorage": 100, **SAFE}
MYSQL = {"Engine": "mysql", "EngineVersion": "8.0.40", "AllocatedStorage": 50, **SAFE}
# What differs from the usual; `groups` and `subnets` are names of NETWORK.
INSTANCES = {
    "plain": POSTGRES,
    "full": POSTGRES | {"MaxAllocatedStorage": 300},
    "at-limit": MYSQL | {"MaxAllocatedStorage": 50},
    "without-metrics": MYSQL | {"MultiAZ": True},
    "no-backups": POSTGRES | {"BackupRetentionPeriod": 0},
    "no-encryption": POSTGRES | {"StorageEncrypted": False},
    "no-protection": MYSQL | {"DeletionProtection": False},
    "old-major": POSTGRES | {"EngineVersion": "11.22"},
    "ends-soon": POSTGRES | {"EngineVersion": "13.18"},
    "deprecated-minor": POSTGRES | {"EngineVersion": "16.1"},
    "undated": {"Engine": "sqlserver-ex", "EngineVersion": "15.00.4410.1.v1", "AllocatedStorage": 20, **SAFE},
    "public-open": POSTGRES | {"groups": ["anyone"], "subnets": "routed"},
    "public-company": POSTGRES | {"groups": ["company"], "subnets": "routed"},
    "public-other-port": POSTGRES | {"groups": ["other-port"], "subnets": "routed"},
    "public-unrouted": POSTGRES | {"groups": ["anyone"], "subnets": "unrouted"},
    "private-open": POSTGRES | {"groups": ["anyone"], "subnets": "routed", "PubliclyAccessible": False},
}
AURORA = {"Engine": "aurora-postgresql", "EngineVersion": "15.4", **SAFE}
CLUSTERS = {
    "lake": AURORA,
    "pond": AURORA | {"EngineVersion": "11.9", "DeletionProtection": False},
    "new": AURORA | {"StorageEncrypted": False},
}
MEMBERS = {"lake-1": "lake", "lake-2": "lake", "pond-1": "pond"}
# Bytes that CloudWatch counted, by minutes ago; the latest value holds.
FREE = {
    "plain": {100: 90 * GIB, 10: 75 * GIB},
    "full": {10: 10 * GIB},
    "at-limit": {70: 25 * GIB},
    "no-backups": {500: 1 * GIB},
}
USED, LEFT = {"lake": {65: 500 * GIB}, "pond": {65: 3 * GIB}}, {"lake": {65: 1500 * GIB}}
# Days since each snapshot of an instance or a cluster, and who may restore it.
SNAPSHOTS = {
    "old": (400, []),
    "shared": (91, [OTHER]),
    "public": (89, ["all"]),
    "both": (5, ["all", OTHER]),
    "own": (0, []),
}
CLUSTER_SNAPSHOTS = {"cluster-old": (100, []), "cluster-public": (1, ["all"]), "cluster-shared": (2, [OTHER])}


def seed(account):
    rds = account.client("rds")
    seed_network(account, rds)
    seed_databases(account, rds)
    seed_snapshots(rds)
    for name, values in FREE.items():
        measure(account, "FreeStorageSpace", "DBInstanceIdentifier", name, values)
    for name, values in USED.items():
        measure(account, "VolumeBytesUsed", "DBClusterIdentifier", name, values)
    for name, values in LEFT.items():
        measure(account, "AuroraVolumeBytesLeftTotal", "DBClusterIdentifier", name, values)


def measure(account, metric, dimension, name, values):
    # moto's clock has no time zone.
    data = {ago(minutes=minutes).replace(tzinfo=None): value for minutes, value in values.items()}
    account.measure("AWS/RDS", metric, {dimension: name}, data)


def seed_network(account, rds):
    """A VPC with subnets that lead to the internet and subnets that do not."""
    ec2 = account.client("ec2")
    vpc = NETWORK["vpc"] = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    subnets = []
    for number, zone in enumerate("abab"):
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")
        subnets.append(made["Subnet"]["SubnetId"])
    for subnet in subnets[:2]:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    for name, ids in {"routed": subnets[:2], "unrouted": subnets[2:]}.items():
        rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription=name, SubnetIds=ids)
    groups = {"anyone": (5432, "0.0.0.0/0"), "company": (5432, "10.0.0.0/8"), "other-port": (22, "0.0.0.0/0")}
    for name, (port, source) in groups.items():
        NETWORK[name] = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": source}]}
        ec2.authorize_security_group_ingress(GroupId=NETWORK[name], IpPermissions=[rule])


def seed_databases(account, rds):
    for number in range(account.size):
        INSTANCES[f"fleet-{number}"] = MYSQL
    for name, settings in INSTANCES.items():
        create_instance(rds, name, settings)
    rds.create_db_instance_read_replica(DBInstanceIdentifier="replica", SourceDBInstanceIdentifier="plain")
    records = rds_backends[ACCOUNT]["us-east-1"]
    # A replica of RDS for PostgreSQL has no backups of its own at first; moto copies its source's setting.
    records.databases["replica"].backup_retention_period = 0
    records.databases["old-major"].engine_lifecycle_support = "open-source-rds-extended-support"
    records.databases["ends-soon"].engine_lifecycle_support = "open-source-rds-extended-support-disabled"
    for name, settings in CLUSTERS.items():
        rds.create_db_cluster(
            DBClusterIdentifier=name, MasterUsername="root", MasterUserPassword="not-a-secret", **settings
        )
    for name, cluster in MEMBERS.items():
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.r6g.large",
            Engine="aurora-postgresql",
            DBClusterIdentifier=cluster,
        )


def create_instance(rds, name, settings):
    settings = {"PubliclyAccessible": "subnets" in settings, **settings}
    groups, subnets = settings.pop("groups", []), settings.pop("subnets", None)
    if groups:
        settings |= {"VpcSecurityGroupIds": [NETWORK[group] for group in groups], "DBSubnetGroupName": subnets}
    rds.create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t4g.medium",
        MasterUsername="root",
        MasterUserPassword="not-a-secret",
        **settings,
    )


def seed_snapshots(rds):
    records = rds_backends[ACCOUNT]["us-east-1"]
    for name, (days, readers) in SNAPSHOTS.items():
        rds.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier="plain")
        records.database_snapshots[name].created = ago(days=days)
        if readers:
            rds.modify_db_snapshot_attribute(DBSnapshotIdentifier=name, AttributeName="restore", ValuesToAdd=readers)
    for name, (days, readers) in CLUSTER_SNAPSHOTS.items():
        rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier=name, DBClusterIdentifier="lake")
        records.cluster_snapshots[name].created = ago(days=days)
        if readers:
            rds.modify_db_cluster_snapshot_attribute(
                DBClusterSnapshotIdentifier=name, AttributeName="restore", ValuesToAdd=readers
            )


def cases(account):
    return [
        databases(),
        storage(),
        public(),
        *old_snapshots(),
        shared_snapshots(),
        unprotected(),
        *upkeep.cases(len(INSTANCES) + 1 + len(CLUSTERS)),
    ]


def databases():
    rows = [
        {
            "id": name,
            "engine": settings["Engine"],
            "version": settings["EngineVersion"],
            "class": "db.t4g.medium",
            "status": "available",
            "gib": settings["AllocatedStorage"],
            "cluster": None,
            "multi_az": settings.get("MultiAZ", False),
            "public": "subnets" in settings and settings.get("PubliclyAccessible", True),
        }
        for name, settings in INSTANCES.items()
    ]
    rows.append({"id": "replica", "engine": "postgres", "version": "16.4", "gib": 100, "cluster": None})
    aurora = {"engine": "aurora-postgresql", "gib": None}
    rows += [{"id": name, "cluster": cluster, **aurora} for name, cluster in MEMBERS.items()]
    engines = [row["engine"] for row in rows]
    counts = {engine: engines.count(engine) for engine in set(engines)}
    return Case(TOOL, "databases", rows=rows, summary={"instances": len(rows), **counts})


def storage():
    """The latest values are 75 of 100, 10 of 100 and 25 of 50 GiB free; one is too old to count."""
    sizes = {name: settings["AllocatedStorage"] for name, settings in INSTANCES.items()} | {"replica": 100}
    free = {"plain": 75, "full": 10, "at-limit": 25}
    rows = []
    for name, size in sizes.items():
        used = size - free[name] if name in free else None
        percent = used and 100 * used / size
        row = {"id": name, "kind": "instance", "allocated_gib": size, "used_gib": used, "used_percent": percent}
        limits = {"autoscaling_limit_gib": 300, "headroom_gib": 200} if name == "full" else {"headroom_gib": None}
        rows.append({**row, "free_gib": free.get(name), **limits})
    cluster = {"kind": "cluster", "allocated_gib": None}
    rows += [
        {"id": "lake", "used_gib": 500, "free_gib": 1500, "used_percent": 25, **cluster},
        {"id": "pond", "used_gib": 3, "free_gib": None, "used_percent": None, **cluster},
        {"id": "new", "used_gib": None, "free_gib": None, "used_percent": None, **cluster},
    ]
    summary = {
        "allocated_gib": sum(sizes.values()),
        "used_gib": 25 + 90 + 25 + 500 + 3,
        "nearly_full": 1,
        "without_metrics": len(sizes) - 3 + 1,
    }
    return Case(TOOL, "database-storage", rows=rows, summary=summary)


def public():
    def row(name, routed, group):
        is_open = group is not None
        sources = {"open_groups": NETWORK[group] if is_open else "", "sources": "0.0.0.0/0" if is_open else ""}
        return {"id": name, "port": 5432, "vpc": NETWORK["vpc"], "internet_route": routed, **sources}

    rows = [
        row("public-open", True, "anyone"),
        row("public-company", True, None),
        row("public-other-port", True, None),
        row("public-unrouted", False, "anyone"),
    ]
    total = len(INSTANCES) + 1 + len(MEMBERS)
    summary = {"open_to_internet": 1, "publicly_accessible": 4, "instances": total}
    return Case(TOOL, "public-databases", rows=rows, summary=summary)


def old_snapshots():
    def case(parameters, least):
        rows = [
            {"id": name, "kind": "instance", "source": "plain", "engine": "postgres", "gib": 100, "days": days}
            for name, (days, _) in SNAPSHOTS.items()
            if days >= least
        ]
        rows += [
            {"id": name, "kind": "cluster", "source": "lake", "days": days, "encrypted": True}
            for name, (days, _) in CLUSTER_SNAPSHOTS.items()
            if days >= least
        ]
        summary = {"old_snapshots": len(rows), "manual_snapshots": len(SNAPSHOTS) + len(CLUSTER_SNAPSHOTS)}
        return Case(TOOL, "old-database-snapshots", parameters, rows=rows, summary=summary)

    return [case({}, 90), case({"days": 365}, 365)]


def shared_snapshots():
    rows = []
    for kind, snapshots in [("instance", SNAPSHOTS), ("cluster", CLUSTER_SNAPSHOTS)]:
        for name, (_, readers) in snapshots.items():
            named = OTHER if OTHER in readers else None
            rows += [{"id": name, "kind": kind, "public": "all" in readers, "shared_with": named}] if readers else []
    total = len(SNAPSHOTS) + len(CLUSTER_SNAPSHOTS)
    summary = {"public": 3, "shared": 5, "manual_snapshots": total}
    return Case(TOOL, "shared-database-snapshots", rows=rows, summary=summary)


def unprotected():
    """A replica is backed up by its source."""
    rows = [
        {"id": "no-backups", "kind": "instance", "backup_days": 0, "encrypted": True, "deletion_protection": True},
        {"id": "no-encryption", "kind": "instance", "backup_days": 7, "encrypted": False, "deletion_protection": True},
        {"id": "no-protection", "kind": "instance", "backup_days": 7, "encrypted": True, "deletion_protection": False},
        {"id": "pond", "kind": "cluster", "encrypted": True, "deletion_protection": False},
        {"id": "new", "kind": "cluster", "encrypted": False, "deletion_protection": True},
    ]
    total = len(INSTANCES) + 1 + len(CLUSTERS)
    summary = {"without_backups": 1, "unencrypted": 2, "without_deletion_protection": 2, "databases": total}
    return Case(TOOL, "unprotected-databases", rows=rows, summary=summary)
