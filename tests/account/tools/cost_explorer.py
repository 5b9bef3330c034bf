"""Fixture of cost_explorer_read_operations.

No emulator knows costs, so this is a small Cost Explorer: a bill of line items, from which it answers requests by
their period, grouping and filter. The expected facts are sums over the same line items. Budgets, commitments,
recommendations and anomalies are prepared.
"""

import datetime
import time
from collections import defaultdict
from decimal import Decimal

from account import Case

TOOL = "cost_explorer_read_operations"

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


# Commitments: each month has a part, and reservations a total.


def percent_of(used, all):
    return str(round(100 * used / all, 4))


PLANS = [(300, 100), (50, 350)]

COMMITMENTS = {
    "ce:GetReservationUtilization": {
        "UtilizationsByTime": [],
        "Total": {"UtilizationPercentage": percent_of(540, 720), "PurchasedHours": "720", "TotalActualHours": "540",
                  "UnusedHours": "180", "NetRISavings": "-12.345"},
    },
    "ce:GetReservationCoverage": {
        "CoveragesByTime": [],
        "Total": {"CoverageHours": {"OnDemandHours": "360", "ReservedHours": "540", "TotalRunningHours": "900",
                                    "CoverageHoursPercentage": percent_of(540, 900)}},
    },
    "ce:GetSavingsPlansUtilization": {
        "Total": {
            "Utilization": {"TotalCommitment": "400", "UsedCommitment": "350", "UnusedCommitment": "50", "UtilizationPercentage": "87.5"},
            "Savings": {"NetSavings": "61.237", "OnDemandCostEquivalent": "461.237"},
        }
    },
    "ce:GetSavingsPlansCoverage": {
        "SavingsPlansCoverages": [
            {"Coverage": {"SpendCoveredBySavingsPlans": str(covered), "OnDemandCost": str(rest), "TotalCost": str(covered + rest),
                          "CoveragePercentage": percent_of(covered, covered + rest)}}
            for covered, rest in PLANS
        ]
    },
}


# Rightsizing: instance, name, change (none to stop it), saving.
RIGHTSIZING = [("i-0aaaaaaaaaaaaaaa1", "batch", None, "120.5"), ("i-0bbbbbbbbbbbbbbb2", None, "m5.large", "35.049")]
RIGHTSIZING += [(f"i-0ccccccccccccccc{number}", f"web-{number}", "m5.xlarge", f"{number}.25") for number in range(7)]


def recommendation(instance, name, change, saving):
    resource = {"EC2ResourceDetails": {"InstanceType": "m5.2xlarge", "Region": "us-east-1", "Platform": "Linux/UNIX"}}
    current = {"ResourceId": instance, "ResourceDetails": resource, "CurrencyCode": "USD", "MonthlyCost": "280.32"}
    target = lambda kind, saving, is_default: {
        "EstimatedMonthlySavings": saving,
        "CurrencyCode": "USD",
        "DefaultTargetInstance": is_default,
        "ResourceDetails": {"EC2ResourceDetails": {"InstanceType": kind}},
    }
    # The default is what is advised, whatever stands before it.
    modify = {"TargetInstances": [target("m5.4xlarge", "1.0", False), target(change, saving, True)]}
    stop = {"EstimatedMonthlySavings": saving, "CurrencyCode": "USD"}
    return {
        "AccountId": "222222222222",
        "CurrentInstance": current | ({"InstanceName": name} if name else {}),
        "RightsizingType": "MODIFY" if change else "TERMINATE",
        "FindingReasonCodes": ["CPU_OVER_PROVISIONED", "MEMORY_OVER_PROVISIONED"] if change else [],
    } | ({"ModifyRecommendationDetail": modify} if change else {"TerminateRecommendationDetail": stop})


# Anomalies: days since the begin and the end, impact, percent, causes (service, region, contribution).
ANOMALIES = [
    (3, 1, 250.129, 312.04, [("Amazon EC2", "us-east-1", 20.0), ("EC2 - Other", "eu-west-1", 230.0)]),
    (20, 18, 12.5, 50.0, [("AWS Lambda", "us-east-1", 12.5)]),
    (50, 49, 999.0, 900.0, [("Amazon S3", "us-east-1", 999.0)]),
    *((25, 24, 1.5, 10.0, []) for _ in range(7)),
]


def anomaly(number, begin, end, impact, percent, causes):
    root = lambda service, region, contribution: {
        "Service": service,
        "Region": region,
        "LinkedAccount": "222222222222",
        "UsageType": f"{region}-usage",
        "Impact": {"Contribution": contribution},
    }
    return {
        "AnomalyId": f"anomaly-{number}",
        "AnomalyStartDate": f"{TODAY - begin * DAY}T00:00:00Z",
        "AnomalyEndDate": f"{TODAY - end * DAY}T00:00:00Z",
        "DimensionValue": "Amazon CloudFront",
        "RootCauses": [root(*cause) for cause in causes],
        "AnomalyScore": {"MaxScore": 0.9, "CurrentScore": 0.1},
        "Impact": {"MaxImpact": impact / 2, "TotalImpact": impact, "TotalImpactPercentage": percent},
        "MonitorArn": "arn:aws:ce::111111111111:anomalymonitor/services",
    }


def anomalies(parameters):
    """Those that ended in the interval (AnomalyDateInterval in the API reference)."""
    interval = parameters["DateInterval"]
    start, end = (datetime.date.fromisoformat(interval[name]) for name in ("StartDate", "EndDate"))
    known = enumerate(ANOMALIES)
    return {"Anomalies": [anomaly(number, *row) for number, row in known if start <= TODAY - row[1] * DAY <= end]}


# Budgets: type, limit, actual and forecast spend, unit, what is expected of them.
BUDGETS = {
    "over": ("COST", "100", "120.456", "300", "USD", "over limit"),
    "soon": ("COST", "100", "60", "140.5", "USD", "forecast over limit"),
    "exactly": ("COST", "50", "50", "50", "USD", "within limit"),
    "new": ("COST", "10", "0", None, "USD", "within limit"),
    "hours": ("USAGE", "750", "800", None, "Hrs", "over limit"),
    "utilization": ("RI_UTILIZATION", "100", "60", None, "PERCENTAGE", None),
    **{f"team-{number}": ("COST", "1000", str(number * 10), str(number * 20), "USD", "within limit") for number in range(6)},
}


def budget(name, kind, limit, actual, forecast, unit, _):
    amount = lambda value: {"Amount": value, "Unit": unit}
    spend = {"ActualSpend": amount(actual)} | ({"ForecastedSpend": amount(forecast)} if forecast else {})
    return {"BudgetName": name, "BudgetType": kind, "TimeUnit": "MONTHLY", "BudgetLimit": amount(limit), "CalculatedSpend": spend}


TAGS = [("Project", "UserDefined"), ("aws:createdBy", "AWSGenerated"), *((f"Tag{number}", "UserDefined") for number in range(7))]


def tags(parameters):
    tag = lambda key, kind, status: {"TagKey": key, "Type": kind, "Status": status, "LastUsedDate": "2026-01-01T00:00:00Z"}
    known = [tag(*row, "Active") for row in TAGS] + [tag("Secret", "UserDefined", "Inactive")]
    return {"CostAllocationTags": [tag for tag in known if tag["Status"] == parameters.get("Status", tag["Status"])]}


ANSWERS = {
    "ce:GetCostAndUsage": [{"make": cost_and_usage}],
    "ce:GetCostForecast": [{"make": cost_forecast}],
    "ce:GetAnomalies": [{"make": anomalies}],
    "ce:GetAnomalyMonitors": [{"output": {"AnomalyMonitors": []}}],
    "ce:ListCostAllocationTags": [{"make": tags}],
    "ce:GetRightsizingRecommendation": [
        {"when": {"Service": "AmazonEC2"}, "output": {"RightsizingRecommendations": [recommendation(*row) for row in RIGHTSIZING]}}
    ],
    "budgets:DescribeBudgets": [
        {"when": {"AccountId": "123456789012"}, "output": {"Budgets": [budget(name, *row) for name, row in BUDGETS.items()]}}
    ],
    **{name: [{"output": output}] for name, output in COMMITMENTS.items()},
}


# What is true of the bill


def cents(amount):
    """Half a cent goes up, or down below zero."""
    return float(Decimal(amount).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP"))


def cost_by(column, start, end):
    """Cost before and after credits by this column of the line items of some days, the end excluded."""
    gross, net = defaultdict(Decimal), defaultdict(Decimal)
    for item in BILL:
        if start <= item[0] < end:
            gross[item[column]] += 0 if item[5] in CREDITS else item[-1]
            net[item[column]] += item[-1]
    return gross, net


def month():
    """The month so far, or the one before on its first day."""
    return (LAST_MONTH, THIS_MONTH) if TODAY == THIS_MONTH else (THIS_MONTH, TODAY + DAY)


def spend_case(recipe, name, column, period, parameters=None, top=None, extra=lambda key: {}):
    gross, net = cost_by(column, *period)
    total = sum(gross.values())
    rows = [
        {name: key or None, "gross": cents(gross[key]), "net": cents(net[key]), "unit": "USD",
         "share_percent": round(float(100 * gross[key] / total), 1), **extra(key)}
        for key in sorted(gross, key=gross.get, reverse=True)
    ]
    summary = {"gross": cents(total), "net": cents(sum(net.values())), "unit": "USD", "groups": len(rows)}
    return Case(TOOL, recipe, parameters or {}, rows=rows[:top], summary=summary)


def spend_cases():
    last = (LAST_MONTH, THIS_MONTH)
    return [
        spend_case("top-services", "service", 1, month(), top=10),
        spend_case("top-services", "service", 1, last, {"month": "last", "top": 3}, top=3),
        spend_case("top-services", "service", 1, last, {"month": f"{LAST_MONTH:%Y-%m}"}, top=10),
        spend_case("cost-by-account", "account", 2, month(), extra=lambda number: {"name": ACCOUNTS[number]}),
        spend_case("cost-by-region", "region", 3, last, {"month": "last"}),
        spend_case("cost-by-tag", "value", 4, last, {"month": "last", "tag": "Project"}),
        Case(
            TOOL,
            "cost-by-tag",
            rows=[{"tag": key, "type": kind} for key, kind in TAGS],
            summary={"active_tags": len(TAGS)},
        ),
    ]


def trend_case(days, parameters):
    by_day = [cost_of_day(TODAY - age * DAY) for age in range(days, 0, -1)]
    rows = []
    for index, services in enumerate(by_day):
        cost = sum(services.values())
        row = {"day": str(TODAY - (days - index) * DAY), "cost": cents(cost), "unit": "USD", "change": None, "moved_most": None}
        if index:
            before = by_day[index - 1]
            moved = {name: services[name] - before[name] for name in {**before, **services}}
            most = max(moved, key=lambda name: abs(moved[name]))
            row["change"] = cents(cost - sum(before.values()))
            row["moved_most"] = most if abs(moved[most]) >= Decimal("0.005") else None
        rows.append(row)
    total = sum(sum(services.values()) for services in by_day)
    summary = {"days": days, "total": cents(total), "mean_of_a_day": cents(total / days)}
    return Case(TOOL, "daily-trend", parameters, rows=rows, summary=summary)


def cost_of_day(day):
    services = defaultdict(Decimal)
    for item in BILL:
        if item[0] == day and item[5] not in CREDITS:
            services[item[1]] += item[-1]
    return services


def forecast_case():
    gross = lambda start, end: sum(cost_by(5, start, end)[0].values(), Decimal(0))
    so_far, before = gross(THIS_MONTH, TODAY), gross(LAST_MONTH, THIS_MONTH)
    # A forecast without credits, from today to the end of the month.
    rest = FORECAST[True] * (NEXT_MONTH - TODAY).days
    amounts = {"so far": so_far, "forecast for the rest": rest, "whole month": so_far + rest, "month before": before}
    return Case(TOOL, "month-forecast", rows=[{"what": what, "amount": cents(amount)} for what, amount in amounts.items()])


def budget_case():
    rows = [
        {
            "budget": name,
            "state": state,
            "limit": float(limit),
            "actual": cents(actual),
            "forecast": cents(forecast) if forecast else None,
            "unit": unit,
            "used_percent": round(100 * float(actual) / float(limit), 1),
            "every": "monthly",
            "type": kind,
        }
        for name, (kind, limit, actual, forecast, unit, state) in BUDGETS.items()
    ]
    return Case(TOOL, "budgets-over-limit", rows=rows, summary={"budgets": len(rows), "over_limit": 2, "forecast_over_limit": 1})


def commitment_case():
    covered, spend = sum(covered for covered, _ in PLANS), sum(sum(month) for month in PLANS)
    rows = [
        {"commitment": "reserved instances", "utilization_percent": 75, "coverage_percent": 60, "unused": 180, "net_savings": -12.35},
        {"commitment": "Savings Plans", "utilization_percent": 87.5, "coverage_percent": round(100 * covered / spend, 1),
         "unused": 50, "net_savings": 61.24},
    ]
    return Case(TOOL, "commitments", rows=rows)


def rightsizing_case():
    rows = [
        {"instance": instance, "name": name, "account": "222222222222", "region": "us-east-1", "type": "m5.2xlarge",
         "advice": f"change to {change}" if change else "terminate", "monthly_savings": cents(saving), "unit": "USD"}
        for instance, name, change, saving in RIGHTSIZING
    ]
    savings = sum(cents(saving) for *_, saving in RIGHTSIZING)
    return Case(TOOL, "rightsizing", rows=rows, summary={"recommendations": len(rows), "monthly_savings": round(savings, 2)})


def anomaly_case(days, parameters):
    rows = []
    for begin, end, impact, percent, causes in ANOMALIES:
        if end > days:
            continue
        service, region, _ = max(causes, key=lambda cause: cause[2], default=("Amazon CloudFront", None, 0))
        rows.append({
            "started": f"{TODAY - begin * DAY}T00:00:00Z",
            "impact": cents(str(impact)),
            "impact_percent": round(percent, 1),
            "service": service,
            "region": region,
            "account": "222222222222" if causes else None,
        })
    summary = {"anomalies": len(rows), "impact": cents(sum(Decimal(str(row["impact"])) for row in rows))}
    return Case(TOOL, "cost-anomalies", parameters, rows=rows, summary=summary)


def cases(account):
    return [
        *spend_cases(),
        trend_case(14, {}),
        trend_case(40, {"days": 40}),
        forecast_case(),
        budget_case(),
        commitment_case(),
        rightsizing_case(),
        anomaly_case(30, {}),
        anomaly_case(60, {"days": 60}),
        # One ended yesterday.
        Case(TOOL, "cost-anomalies", {"days": 1}, count=1),
    ]
