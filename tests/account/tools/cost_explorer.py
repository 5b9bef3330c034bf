"""Fixture of cost_explorer_read_operations.

No emulator knows costs, so the small Cost Explorer of bill.py answers about them. Budgets, commitments,
recommendations, anomalies and tags are prepared.
"""

import datetime
from collections import defaultdict
from decimal import Decimal

from account import Case
from bill import (
    ACCOUNTS,
    BILL,
    CREDITS,
    DAY,
    FORECAST,
    LAST_MONTH,
    NEXT_MONTH,
    THIS_MONTH,
    TODAY,
    cost_and_usage,
    cost_by,
    cost_forecast,
)

TOOL = "cost_explorer_read_operations"

# Commitments: each month has a part, and reservations a total.


def percent_of(used, all):
    return str(round(100 * used / all, 4))


PLANS = [(300, 100), (50, 350)]

COMMITMENTS = {
    "ce:GetReservationUtilization": {
        "UtilizationsByTime": [],
        "Total": {
            "UtilizationPercentage": percent_of(540, 720),
            "PurchasedHours": "720",
            "TotalActualHours": "540",
            "UnusedHours": "180",
            "NetRISavings": "-12.345",
        },
    },
    "ce:GetReservationCoverage": {
        "CoveragesByTime": [],
        "Total": {
            "CoverageHours": {
                "OnDemandHours": "360",
                "ReservedHours": "540",
                "TotalRunningHours": "900",
                "CoverageHoursPercentage": percent_of(540, 900),
            }
        },
    },
    "ce:GetSavingsPlansUtilization": {
        "Total": {
            "Utilization": {
                "TotalCommitment": "400",
                "UsedCommitment": "350",
                "UnusedCommitment": "50",
                "UtilizationPercentage": "87.5",
            },
            "Savings": {"NetSavings": "61.237", "OnDemandCostEquivalent": "461.237"},
        }
    },
    "ce:GetSavingsPlansCoverage": {
        "SavingsPlansCoverages": [
            {
                "Coverage": {
                    "SpendCoveredBySavingsPlans": str(covered),
                    "OnDemandCost": str(rest),
                    "TotalCost": str(covered + rest),
                    "CoveragePercentage": percent_of(covered, covered + rest),
                }
            }
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

    def target(kind, saving, is_default):
        return {
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
    def root(service, region, contribution):
        return {
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
    **{
        f"team-{number}": ("COST", "1000", str(number * 10), str(number * 20), "USD", "within limit")
        for number in range(6)
    },
}


def budget(name, kind, limit, actual, forecast, unit, _):
    def amount(value):
        return {"Amount": value, "Unit": unit}

    spend = {"ActualSpend": amount(actual)} | ({"ForecastedSpend": amount(forecast)} if forecast else {})
    return {
        "BudgetName": name,
        "BudgetType": kind,
        "TimeUnit": "MONTHLY",
        "BudgetLimit": amount(limit),
        "CalculatedSpend": spend,
    }


TAGS = [
    ("Project", "UserDefined"),
    ("aws:createdBy", "AWSGenerated"),
    *((f"Tag{number}", "UserDefined") for number in range(7)),
]


def tags(parameters):
    def tag(key, kind, status):
        return {
            "TagKey": key,
            "Type": kind,
            "Status": status,
            "LastUsedDate": "2026-01-01T00:00:00Z",
        }

    known = [tag(*row, "Active") for row in TAGS] + [tag("Secret", "UserDefined", "Inactive")]
    return {"CostAllocationTags": [tag for tag in known if tag["Status"] == parameters.get("Status", tag["Status"])]}


ANSWERS = {
    "ce:GetCostAndUsage": [{"make": cost_and_usage}],
    "ce:GetCostForecast": [{"make": cost_forecast}],
    "ce:GetAnomalies": [{"make": anomalies}],
    "ce:GetAnomalyMonitors": [{"output": {"AnomalyMonitors": []}}],
    "ce:ListCostAllocationTags": [{"make": tags}],
    "ce:GetRightsizingRecommendation": [
        {
            "when": {"Service": "AmazonEC2"},
            "output": {"RightsizingRecommendations": [recommendation(*row) for row in RIGHTSIZING]},
        }
    ],
    "budgets:DescribeBudgets": [
        {
            "when": {"AccountId": "123456789012"},
            "output": {"Budgets": [budget(name, *row) for name, row in BUDGETS.items()]},
        }
    ],
    **{name: [{"output": output}] for name, output in COMMITMENTS.items()},
}


# What is true of the bill


def cents(amount):
    """Half a cent goes up, or down below zero."""
    return float(Decimal(amount).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP"))


def month():
    """The month so far, or the one before on its first day."""
    return (LAST_MONTH, THIS_MONTH) if TODAY == THIS_MONTH else (THIS_MONTH, TODAY + DAY)


def spend_case(recipe, name, column, period, parameters=None, top=None, extra=lambda key: {}):
    gross, net = cost_by(column, *period)
    total = sum(gross.values())
    rows = [
        {
            name: key or None,
            "gross": cents(gross[key]),
            "net": cents(net[key]),
            "unit": "USD",
            "share_percent": round(float(100 * gross[key] / total), 1),
            **extra(key),
        }
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
        row = {
            "day": str(TODAY - (days - index) * DAY),
            "cost": cents(cost),
            "unit": "USD",
            "change": None,
            "moved_most": None,
        }
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
    def gross(start, end):
        return sum(cost_by(5, start, end)[0].values(), Decimal(0))

    so_far, before = gross(THIS_MONTH, TODAY), gross(LAST_MONTH, THIS_MONTH)
    # A forecast without credits, from today to the end of the month.
    rest = FORECAST[True] * (NEXT_MONTH - TODAY).days
    amounts = {"so far": so_far, "forecast for the rest": rest, "whole month": so_far + rest, "month before": before}
    return Case(
        TOOL, "month-forecast", rows=[{"what": what, "amount": cents(amount)} for what, amount in amounts.items()]
    )


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
    return Case(
        TOOL, "budgets-over-limit", rows=rows, summary={"budgets": len(rows), "over_limit": 2, "forecast_over_limit": 1}
    )


def commitment_case():
    covered, spend = sum(covered for covered, _ in PLANS), sum(sum(month) for month in PLANS)
    rows = [
        {
            "commitment": "reserved instances",
            "utilization_percent": 75,
            "coverage_percent": 60,
            "unused": 180,
            "net_savings": -12.35,
        },
        {
            "commitment": "Savings Plans",
            "utilization_percent": 87.5,
            "coverage_percent": round(100 * covered / spend, 1),
            "unused": 50,
            "net_savings": 61.24,
        },
    ]
    return Case(TOOL, "commitments", rows=rows)


def rightsizing_case():
    rows = [
        {
            "instance": instance,
            "name": name,
            "account": "222222222222",
            "region": "us-east-1",
            "type": "m5.2xlarge",
            "advice": f"change to {change}" if change else "terminate",
            "monthly_savings": cents(saving),
            "unit": "USD",
        }
        for instance, name, change, saving in RIGHTSIZING
    ]
    savings = sum(cents(saving) for *_, saving in RIGHTSIZING)
    return Case(
        TOOL, "rightsizing", rows=rows, summary={"recommendations": len(rows), "monthly_savings": round(savings, 2)}
    )


def anomaly_case(days, parameters):
    rows = []
    for begin, end, impact, percent, causes in ANOMALIES:
        if end > days:
            continue
        service, region, _ = max(causes, key=lambda cause: cause[2], default=("Amazon CloudFront", None, 0))
        rows.append(
            {
                "started": f"{TODAY - begin * DAY}T00:00:00Z",
                "impact": cents(str(impact)),
                "impact_percent": round(percent, 1),
                "service": service,
                "region": region,
                "account": "222222222222" if causes else None,
            }
        )
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
