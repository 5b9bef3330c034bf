"""Fixture of ses_read_operations.

Configuration sets with suppression of their own, switched off and by the account, on two pages. Identities in every
state and the account's own status are prepared: the emulators verify every identity, and every account is healthy.
"""

from account import Case

TOOL = "ses_read_operations"

MINISTACK = {"sesv2"}

# Name, type, verification, sending, DKIM status and signing, MAIL FROM domain and its status, configuration set.
IDENTITIES = [
    ("example.com", "DOMAIN", "SUCCESS", True, "SUCCESS", True, "bounce.example.com", "SUCCESS", "plain"),
    ("pending.example.org", "DOMAIN", "PENDING", False, "PENDING", True, None, None, None),
    ("failed.example.org", "DOMAIN", "FAILED", False, "FAILED", True, "bounce.failed.example.org", "FAILED", None),
    ("ops@example.net", "EMAIL_ADDRESS", "SUCCESS", True, "NOT_STARTED", False, None, None, None),
    *(
        (f"team-{number}@example.net", "EMAIL_ADDRESS", "SUCCESS", True, "NOT_STARTED", False, None, None, None)
        for number in range(9)
    ),
]

# What each configuration set suppresses; None where it goes by the account.
SETS = {"plain": None, "own": ["COMPLAINT"], "both": ["BOUNCE", "COMPLAINT"], "off": []}
SETS |= {f"team-{number}": None for number in range(9)}
PAUSED = {"own"}
OF_THE_ACCOUNT = ["BOUNCE"]


def listed(name, kind, verification, sending, *_):
    return {"IdentityName": name, "IdentityType": kind, "VerificationStatus": verification, "SendingEnabled": sending}


def details(name, kind, verification, sending, dkim, signing, domain, domain_status, configuration_set):
    found = {
        "IdentityType": kind,
        "VerifiedForSendingStatus": verification == "SUCCESS",
        "DkimAttributes": {"Status": dkim, "SigningEnabled": signing, "SigningAttributesOrigin": "AWS_SES"},
    }
    if domain:
        mail_from = {"MailFromDomain": domain, "MailFromDomainStatus": domain_status}
        found["MailFromAttributes"] = {**mail_from, "BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}
    return found | ({"ConfigurationSetName": configuration_set} if configuration_set else {})


def account_status(production, sending, enforcement, sent, most, rate):
    return {
        "ProductionAccessEnabled": production,
        "SendingEnabled": sending,
        "EnforcementStatus": enforcement,
        "SendQuota": {"SentLast24Hours": sent, "Max24HourSend": most, "MaxSendRate": rate},
        "SuppressionAttributes": {"SuppressedReasons": OF_THE_ACCOUNT},
    }


# Attempts, bounces, complaints and rejects of a quarter of an hour each.
POINTS = [(900, 40, 0, 1), (700, 30, 1, 0), (250, 25, 2, 3), (150, 10, 0, 0)]
POINT_NAMES = ("DeliveryAttempts", "Bounces", "Complaints", "Rejects")

ANSWERS = {
    "sesv2:ListEmailIdentities": [{"output": {"EmailIdentities": [listed(*identity) for identity in IDENTITIES]}}],
    "sesv2:GetEmailIdentity": [
        {"when": {"EmailIdentity": identity[0]}, "output": details(*identity)} for identity in IDENTITIES
    ],
    "sesv2:GetAccount": [
        {"region": "eu-west-1", "output": account_status(False, True, "HEALTHY", 0.0, 200.0, 1.0)},
        {"region": "eu-central-1", "output": account_status(True, False, "SHUTDOWN", 12.0, -1.0, 50.0)},
        {"output": account_status(True, True, "PROBATION", 12_500.0, 50_000.0, 14.0)},
    ],
    "ses:GetSendStatistics": [
        {"region": "eu-west-1", "output": {"SendDataPoints": []}},
        {
            "output": {
                "SendDataPoints": [
                    {"Timestamp": f"2026-11-01T00:{15 * number:02}:00Z", **dict(zip(POINT_NAMES, point))}
                    for number, point in enumerate(POINTS)
                ]
            }
        },
    ],
}


def seed(account):
    ses = account.client("sesv2")
    for name, reasons in SETS.items():
        own = {} if reasons is None else {"SuppressionOptions": {"SuppressedReasons": reasons}}
        ses.create_configuration_set(
            ConfigurationSetName=name, SendingOptions={"SendingEnabled": name not in PAUSED}, **own
        )


def cases(account):
    return [identity_case(), *status_cases(), *reputation_cases(), suppression_case()]


def identity_case():
    rows = [
        {
            "identity": name,
            "type": kind.lower(),
            "verification": verification,
            "sending": sending,
            "dkim": dkim,
            "dkim_signing": signing,
            "mail_from": f"{domain} ({domain_status})" if domain else None,
            "config_set": configuration_set,
        }
        for name, kind, verification, sending, dkim, signing, domain, domain_status, configuration_set in IDENTITIES
    ]
    verified = sum(1 for row in rows if row["verification"] == "SUCCESS")
    unsigned = sum(1 for row in rows if not row["dkim_signing"])
    summary = {"identities": len(rows), "verified": verified, "without_dkim_signing": unsigned}
    return Case(TOOL, "identities", rows=rows, summary=summary)


def status_cases():
    us = {
        "sandbox": False,
        "sending": "on",
        "enforcement": "PROBATION",
        "sent_24_hours": 12_500,
        "most_24_hours": 50_000,
        "used_percent": 25,
        "per_second": 14,
    }
    west = {
        "sandbox": True,
        "sending": "on",
        "enforcement": "HEALTHY",
        "sent_24_hours": 0,
        "most_24_hours": 200,
        "used_percent": 0,
        "per_second": 1,
    }
    # -1 means that there is no limit.
    central = {
        "sandbox": False,
        "sending": "off",
        "enforcement": "SHUTDOWN",
        "sent_24_hours": 12,
        "most_24_hours": "no limit",
        "used_percent": None,
        "per_second": 50,
    }
    by_region = {"us-east-1": us, "eu-west-1": west, "eu-central-1": central}
    rows = [{"region": region, **row} for region, row in by_region.items()]
    return [Case(TOOL, "sending-status", rows=[us]), Case(TOOL, "sending-status", regions=list(by_region), rows=rows)]


def reputation_cases():
    attempts, bounces, complaints, rejects = (sum(column) for column in zip(*POINTS))
    # 105 of 2,000 and 3 of 2,000: past 5 % and 0.1 %, below 10 % and 0.5 %.
    rows = [
        {
            "what": "bounces",
            "count": bounces,
            "percent": 5.25,
            "review_percent": 5,
            "pause_percent": 10,
            "state": "at the rate for a review",
        },
        {
            "what": "complaints",
            "count": complaints,
            "percent": 0.15,
            "review_percent": 0.1,
            "pause_percent": 0.5,
            "state": "at the rate for a review",
        },
    ]
    nothing = [{"what": what, "count": 0, "percent": None, "state": None} for what in ("bounces", "complaints")]
    return [
        Case(TOOL, "bounces-and-complaints", rows=rows, summary={"delivery_attempts": attempts, "rejects": rejects}),
        Case(TOOL, "bounces-and-complaints", regions=["eu-west-1"], rows=nothing, summary={"delivery_attempts": 0}),
    ]


def suppression_case():
    of_account = {"applies_to": "account", "bounces": True, "complaints": False, "set_by": "account", "sending": True}
    rows = [
        {
            "applies_to": name,
            "bounces": "BOUNCE" in (OF_THE_ACCOUNT if reasons is None else reasons),
            "complaints": "COMPLAINT" in (OF_THE_ACCOUNT if reasons is None else reasons),
            "set_by": "account" if reasons is None else "itself",
            "sending": name not in PAUSED,
        }
        for name, reasons in SETS.items()
    ]
    return Case(TOOL, "suppression", rows=[of_account, *rows], summary={"configuration_sets": len(SETS)})
