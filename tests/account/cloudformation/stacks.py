"""Stacks of two regions.

In us-east-1 MiniStack makes them: stacks with and without protection, exports that are imported and not, a stack that
could not be created and one that could not be updated. In eu-west-1 prepared outputs have what the emulator lacks:
age, nesting, drift, failures inside of nested stacks, a failure with consequences, one whose events are gone.
"""

import datetime
import json

EU = "eu-west-1"
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
EXPORTS, IMPORTED = 10, 4
MISSING = "arn:aws:lambda:us-east-1:000000000000:function:missing"
TAG = "aws:cloudformation:stack-name"


def ago(days, minutes=0):
    return (NOW - datetime.timedelta(days=days, minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def stack_id(name):
    return f"arn:aws:cloudformation:{EU}:123456789012:stack/{name}/51af3dc0-da77-11e4-872e-1234567db123"


def described(name, created, updated=None, protected=False, drift="NOT_CHECKED", checked=None, parent=None, root=None):
    """A stack of eu-west-1 as DescribeStacks has it; times in days from now."""
    stack = {
        "StackId": stack_id(name),
        "StackName": name,
        "CreationTime": ago(created),
        "StackStatus": "CREATE_COMPLETE" if updated is None else "UPDATE_COMPLETE",
        "EnableTerminationProtection": protected,
        "DriftInformation": {"StackDriftStatus": drift},
        "Parameters": [{"ParameterKey": "Password", "ParameterValue": "****"}],
    }
    if updated is not None:
        stack["LastUpdatedTime"] = ago(updated)
    if checked is not None:
        stack["DriftInformation"]["LastCheckTimestamp"] = ago(checked)
    if parent:
        stack |= {"ParentId": stack_id(parent), "RootId": stack_id(root or parent)}
    return stack


DESCRIBED = [
    described("old-network", 400, protected=True),
    described("renewed", 400, updated=10, drift="DRIFTED", checked=20),
    described("aged", 500, updated=200, drift="DRIFTED", checked=100),
    described("fresh", 3, drift="IN_SYNC", checked=1),
    described("aged-Db-1A2B", 500, parent="aged", drift="DRIFTED", checked=5),
    described("aged-Db-1A2B-Replica-3C4D", 500, parent="aged-Db-1A2B", root="aged"),
    described("almost-old", 179),
    described("exactly-old", 180),
    described("unclear", 20, drift="UNKNOWN"),
]
DRIFTS = {
    "renewed": [("Queue", "MODIFIED"), ("Topic", "DELETED"), *((f"Rule{number}", "MODIFIED") for number in range(8))],
    "aged": [("Role", "MODIFIED")],
    "aged-Db-1A2B": [("Table", "MODIFIED")],
}


def summarized(name, status, created, reason=None, parent=None):
    summary = {"StackId": stack_id(name), "StackName": name, "CreationTime": ago(created), "StackStatus": status}
    if reason:
        summary["StackStatusReason"] = reason
    return summary | ({"ParentId": stack_id(parent), "RootId": stack_id(parent)} if parent else {})


BROKEN = [
    summarized("orders", "UPDATE_ROLLBACK_COMPLETE", 50),
    summarized("platform", "ROLLBACK_COMPLETE", 2),
    summarized("platform-Network-5E6F", "CREATE_FAILED", 2, parent="platform"),
    summarized("stuck", "DELETE_FAILED", 70),
    summarized("lost", "ROLLBACK_FAILED", 300, reason="The following resource(s) failed to delete: [Vpc]."),
]
SUMMARIES = BROKEN + [
    summarized("gone", "DELETE_COMPLETE", 90),
    summarized("renewed", "UPDATE_COMPLETE", 400),
    summarized("renewed", "DELETE_COMPLETE", 600),
]


def event(stack, logical, status, minutes, reason=None, kind="AWS::SNS::Topic", physical="x", days=1):
    """An event; the stack's own where `logical` is its name."""
    if logical == stack:
        kind, physical = "AWS::CloudFormation::Stack", stack_id(stack)
    found = {
        "StackId": stack_id(stack),
        "EventId": f"{logical}-{status}-{minutes}",
        "StackName": stack,
        "LogicalResourceId": logical,
        "PhysicalResourceId": physical,
        "ResourceType": kind,
        "Timestamp": ago(days, minutes),
        "ResourceStatus": status,
    }
    return found | ({"ResourceStatusReason": reason} if reason else {})


EMBEDDED = (
    f"Embedded stack {stack_id('platform-Network-5E6F')} was not successfully created: "
    "The following resource(s) failed to create: [Subnet, Route]."
)
CIDR = "The CIDR '10.0.1.0/24' conflicts with another subnet"
QUOTA = "Resource handler returned message: The quota has been exceeded"
NOT_EMPTY = "The bucket you tried to delete is not empty"
# As CloudFormation answers them, the newest first.
EVENTS = {
    "orders": [
        event("orders", "orders", "UPDATE_ROLLBACK_COMPLETE", 0),
        *(event("orders", f"Topic{number}", "UPDATE_COMPLETE", 1) for number in range(9)),
        event(
            "orders",
            "orders",
            "UPDATE_ROLLBACK_IN_PROGRESS",
            2,
            "The following resource(s) failed to update: [Table, Rule].",
        ),
        event("orders", "Rule", "UPDATE_FAILED", 3, "Resource update cancelled"),
        event("orders", "Table", "UPDATE_FAILED", 4, QUOTA, kind="AWS::DynamoDB::Table"),
        event("orders", "Table", "UPDATE_IN_PROGRESS", 5, kind="AWS::DynamoDB::Table"),
        event("orders", "orders", "UPDATE_IN_PROGRESS", 6, "User Initiated"),
        # An earlier update, that failed for another reason.
        event("orders", "orders", "UPDATE_ROLLBACK_COMPLETE", 100),
        event("orders", "Queue", "UPDATE_FAILED", 103, "another cause, long mended"),
        event("orders", "orders", "UPDATE_IN_PROGRESS", 104, "User Initiated"),
    ],
    "platform": [
        event("platform", "platform", "ROLLBACK_COMPLETE", 0),
        event(
            "platform", "platform", "ROLLBACK_IN_PROGRESS", 1, "The following resource(s) failed to create: [Network]."
        ),
        event(
            "platform",
            "Network",
            "CREATE_FAILED",
            2,
            EMBEDDED,
            kind="AWS::CloudFormation::Stack",
            physical=stack_id("platform-Network-5E6F"),
        ),
        event("platform", "platform", "CREATE_IN_PROGRESS", 9, "User Initiated"),
    ],
    "platform-Network-5E6F": [
        event(
            "platform-Network-5E6F",
            "platform-Network-5E6F",
            "CREATE_FAILED",
            3,
            "The following resource(s) failed to create: [Subnet, Route].",
        ),
        event("platform-Network-5E6F", "Route", "CREATE_FAILED", 4, "Resource creation cancelled"),
        event("platform-Network-5E6F", "Subnet", "CREATE_FAILED", 5, CIDR, kind="AWS::EC2::Subnet"),
        event("platform-Network-5E6F", "platform-Network-5E6F", "CREATE_IN_PROGRESS", 8),
    ],
    "stuck": [
        event("stuck", "stuck", "DELETE_FAILED", 0, "The following resource(s) failed to delete: [Files]."),
        event("stuck", "Files", "DELETE_FAILED", 1, NOT_EMPTY, kind="AWS::S3::Bucket"),
        event("stuck", "stuck", "DELETE_IN_PROGRESS", 2, "User Initiated"),
    ],
    "lost": [],
}


def group(stack, region, usd):
    return {"Keys": [f"{TAG}${stack}", region], "Metrics": {"UnblendedCost": {"Amount": usd, "Unit": "USD"}}}


def month(start, end, *groups):
    return {"TimePeriod": {"Start": start, "End": end}, "Total": {}, "Groups": list(groups), "Estimated": True}


ANSWERS = {
    "cloudformation:DescribeStacks": [{"region": EU, "output": {"Stacks": DESCRIBED}}],
    "cloudformation:ListStacks": [
        {"region": EU, "when": {"StackStatusFilter": None}, "output": {"StackSummaries": SUMMARIES}},
        {"region": EU, "output": {"StackSummaries": BROKEN}},
    ],
    "cloudformation:DescribeStackEvents": [
        {"region": EU, "when": {"StackName": stack_id(name)}, "output": {"StackEvents": events}}
        for name, events in EVENTS.items()
    ],
    "cloudformation:DescribeStackResourceDrifts": [
        {
            "region": EU,
            "when": {"StackName": stack_id(name)},
            "output": {
                "StackResourceDrifts": [
                    {
                        "StackId": stack_id(name),
                        "LogicalResourceId": logical,
                        "ResourceType": "AWS::SQS::Queue",
                        "StackResourceDriftStatus": status,
                        "Timestamp": ago(1),
                    }
                    for logical, status in drifts
                ]
            },
        }
        for name, drifts in DRIFTS.items()
    ],
    # Thirty days lie in two months.
    "ce:GetCostAndUsage": [
        {
            "output": {
                "ResultsByTime": [
                    month(
                        "2026-10-23",
                        "2026-11-01",
                        group("app-0000", "us-east-1", "60.5"),
                        group("app-0001", "us-east-1", "99.5"),
                        group("renewed", EU, "300.125"),
                        group("", "us-east-1", "5000"),
                        group("edge", "global", "120"),
                    ),
                    month(
                        "2026-11-01",
                        "2026-11-22",
                        group("app-0000", "us-east-1", "50.25"),
                        group("app-0001", "us-east-1", "0.5"),
                        group("app-0002", "us-east-1", "-3"),
                        group("gone", EU, "150"),
                        group("unknown", "us-east-1", "101"),
                    ),
                ]
            }
        }
    ],
}


def stacks(account):
    return [f"app-{number:04}" for number in range(account.size)]


def template(number):
    """The first stacks export their topic, the last import the exports of some of those."""
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"topic-{number:04}"}}
    found = {"Resources": {"Topic": topic, "Queue": {"Type": "AWS::SQS::Queue"}}}
    if number < EXPORTS:
        export = {"Value": {"Ref": "Topic"}, "Export": {"Name": f"topic-{number:04}"}}
        found["Outputs"] = {"Topic": export}
    elif number % EXPORTS < IMPORTED:
        topic["Properties"]["DisplayName"] = {"Fn::ImportValue": f"topic-{number % EXPORTS:04}"}
    return json.dumps(found)


def failing():
    thing = {"Type": "Custom::Thing", "Properties": {"ServiceToken": MISSING}}
    return json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}, "Thing": thing}})


def seed(account):
    cloudformation = account.client("cloudformation")
    for number, name in enumerate(stacks(account)):
        cloudformation.create_stack(
            StackName=name, TemplateBody=template(number), EnableTerminationProtection=number % 3 == 0
        )
        # A stack can only import what is exported.
        if number == EXPORTS - 1:
            wait(cloudformation, stacks(account)[:EXPORTS])
    cloudformation.create_stack(StackName="broken", TemplateBody=failing())
    cloudformation.create_stack(StackName="half-updated", TemplateBody=template(EXPORTS + IMPORTED))
    wait(cloudformation, [*stacks(account), "broken", "half-updated"])
    cloudformation.update_stack(StackName="half-updated", TemplateBody=failing())
    wait(cloudformation, ["half-updated"])


def wait(cloudformation, names):
    for name in names:
        while "IN_PROGRESS" in cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]:
            pass
