"""Tables: billed by request and by capacity, protected in one way, both or neither, throttled now, earlier and never,
with global and local indexes.

MiniStack forgets the days of point-in-time recovery that a table was given, so that answer is prepared.
"""

import datetime

from account import Case

TOOL = "dynamodb_read_operations"
NOW = datetime.datetime.now(datetime.timezone.utc)

DAYS = 7
ANSWERS = {
    "dynamodb:DescribeContinuousBackups": [
        {
            "when": {"TableName": "orders"},
            "output": {
                "ContinuousBackupsDescription": {
                    "ContinuousBackupsStatus": "ENABLED",
                    "PointInTimeRecoveryDescription": {
                        "PointInTimeRecoveryStatus": "ENABLED",
                        "RecoveryPeriodInDays": DAYS,
                    },
                }
            },
        }
    ]
}

# Read and write units; the others are billed by request.
PROVISIONED = {"orders": (5, 6), "stock": (1, 1)}
RECOVERABLE = ["orders", "customers"]
PROTECTED = ["orders", "stock"]
WITH_KEY = ["customers"]
RARELY_READ = ["archive"]
GLOBAL = {"orders": [("by-customer", ["customer"], "KEYS_ONLY"), ("by-day", ["day", "customer"], "ALL")]}
LOCAL = {"orders": [("by-state", ["id", "state"], "ALL")]}
ITEMS = {"orders": 3, "customers": 8}
NAMED = ["orders", "stock", "customers", "archive"]


def all_tables(account):
    return [*NAMED, *(f"table-{number:04}" for number in range(account.size))]


def seed(account):
    dynamodb = account.client("dynamodb")
    for name in all_tables(account):
        dynamodb.create_table(TableName=name, **billing(name), **keys(name), **extras(name))
    for name in RECOVERABLE:
        dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    for name, count in ITEMS.items():
        for number in range(count):
            dynamodb.put_item(
                TableName=name, Item={"id": {"S": str(number)}, "text": {"S": "x" * 50}, "at": {"S": "1"}}
            )
    seed_throttles(account)


def billing(name):
    if name not in PROVISIONED:
        return {"BillingMode": "PAY_PER_REQUEST"}
    read, write = PROVISIONED[name]
    return {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units(read, write)}


def units(read, write):
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def keys(name):
    """A sort key where there are local indexes, and every attribute that a key names."""
    indexes = GLOBAL.get(name, []) + LOCAL.get(name, [])
    own = ["id", "at"] if indexes else ["id"]
    attributes = dict.fromkeys(own + [attribute for _, parts, _ in indexes for attribute in parts])
    described = {
        "KeySchema": schema(own),
        "AttributeDefinitions": [{"AttributeName": attribute, "AttributeType": "S"} for attribute in attributes],
    }
    if indexes:
        of_global = {"ProvisionedThroughput": units(1, 1)}
        described["GlobalSecondaryIndexes"] = [{**index(*parts), **of_global} for parts in GLOBAL[name]]
        described["LocalSecondaryIndexes"] = [index(*parts) for parts in LOCAL[name]]
    return described


def schema(attributes):
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(attributes, ["HASH", "RANGE"])]


def index(name, attributes, projection):
    return {"IndexName": name, "KeySchema": schema(attributes), "Projection": {"ProjectionType": projection}}


def extras(name):
    extras = {"DeletionProtectionEnabled": name in PROTECTED}
    if name in WITH_KEY:
        extras["SSESpecification"] = {"Enabled": True, "SSEType": "KMS"}
    if name in RARELY_READ:
        extras["TableClass"] = "STANDARD_INFREQUENT_ACCESS"
    return extras


def seed_throttles(account):
    """Of an index on its own, of a table in two hours, and of a table the day before yesterday."""
    throttle(account, {"TableName": "orders", "GlobalSecondaryIndexName": "by-day"}, "WriteThrottleEvents", {3: 40})
    throttle(account, {"TableName": "table-0001"}, "ReadThrottleEvents", {2: 5, 20: 7, 50: 1000})
    throttle(account, {"TableName": "table-0001"}, "WriteThrottleEvents", {2: 1})
    throttle(account, {"TableName": "stock"}, "ReadThrottleEvents", {40: 9})
    throttle(account, {"TableName": "customers"}, "ReadThrottleEvents", {1: 0})


def throttle(account, dimensions, metric, values):
    values = {NOW - datetime.timedelta(hours=hours): count for hours, count in values.items()}
    account.measure("AWS/DynamoDB", metric, dimensions, values)


def cases(account):
    tables = {name: described(account, name) for name in all_tables(account)}
    return [tables_case(tables), unprotected_case(tables), *throttled_cases(tables), indexes_case(tables)]


def described(account, name):
    return account.client("dynamodb").describe_table(TableName=name)["Table"]


def tables_case(tables):
    capacity = {name: "{} read, {} write".format(*parts) for name, parts in PROVISIONED.items()}
    rows = [
        {
            "table": name,
            "status": "ACTIVE",
            "bytes": table["TableSizeBytes"],
            "items": ITEMS.get(name, 0),
            "billing": "PROVISIONED" if name in PROVISIONED else "PAY_PER_REQUEST",
            "capacity": capacity.get(name),
            "class": "STANDARD_INFREQUENT_ACCESS" if name in RARELY_READ else "STANDARD",
            "encryption": "KMS" if name in WITH_KEY else "key of DynamoDB",
            "indexes": 3 if name == "orders" else 0,
        }
        for name, table in tables.items()
    ]
    summary = {"tables": len(rows), "items": 11, "bytes": sum(row["bytes"] for row in rows), "unknown": 0}
    return Case(TOOL, "tables", rows=rows, summary=summary)


def unprotected_case(tables):
    days = {"orders": DAYS, "customers": 35}
    rows = [
        {
            "table": name,
            "point_in_time_recovery": name in RECOVERABLE,
            "recovery_days": days.get(name),
            "deletion_protection": name in PROTECTED,
        }
        for name in tables
        if not (name in RECOVERABLE and name in PROTECTED)
    ]
    summary = {
        "tables": len(tables),
        "without_point_in_time_recovery": len(tables) - 2,
        "without_deletion_protection": len(tables) - 2,
        "unknown": 0,
    }
    return Case(TOOL, "unprotected-tables", rows=rows, summary=summary)


def throttled_cases(tables):
    of_index = {
        "table": "orders",
        "index": "by-day",
        "throttled_reads": 0,
        "throttled_writes": 40,
        "billing": "PROVISIONED",
    }
    of_table = {"table": "table-0001", "index": None, "throttled_writes": 1, "billing": "PAY_PER_REQUEST"}
    yesterday = [of_index, {**of_table, "throttled_reads": 12}]
    stock = {"table": "stock", "index": None, "throttled_reads": 9, "throttled_writes": 0}
    counts = {"tables": len(tables), "throttled_writes": 41}
    return [
        Case(TOOL, "throttled-tables", rows=yesterday, summary={**counts, "throttled_reads": 12}),
        Case(
            TOOL,
            "throttled-tables",
            {"days": 2},
            rows=[*yesterday, stock],
            summary={**counts, "throttled_reads": 21},
        ),
    ]


def indexes_case(tables):
    rows = [
        {"table": name, "index": index, "kind": kind, "keys": ", ".join(parts), "projection": projection}
        for kind, indexes in (("global", GLOBAL), ("local", LOCAL))
        for name, of_table in indexes.items()
        for index, parts, projection in of_table
    ]
    return Case(
        TOOL,
        "table-indexes",
        rows=rows,
        summary={"indexes": 3, "global": 2, "tables": len(tables), "tables_unknown": 0},
    )
