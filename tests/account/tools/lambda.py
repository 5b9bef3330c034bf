"""Fixture of lambda_read_operations: functions with runtimes, metrics, policies, URLs, triggers and destinations.

MiniStack has the functions, moto the metrics. Prepared is what MiniStack does not do: event source mappings whose
last batch failed, and the URL of an alias.
"""

import datetime
import io
import json
import zipfile

from account import Case

TOOL = "lambda_read_operations"
# The account in which MiniStack is.
ACCOUNT, OTHER = "000000000000", "210987654321"
ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}"
RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/nightly"
STREAM = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders/stream/2026-01-01T00:00:00.000"
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
TODAY = NOW.date()
# Deprecation dates as AWS publishes them (Lambda developer guide, "Lambda runtimes").
DEPRECATED_ON = {
    "python3.8": datetime.date(2024, 10, 14),
    "nodejs18.x": datetime.date(2025, 9, 1),
    "python3.9": datetime.date(2025, 12, 15),
    "nodejs20.x": datetime.date(2026, 4, 30),
    "nodejs22.x": datetime.date(2027, 4, 30),
    "python3.13": datetime.date(2029, 6, 30),
}
USUAL = {"Runtime": "python3.13", "Timeout": 10, "MemorySize": 128}
# What differs from the usual.
FUNCTIONS = {
    "py38": {"Runtime": "python3.8"},
    "py39": {"Runtime": "python3.9"},
    "node18": {"Runtime": "nodejs18.x", "MemorySize": 1024},
    "node20": {"Runtime": "nodejs20.x", "Architectures": ["arm64"]},
    "node22": {"Runtime": "nodejs22.x", "Timeout": 900},
    "image": {"PackageType": "Image", "Code": {"ImageUri": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/app:1"}},
    "with-queue": {"DeadLetterConfig": {"TargetArn": f"{QUEUE}:failed"}},
    "with-destination": {},
    "alias-destination": {},
    "success-destination": {},
    "open-url": {},
    "closed-url": {},
    "signed-url": {},
    "alias-url": {},
    "open-policy": {},
    "org-policy": {},
    "of-bucket": {},
    "of-account": {},
    "consumer": {},
    "off": {},
    "reserved": {},
    "slow": {},
    "timed-out": {},
    "almost-slow": {},
}
# Sums of what CloudWatch counted, by minutes ago; the last is out of a day.
INVOCATIONS = {
    "py38": {30: 60, 300: 40, 1500: 900},
    "py39": {30: 100},
    "node18": {30: 8},
    "node20": {1500: 5},
    "node22": {30: 1},
    "consumer": {30: 0},
    "slow": {30: 2, 300: 1},
    "timed-out": {30: 1},
    "almost-slow": {30: 1},
}
ERRORS = {"py38": {30: 2, 300: 4, 1500: 900}, "py39": {30: 5}, "node18": {1500: 8}, "node20": {1500: 5}}
THROTTLES = {"py39": {30: 10, 300: 15}, "node18": {1500: 7}, "consumer": {30: 3}}
# Single runs in milliseconds.
DURATIONS = {
    "slow": {30: 9000, 31: 1000, 300: 2000},
    "timed-out": {30: 10000},
    "almost-slow": {30: 7900},
    "node22": {30: 9000},
}
CONCURRENT = {"reserved": {30: 3, 300: 4, 1500: 5}, "py38": {30: 17}}
ASYNC, DROPPED = {"py38": {30: 10, 4000: 20, 20000: 400}, "with-queue": {30: 5}}, {"py38": {4000: 6}}
MAPPINGS = {
    "consumer": [("jobs", "Enabled", None), (STREAM, "Enabled", "OK")],
    "off": [("jobs-off", "Disabled", None), ("mails", "Enabled", None)],
    "reserved": [(STREAM.replace("orders", "stock"), "Enabled", "PROBLEM: Function call failed")],
}


def seed(account):
    client, sqs = account.client("lambda"), account.client("sqs")
    for queue in ["failed", "done", "jobs", "jobs-off", "mails"]:
        sqs.create_queue(QueueName=queue)
    for number in range(account.size):
        FUNCTIONS[f"fleet-{number}"] = {}
    for name, settings in FUNCTIONS.items():
        create(client, name, settings)
    seed_destinations(client)
    seed_access(account, client)
    seed_mappings(account, client)
    client.put_function_concurrency(FunctionName="reserved", ReservedConcurrentExecutions=5)
    client.put_function_concurrency(FunctionName="off", ReservedConcurrentExecutions=0)
    seed_metrics(account)


def create(client, name, settings):
    settings = {**USUAL, **settings}
    if settings.get("PackageType") == "Image":
        del settings["Runtime"]
    else:
        settings |= {"Handler": "index.handler", "Code": {"ZipFile": code()}}
    client.create_function(FunctionName=name, Role=f"arn:aws:iam::{ACCOUNT}:role/functions", **settings)


def code():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return None\n")
    return file.getvalue()


def seed_destinations(client):
    failed = {"OnFailure": {"Destination": f"{QUEUE}:failed"}}
    put = client.put_function_event_invoke_config
    put(FunctionName="with-destination", DestinationConfig=failed)
    put(FunctionName="success-destination", DestinationConfig={"OnSuccess": {"Destination": f"{QUEUE}:done"}})
    alias(client, "alias-destination")
    put(FunctionName="alias-destination", Qualifier="live", DestinationConfig=failed)


def alias(client, name):
    version = client.publish_version(FunctionName=name)["Version"]
    client.create_alias(FunctionName=name, Name="live", FunctionVersion=version)


def seed_access(account, client):
    for name, kind in [("open-url", "NONE"), ("closed-url", "NONE"), ("signed-url", "AWS_IAM")]:
        client.create_function_url_config(FunctionName=name, AuthType=kind)
    for name in ["open-url", "signed-url"]:
        allow_url(client, name)
    seed_alias_url(account, client)
    allow(client, "open-policy", "anyone", "*")
    allow(client, "org-policy", "organization", "*", PrincipalOrgID="o-abcdefghij")
    allow(client, "of-bucket", "bucket", "s3.amazonaws.com", SourceArn="arn:aws:s3:::uploads", SourceAccount=ACCOUNT)
    allow(client, "of-bucket", "rule", "events.amazonaws.com", SourceArn=RULE)
    allow(client, "of-account", "partner", OTHER)


def allow_url(client, name, **more):
    """The two statements that a public URL needs (Lambda developer guide, "Control access to Lambda function URLs")."""
    url = {"FunctionName": name, "StatementId": "url", "Action": "lambda:InvokeFunctionUrl", "Principal": "*"}
    client.add_permission(**url, FunctionUrlAuthType="NONE", **more)
    via = {"FunctionName": name, "StatementId": "via-url", "Action": "lambda:InvokeFunction", "Principal": "*"}
    client.add_permission(**via, InvokedViaFunctionUrl=True, **more)


def allow(client, name, statement, principal, **conditions):
    given = {"FunctionName": name, "StatementId": statement, "Principal": principal}
    client.add_permission(**given, Action="lambda:InvokeFunction", **conditions)


def seed_alias_url(account, client):
    """MiniStack forgets the alias in the URL's ARN. The alias has a policy of its own, which is open."""
    alias(client, "alias-url")
    config = {
        "FunctionUrl": "https://alias.lambda-url.us-east-1.on.aws/",
        "FunctionArn": f"{ARN}:alias-url:live",
        "AuthType": "NONE",
        "CreationTime": "2026-01-01T00:00:00Z",
        "LastModifiedTime": "2026-01-01T00:00:00Z",
    }
    account.prepare("lambda:ListFunctionUrlConfigs", {"FunctionUrlConfigs": [config]}, FunctionName="alias-url")
    statement = {
        "Sid": "url",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "lambda:InvokeFunctionUrl",
        "Resource": f"{ARN}:alias-url:live",
        "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": [statement]})
    account.prepare("lambda:GetPolicy", {"Policy": policy}, FunctionName="alias-url", Qualifier="live")


def seed_mappings(account, client):
    """MiniStack's own mappings, with the results of last batches that it never has."""
    results = {}
    for name, mappings in MAPPINGS.items():
        for source, state, result in mappings:
            made = client.create_event_source_mapping(
                FunctionName=name, EventSourceArn=arn_of(source), Enabled=state == "Enabled", StartingPosition="LATEST"
            )
            results[made["UUID"]] = result
    mappings = account.all("lambda", "list_event_source_mappings", "EventSourceMappings")
    for mapping in mappings:
        result = results[mapping["UUID"]]
        mapping.pop("LastProcessingResult", None)
        mapping |= {"LastProcessingResult": result} if result else {}
    kafka = {
        "UUID": "9d0f3c7e-0000-4000-8000-000000000001",
        "FunctionArn": f"{ARN}:consumer",
        "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["kafka.example.com:9092"]}},
        "Topics": ["orders"],
        "State": "Enabled",
        "LastProcessingResult": "No records processed",
    }
    account.prepare("lambda:ListEventSourceMappings", {"EventSourceMappings": [*mappings, kafka]})


def arn_of(source):
    return source if source.startswith("arn:") else f"{QUEUE}:{source}"


def seed_metrics(account):
    measured = {
        "Invocations": INVOCATIONS,
        "Errors": ERRORS,
        "Throttles": THROTTLES,
        "Duration": DURATIONS,
        "ConcurrentExecutions": CONCURRENT,
        "AsyncEventsReceived": ASYNC,
        "AsyncEventsDropped": DROPPED,
    }
    # moto's clock has no time zone.
    now = NOW.replace(tzinfo=None)
    for metric, functions in measured.items():
        for name, values in functions.items():
            data = {now - datetime.timedelta(minutes=minutes): value for minutes, value in values.items()}
            account.measure("AWS/Lambda", metric, {"FunctionName": name}, data)


def of_window(values, hours=24):
    return [value for minutes, value in values.items() if minutes < hours * 60]


def cases(account):
    return [
        functions(),
        *deprecated(),
        *near_timeout(),
        *failing(),
        throttled(),
        dead_letters(),
        public(account),
        *triggers(),
        failing_sources(),
        concurrency(account),
    ]


def functions():
    rows = []
    for name, settings in FUNCTIONS.items():
        settings = {**USUAL, "Architectures": ["x86_64"], **settings}
        runtime = "container image" if "PackageType" in settings else settings["Runtime"]
        row = {"name": name, "runtime": runtime, "memory_mb": settings["MemorySize"], "timeout_s": settings["Timeout"]}
        rows.append({**row, "architecture": settings["Architectures"][0], "code_mib": 0})
    runtimes = [row["runtime"] for row in rows]
    counts = {runtime: runtimes.count(runtime) for runtime in set(runtimes)}
    return Case(TOOL, "functions", rows=rows, summary={"functions": len(rows), **counts})


def deprecated():
    def case(parameters, days):
        rows = []
        for name, settings in FUNCTIONS.items():
            runtime = {**USUAL, **settings}["Runtime"]
            date = DEPRECATED_ON[runtime]
            if "PackageType" not in settings and date <= TODAY + datetime.timedelta(days=days):
                is_over = date <= TODAY
                row = {"name": name, "runtime": runtime, "deprecated_on": str(date), "is_deprecated": is_over}
                rows.append(row)
        over = sum(row["is_deprecated"] for row in rows)
        summary = {"deprecated": over, "deprecated_soon": len(rows) - over, "functions": len(FUNCTIONS)}
        return Case(TOOL, "deprecated-runtimes", parameters, rows=rows, summary=summary)

    return [case({}, 180), case({"days": 1}, 1)]


def near_timeout():
    """The longest run of 10 seconds at most; node22 has 15 minutes. The three slow runs took 12 seconds."""
    slow = {"name": "slow", "longest_percent": 90, "longest_s": 9, "average_s": 4, "timeout_s": 10}
    over = {"name": "timed-out", "longest_percent": 100, "longest_s": 10, "average_s": 10}
    almost = {"name": "almost-slow", "longest_percent": 79, "longest_s": 7.9}
    summary = {"at_timeout": 1, "functions": len(FUNCTIONS)}
    return [
        Case(TOOL, "functions-near-timeout", rows=[slow, over], summary=summary | {"near_timeout": 2}),
        Case(TOOL, "functions-near-timeout", {"percent": 75}, rows=[slow, over, almost], summary={"near_timeout": 3}),
    ]


def failing():
    """A rate of just 5 % is not over 5 %, and what nobody called has none."""
    py38 = {"name": "py38", "error_percent": 6, "errors": 6, "invocations": 100}
    py39 = {"name": "py39", "error_percent": 5, "errors": 5, "invocations": 100}
    two_days = [
        {"name": "py38", "error_percent": 90.6, "errors": 906, "invocations": 1000},
        {"name": "node18", "error_percent": 100, "errors": 8, "invocations": 8},
        {"name": "node20", "error_percent": 100, "errors": 5, "invocations": 5},
    ]
    summary = {"invoked": 7, "errors": 11, "functions": len(FUNCTIONS)}
    of_two_days = {"failing": 3, "invoked": 8, "errors": 924}
    return [
        Case(TOOL, "failing-functions", rows=[py38], summary=summary | {"failing": 1}),
        Case(TOOL, "failing-functions", {"percent": 1}, rows=[py38, py39], summary=summary | {"failing": 2}),
        Case(TOOL, "failing-functions", {"days": 2}, rows=two_days, summary=of_two_days),
    ]


def throttled():
    """25 of 125 requests, and all of three."""
    rows = [
        {"name": "py39", "throttles": 25, "invocations": 100, "throttled_percent": 20},
        {"name": "consumer", "throttles": 3, "invocations": 0, "throttled_percent": 100},
    ]
    summary = {"throttled": 2, "throttles": 28, "functions": len(FUNCTIONS)}
    return Case(TOOL, "throttled-functions", rows=rows, summary=summary)


def dead_letters():
    """The destination of an alias is not that of the function, and one for success keeps no failed event."""
    kept = {"with-queue", "with-destination"}
    rows = [{"name": name, "failure_destination": "none"} for name in FUNCTIONS if name not in kept]
    for row in rows:
        week = 7 * 24
        row["async_events_of_a_week"] = sum(of_window(ASYNC.get(row["name"], {}), week))
        row["dropped_events_of_a_week"] = sum(of_window(DROPPED.get(row["name"], {}), week))
    summary = {"without_dead_letters": len(rows), "functions": len(FUNCTIONS)}
    return Case(TOOL, "functions-without-dead-letters", rows=rows, summary=summary)


def public(account):
    client = account.client("lambda")
    names = ["open-url", "closed-url"]
    urls = {name: client.get_function_url_config(FunctionName=name)["FunctionUrl"] for name in names}
    rows = [
        {"name": "open-url", "url": urls["open-url"], "url_answers_everyone": True, "anyone_may_invoke": False},
        {"name": "closed-url", "url": urls["closed-url"], "url_answers_everyone": False, "anyone_may_invoke": False},
        {"name": "alias-url", "url_answers_everyone": True, "anyone_may_invoke": False},
        {"name": "open-policy", "url": None, "url_answers_everyone": None, "anyone_may_invoke": True},
    ]
    summary = {"public_urls": 2, "open_policies": 1, "functions": len(FUNCTIONS)}
    return Case(TOOL, "public-functions", rows=rows, summary=summary)


def triggers():
    found = {
        "open-url": [("everyone", None, None)],
        "signed-url": [("everyone", None, None)],
        "open-policy": [("everyone", None, None)],
        "org-policy": [("everyone", None, None)],
        "of-bucket": [
            ("s3.amazonaws.com", "arn:aws:s3:::uploads", None),
            ("events.amazonaws.com", RULE, None),
        ],
        "of-account": [(f"account {OTHER}", None, None)],
    }
    for name, mappings in MAPPINGS.items():
        found[name] = [("event source mapping", arn_of(source), state) for source, state, _ in mappings]
    found["consumer"].append(("event source mapping", "self-managed Kafka orders", "Enabled"))

    def case(parameters, names):
        rows = [
            {"function": name, "kind": kind, "source": source, "state": state}
            for name in names
            for kind, source, state in found.get(name, [(None, None, None)])
        ]
        idle = sum(name not in found for name in names)
        summary = {"functions_without_trigger": idle, "functions": len(names)}
        return Case(TOOL, "function-triggers", parameters, rows=rows, summary=summary)

    few = ["consumer", "of-bucket", "py38"]
    return [case({}, list(FUNCTIONS)), case({"functions": few}, few)]


def failing_sources():
    rows = [
        {"function": "off", "source": f"{QUEUE}:jobs-off", "state": "Disabled"},
        {"function": "reserved", "state": "Enabled", "last_result": "PROBLEM: Function call failed"},
    ]
    return Case(TOOL, "failing-event-sources", rows=rows, summary={"disabled": 1, "failing": 1, "mappings": 6})


def concurrency(account):
    limit = account.client("lambda").get_account_settings()["AccountLimit"]
    reserved, highest = {"reserved": 5, "off": 0}, {"reserved": 4, "py38": 17}
    percents = {"reserved": 80}
    rows = [
        {
            "name": name,
            "reserved": reserved.get(name),
            "highest_used": highest.get(name),
            "used_percent": percents.get(name),
        }
        for name in FUNCTIONS
    ]
    summary = {
        "account_limit": limit["ConcurrentExecutions"],
        "unreserved": limit["ConcurrentExecutions"] - 5,
        "switched_off": 1,
        "functions": len(FUNCTIONS),
    }
    return Case(TOOL, "function-concurrency", rows=rows, summary=summary)
