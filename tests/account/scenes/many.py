"""Two thousand instances, each a reservation of its own, and as many volumes: more than any page holds.

They are made in moto's records, since answers to calls that make so many take
moto most of a minute.
"""

from account import Case
from moto.core.utils import get_service_model

from ec2 import an_image, records, tags_of

TOOL = "ec2_read_operations"
FREE_GIB = 8
USUAL = {"instance_type": "t3.micro", "is_instance_type_default": False}


def seed(account):
    half = account.size // 2
    for number in range(account.size):
        [instance] = records().run_instances(an_image(), 1, None, [], **USUAL).instances
        instance.add_tags({"Name": f"web-{number}"} | ({"Owner": "platform"} if number < half else {}))
        instance.metadata_options.http_tokens = "required" if number % 4 else "optional"
    for _ in range(account.size):
        records().create_volume(size=FREE_GIB, zone_name="us-east-1a")


def instances(account):
    """Through the front, which keeps the answer: moto takes too long over it for the function to wait."""
    operation = get_service_model("ec2").operation_model("DescribeInstances")
    answer = account.front.everything("ec2", operation, {}, "us-east-1")
    return [instance for reservation in answer["Reservations"] for instance in reservation["Instances"]]


def cases(account):
    everything = instances(account)
    without_owner = [one["InstanceId"] for one in everything if "Owner" not in tags_of(one)]
    with_imdsv1 = [one for one in everything if one["MetadataOptions"]["HttpTokens"] == "optional"]
    assert (len(without_owner), len(with_imdsv1)) == (account.size // 2, account.size // 4)
    return [
        Case(
            TOOL,
            "instances",
            rows=[{"id": one["InstanceId"], "name": tags_of(one)["Name"], "state": "running"} for one in everything],
            summary={"instances": account.size, "running": account.size},
        ),
        Case(
            TOOL,
            "instances-missing-tags",
            {"tags": ["Owner"]},
            rows=[{"id": instance, "missing": "Owner"} for instance in without_owner],
            summary={"lacking": account.size // 2, "instances": account.size},
        ),
        Case(
            TOOL,
            "instances-with-imdsv1",
            rows=[{"id": one["InstanceId"]} for one in with_imdsv1],
            summary={"with_imdsv1": account.size // 4, "instances": account.size},
        ),
        Case(
            TOOL,
            "unattached-volumes",
            count=account.size,
            summary={"volumes": account.size, "gib": FREE_GIB * account.size},
        ),
        Case(TOOL, "unencrypted-volumes", count=2 * account.size, summary={"volumes": 2 * account.size}),
    ]
