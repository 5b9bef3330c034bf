"""Fixture of route53_read_operations.

Hosted zones: a public and a private one of the same name, a zone below them, a private one in two VPCs, one with as
many records as the account has size, and enough others for two pages. Health checks of each kind, failing and not:
they are prepared, since moto knows no alarms of health checks and no results.
"""

import datetime

import boto3
from account import Case

TOOL = "route53_read_operations"

VPCS = [("us-east-1", "vpc-0aaaaaaaaaaaaaaa1"), ("eu-west-1", "vpc-0bbbbbbbbbbbbbbb2")]

# Name, VPCs of a private zone, whether queries are logged.
ZONES = [
    ("example.com", [], True),
    ("example.com", VPCS[:1], False),
    ("sub.example.com", [], False),
    ("corp.internal", VPCS, False),
    ("big.example.net", [], False),
    *((f"site-{number}.example.org", [], number % 3 == 0) for number in range(8)),
]


def record(name, kind, *values, **more):
    return {"Name": name, "Type": kind, "TTL": 300, "ResourceRecords": [{"Value": value} for value in values], **more}


def weighted(name, weight, value):
    return record(name, "A", value, SetIdentifier=f"share-{weight}", Weight=weight)


def records(zone, is_private, size):
    """What is in a zone beside its NS and SOA records."""
    if zone == "example.com" and is_private:
        return [record("www.example.com", "A", "10.0.0.10"), record("db.example.com", "CNAME", "db.corp.internal")]
    if zone == "example.com":
        alias = {
            "HostedZoneId": "Z35SXDOTRQ7X7K",
            "DNSName": "lb-1.us-east-1.elb.amazonaws.com",
            "EvaluateTargetHealth": True,
        }
        return [
            weighted("www.example.com", 90, "192.0.2.1"),
            weighted("www.example.com", 10, "192.0.2.2"),
            record("www.example.com", "TXT", '"made by hand"'),
            record("www2.example.com", "A", "192.0.2.3"),
            {"Name": "example.com", "Type": "A", "AliasTarget": alias},
            record("*.apps.example.com", "CNAME", "apps.example.net"),
            record("pay.example.com", "A", "192.0.2.4", SetIdentifier="one", Failover="PRIMARY"),
            record("pay.example.com", "A", "192.0.2.5", SetIdentifier="two", Failover="SECONDARY"),
        ]
    if zone == "sub.example.com":
        return [record("www.sub.example.com", "A", "192.0.2.6"), record("api.sub.example.com", "AAAA", "2001:db8::1")]
    if zone == "big.example.net":
        return [
            record(f"host-{number:04}.big.example.net", "A", f"198.51.100.{number % 250}") for number in range(size)
        ]
    return []


def check(kind, **config):
    return {"Type": kind, **config}


ENDPOINT = {"FullyQualifiedDomainName": "www.example.com", "Port": 443, "ResourcePath": "/health"}

# Config, how many of 16 checkers succeed (the metric for kinds without checkers), whether it has to be reported.
CHECKS = {
    "down": (check("HTTPS", **ENDPOINT), 2, "unhealthy"),
    # More than 18 % of the checkers are enough for Route 53.
    "shaky": (check("HTTPS", **ENDPOINT), 3, None),
    "fine": (check("HTTP", IPAddress="192.0.2.1", Port=80, ResourcePath="/"), 16, None),
    "inverted": (check("TCP", IPAddress="192.0.2.9", Port=22, Inverted=True), 16, "unhealthy"),
    "inverted-down": (check("TCP", IPAddress="192.0.2.9", Port=23, Inverted=True), 0, None),
    "disabled": (check("HTTPS", **ENDPOINT, Disabled=True), 0, None),
    "new": (check("TCP", IPAddress="192.0.2.7", Port=22), None, "unknown"),
    "sum": (check("CALCULATED", HealthThreshold=2, ChildHealthChecks=["a", "b", "c"]), 0.0, "unhealthy"),
    "sum-fine": (check("CALCULATED", HealthThreshold=1, ChildHealthChecks=["a", "b"]), 1.0, None),
    "alarm": (check("CLOUDWATCH_METRIC", AlarmIdentifier={"Region": "eu-west-1", "Name": "queue"}), None, "unknown"),
}
WITH_METRIC = ("CALCULATED", "CLOUDWATCH_METRIC")


def health_checks():
    return [
        {"Id": name, "CallerReference": name, "HealthCheckConfig": config, "HealthCheckVersion": 1}
        for name, (config, _, _) in CHECKS.items()
    ]


def status(succeeding):
    """A GetHealthCheckStatus output of 16 checkers, of none for a health check that is too new."""
    checkers = range(0 if succeeding is None else 16)
    texts = ["Success: HTTP Status Code 200, OK", "Failure: Connection timed out."]

    def report(number):
        return {"Status": texts[number >= succeeding], "CheckedTime": "2026-01-01T00:00:00Z"}

    def observation(number):
        return {
            "Region": "us-east-1",
            "IPAddress": f"203.0.113.{number}",
            "StatusReport": report(number),
        }

    return {"HealthCheckObservations": [observation(number) for number in checkers]}


ANSWERS = {
    "route53:ListHealthChecks": [
        {"output": {"HealthChecks": health_checks(), "Marker": "", "IsTruncated": False, "MaxItems": "100"}}
    ],
    "route53:GetHealthCheckStatus": [
        {"when": {"HealthCheckId": name}, "output": status(result)}
        for name, (config, result, _) in CHECKS.items()
        if config["Type"] not in WITH_METRIC
    ],
}


def seed(account):
    route53 = account.client("route53")
    for index, (name, vpcs, _) in enumerate(ZONES):
        seed_zone(route53, index, name, vpcs, account.size)
    seed_query_logging(account, route53)
    for name, (config, result, _) in CHECKS.items():
        if config["Type"] in WITH_METRIC and result is not None:
            seed_metric(account, name, result)


def seed_zone(route53, index, name, vpcs, size):
    first = {"VPC": {"VPCRegion": vpcs[0][0], "VPCId": vpcs[0][1]}} if vpcs else {}
    config = {"PrivateZone": bool(vpcs), "Comment": f"zone {index}"}
    zone = route53.create_hosted_zone(Name=name, CallerReference=str(index), HostedZoneConfig=config, **first)
    zone = zone["HostedZone"]["Id"]
    for region, vpc in vpcs[1:]:
        route53.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC={"VPCRegion": region, "VPCId": vpc})
    changes = [{"Action": "CREATE", "ResourceRecordSet": record} for record in records(name, bool(vpcs), size)]
    for start in range(0, len(changes), 500):
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes[start : start + 500]})


def seed_query_logging(account, route53):
    # Moto wants to see the log group, and other log groups live in the other emulator.
    logs = boto3.client(
        "logs", "us-east-1", endpoint_url=account.front.moto, aws_access_key_id="test", aws_secret_access_key="test"
    )
    logs.create_log_group(logGroupName="/aws/route53/queries")
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/route53/queries:*"
    for (_, _, is_logged), zone in zip(ZONES, created_zones(account)):
        if is_logged:
            route53.create_query_logging_config(HostedZoneId=zone["Id"].split("/")[-1], CloudWatchLogsLogGroupArn=arn)


def seed_metric(account, health_check, result):
    now = datetime.datetime.now(datetime.timezone.utc)
    # Healthy until three minutes ago and not after that, or the other way round.
    values = {now - datetime.timedelta(minutes=age): result if age < 3 else 1.0 - result for age in range(1, 6)}
    account.measure("AWS/Route53", "HealthCheckStatus", {"HealthCheckId": health_check}, values)


def created_zones(account):
    """The zones in the order of ZONES: the comment has their number."""
    zones = account.all("route53", "list_hosted_zones", "HostedZones")
    return sorted(zones, key=lambda zone: int(zone["Config"]["Comment"].split()[1]))


def cases(account):
    return [*zone_cases(account), *record_cases(account), health_case()]


def zone_cases(account):
    zones = created_zones(account)
    # Each zone has an NS and a SOA record beside what was put into it.
    counts = [len(records(name, bool(vpcs), account.size)) + 2 for name, vpcs, _ in ZONES]
    rows = [
        {
            "zone": name,
            "id": zone["Id"].removeprefix("/hostedzone/"),
            "private": bool(vpcs),
            "records": count,
            "vpcs": " ".join("/".join(vpc) for vpc in vpcs) if vpcs else None,
            "comment": zone["Config"]["Comment"],
        }
        for (name, vpcs, _), zone, count in zip(ZONES, zones, counts)
    ]
    private = sum(1 for _, vpcs, _ in ZONES if vpcs)
    unlogged = [row for row, (_, vpcs, is_logged) in zip(rows, ZONES) if not vpcs and not is_logged]
    summary = {"zones": len(ZONES), "private": private, "public": len(ZONES) - private, "records": sum(counts)}
    return [
        Case(TOOL, "zones", rows=rows, summary=summary),
        Case(
            TOOL,
            "zones-without-query-logging",
            rows=[{name: row[name] for name in ("zone", "id", "records")} for row in unlogged],
            summary={"public_zones": len(ZONES) - private, "without_query_logging": len(unlogged)},
        ),
    ]


def row(name, kind, values, **more):
    return {"name": name, "type": kind, "values": values, **more}


def record_cases(account):
    public, private = {"zone": "example.com", "private": False}, {"zone": "example.com", "private": True}
    www = [
        row("www.example.com", "A", "192.0.2.1", routing="weight 90 (share-90)", ttl=300, **public),
        row("www.example.com", "A", "192.0.2.2", routing="weight 10 (share-10)", ttl=300, **public),
        row("www.example.com", "TXT", '"made by hand"', routing=None, **public),
        row("www.example.com", "A", "10.0.0.10", routing=None, **private),
    ]
    pay = [
        row("pay.example.com", "A", "192.0.2.4", routing="failover primary (one)"),
        row("pay.example.com", "A", "192.0.2.5", routing="failover secondary (two)"),
    ]
    wildcard = row("*.apps.example.com", "CNAME", "apps.example.net", **public)
    alias = row("example.com", "A", "alias lb-1.us-east-1.elb.amazonaws.com (its health counts)", ttl=None, **public)
    return [
        Case(TOOL, "find-record", {"name": "www.example.com"}, rows=www),
        Case(TOOL, "find-record", {"name": "WWW.Example.com.", "type": "txt"}, rows=[www[2]]),
        Case(
            TOOL,
            "find-record",
            {"name": "api.sub.example.com"},
            rows=[row("api.sub.example.com", "AAAA", "2001:db8::1")],
        ),
        Case(TOOL, "find-record", {"name": "shop.apps.example.com"}, rows=[wildcard]),
        Case(TOOL, "find-record", {"name": "pay"}, rows=pay),
        Case(TOOL, "find-record", {"name": "example.com", "type": "A"}, rows=[alias]),
        Case(
            TOOL, "find-record", {"name": "nowhere.example.com"}, rows=[], summary={"records": 0, "zones": len(ZONES)}
        ),
        Case(
            TOOL,
            "zone-records",
            {"zone": "example.com", "type": "CNAME"},
            rows=[
                wildcard,
                row("db.example.com", "CNAME", "db.corp.internal", **private),
            ],
        ),
        big_zone_case(account),
        zone_by_id_case(account),
    ]


def big_zone_case(account):
    rows = [
        row(f"host-{number:04}.big.example.net", "A", f"198.51.100.{number % 250}") for number in range(account.size)
    ]
    return Case(
        TOOL, "zone-records", {"zone": "big.example.net", "type": "A"}, rows=rows, summary={"records": account.size}
    )


def zone_by_id_case(account):
    zone = created_zones(account)[2]
    rows = [{"type": kind, "zone": "sub.example.com"} for kind in ("NS", "SOA", "A", "AAAA")]
    return Case(TOOL, "zone-records", {"zone": zone["Id"]}, rows=rows)


def health_case():
    reported = {name: state for name, (_, _, state) in CHECKS.items() if state}
    targets = {
        "down": ("www.example.com:443/health", "2 of 16", "Failure: Connection timed out."),
        "inverted": ("192.0.2.9:22", "16 of 16", None),
        "new": ("192.0.2.7:22", "0 of 0", None),
        "sum": ("at least 2 of 3 health checks", None, None),
        "alarm": ("alarm queue in eu-west-1", None, None),
    }
    rows = [
        {
            "health_check": name,
            "state": state,
            "type": CHECKS[name][0]["Type"],
            "checks": checks,
            "healthy_checkers": checkers,
            "report": report,
            "inverted": name == "inverted",
        }
        for name, state in reported.items()
        for checks, checkers, report in [targets[name]]
    ]
    states = list(reported.values())
    summary = {
        "health_checks": len(CHECKS),
        "unhealthy": states.count("unhealthy"),
        "unknown": states.count("unknown"),
        "disabled": 1,
    }
    return Case(TOOL, "health-checks-failing", rows=rows, summary=summary)
