"""Instances: a running fleet, stopped, terminated, badly tagged, impaired ones, and ones that allow IMDSv1.

Seeded after all other parts, since the statuses are those of every running instance.
"""

from account import Case

from ec2 import by_name, days_ago, existing, instances, launch, stop, tags_of

TOOL = "ec2_read_operations"
RESERVATION = 100
# Days since each was stopped; AWS gives no time for those that it stopped itself.
STOPPED = {"stopped-100-days": 100, "stopped-40-days": 40, "stopped-31-days": 31, "stopped-29-days": 29}
VOLUMES_OF_STOPPED = {"stopped-100-days": [100, 20], "stopped-29-days": [500]}


def seed(account):
    seed_fleet(account)
    launch(account, "no-tag-but-name")
    launch(account, "empty-owner", tags={"Owner": "", "Stage": "prod"})
    launch(account, "lower-case-owner", tags={"owner": "platform", "Stage": "prod"})
    launch(account, None)
    account.client("ec2").terminate_instances(InstanceIds=launch(account, "terminated"))
    seed_stopped(account)
    seed_metadata(account)
    seed_statuses(account)


def seed_fleet(account):
    """Half of them well tagged and with IMDSv2 alone, half with neither."""
    for start in range(0, account.size, RESERVATION):
        count = min(RESERVATION, account.size - start)
        tags = {"Owner": "platform", "Stage": "prod"}
        launch(account, f"web-{start}", count - count // 2, tags, MetadataOptions={"HttpTokens": "required"})
        launch(account, f"worker-{start}", count // 2, {"Stage": "prod"})


def seed_stopped(account):
    ec2 = account.client("ec2")
    for name in [*STOPPED, "stopped-by-aws"]:
        [instance] = launch(account, name)
        for size in VOLUMES_OF_STOPPED.get(name, []):
            volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=size)["VolumeId"]
            ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device=f"/dev/sd{chr(ord('f') + size % 20)}")
        stop(account, instance, STOPPED.get(name, 0), None if name in STOPPED else "Server.InternalError")


def seed_metadata(account):
    launch(account, "imds-off", MetadataOptions={"HttpTokens": "optional", "HttpEndpoint": "disabled"})
    launch(account, "imds-v2", MetadataOptions={"HttpTokens": "required"})
    launch(account, "imds-v1", MetadataOptions={"HttpTokens": "optional", "HttpPutResponseHopLimit": 3})


def seed_statuses(account):
    """moto's own statuses, in which all is well, with some that are not."""
    for name in ["impaired-system", "impaired-check", "impaired-volume", "retires", "was-rebooted", "starts"]:
        launch(account, name)
    ids = {name: instance["InstanceId"] for name, instance in by_name(account).items()}
    faults = {
        "impaired-system": {"SystemStatus": {"Status": "impaired"}, "InstanceStatus": {"Status": "impaired"}},
        "impaired-check": {"InstanceStatus": {"Status": "impaired"}},
        "impaired-volume": {"AttachedEbsStatus": {"Status": "impaired"}},
        "starts": {"SystemStatus": {"Status": "initializing"}, "InstanceStatus": {"Status": "initializing"}},
        "retires": {
            "Events": [
                event("system-reboot", "The instance will be rebooted", 9),
                event("instance-retirement", "The instance is running on degraded hardware", 4),
            ]
        },
        "was-rebooted": {
            "Events": [
                event("instance-reboot", "[Completed] The instance was rebooted", -2),
                event("instance-stop", "[Canceled] The instance will be stopped", 3),
            ]
        },
    }
    faults = {ids[name]: fault for name, fault in faults.items()}
    statuses = account.all("ec2", "describe_instance_status", "InstanceStatuses")
    statuses = [{**status, **faults.get(status["InstanceId"], {})} for status in statuses]
    account.prepare("ec2:DescribeInstanceStatus", {"InstanceStatuses": statuses})


def event(code, description, days):
    return {"Code": code, "Description": description, "NotBefore": days_ago(-days)}


def cases(account):
    return [*lists(account), *tags(account), *stopped(account), impaired(account), metadata(account)]


def lists(account):
    everything = instances(account)
    states = [instance["State"]["Name"] for instance in everything]
    running = [instance for instance in everything if instance["State"]["Name"] == "running"]
    counts = {state: states.count(state) for state in set(states)}
    return [
        Case(
            TOOL,
            "instances",
            rows=[shown(instance) for instance in everything],
            summary={"instances": len(everything), **counts},
        ),
        Case(
            TOOL,
            "instances",
            {"state": "running"},
            rows=[shown(instance) for instance in running],
            summary={"instances": len(running), "running": len(running)},
        ),
    ]


def shown(instance):
    return {
        "id": instance["InstanceId"],
        "name": tags_of(instance).get("Name"),
        "type": "t3.micro",
        "state": instance["State"]["Name"],
        "zone": instance["Placement"]["AvailabilityZone"],
        "private_address": instance.get("PrivateIpAddress") or None,
        "public_address": instance.get("PublicIpAddress") or None,
    }


def tags(account):
    """Owner and Stage are required; AWS's keys are case-sensitive and a value may be empty."""
    rows, bare = [], []
    for instance in existing(account):
        found = tags_of(instance)
        missing = [key for key in ("Owner", "Stage") if key not in found]
        empty = [key for key in ("Owner", "Stage") if found.get(key) == ""]
        row = {"id": instance["InstanceId"], "missing": ", ".join(missing) or None, "empty": ", ".join(empty) or None}
        rows += [row] if missing or empty else []
        bare += [] if found else [{"id": instance["InstanceId"], "name": None}]
    named = {tags_of(instance).get("Name"): instance["InstanceId"] for instance in existing(account)}
    assert {"id": named["empty-owner"], "missing": None, "empty": "Owner"} in rows
    assert {"id": named["lower-case-owner"], "missing": "Owner", "empty": None} in rows
    assert len(bare) == 1
    total = len(existing(account))
    return [
        Case(
            TOOL,
            "instances-missing-tags",
            {"tags": ["Owner", "Stage"]},
            rows=rows,
            summary={"lacking": len(rows), "instances": total},
        ),
        Case(TOOL, "instances-missing-tags", rows=bare, summary={"lacking": 1, "instances": total}),
    ]


def stopped(account):
    """An instance's root volume has 8 GiB in moto."""
    named = by_name(account)

    def rows(least):
        for name in [*STOPPED, "stopped-by-aws"]:
            days = STOPPED.get(name)
            if days is None or days >= least:
                sizes = [8, *VOLUMES_OF_STOPPED.get(name, [])]
                row = {"name": name, "id": named[name]["InstanceId"], "type": "t3.micro", "days": days}
                yield {**row, "volumes": len(sizes), "gib": sum(sizes), "stopped": since(days)}

    def since(days):
        return days and days_ago(days).strftime("%Y-%m-%dT%H:%M:%SZ")

    def case(parameters, least):
        found = list(rows(least))
        summary = {"stopped": len(found), "gib": sum(row["gib"] for row in found)}
        return Case(TOOL, "stopped-instances", parameters, rows=found, summary=summary)

    return [case({}, 30), case({"days": 40}, 40)]


def impaired(account):
    ids = {name: instance["InstanceId"] for name, instance in by_name(account).items()}
    running = [instance for instance in instances(account) if instance["State"]["Name"] == "running"]

    def row(name, system="ok", instance="ok", volume=None, event=None, event_from=None):
        checks = {"system_check": system, "instance_check": instance, "volume_check": volume}
        return {"name": name, "id": ids[name], "event": event, "event_from": event_from, **checks}

    retires = days_ago(-4).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Case(
        TOOL,
        "impaired-instances",
        rows=[
            row("impaired-system", "impaired", "impaired"),
            row("impaired-check", instance="impaired"),
            row("impaired-volume", volume="impaired"),
            row("retires", event="instance-retirement", event_from=retires),
        ],
        summary={"impaired": 3, "with_event": 1, "instances": len(running)},
    )


def metadata(account):
    """Only `required` keeps IMDSv1 away, unless the whole endpoint is off."""
    required = {"imds-v2", "imds-off"}
    total = existing(account)
    allowed = [
        {"id": one["InstanceId"], "state": one["State"]["Name"]}
        for one in total
        if tags_of(one).get("Name") not in required and not tags_of(one).get("Name", "").startswith("web-")
    ]
    named = by_name(account)
    for row in allowed:
        if row["id"] == named["imds-v1"]["InstanceId"]:
            row["hop_limit"] = 3
    summary = {"with_imdsv1": len(allowed), "instances": len(total)}
    return Case(TOOL, "instances-with-imdsv1", rows=allowed, summary=summary)
