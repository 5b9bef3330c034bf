"""What RDS says of itself: pending maintenance, events, versions and their support. All prepared: moto has none of it,
or does not look at the times that are asked for.
"""

import datetime

from account import Case

from rds import ACCOUNT, NOW, TOOL, ago, shown


def action(name, description, **dates):
    return {"Action": name, "Description": description, **dates}


MAINTENANCE = {
    "db:plain": [
        action("system-update", "New Operating System update is available", CurrentApplyDate=ago(days=-3)),
        action("db-upgrade", "Upgrade to 16.6", AutoAppliedAfterDate=ago(days=-9), ForcedApplyDate=ago(days=-20)),
    ],
    "cluster:lake": [action("ca-certificate-rotation", "Rotation of CA certificate", OptInStatus="next-maintenance")],
    **{f"db:fleet-{number}": [action("system-update", "New Operating System update")] for number in range(9)},
}


def event(minutes, source, kind, categories, message):
    return {
        "SourceIdentifier": source,
        "SourceType": kind,
        "EventCategories": categories,
        "Message": message,
        "Date": ago(minutes=minutes),
        "SourceArn": f"arn:aws:rds:us-east-1:{ACCOUNT}:db:{source}",
    }


EVENTS = [
    event(5, "plain", "db-instance", ["failover"], "Multi-AZ instance failover started."),
    event(50, "lake", "db-cluster", ["failover", "notification"], "Completed failover to DB instance: lake-2"),
    *[
        event(60 + number, f"fleet-{number}", "db-instance", ["backup"], "Backing up DB instance")
        for number in range(12)
    ],
    event(23 * 60, "old", "db-snapshot", [], "Manual snapshot created"),
    event(25 * 60, "plain", "db-instance", ["availability"], "DB instance restarted"),
    event(6 * 24 * 60, "full", "db-instance", ["low storage"], "Storage is nearly full."),
]


def events(parameters):
    """Those of the time asked for; the last hour when no time is given (RDS API, DescribeEvents)."""
    start = parameters.get("StartTime") or NOW - datetime.timedelta(minutes=parameters.get("Duration", 60))
    end = parameters.get("EndTime") or NOW
    inside = [event for event in EVENTS if as_time(start) <= event["Date"] <= as_time(end)]
    return {"Events": inside}


def as_time(value):
    time = datetime.datetime.fromisoformat(value.replace("Z", "+00:00")) if isinstance(value, str) else value
    return time if time.tzinfo else time.replace(tzinfo=datetime.timezone.utc)


# Engine versions: whether deprecated, major version, and where they may be upgraded to, in no order.
VERSIONS = {
    ("postgres", "16.4"): ("available", "16", ["16.10", "17.2", "16.9"]),
    ("postgres", "16.1"): ("deprecated", "16", ["16.10", "16.4"]),
    ("postgres", "11.22"): ("deprecated", "11", ["12.22"]),
    ("postgres", "13.18"): ("available", "13", ["14.15", "13.20"]),
    ("mysql", "8.0.40"): ("available", "8.0", ["8.0.41", "8.4.3"]),
    ("sqlserver-ex", "15.00.4410.1.v1"): ("available", "15.00", []),
    ("aurora-postgresql", "15.4"): ("available", "15", ["15.10", "16.6"]),
    ("aurora-postgresql", "11.9"): ("available", "11", ["11.21"]),
}
# Days until standard and extended support of a major version end.
SUPPORT = {
    ("postgres", "11"): (-600, 300),
    ("postgres", "13"): (200, 1200),
    ("postgres", "16"): (900, 2000),
    ("mysql", "8.0"): (366, 1400),
    ("aurora-postgresql", "11"): (-600, 300),
    ("aurora-postgresql", "15"): (500, 1600),
}


def engine_versions(parameters):
    """Deprecated ones only when all are asked for (RDS API, DescribeDBEngineVersions)."""
    found = []
    for (engine, version), (status, major, targets) in VERSIONS.items():
        is_asked = parameters.get("Engine", engine) == engine and parameters.get("EngineVersion", version) == version
        if is_asked and (status == "available" or parameters.get("IncludeAll")):
            upgrades = [upgrade(engine, major, target) for target in targets]
            found.append(
                {
                    "Engine": engine,
                    "EngineVersion": version,
                    "MajorEngineVersion": major,
                    "Status": status,
                    "ValidUpgradeTarget": upgrades,
                }
            )
    return {"DBEngineVersions": found}


def upgrade(engine, major, target):
    return {"Engine": engine, "EngineVersion": target, "IsMajorVersionUpgrade": not target.startswith(f"{major}.")}


def lifecycles(standard, extended):
    names = {"open-source-rds-standard-support": standard, "open-source-rds-extended-support": extended}
    return [
        {
            "LifecycleSupportName": name,
            "LifecycleSupportStartDate": ago(days=2000),
            "LifecycleSupportEndDate": ago(days=-days),
        }
        for name, days in names.items()
    ]


MAJORS = [
    {"Engine": engine, "MajorEngineVersion": major, "SupportedEngineLifecycles": lifecycles(*days)}
    for (engine, major), days in SUPPORT.items()
]
ANSWERS = {
    "rds:DescribePendingMaintenanceActions": [
        {
            "output": {
                "PendingMaintenanceActions": [
                    {
                        "ResourceIdentifier": f"arn:aws:rds:us-east-1:{ACCOUNT}:{resource}",
                        "PendingMaintenanceActionDetails": details,
                    }
                    for resource, details in MAINTENANCE.items()
                ]
            }
        }
    ],
    "rds:DescribeEvents": [{"make": events}],
    "rds:DescribeDBEngineVersions": [{"make": engine_versions}],
    "rds:DescribeDBMajorEngineVersions": [{"output": {"DBMajorEngineVersions": MAJORS}}],
}


def cases(databases):
    """`databases`: clusters and instances that are in none."""
    return [maintenance(), *support(databases), *recent_events()]


DATES = {"planned": "CurrentApplyDate", "applied_after": "AutoAppliedAfterDate", "forced": "ForcedApplyDate"}


def maintenance():
    rows = []
    for resource, details in MAINTENANCE.items():
        kind, name = resource.split(":")
        for one in details:
            dates = {column: shown(one[member]) if member in one else None for column, member in DATES.items()}
            row = {"id": name, "kind": kind, "action": one["Action"], "description": one["Description"]}
            rows.append({**row, **dates, "opt_in": one.get("OptInStatus")})
    summary = {"actions": 12, "forced_actions": 1, "resources": 11}
    return Case(TOOL, "pending-maintenance", rows=rows, summary=summary)


def support(databases):
    def row(name, kind, status, standard, minor, extended=None):
        until = shown(ago(days=-standard))
        row = {"id": name, "kind": kind, "version_status": status, "standard_support_until": until}
        return {**row, "newest_minor": minor, "extended_support": extended}

    ended = [
        row("old-major", "instance", "deprecated", -600, None, True),
        row("pond", "cluster", "available", -600, "11.21"),
    ]
    deprecated = row("deprecated-minor", "instance", "deprecated", 900, "16.10")
    soon = row("ends-soon", "instance", "available", 200, "13.20", False)
    summary = {
        "at_issue": 4,
        "deprecated_versions": 2,
        "standard_support_ended": 2,
        "without_published_dates": 1,
        "databases": databases,
    }
    return [
        Case(TOOL, "engine-support", rows=[*ended, deprecated, soon], summary=summary),
        Case(TOOL, "engine-support", {"days": 100}, rows=[*ended, deprecated], summary=summary | {"at_issue": 3}),
    ]


def recent_events():
    def case(parameters, hours):
        inside = [event for event in EVENTS if event["Date"] >= ago(hours=hours)]
        rows = [
            {
                "time": shown(event["Date"]),
                "source": event["SourceIdentifier"],
                "kind": event["SourceType"],
                "categories": ", ".join(event["EventCategories"]),
                "message": event["Message"],
            }
            for event in inside
        ]
        summary = {"events": len(rows), "failover": 2, "backup": 12, "notification": 1}
        return Case(TOOL, "database-events", parameters, rows=rows, summary=summary)

    return [case({}, 24), case({"hours": 26}, 26), case({"days": 7}, 7 * 24)]
