"""Fixture of ec2_read_operations: networks, storage, load balancing, and instances last (see tests/account/ec2)."""

from ec2 import balancing, fleet, network, storage

PARTS = (network, storage, balancing, fleet)


def seed(account):
    for part in PARTS:
        part.seed(account)


def cases(account):
    return [case for part in PARTS for case in part.cases(account)]
