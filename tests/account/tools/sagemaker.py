"""Fixture of sagemaker_read_operations.

Endpoints in service on two pages, broken and otherwise busy ones; notebook instances that run or are stopped; training
jobs that failed now and long ago, run, and are complete. Moto completes everything at once, so the states and times of
endpoints and jobs are set in its own store. It knows no shadow variants, no scaling by SageMaker and no apps: prepared.
"""

import datetime

from account import ACCOUNT_ID, Case
from moto.sagemaker.models import sagemaker_backends

TOOL = "sagemaker_read_operations"

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/sagemaker"
ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT_ID}"
# Moto's times have no zone.
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0, tzinfo=None)
HOURS_A_MONTH = 730


def ago(**units):
    return NOW - datetime.timedelta(**units)


def rfc3339(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


# Endpoints: variants as name, instance type and count, or serverless memory.

ENDPOINTS = {f"rank-{number}": [("main", "ml.m5.large", number % 3 + 1)] for number in range(7)}
ENDPOINTS["split"] = [("blue", "ml.c5.xlarge", 4), ("green", "ml.p3.2xlarge", 1)]
ENDPOINTS["rare"] = [("main", "serverless", 2048)]
STATES = {
    "broken": "Failed",
    "stuck": "UpdateRollbackFailed",
    "away": "OutOfService",
    "new": "Creating",
    "going": "Deleting",
}
REASONS = {"broken": "The image could not be pulled.", "stuck": "No capacity."}


def variant(name, kind, amount):
    if kind == "serverless":
        return {
            "VariantName": name,
            "ModelName": "model",
            "ServerlessConfig": {"MemorySizeInMB": amount, "MaxConcurrency": 5},
        }
    size = {"InstanceType": kind, "InitialInstanceCount": amount, "InitialVariantWeight": 1.0}
    return {"VariantName": name, "ModelName": "model", **size}


def seed_endpoints(account):
    sagemaker = account.client("sagemaker")
    container = {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/model:1"}
    sagemaker.create_model(ModelName="model", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    broken = {name: [("main", "ml.m5.large", 1)] for name in STATES}
    shop = {"shop": [("main", "ml.m5.xlarge", 2)]}
    for name, variants in {**ENDPOINTS, **broken, **shop}.items():
        sagemaker.create_endpoint_config(
            EndpointConfigName=f"{name}-1", ProductionVariants=[variant(*of) for of in variants]
        )
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
    for endpoint in sagemaker_backends[ACCOUNT_ID]["us-east-1"].endpoints.values():
        endpoint.endpoint_status = STATES.get(endpoint.endpoint_name, "InService")
        endpoint.failure_reason = REASONS.get(endpoint.endpoint_name)


# SageMaker scales the main variant of this endpoint, and its shadow gets a copy of the requests.
SHOP = {
    "EndpointName": "shop",
    "EndpointArn": f"{ARN}:endpoint/shop",
    "EndpointConfigName": "shop-1",
    "EndpointStatus": "InService",
    "CreationTime": rfc3339(NOW),
    "LastModifiedTime": rfc3339(NOW),
    "ProductionVariants": [
        {
            "VariantName": "main",
            "CurrentInstanceCount": 2,
            "ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 4},
        }
    ],
    "ShadowProductionVariants": [{"VariantName": "next", "CurrentInstanceCount": 3}],
}
SHOP_CONFIG = {
    "EndpointConfigName": "shop-1",
    "EndpointConfigArn": f"{ARN}:endpoint-config/shop-1",
    "CreationTime": rfc3339(NOW),
    "ProductionVariants": [variant("main", "ml.m5.xlarge", 2)],
    "ShadowProductionVariants": [variant("next", "ml.m5.2xlarge", 3)],
}


def endpoint_case():
    rows = [
        {
            "endpoint": "shop",
            "variant": "main",
            "instance_type": "ml.m5.xlarge",
            "instances": 2,
            "hours_a_month": 2 * HOURS_A_MONTH,
            "scaling": "1 to 4",
        },
        {
            "endpoint": "shop",
            "variant": "next (shadow)",
            "instance_type": "ml.m5.2xlarge",
            "instances": 3,
            "hours_a_month": 3 * HOURS_A_MONTH,
            "scaling": None,
        },
    ]
    for endpoint, variants in ENDPOINTS.items():
        for name, kind, amount in variants:
            is_serverless = kind == "serverless"
            rows.append(
                {
                    "endpoint": endpoint,
                    "variant": name,
                    "instance_type": f"serverless {amount} MB" if is_serverless else kind,
                    "instances": None if is_serverless else amount,
                    "hours_a_month": None if is_serverless else amount * HOURS_A_MONTH,
                }
            )
    instances = sum(row["instances"] or 0 for row in rows)
    summary = {"endpoints": len(ENDPOINTS) + 1, "instances": instances, "hours_a_month": instances * HOURS_A_MONTH}
    return Case(TOOL, "endpoints", rows=rows, summary=summary)


def broken_case():
    broken = [name for name in STATES if name not in ("new", "going")]
    rows = [{"endpoint": name, "status": STATES[name], "reason": REASONS.get(name)} for name in broken]
    return Case(TOOL, "failed-endpoints", rows=rows, summary={"broken": 3})


# Notebooks and apps

NOTEBOOKS = {f"lab-{number}": ["ml.t3.medium", "ml.p3.2xlarge"][number % 2] for number in range(9)}
STOPPED = {"lab-3", "lab-4"}

# Name, type, status, user and space, instance type, days since it was made.
APPS = [
    ("default", "JupyterServer", "InService", "ada", None, "system", 90),
    ("run", "KernelGateway", "InService", "ada", None, "ml.g5.xlarge", 12),
    ("gone", "KernelGateway", "Deleted", "ada", None, "ml.g5.xlarge", 40),
    ("begun", "JupyterLab", "Pending", None, "team", "ml.t3.large", 0),
    ("lab", "JupyterLab", "InService", None, "team", "ml.t3.large", 3),
    *((f"app-{number}", "CodeEditor", "InService", None, f"space-{number}", "ml.t3.large", 1) for number in range(6)),
]


def app(name, kind, status, user, space, instance, days):
    who = {"UserProfileName": user} if user else {"SpaceName": space}
    return {
        "DomainId": "d-abcdefghijkl",
        **who,
        "AppType": kind,
        "AppName": name,
        "Status": status,
        "CreationTime": rfc3339(ago(days=days)),
        "ResourceSpec": {"InstanceType": instance},
    }


def seed_notebooks(account):
    sagemaker = account.client("sagemaker")
    for name, instance in NOTEBOOKS.items():
        sagemaker.create_notebook_instance(NotebookInstanceName=name, InstanceType=instance, RoleArn=ROLE)
    for name in STOPPED:
        sagemaker.stop_notebook_instance(NotebookInstanceName=name)
    for notebook in sagemaker_backends[ACCOUNT_ID]["us-east-1"].notebook_instances.values():
        notebook.last_modified_time = ago(days=5)


def notebook_case():
    rows = [
        {
            "name": name,
            "kind": "notebook instance",
            "instance_type": instance,
            "since": rfc3339(ago(days=5)),
            "days": 5,
            "for": None,
        }
        for name, instance in NOTEBOOKS.items()
        if name not in STOPPED
    ]
    instances = len(rows)
    rows += [
        {
            "name": name,
            "kind": kind,
            "instance_type": instance,
            "since": rfc3339(ago(days=days)),
            "days": days,
            "for": user or space,
        }
        for name, kind, status, user, space, instance, days in APPS
        if status == "InService" and instance != "system"
    ]
    summary = {"notebook_instances": instances, "apps": len(rows) - instances}
    return Case(TOOL, "running-notebooks", rows=rows, summary=summary)


# Training jobs: status, days since the end (or the begin, of one that runs), hours, last phase, reason, instances.

JOBS = {
    "boom": ("Failed", 2, 3, "Training", "AlgorithmError: out of memory", "ml.p3.2xlarge", 2),
    "no-data": ("Failed", 20, 0.5, "Downloading", "ClientError: no data", "ml.m5.large", 1),
    "long-ago": ("Failed", 45, 1, "Training", "AlgorithmError: long ago", "ml.m5.large", 1),
    "stopped": ("Stopped", 1, 1, "Training", None, "ml.m5.large", 1),
    "running": ("InProgress", 1, 24, "Training", None, "ml.p4d.24xlarge", 4),
    "queued": ("InProgress", 0, 0, "Starting", None, "ml.m5.large", 1),
}
JOBS |= {f"done-{number}": ("Completed", number, 1, "Uploading", None, "ml.m5.large", 1) for number in range(9)}
JOBS |= {
    f"flaky-{number}": ("Failed", 3 + number, 1, "Training", f"ClientError: try {number}", "ml.m5.large", 1)
    for number in range(8)
}


def seed_training(account):
    sagemaker = account.client("sagemaker")
    for name, (_, _, _, _, _, instance, count) in JOBS.items():
        sagemaker.create_training_job(
            TrainingJobName=name,
            AlgorithmSpecification={
                "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/train:1",
                "TrainingInputMode": "File",
            },
            RoleArn=ROLE,
            OutputDataConfig={"S3OutputPath": "s3://models/"},
            ResourceConfig={"InstanceType": instance, "InstanceCount": count, "VolumeSizeInGB": 50},
            StoppingCondition={"MaxRuntimeInSeconds": 86_400},
            EnableManagedSpotTraining=name == "running",
        )
    for job in sagemaker_backends[ACCOUNT_ID]["us-east-1"].training_jobs.values():
        set_past(job)


def set_past(job):
    status, days, hours, phase, reason, _, _ = JOBS[job.training_job_name]
    is_running = status == "InProgress"
    job.training_job_status = status
    job.secondary_status = phase if is_running else status
    job.failure_reason = reason
    end = ago(days=days)
    job.creation_time = end if is_running else end - datetime.timedelta(hours=hours)
    job.last_modified_time = NOW if is_running else end
    job.training_end_time = None if is_running else end
    job.training_time_in_seconds = int(hours * 3600)
    phases = dict.fromkeys(["Starting", phase] if is_running else ["Starting", phase, status])
    job.secondary_status_transitions = [{"Status": name, "StartTime": job.creation_time} for name in phases]


def failed_rows(days):
    rows = []
    for name, (status, age, hours, phase, reason, instance, count) in JOBS.items():
        if status == "Failed" and age < days:
            end = ago(days=age)
            rows.append(
                {
                    "job": name,
                    "failed": rfc3339(end),
                    "created": rfc3339(end - datetime.timedelta(hours=hours)),
                    "reason": reason,
                    "phase": phase,
                    "instances": f"{count} x {instance}",
                    "trained_hours": hours,
                }
            )
    return rows


def training_cases():
    running = [
        {"job": "running", "phase": "Training", "instances": "4 x ml.p4d.24xlarge", "hours": 24, "spot": True},
        {"job": "queued", "phase": "Starting", "instances": "1 x ml.m5.large", "hours": 0},
    ]
    return [
        Case(TOOL, "failed-training-jobs", rows=failed_rows(30), summary={"failed": 10}),
        Case(TOOL, "failed-training-jobs", {"days": 7}, rows=failed_rows(7), summary={"failed": 5}),
        Case(TOOL, "failed-training-jobs", {"days": 60}, rows=failed_rows(60), summary={"failed": 11}),
        Case(TOOL, "running-training-jobs", rows=running, summary={"running": 2}),
    ]


ANSWERS = {
    "sagemaker:DescribeEndpoint": [{"when": {"EndpointName": "shop"}, "output": SHOP}],
    "sagemaker:DescribeEndpointConfig": [{"when": {"EndpointConfigName": "shop-1"}, "output": SHOP_CONFIG}],
    "sagemaker:ListApps": [{"output": {"Apps": [app(*row) for row in APPS]}}],
}


def seed(account):
    seed_endpoints(account)
    seed_notebooks(account)
    seed_training(account)


def cases(account):
    return [endpoint_case(), broken_case(), notebook_case(), *training_cases()]
