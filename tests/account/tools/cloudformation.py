"""What is true of the stacks in cloudformation/stacks.py."""

from account import Case
from cloudformation.stacks import (
    ANSWERS,
    BROKEN,
    CIDR,
    DRIFTS,
    EU,
    EXPORTS,
    IMPORTED,
    MISSING,
    NOT_EMPTY,
    QUOTA,
    ago,
    seed,
    stacks,
)

__all__ = ["ANSWERS", "cases", "seed"]

TOOL = "cloudformation_read_operations"


def cases(account):
    return [
        *list_cases(account),
        *failed_cases(),
        *drift_cases(account),
        *unprotected_cases(account),
        *unchanged_cases(account),
        exports_case(account),
        nested_case(),
        *resources_cases(account),
        *costly_cases(),
    ]


def list_cases(account):
    names = stacks(account)
    rows = [
        {
            "stack": name,
            "status": "CREATE_COMPLETE",
            "protected": number % 3 == 0,
            "drift": "NOT_CHECKED",
            "nested_in": None,
        }
        for number, name in enumerate(names)
    ]
    rows.append({"stack": "broken", "status": "ROLLBACK_COMPLETE", "protected": False})
    rows.append({"stack": "half-updated", "status": "UPDATE_ROLLBACK_COMPLETE", "protected": False})
    there = [
        {"stack": "aged-Db-1A2B-Replica-3C4D", "nested_in": "aged-Db-1A2B", "drift": "NOT_CHECKED", "updated": None},
        {"stack": "aged-Db-1A2B", "nested_in": "aged", "drift": "DRIFTED", "created": ago(500)},
        {"stack": "old-network", "protected": True, "nested_in": None},
        {"stack": "renewed", "status": "UPDATE_COMPLETE", "updated": ago(10)},
        *({"stack": name, "nested_in": None} for name in ("aged", "fresh", "almost-old", "exactly-old", "unclear")),
    ]
    return [
        Case(TOOL, "stacks", rows=rows, summary={"stacks": len(rows), "failed_or_rolled_back": 2}),
        Case(TOOL, "stacks", regions=[EU], rows=there, summary={"stacks": 9, "failed_or_rolled_back": 0}),
    ]


def failed_cases():
    missing = (
        f"Custom resource ServiceToken '{MISSING}' not found. "
        "Ensure the Lambda function is provisioned before the custom resource."
    )
    here = {"resource": "Thing", "type": "Custom::Thing", "reason": missing, "in_nested_stack": None}
    rows = [
        {"stack": "broken", "status": "ROLLBACK_COMPLETE", **here},
        {"stack": "half-updated", "status": "UPDATE_ROLLBACK_COMPLETE", **here},
    ]
    there = [
        {
            "stack": "orders",
            "status": "UPDATE_ROLLBACK_COMPLETE",
            "failed_at": ago(1, 4),
            "resource": "Table",
            "reason": QUOTA,
            "in_nested_stack": None,
        },
        {
            "stack": "platform",
            "status": "ROLLBACK_COMPLETE",
            "resource": "Subnet",
            "type": "AWS::EC2::Subnet",
            "reason": CIDR,
            "in_nested_stack": "platform-Network-5E6F",
        },
        {"stack": "stuck", "status": "DELETE_FAILED", "resource": "Files", "reason": NOT_EMPTY},
        {
            "stack": "lost",
            "status": "ROLLBACK_FAILED",
            "failed_at": None,
            "resource": None,
            "reason": BROKEN[-1]["StackStatusReason"],
        },
    ]
    return [
        Case(TOOL, "failed-stacks", rows=rows, summary={"failed_stacks": 2, "without_known_cause": 0}),
        Case(TOOL, "failed-stacks", regions=[EU], rows=there, summary={"failed_stacks": 4, "without_known_cause": 1}),
        Case(TOOL, "failed-stacks", {"stacks": ["stuck"]}, [EU], rows=there[2:3], summary={"failed_stacks": 1}),
    ]


def drift_cases(account):
    rows = [
        {
            "stack": "renewed",
            "checked": ago(20),
            "changed_resources": [f"{logical} ({status})" for logical, status in DRIFTS["renewed"]],
            "updated_since": True,
        },
        {"stack": "aged", "checked": ago(100), "changed_resources": ["Role (MODIFIED)"], "updated_since": False},
        {"stack": "aged-Db-1A2B", "changed_resources": ["Table (MODIFIED)"], "updated_since": False},
    ]
    summary = {"drifted": 3, "in_sync": 1, "never_checked": 4, "unknown": 1}
    return [
        Case(TOOL, "stack-drift", regions=[EU], rows=rows, summary=summary),
        Case(TOOL, "stack-drift", rows=[], summary={"drifted": 0, "never_checked": account.size + 2}),
    ]


def unprotected_cases(account):
    rows = [{"stack": name} for number, name in enumerate(stacks(account)) if number % 3]
    rows += [{"stack": "broken"}, {"stack": "half-updated"}]
    there = ["renewed", "aged", "fresh", "almost-old", "exactly-old", "unclear"]
    return [
        Case(
            TOOL,
            "unprotected-stacks",
            rows=rows,
            summary={
                "without_protection": len(rows),
                "with_protection": account.size + 2 - len(rows),
                "nested_stacks_left_out": 0,
            },
        ),
        Case(
            TOOL,
            "unprotected-stacks",
            regions=[EU],
            rows=[{"stack": name} for name in there],
            summary={"without_protection": 6, "with_protection": 1, "nested_stacks_left_out": 2},
        ),
    ]


def unchanged_cases(account):
    old = {"stack": "old-network", "days_unchanged": 400, "changed": ago(400)}
    aged = {"stack": "aged", "days_unchanged": 200, "changed": ago(200)}
    half_a_year = [old, aged, {"stack": "exactly-old", "days_unchanged": 180}]
    return [
        Case(TOOL, "unchanged-stacks", regions=[EU], rows=half_a_year, summary={"unchanged": 3}),
        Case(TOOL, "unchanged-stacks", {"days": 300}, [EU], rows=[old], summary={"unchanged": 1}),
        Case(TOOL, "unchanged-stacks", rows=[], summary={"unchanged": 0, "stacks": account.size + 2}),
    ]


def exports_case(account):
    rows = [
        {"export": f"topic-{number:04}", "stack": f"app-{number:04}", "importing_stacks": 0}
        for number in range(IMPORTED, EXPORTS)
    ]
    return Case(
        TOOL, "unused-exports", rows=rows, summary={"exports": EXPORTS, "unused": EXPORTS - IMPORTED, "unknown": 0}
    )


def nested_case():
    rows = [
        {"root": "aged", "parent": "aged", "stack": "aged-Db-1A2B"},
        {"root": "aged", "parent": "aged-Db-1A2B", "stack": "aged-Db-1A2B-Replica-3C4D"},
    ]
    return Case(TOOL, "nested-stacks", regions=[EU], rows=rows, summary={"nested_stacks": 2, "root_stacks": 1})


def resources_cases(account):
    """The emulator chooses the physical names."""
    found = account.all("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName="app-0001")
    physical = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in found}
    rows = [
        {"stack": "app-0001", "logical_id": "Queue", "type": "AWS::SQS::Queue", "physical_id": physical["Queue"]},
        {"stack": "app-0001", "logical_id": "Topic", "type": "AWS::SNS::Topic", "physical_id": physical["Topic"]},
    ]
    both = [
        {"stack": name, "logical_id": logical} for name in ("app-0001", "app-0002") for logical in ("Queue", "Topic")
    ]
    return [
        Case(TOOL, "stack-resources", {"stacks": ["app-0001"]}, rows=rows, summary={"resources": 2}),
        Case(TOOL, "stack-resources", {"stacks": ["app-0001", "app-0002"]}, rows=both, summary={"resources": 4}),
    ]


def costly_cases():
    """What stands in no region of CloudFormation, or is in no list, still costs."""
    dear = [
        {"stack": "renewed", "region": EU, "usd_30_days": 300.13, "status": "UPDATE_COMPLETE"},
        {"stack": "gone", "region": EU, "usd_30_days": 150, "status": "DELETE_COMPLETE"},
    ]
    others = [
        {"stack": "edge", "region": "global", "usd_30_days": 120, "status": None},
        {"stack": "app-0000", "region": "us-east-1", "usd_30_days": 110.75, "status": "CREATE_COMPLETE"},
        {"stack": "unknown", "region": "us-east-1", "usd_30_days": 101, "status": None},
    ]
    counts = {"stacks_with_costs": 7}
    return [
        Case(TOOL, "costly-stacks", rows=dear + others, summary={**counts, "stacks_above": 5, "threshold_usd": 100}),
        Case(
            TOOL, "costly-stacks", {"usd": 149.5}, rows=dear, summary={**counts, "stacks_above": 2, "usd_above": 450.13}
        ),
    ]
