"""Queues: with and without messages, dead-letter queues, without encryption, open; and for each one that nearly is."""

import datetime
import json

from account import Case

TOOL = "sqs_read_operations"
NOW = datetime.datetime.now(datetime.timezone.utc)
PARTNER = "999988887777"

# Queues that failures go to: [waiting, in flight].
TARGETS = {"failures": [3, 1], "failures-in-work": [0, 2], "failures-empty": [0, 0]}
# A topic's or a function's, which no queue points to.
NAMED = {"alerts-DLQ": [1, 0]}
SOURCES = {"orders": "failures", "payments": "failures", "mail": "failures-in-work", "reports": "failures-empty"}
UNENCRYPTED = ["open-everyone", "orders"]
OWN_KEY = ["payments"]
POLICIES = {
    "open-everyone": {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"},
    "open-any-network": {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["sqs:SendMessage", "sqs:ReceiveMessage"],
        "Resource": "*",
        "Condition": {"IpAddress": {"aws:SourceIp": ["0.0.0.0/0"]}},
    },
    "narrowed-to-partner": {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "sqs:SendMessage",
        "Resource": "*",
        "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:sns:us-east-1:{PARTNER}:news"}},
    },
    "partner": {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{PARTNER}:role/sender"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    },
    "denied": {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"},
    "topic-only": {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    },
}


def busy(account):
    """Each with a message more than the one before, and back to none after three."""
    return {f"work-{number:04}": number % 4 for number in range(account.size)}


def all_queues(account):
    return [*busy(account), *TARGETS, *NAMED, *SOURCES, *POLICIES, "own-account", "late"]


def waiting(account):
    counts = {name: count[0] for name, count in (TARGETS | NAMED).items()}
    return dict.fromkeys(all_queues(account), 0) | busy(account) | counts


def seed(account):
    sqs = account.client("sqs")
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in all_queues(account)}
    for name, url in urls.items():
        sqs.set_queue_attributes(QueueUrl=url, Attributes=encryption(name))
    for source, target in SOURCES.items():
        redrive = {"deadLetterTargetArn": arn(sqs, urls[target]), "maxReceiveCount": "3"}
        sqs.set_queue_attributes(QueueUrl=urls[source], Attributes={"RedrivePolicy": json.dumps(redrive)})
    own = arn(sqs, urls["own-account"]).split(":")[4]
    policies = POLICIES | {
        "own-account": {"Effect": "Allow", "Principal": {"AWS": own}, "Action": "sqs:*", "Resource": "*"},
    }
    for name, statement in policies.items():
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=urls[name], Attributes={"Policy": document})
    for name, count in waiting(account).items():
        in_flight = (TARGETS | NAMED).get(name, [0, 0])[1]
        fill(sqs, urls[name], in_flight, count)
    sqs.send_message(QueueUrl=urls["late"], MessageBody="x", DelaySeconds=900)
    seed_ages(account)


def encryption(name):
    """SQS switches its own key off where a KMS key is set."""
    if name in OWN_KEY:
        return {"KmsMasterKeyId": "alias/aws/sqs", "SqsManagedSseEnabled": "false"}
    return {"SqsManagedSseEnabled": "false" if name in UNENCRYPTED else "true"}


def arn(sqs, url):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def fill(sqs, url, in_flight, waiting):
    for _ in range(in_flight):
        sqs.send_message(QueueUrl=url, MessageBody="x")
        sqs.receive_message(QueueUrl=url, VisibilityTimeout=40_000)
    for _ in range(waiting):
        sqs.send_message(QueueUrl=url, MessageBody="x")


def seed_ages(account):
    """The latest value counts; one from an hour ago says nothing any more."""
    measure_age(account, "work-0001", {2: 90, 7: 60})
    measure_age(account, "work-0002", {60: 5})
    measure_age(account, "failures", {3: 86_400})
    measure_age(account, "failures-in-work", {3: 500})


def measure_age(account, queue, values):
    values = {NOW - datetime.timedelta(minutes=minutes): age for minutes, age in values.items()}
    account.measure("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": queue}, values)


def cases(account):
    return [
        queues_case(account),
        dead_letters_case(),
        without_case(account),
        unencrypted_case(account),
        open_case(account),
    ]


def queues_case(account):
    counts = waiting(account)
    ages = {"work-0001": 90, "failures": 86_400, "failures-in-work": 500}
    in_flight = {name: count[1] for name, count in (TARGETS | NAMED).items()}
    rows = [
        {
            "queue": name,
            "waiting": count,
            "in_flight": in_flight.get(name, 0),
            "delayed": 1 if name == "late" else 0,
            "oldest_seconds": ages.get(name),
        }
        for name, count in counts.items()
    ]
    filled = sum(1 for row in rows if row["waiting"] + row["in_flight"] + row["delayed"])
    summary = {"queues": len(rows), "queues_with_messages": filled, "waiting": sum(counts.values()), "unknown": 0}
    return Case(TOOL, "queues", rows=rows, summary=summary)


def dead_letters_case():
    """A message that somebody works on is still in its queue."""
    rows = [
        {"queue": "failures", "messages": 4, "oldest_seconds": 86_400, "from_queues": ["orders", "payments"]},
        {"queue": "failures-in-work", "messages": 2, "oldest_seconds": 500, "from_queues": ["mail"]},
        {"queue": "alerts-DLQ", "messages": 1, "from_queues": []},
    ]
    summary = {"dead_letter_queues": 4, "not_empty": 3, "messages": 7, "queues_unknown": 0}
    return Case(TOOL, "dead-letter-queues", rows=rows, summary=summary)


def without_case(account):
    counts = waiting(account)
    names = [name for name in counts if name not in TARGETS | NAMED | SOURCES]
    rows = [{"queue": name, "has_dead_letter_queue": False, "waiting": counts[name]} for name in names]
    summary = {
        "queues": len(counts),
        "dead_letter_queues_left_out": len(TARGETS) + len(NAMED),
        "without_dead_letter_queue": len(names),
        "unknown": 0,
    }
    return Case(TOOL, "queues-without-dead-letters", rows=rows, summary=summary)


def unencrypted_case(account):
    rows = [{"queue": name, "encrypted": False} for name in UNENCRYPTED]
    summary = {"queues": len(all_queues(account)), "unencrypted": 2, "unknown": 0}
    return Case(TOOL, "unencrypted-queues", rows=rows, summary=summary)


def open_case(account):
    everyone = {"who": ["*"], "open_to_everyone": True}
    rows = [
        {"queue": "open-everyone", **everyone, "actions": ["sqs:SendMessage"], "conditions": []},
        {
            "queue": "open-any-network",
            **everyone,
            "actions": ["sqs:SendMessage", "sqs:ReceiveMessage"],
            "conditions": ["aws:SourceIp"],
        },
        {"queue": "narrowed-to-partner", "who": ["*"], "open_to_everyone": False, "conditions": ["aws:SourceArn"]},
        {"queue": "partner", "who": [f"arn:aws:iam::{PARTNER}:role/sender"], "open_to_everyone": False},
    ]
    return Case(
        TOOL,
        "open-queues",
        rows=rows,
        summary={"queues": len(all_queues(account)), "open_to_everyone": 2, "unknown": 0},
    )
