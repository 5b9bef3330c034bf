"""Fixture of cloudwatch_read_operations.

Alarms in every state, with and without actions, a composite one, one that was deleted and some in another region;
dashboards; a metric with nine series; log groups by the account's size with and without retention, two of them large;
log groups with errors and other events, now and before.
"""

import datetime
import json
import re
import statistics

from account import Case

TOOL = "cloudwatch_read_operations"

# Moto has no alarm history, and takes every type of alarm for the one that was asked.
MINISTACK = {"cloudwatch"}

TOPIC = "arn:aws:sns:us-east-1:000000000000:ops"
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def minutes_ago(minutes):
    return NOW - datetime.timedelta(minutes=minutes)


def rfc3339(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


# Alarms


def alarm(name, states=(), region="us-east-1", **more):
    """An alarm, and the states that it is put in one after the other; it begins without data."""
    parameters = {
        "AlarmName": name,
        "Namespace": "AWS/EC2",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "InstanceId", "Value": f"i-{name}"}],
        "Statistic": "Average",
        "Period": 300,
        "EvaluationPeriods": 5,
        "DatapointsToAlarm": 3,
        "Threshold": 90.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "breaching",
        "AlarmActions": [TOPIC],
        **more,
    }
    return {"name": name, "states": list(states), "region": region, "parameters": parameters}


def alarms(size):
    paths = [["OK"], ["OK", "ALARM"], [], ["OK", "ALARM", "OK", "ALARM", "OK"], ["OK", "INSUFFICIENT_DATA"]]
    # Even large accounts have hundreds of alarms rather than thousands.
    many = [alarm(f"cpu-{number:04}", paths[number % 5]) for number in range(min(size, 200))]
    return [
        *many,
        alarm("disk (web)", ["OK", "ALARM"], AlarmActions=[], OKActions=[TOPIC]),
        alarm("lone", ["OK"], AlarmActions=[]),
        # Put in the same state again: no transition.
        alarm("muted", ["OK", "ALARM", "ALARM"], ActionsEnabled=False),
        alarm("deleted", ["OK", "ALARM"]),
        alarm("far", ["OK", "ALARM"], region="eu-west-1"),
        alarm("far-fine", ["OK"], region="eu-west-1"),
    ]


def fired(alarm):
    states = ["INSUFFICIENT_DATA", *alarm["states"]]
    return sum(1 for before, after in zip(states, states[1:]) if after == "ALARM" and before != "ALARM")


def state(alarm):
    return (alarm["states"] or ["INSUFFICIENT_DATA"])[-1]


# A name with brackets stands in quotes in a rule.
COMPOSITE = {"AlarmName": "web-down", "AlarmRule": 'ALARM("disk (web)") OR ALARM(lone)', "AlarmActions": [TOPIC]}


def seed_alarms(account):
    all_alarms = alarms(account.size)
    for alarm in all_alarms:
        account.client("cloudwatch", alarm["region"]).put_metric_alarm(**alarm["parameters"])
    cloudwatch = account.client("cloudwatch")
    cloudwatch.put_composite_alarm(**COMPOSITE)
    for alarm in all_alarms:
        client = account.client("cloudwatch", alarm["region"])
        for number, state in enumerate(alarm["states"]):
            client.set_alarm_state(AlarmName=alarm["name"], StateValue=state, StateReason=f"change {number} to {state}")
    cloudwatch.delete_alarms(AlarmNames=["deleted"])


def alarm_cases(account):
    every = alarms(account.size)
    here = [alarm for alarm in every if alarm["region"] == "us-east-1" and alarm["name"] != "deleted"]
    there = [alarm for alarm in every if alarm["region"] == "eu-west-1"]
    firing = [firing_row(alarm) for alarm in here if state(alarm) == "ALARM"]
    # `disk (web)` is in ALARM, so the composite alarm is.
    firing.append({"alarm": "web-down", "type": "CompositeAlarm", "watches": COMPOSITE["AlarmRule"], "actions": "on"})
    return [
        Case(TOOL, "alarms-firing", rows=firing, summary={"firing": len(firing), "composite": 1}),
        Case(
            TOOL,
            "alarms-firing",
            regions=["eu-west-1"],
            rows=[firing_row(alarm) for alarm in there if state(alarm) == "ALARM"],
        ),
        Case(
            TOOL,
            "alarms-firing",
            regions=["us-east-1", "eu-west-1"],
            rows=[{**row, "region": "us-east-1"} for row in firing] + [{"alarm": "far", "region": "eu-west-1"}],
            summary={"firing": len(firing) + 1},
        ),
        fired_case(every),
        without_actions_case(here),
        without_data_case(here),
    ]


def firing_row(alarm):
    actions = "none" if not alarm["parameters"]["AlarmActions"] else "on"
    return {
        "alarm": alarm["name"],
        "type": "MetricAlarm",
        "watches": "AWS/EC2 CPUUtilization",
        "condition": "GreaterThanThreshold 90, 3 of 5 periods of 300 s",
        "actions": actions if alarm["parameters"].get("ActionsEnabled", True) else "off",
        "reason": f"change {len(alarm['states']) - 1} to ALARM",
    }


def fired_case(every):
    rows = [
        {
            "alarm": alarm["name"],
            "type": "MetricAlarm",
            "times": fired(alarm),
            # Nothing is known about a deleted alarm but its history.
            "state": None if alarm["name"] == "deleted" else state(alarm),
        }
        for alarm in every
        if alarm["region"] == "us-east-1" and fired(alarm)
    ]
    rows.append({"alarm": "web-down", "type": "CompositeAlarm", "times": 1, "state": "ALARM"})
    times = sum(row["times"] for row in rows)
    return Case(TOOL, "alarms-fired", {"hours": 12}, rows=rows, summary={"alarms": len(rows), "times_fired": times})


def without_actions_case(here):
    rows = [
        {"alarm": "disk (web)", "why": "no action for ALARM", "state": "ALARM", "in_composite": True},
        {"alarm": "lone", "why": "no action for ALARM", "state": "OK", "in_composite": True},
        {"alarm": "muted", "why": "actions are switched off", "state": "ALARM", "in_composite": False},
    ]
    return Case(TOOL, "alarms-without-actions", rows=rows, summary={"alarms": len(here) + 1, "without_actions": 3})


def without_data_case(here):
    rows = [
        {"alarm": alarm["name"], "dimensions": f"InstanceId=i-{alarm['name']}", "missing_data": "breaching", "days": 0}
        for alarm in here
        if state(alarm) == "INSUFFICIENT_DATA"
    ]
    return Case(TOOL, "alarms-insufficient-data", rows=rows, summary={"insufficient_data": len(rows)})


# Dashboards

DASHBOARDS = [f"board-{number}" for number in range(9)]


def seed_dashboards(account):
    for name in DASHBOARDS:
        account.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=json.dumps({"widgets": []}))


def dashboard_cases():
    return [Case(TOOL, "dashboards", rows=[{"dashboard": name} for name in DASHBOARDS], summary={"dashboards": 9})]


# Metrics: nine series with two samples in each of ten minutes of ten, and one that is five hours old.

SERIES = [f"service-{number}" for number in range(9)]
TEN_MINUTES, HALF_A_MINUTE = datetime.timedelta(minutes=10), datetime.timedelta(seconds=30)
LAST = datetime.datetime.fromtimestamp(NOW.timestamp() // 600 * 600, datetime.timezone.utc) - TEN_MINUTES
STARTS = [LAST - TEN_MINUTES * step for step in range(10)]


def samples(series, start):
    """Values of the two samples of one series that begin then."""
    step, number = STARTS.index(start), SERIES.index(series)
    return [10.0 * number + step, 10.0 * number + step * step]


def seed_metrics(account):
    cloudwatch = account.client("cloudwatch")
    for series in SERIES:
        values = [(start, samples(series, start)) for start in STARTS]
        data = [
            datum(series, start + HALF_A_MINUTE * index, value)
            for start, pair in values
            for index, value in enumerate(pair)
        ]
        other = {**datum(series, LAST, 7.0), "MetricName": "Errors"}
        old = datum(series, minutes_ago(300), 1_000_000.0)
        cloudwatch.put_metric_data(Namespace="Shop", MetricData=[*data, other, old])


def datum(series, time, value):
    dimensions = [{"Name": "Service", "Value": series}]
    return {"MetricName": "Latency", "Dimensions": dimensions, "Timestamp": time, "Value": value}


def metric_cases():
    latency = {"namespace": "Shop", "metric": "Latency"}
    one = {**latency, "dimensions": ["Service=service-3"], "period": 300}
    return [
        *(
            Case(TOOL, "metric-values", {**one, **parameters}, rows=over_time("service-3", of), summary={"values": 10})
            for parameters, of in [({}, statistics.mean), ({"statistic": "sum"}, sum), ({"statistic": "Maximum"}, max)]
        ),
        Case(TOOL, "metric-values", {**one, "dimensions": ["Service=nobody"]}, rows=[], summary={"values": 0}),
        Case(TOOL, "metric-values", latency, rows=[series_row(series) for series in SERIES], summary={"series": 9}),
        Case(TOOL, "metric-values", {**latency, "namespace": "shop"}, rows=[], summary={"series": 0}),
    ]


def over_time(series, of):
    return [{"time": rfc3339(start), "value": of(samples(series, start))} for start in STARTS]


def series_row(series):
    means = [statistics.mean(samples(series, start)) for start in STARTS]
    return {
        "dimensions": f"Service={series}",
        "latest": means[0],
        "minimum": min(means),
        "maximum": max(means),
        "mean": statistics.mean(means),
        "values": 10,
    }


# Log groups

MEGABYTE = 1_000_000


def log_groups(size):
    """Name, retention in days, class and stored bytes."""
    many = [
        (
            f"/app/service-{number:04}",
            [None, 7, 30][number % 3],
            "STANDARD",
            100 + number if number in range(1, 100, 2) else 0,
        )
        for number in range(size)
    ]
    others = [
        ("/archive", None, "INFREQUENT_ACCESS", 12 * MEGABYTE),
        ("/traffic", 14, "STANDARD", 24 * MEGABYTE),
        ("/delivered", None, "DELIVERY", 0),
    ]
    with_events = [(name, 1, "STANDARD", sum(len(message) for _, message in events)) for name, events in EVENTS.items()]
    return [*many, *others, *with_events]


def events_of(size):
    """Messages that add up to so many bytes, few enough for one PutLogEvents call each."""
    step = 200_000
    return ["x" * min(step, size - start) for start in range(0, size, step)]


def seed_log_groups(account):
    logs = account.client("logs")
    for name, days, group_class, size in log_groups(account.size):
        logs.create_log_group(logGroupName=name, logGroupClass=group_class)
        if days:
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)
        messages = [(5, message) for message in events_of(size)] if name not in EVENTS else EVENTS[name]
        if messages:
            logs.create_log_stream(logGroupName=name, logStreamName="main")
        for start in range(0, len(messages), 5):
            events = [
                {"timestamp": int(minutes_ago(age).timestamp() * 1000) + 123, "message": message}
                for age, message in messages[start : start + 5]
            ]
            logs.put_log_events(logGroupName=name, logStreamName="main", logEvents=events)


def log_group_cases(account):
    groups = log_groups(account.size)

    def gib(groups):
        return round(sum(size for *_, size in groups) / 2**30, 2)

    forever = [group for group in groups if group[1] is None]
    by_size = sorted(groups, key=lambda group: -group[3])

    def cells(group):
        return {"log_group": group[0], "bytes": group[3], "retention_days": group[1], "class": group[2]}

    return [
        Case(
            TOOL,
            "log-groups-without-retention",
            rows=[{"log_group": name, "bytes": size, "class": group_class} for name, _, group_class, size in forever],
            summary={
                "log_groups": len(groups),
                "without_retention": len(forever),
                "gib_without_retention": gib(forever),
            },
        ),
        Case(
            TOOL,
            "largest-log-groups",
            {"top": 3},
            rows=[cells(group) for group in by_size[:3]],
            summary={"log_groups": len(groups), "gib": gib(groups)},
        ),
        Case(TOOL, "largest-log-groups", count=20),
    ]


# Log events: minutes ago, and what was logged.

EVENTS = {
    "/aws/lambda/orders": [
        (1, "[ERROR] KeyError: 'sku'\nTraceback (most recent call last):"),
        (2, "Task timed out after 3.00 seconds"),
        (3, "INFO order 17 accepted"),
        (50, "unhandled Exception in worker"),
        (200, "FATAL: out of memory"),
    ],
    "/aws/lambda/orders-retry": [(4, "error: no stock"), (5, "retrying")],
    "/aws/lambda/mail": [(6, "error: mail refused")],
    "/aws/lambda/payments": [(7, 'declined "card 1" | sent'), (8, "declined card 2"), (9, "error: bank is away")],
}


def error_rows(group, *ages):
    # A cell is one line.
    return [
        {"time": rfc3339(minutes_ago(age)), "log_group": group, "stream": "main", "message": message.replace("\n", " ")}
        for age, message in EVENTS[group]
        if age in ages
    ]


def error_cases():
    orders, retry = "/aws/lambda/orders", "/aws/lambda/orders-retry"
    recent, older = error_rows(orders, 1, 2, 50), error_rows(orders, 200)
    quoted = {"log_groups": ["payments"], "pattern": 'declined "card 1" |'}
    return [
        Case(TOOL, "recent-log-errors", {"log_groups": [orders]}, rows=recent, summary={"events": 3, "log_groups": 1}),
        Case(TOOL, "recent-log-errors", {"log_groups": [orders], "hours": 4}, rows=recent + older),
        Case(TOOL, "recent-log-errors", {"log_groups": [orders], "limit": 2}, rows=error_rows(orders, 1, 2)),
        Case(
            TOOL,
            "recent-log-errors",
            {"log_groups": ["ORDERS"]},
            rows=recent + error_rows(retry, 4),
            summary={"log_groups": 2},
        ),
        Case(TOOL, "recent-log-errors", {"log_groups": ["nothing"]}, rows=[]),
        Case(TOOL, "recent-log-errors", quoted, rows=error_rows("/aws/lambda/payments", 7)),
    ]


# MiniStack knows no filter for a text in quotes: queries of this log group are answered here. A query runs when it is
# first looked at, and is complete after that.

queries = {}


def start_query(parameters):
    wanted = re.search(r'filter @message like "((?:[^"\\]|\\.)*)" \|', parameters["queryString"]).group(1)
    wanted = re.sub(r"\\(.)", r"\1", wanted)
    query = f"query-{len(queries)}"
    found = [(age, message) for age, message in EVENTS["/aws/lambda/payments"] if wanted in message]
    queries[query] = {"status": "Running", "results": [result(age, message) for age, message in found]}
    return {"queryId": query}


def result(age, message):
    fields = {
        "@timestamp": minutes_ago(age).strftime("%Y-%m-%d %H:%M:%S.123"),
        "@log": "000000000000:/aws/lambda/payments",
        "@logStream": "main",
        "@message": message,
        "@ptr": "Cg",
    }
    return [{"field": name, "value": value} for name, value in fields.items()]


def query_results(parameters):
    query = queries[parameters["queryId"]]
    output = {**query, "results": query["results"] if query["status"] == "Complete" else []}
    query["status"] = "Complete"
    return output


ANSWERS = {
    "logs:StartQuery": [{"when": {"logGroupNames": ["/aws/lambda/payments"]}, "make": start_query}],
    "logs:GetQueryResults": [{"when": {"queryId": f"query-{number}"}, "make": query_results} for number in range(9)],
}


def seed(account):
    seed_alarms(account)
    seed_dashboards(account)
    seed_metrics(account)
    seed_log_groups(account)


def cases(account):
    return [*alarm_cases(account), *dashboard_cases(), *metric_cases(), *log_group_cases(account), *error_cases()]
