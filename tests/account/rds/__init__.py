"""What the parts of the rds fixture share: the account, the clock, the tool's name."""

import datetime

TOOL = "rds_read_operations"
ACCOUNT = "123456789012"
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def ago(**time):
    return NOW - datetime.timedelta(**time)


def shown(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
