"""Topics: heard and unheard, encrypted and not, open and nearly so; subscriptions of each kind of endpoint.

MiniStack lists a subscription that waits for its confirmation with an ARN; SNS writes `PendingConfirmation` there
(SNS API reference, ListSubscriptions), so that list is prepared from the emulator's.
"""

import json

from account import Case

TOOL = "sns_read_operations"
PARTNER = "999988887777"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:inbox"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:alarm"

# Addresses and numbers are people's, and web addresses hold tokens.
HIDDEN = "***redacted***"
# Endpoints as they are subscribed and as they may be shown.
CONFIRMED = {
    "heard": [("sqs", QUEUE, QUEUE), ("lambda", FUNCTION, FUNCTION)],
    "heard-by-people": [("sms", "+15555550123", HIDDEN), ("email", "ops@example.com", HIDDEN)],
}
PENDING = {
    "half-heard": [("https", "https://user:secret@hooks.example/T0/token?key=1", HIDDEN)],
    "heard": [("http", "http://hooks.example:8080/path", HIDDEN)],
}
UNHEARD = ["unheard", "unheard.fifo"]
POLICIES = {
    "open-everyone": {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"},
    "open-but-one": {
        "Effect": "Allow",
        "NotPrincipal": {"AWS": f"arn:aws:iam::{PARTNER}:root"},
        "Action": "sns:Publish",
        "Resource": "*",
    },
    "organization": {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["sns:Publish", "sns:Subscribe"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}},
    },
    "partner": {"Effect": "Allow", "Principal": {"AWS": PARTNER}, "Action": "sns:Subscribe", "Resource": "*"},
    "services": {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": "*",
    },
}
WITH_KEY = ["unheard.fifo", "heard"]
KEY = "alias/aws/sns"


def plain(account):
    """Heard by a queue each, so that the only ones that nobody hears are the ones above."""
    return [f"news-{number:04}" for number in range(account.size)]


def all_topics(account):
    names = dict.fromkeys([*plain(account), *CONFIRMED, *PENDING, *UNHEARD, *POLICIES])
    return list(names)


def confirmed(account):
    return {name: [("sqs", QUEUE, QUEUE)] for name in [*plain(account), *POLICIES]} | CONFIRMED


def seed(account):
    sns = account.client("sns")
    arns = {name: sns.create_topic(Name=name, Attributes=attributes(name))["TopicArn"] for name in all_topics(account)}
    waiting = []
    for subscriptions, kept in ((confirmed(account), None), (PENDING, waiting)):
        for name, endpoints in subscriptions.items():
            for protocol, endpoint, _ in endpoints:
                sns.subscribe(TopicArn=arns[name], Protocol=protocol, Endpoint=endpoint)
                if kept is not None:
                    kept.append(endpoint)
    for name, statement in POLICIES.items():
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sns.set_topic_attributes(TopicArn=arns[name], AttributeName="Policy", AttributeValue=document)
    prepare_subscriptions(account, waiting)


def attributes(name):
    fifo = {"FifoTopic": "true"} if name.endswith(".fifo") else {}
    return {**fifo, "KmsMasterKeyId": KEY} if name in WITH_KEY else fifo


def prepare_subscriptions(account, waiting):
    subscriptions = account.all("sns", "list_subscriptions", "Subscriptions")
    for subscription in subscriptions:
        if subscription["Endpoint"] in waiting:
            subscription["SubscriptionArn"] = "PendingConfirmation"
    account.prepare("sns:ListSubscriptions", {"Subscriptions": subscriptions})


def cases(account):
    return [
        topics_case(account),
        gaps_case(account),
        subscriptions_case(account),
        unencrypted_case(account),
        open_case(account),
    ]


def topics_case(account):
    heard, waiting = confirmed(account), PENDING
    rows = [
        {
            "topic": name,
            "confirmed": len(heard.get(name, [])),
            "pending": len(waiting.get(name, [])),
            "kms_key": KEY if name in WITH_KEY else "none",
            "fifo": name.endswith(".fifo"),
        }
        for name in all_topics(account)
    ]
    summary = {
        "topics": len(rows),
        "confirmed_subscriptions": sum(map(len, heard.values())),
        "pending_subscriptions": sum(map(len, waiting.values())),
    }
    return Case(TOOL, "topics", rows=rows, summary=summary)


def gaps_case(account):
    rows = [{"topic": name, "problem": "no subscription"} for name in UNHEARD]
    rows.append({"topic": "half-heard", "problem": "no confirmed subscription"})
    for name, endpoints in PENDING.items():
        for protocol, _, shown in endpoints:
            rows.append({"topic": name, "problem": "waits for confirmation", "protocol": protocol, "endpoint": shown})
    summary = {
        "topics": len(all_topics(account)),
        "topics_without_confirmed_subscription": 3,
        "topics_unknown": 0,
        "pending_subscriptions_of_this_account": 2,
    }
    return Case(TOOL, "subscription-gaps", rows=rows, summary=summary)


def subscriptions_case(account):
    rows = [
        {"topic": name, "protocol": protocol, "endpoint": shown, "confirmed": is_confirmed}
        for subscriptions, is_confirmed in ((confirmed(account), True), (PENDING, False))
        for name, endpoints in subscriptions.items()
        for protocol, _, shown in endpoints
    ]
    return Case(TOOL, "subscriptions", rows=rows, summary={"subscriptions": len(rows), "not_confirmed": 2})


def unencrypted_case(account):
    names = all_topics(account)
    rows = [{"topic": name, "encrypted": False} for name in names if name not in WITH_KEY]
    summary = {"topics": len(names), "unencrypted": len(names) - len(WITH_KEY), "unknown": 0}
    return Case(TOOL, "unencrypted-topics", rows=rows, summary=summary)


def open_case(account):
    """The policy that SNS itself gives to a topic names everyone, and narrows that to the topic's account."""
    rows = [
        {
            "topic": "open-everyone",
            "who": ["*"],
            "actions": ["sns:Publish"],
            "conditions": [],
            "open_to_everyone": True,
        },
        {"topic": "open-but-one", "who": ["*"], "actions": ["sns:Publish"], "conditions": [], "open_to_everyone": True},
        {
            "topic": "organization",
            "who": ["*"],
            "actions": ["sns:Publish", "sns:Subscribe"],
            "conditions": ["aws:PrincipalOrgID"],
            "open_to_everyone": False,
        },
        {"topic": "partner", "who": [PARTNER], "actions": ["sns:Subscribe"], "open_to_everyone": False},
    ]
    return Case(
        TOOL,
        "open-topics",
        rows=rows,
        summary={"topics": len(all_topics(account)), "open_to_everyone": 2, "unknown": 0},
    )
