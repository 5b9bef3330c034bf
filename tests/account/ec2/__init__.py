"""What the parts of the ec2 fixture share: instances by name, the emulator's own records, and the clock.

moto runs in this process, so what no API call can make, an old snapshot say, is
made by setting the time in moto's record of it; moto goes on to answer for it.
"""

import datetime
import functools

from moto.ec2.models import ec2_backends

OWN_ACCOUNT = "123456789012"
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def days_ago(days):
    return NOW - datetime.timedelta(days=days)


def records():
    """moto's records of the account's EC2 resources."""
    return ec2_backends[OWN_ACCOUNT]["us-east-1"]


def tagged(kind, name, **more):
    tags = {"Name": name, **more} if name else more
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


@functools.cache
def an_image():
    return next(iter(records().amis))


@functools.cache
def default_group():
    """The group that AWS gives an instance for which none is named; moto gives none."""
    return records().get_security_group_from_name("default", records().get_default_vpc().id).id


def launch(account, name, count=1, tags=None, **parameters):
    """Runs instances of one name; their ids."""
    specifications = tagged("instance", name, **(tags or {}))
    given = {"ImageId": an_image(), "InstanceType": "t3.micro", "MinCount": count, "MaxCount": count, **parameters}
    if "NetworkInterfaces" not in given:
        given.setdefault("SecurityGroupIds", [default_group()])
    if specifications[0]["Tags"]:
        given["TagSpecifications"] = specifications
    return [instance["InstanceId"] for instance in account.client("ec2").run_instances(**given)["Instances"]]


def stop(account, instance, days=0, reason=None):
    """Stops an instance, so many days ago by its own word.

    AWS writes GMT where moto writes UTC (EC2 user guide, "Find when an instance was stopped").
    """
    account.client("ec2").stop_instances(InstanceIds=[instance])
    time = days_ago(days).strftime("%Y-%m-%d %H:%M:%S")
    records().get_instance(instance)._reason = reason or f"User initiated ({time} GMT)"


def instances(account):
    """All instances of the account, whatever their state."""
    return [
        instance
        for reservation in account.all("ec2", "describe_instances", "Reservations")
        for instance in reservation["Instances"]
    ]


def tags_of(resource):
    return {tag["Key"]: tag["Value"] for tag in resource.get("Tags", [])}


def existing(account):
    return [one for one in instances(account) if one["State"]["Name"] not in ("terminated", "shutting-down")]


def by_name(account):
    """Instances that have a name of their own."""
    return {tags_of(instance)["Name"]: instance for instance in instances(account) if "Name" in tags_of(instance)}
