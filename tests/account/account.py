"""The fixture account: seeds it, serves it, and knows what is in it.

    account.py --ministack PYTHON --size 30 [--modules tools.ec2 scenes.hostile ...]

Prints one line of JSON, {"url": ..., "cases": [...]}, and serves until its
standard input is closed. Each module in tools/ (one a tool) and scenes/ has some of these parts:

    def seed(account)        makes resources through boto3
    ANSWERS                  outputs for operations that no emulator answers; `make` instead of `output` is a
                             function that makes the output from the parameters
    MINISTACK                services that MiniStack answers here, beside those of front.py
    def cases(account)       questions with the facts expected of their answers,
                             computed here with boto3, not by the code under test
"""

import argparse
import datetime
import importlib
import json
import pathlib
import sys
from dataclasses import asdict, dataclass, field

from moto.cloudwatch.models import cloudwatch_backends
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT_ID
from moto.server import DomainDispatcherApplication, create_backend_app

import front as fronts
from emulator import MiniStack
from prepared import check_answers

REGION = "us-east-1"


@dataclass
class Case:
    """A question and what its answer must hold."""

    tool: str
    recipe: str
    parameters: dict = field(default_factory=dict)
    regions: list = field(default_factory=list)
    # Each a part of exactly one row, and every row is named by one of them.
    rows: list | None = None
    # Only how many rows there are, where naming them all says no more.
    count: int | None = None
    # Members of the summary.
    summary: dict = field(default_factory=dict)


class Account:
    """Where a module seeds and looks."""

    def __init__(self, front, size):
        self.front, self.size = front, size

    def client(self, service, region=REGION):
        return self.front.client(service, region)

    def all(self, service, operation, key, region=REGION, **parameters):
        """Every item of a read, by botocore's own paging where it has one."""
        client = self.client(service, region)
        if client.can_paginate(operation):
            return [item for page in client.get_paginator(operation).paginate(**parameters) for item in page.get(key, [])]
        return getattr(client, operation)(**parameters).get(key, [])

    def prepare(self, name, output, **when):
        """As an entry of ANSWERS, for outputs that name what was seeded."""
        answer = {"when": when, "output": output}
        check_answers({name: [answer]})
        self.front.answers.setdefault(name, []).append(answer)

    def measure(self, namespace, name, dimensions, values, region=REGION):
        """Data points of a metric of an AWS service, as `{time in UTC: value}`: PutMetricData takes no namespace of AWS's."""
        dimensions = [{"Name": key, "Value": value} for key, value in dimensions.items()]
        metric = {"MetricName": name, "Dimensions": dimensions}
        # moto keeps times in UTC and without a zone.
        data = [{**metric, "Timestamp": time.replace(tzinfo=None), "Value": value} for time, value in values.items()]
        cloudwatch_backends[ACCOUNT_ID][region].put_metric_data(namespace, data)


def many_instances(account, count, is_fleet):
    """A DescribeInstances output of reservations with ten instances each, like the account's first one.

    Ids and addresses are all different; types, zones, names and launch times are too, unless it is a fleet.
    """
    image = account.all("ec2", "describe_images", "Images")[0]["ImageId"]
    tags = [{"Key": "Name", "Value": "web"}, {"Key": "Owner", "Value": "platform"}, {"Key": "Stage", "Value": "prod"}]
    account.client("ec2").run_instances(
        ImageId=image,
        MinCount=1,
        MaxCount=1,
        InstanceType="m5.large",
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    reservation = account.all("ec2", "describe_instances", "Reservations")[-1]
    instance = reservation["Instances"][0]
    reservations = []
    for start in range(0, count, 10):
        instances = [one_of_many(instance, number, is_fleet) for number in range(start, min(start + 10, count))]
        reservations.append({**reservation, "ReservationId": f"r-{start:017x}", "Instances": instances})
    return {"Reservations": reservations}


def one_of_many(instance, number, is_fleet):
    address = f"{number // 250 % 250}.{number % 250 + 1}"
    one = {
        **instance,
        "InstanceId": f"i-{number:017x}",
        "PrivateIpAddress": f"10.128.{address}",
        "PublicIpAddress": f"54.214.{address}",
    }
    if is_fleet:
        return one
    types = ("m5.large", "c6i.xlarge", "t3.micro", "r6g.2xlarge")
    zones = ("us-east-1a", "us-east-1b", "us-east-1c")
    return {
        **one,
        "InstanceType": types[number % len(types)],
        "Placement": {**instance["Placement"], "AvailabilityZone": zones[number % len(zones)]},
        "LaunchTime": instance["LaunchTime"] - datetime.timedelta(minutes=number),
        "Tags": [{"Key": "Name", "Value": f"web-{number}"}, *instance["Tags"][1:]],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ministack", required=True, help="python of an environment that has MiniStack")
    parser.add_argument("--size", type=int, default=30)
    parser.add_argument("--modules", nargs="*", help="tools.ec2, scenes.hostile, ...; every tool without it")
    parser.add_argument("--instances", type=int, help="answer DescribeInstances with so many, without seeding them")
    parser.add_argument("--fleet", action="store_true", help="these instances differ in ids and addresses only")
    arguments = parser.parse_args()
    folder = pathlib.Path(__file__).parent
    everything = sorted(f"tools.{file.stem}" for file in folder.glob("tools/[a-z]*.py"))
    modules = [importlib.import_module(name) for name in (everything if arguments.modules is None else arguments.modules)]
    answers = {}
    for module in modules:
        for operation, prepared in getattr(module, "ANSWERS", {}).items():
            answers.setdefault(operation, []).extend(prepared)
        fronts.MINISTACK |= getattr(module, "MINISTACK", set())
    check_answers(answers)
    moto = fronts.serve(DomainDispatcherApplication(create_backend_app))
    ministack = MiniStack(arguments.ministack)
    front = fronts.Front(moto, ministack, answers)
    account = Account(front, arguments.size)
    for module in modules:
        if hasattr(module, "seed"):
            module.seed(account)
    if arguments.instances:
        front.answers["ec2:DescribeInstances"] = [{"output": many_instances(account, arguments.instances, arguments.fleet)}]
    cases = [asdict(case) for module in modules if hasattr(module, "cases") for case in module.cases(account)]
    url = fronts.serve(front)
    print(json.dumps({"url": url, "cases": cases}, default=str), flush=True)
    sys.stdin.read()
    ministack.stop()


if __name__ == "__main__":
    main()
