"""A bill, and a small Cost Explorer that answers requests about it by their period, grouping and filter.

The facts that tests expect are sums over the same line items.
"""

import datetime
import time
from collections import defaultdict
from decimal import Decimal

DAY = datetime.timedelta(days=1)


def today():
    """The day on which the questions are asked too: a new one is waited for."""
    while (now := datetime.datetime.now(datetime.timezone.utc)).date() != (now + datetime.timedelta(minutes=2)).date():
        time.sleep(1)
    return now.date()


TODAY = today()


def first_of(day):
    return day.replace(day=1)


THIS_MONTH = first_of(TODAY)
LAST_MONTH = first_of(THIS_MONTH - DAY)
NEXT_MONTH = first_of(THIS_MONTH + 31 * DAY)

# Numbers, and the names that AWS has for some of them.
ACCOUNTS = {"111111111111": "payer", "222222222222": "shop", "333333333333": None}

# Service, account, region, tag Project, cost of a day. No sum of these ends with exactly half a cent.
USED = [
    ("Amazon Elastic Compute Cloud - Compute", "222222222222", "us-east-1", "shop", "40.1234007"),
    ("Amazon Elastic Compute Cloud - Compute", "222222222222", "eu-west-1", "shop", "11.5"),
    ("Amazon Relational Database Service", "222222222222", "us-east-1", "", "22.25"),
    ("Amazon Simple Storage Service", "333333333333", "us-east-1", "archive", "3.0049003"),
    ("AWS Lambda", "333333333333", "eu-west-1", "", "0.0031001"),
    ("AmazonCloudWatch", "111111111111", "us-east-1", "", "1.75"),
    *((f"Service {number}", "111111111111", "us-west-2", "tests", f"0.{number}5") for number in range(1, 9)),
]


def bill():
    """Line items: day, service, account, region, project, kind of record, amount; 120 days up to now."""
    for age in range(120):
        day = TODAY - age * DAY
        for index, (service, account, region, project, cost) in enumerate(USED):
            # Databases cost twice as much every ninth day, and storage nothing on Sundays.
            factor = 2 if index == 2 and age % 9 == 0 else 0 if index == 3 and day.weekday() == 6 else 1
            yield day, service, account, region, project, "Usage", Decimal(cost) * factor
        if age % 5 == 0:
            service, account, region, project, _ = USED[0]
            yield day, service, account, region, project, "Credit", Decimal("-15.5")
        if age % 11 == 0:
            service, account, region, project, _ = USED[2]
            yield day, service, account, region, project, "Refund", Decimal("-2.2")
        if day.day == 1:
            yield day, "Tax", "111111111111", "NoRegion", "", "Tax", Decimal("12.3450001")


BILL = list(bill())
KEYS = {"SERVICE": 1, "LINKED_ACCOUNT": 2, "REGION": 3, "RECORD_TYPE": 5}
CREDITS = ("Credit", "Refund")


# The small Cost Explorer


def keeps(filter, item):
    """Whether an expression of GetCostAndUsage keeps a line item."""
    if not filter:
        return True
    if "Not" in filter:
        return not keeps(filter["Not"], item)
    return item[KEYS[filter["Dimensions"]["Key"]]] in filter["Dimensions"]["Values"]


def key_of(group, item):
    return f"{group['Key']}${item[4]}" if group["Type"] == "TAG" else item[KEYS[group["Key"]]]


def spans(period, granularity):
    """Days or calendar months of a period; its end is not in it."""
    start, end = (datetime.date.fromisoformat(period[name]) for name in ("Start", "End"))
    while start < end:
        after = start + DAY if granularity == "DAILY" else first_of(first_of(start) + 31 * DAY)
        yield start, min(after, end)
        start = after


def metric(amount):
    return {"UnblendedCost": {"Amount": str(amount), "Unit": "USD"}}


def cost_and_usage(parameters):
    groups = parameters.get("GroupBy", [])
    results = []
    for start, end in spans(parameters["TimePeriod"], parameters["Granularity"]):
        sums = defaultdict(Decimal)
        for item in BILL:
            if start <= item[0] < end and keeps(parameters.get("Filter"), item):
                sums[tuple(key_of(group, item) for group in groups)] += item[-1]
        results += parts({"Start": str(start), "End": str(end)}, sums, bool(groups))
    output = {"ResultsByTime": results, "GroupDefinitions": groups}
    if any(group["Key"] == "LINKED_ACCOUNT" for group in groups):
        names = {number: name for number, name in ACCOUNTS.items() if name}
        output["DimensionValueAttributes"] = [
            {"Value": number, "Attributes": {"description": name}} for number, name in names.items()
        ]
    return output


def parts(period, sums, is_grouped):
    """A result of a span: a total, or groups; many groups come as several results of the same span."""
    if not is_grouped:
        return [{"TimePeriod": period, "Total": metric(sum(sums.values())), "Groups": [], "Estimated": True}]
    groups = [{"Keys": list(keys), "Metrics": metric(amount)} for keys, amount in sums.items()]
    cuts = range(0, max(len(groups), 1), 2)
    return [{"TimePeriod": period, "Total": {}, "Groups": groups[cut : cut + 2], "Estimated": True} for cut in cuts]


# What a day will cost, with credits and without.
FORECAST = {False: Decimal("81.5"), True: Decimal("84.25")}


def cost_forecast(parameters):
    a_day = FORECAST[not keeps(parameters.get("Filter"), BILL[0][:5] + ("Credit",))]
    days = [str(start) for start, _ in spans(parameters["TimePeriod"], "DAILY")]
    by_time = [{"TimePeriod": {"Start": day, "End": day}, "MeanValue": str(a_day)} for day in days]
    return {"Total": {"Amount": str(a_day * len(days)), "Unit": "USD"}, "ForecastResultsByTime": by_time}


def cost_by(column, start, end):
    """Cost before and after credits by this column of the line items of some days, the end excluded."""
    gross, net = defaultdict(Decimal), defaultdict(Decimal)
    for item in BILL:
        if start <= item[0] < end:
            gross[item[column]] += 0 if item[5] in CREDITS else item[-1]
            net[item[column]] += item[-1]
    return gross, net
