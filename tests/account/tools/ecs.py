"""Fixture of ecs_read_operations: clusters, services with and without all their tasks, stopped tasks, task definitions.

moto does not run tasks for services, so the counts, states and reasons that ECS would give are set in its records.
"""

import datetime

from account import Case
from moto.ecs.models import ecs_backends

TOOL = "ecs_read_operations"
ACCOUNT = "123456789012"
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
# Desired, running and pending tasks, and what differs from the usual.
SERVICES = {
    "shop": {
        "web": (4, 4, 0, {}),
        "api": (4, 1, 2, {"rollout": ("IN_PROGRESS", "ECS deployment in progress.")}),
        "worker": (2, 0, 0, {"rollout": ("FAILED", "tasks failed to start.")}),
        "spot": (2, 3, 0, {"providers": ["FARGATE_SPOT", "FARGATE"]}),
        "asleep": (0, 0, 0, {}),
        "going": (3, 0, 0, {"status": "DRAINING"}),
    },
    "batch": {"importer": (1, 0, 1, {})},
    "idle": {},
}
EVENTS = {
    "worker": [
        (50, "(service worker) registered 1 targets in (target-group web)"),
        (5, "(service worker) is unable to consistently start tasks successfully."),
        (30, "(service worker) has started 1 tasks."),
    ]
}
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
# Service or family, minutes since the stop, code, reason, and each container's exit code and reason.
STOPPED = {
    "shop": [
        ("service:worker", 40, "EssentialContainerExited", "Essential container in task exited", (1, None)),
        ("service:worker", 9, "EssentialContainerExited", "Essential container in task exited", (137, OUT_OF_MEMORY)),
        ("service:worker", 3, "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment x)", (0, None)),
        ("service:api", 20, "TaskFailedToStart", "CannotPullContainerError: not found", (None, None)),
        *[("service:web", 10 + number, "UserInitiated", "Stopped by hand", (0, None)) for number in range(9)],
    ],
    "batch": [("family:report", 15, "EssentialContainerExited", "Essential container in task exited", (2, None))],
}
TASKS = {}
CONTAINERS = [
    {
        "name": "app",
        "image": "shop/app:7",
        "memory": 512,
        "environment": [{"name": "STAGE", "value": "prod"}, {"name": "API_PASSWORD", "value": "correct horse"}],
        "secrets": [{"name": "TOKEN", "valueFrom": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:token"}],
        "environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::settings/app.env"}],
    },
    {"name": "proxy", "image": "envoy:1.31", "memory": 128, "environment": []},
]


def seed(account):
    ecs = account.client("ecs")
    SERVICES["many"] = {f"service-{number}": (1, 1, 0, {}) for number in range(account.size)}
    ecs.register_task_definition(family="app", containerDefinitions=CONTAINERS)
    ecs.register_task_definition(family="app", containerDefinitions=[{**CONTAINERS[1], "name": "next"}])
    ecs.register_task_definition(family="unused", containerDefinitions=CONTAINERS)
    for cluster, services in SERVICES.items():
        ecs.create_cluster(clusterName=cluster)
        for name, (desired, *_) in services.items():
            # The importer has the second revision.
            definition = "app:2" if name == "importer" else "app:1"
            ecs.create_service(
                cluster=cluster,
                serviceName=name,
                taskDefinition=definition,
                desiredCount=desired,
                launchType="FARGATE",
            )
            set_service(cluster, name)
        set_cluster(cluster)
    for cluster, tasks in STOPPED.items():
        for task in tasks:
            stop_task(ecs, cluster, *task)
    # Still running: no reason to ask why it stopped.
    ecs.run_task(cluster="shop", taskDefinition="app:1", launchType="FARGATE", group="service:web")
    prepare_lists(account)


def records():
    return ecs_backends[ACCOUNT]["us-east-1"]


def set_service(cluster, name):
    desired, running, pending, more = SERVICES[cluster][name]
    service = records().services[f"{cluster}:{name}"]
    service.running_count, service.pending_count = running, pending
    service.status = more.get("status", "ACTIVE")
    state, reason = more.get("rollout", ("COMPLETED", "ECS deployment completed."))
    service.deployments[0] |= {"rolloutState": state, "rolloutStateReason": reason}
    if "providers" in more:
        service.launch_type = None
        service.capacity_provider_strategy = [{"capacityProvider": one, "weight": 1} for one in more["providers"]]
    service.events = [
        {"id": str(minutes), "createdAt": NOW - datetime.timedelta(minutes=minutes), "message": message}
        for minutes, message in EVENTS.get(name, [])
    ]


def set_cluster(name):
    """What moto does not count."""
    services = SERVICES[name].values()
    cluster = records().clusters[name]
    cluster.active_services_count = active(name)
    cluster.running_tasks_count = sum(running for _, running, *_ in services)
    cluster.pending_tasks_count = sum(pending for _, _, pending, _ in services)


def active(cluster):
    """Number of services that do not go away."""
    return sum("status" not in more for *_, more in SERVICES[cluster].values())


def stop_task(ecs, cluster, group, minutes, code, reason, end):
    made = ecs.run_task(cluster=cluster, taskDefinition="app:1", launchType="FARGATE", group=group)
    arn = made["tasks"][0]["taskArn"]
    ecs.stop_task(cluster=cluster, task=arn, reason=reason)
    task = records().tasks[cluster][arn]
    task.stop_code, task.stopped_at = code, NOW - datetime.timedelta(minutes=minutes)
    container = task.containers[0]
    container.exitCode, container.reason = end
    TASKS.setdefault(cluster, []).append(arn)


def prepare_lists(account):
    """moto does not know which tasks are of which service."""
    for cluster, tasks in STOPPED.items():
        for name in SERVICES[cluster]:
            arns = [arn for arn, task in zip(TASKS[cluster], tasks) if task[0] == f"service:{name}"]
            arn = f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/{cluster}"
            when = {"cluster": arn, "serviceName": name, "desiredStatus": "STOPPED"}
            account.prepare("ecs:ListTasks", {"taskArns": arns}, **when)


def cases(account):
    return [*short(), *services(), clusters(), *stopped(), *environment()]


def short():
    """Running fewer than desired; one that drains needs none."""
    told = "Essential container in task exited; app: exit 137, " + OUT_OF_MEMORY
    worker = {"cluster": "shop", "service": "worker", "desired": 2, "running": 0, "pending": 0, "stopped_tasks": 3}
    worker |= {"rollout": "FAILED: tasks failed to start.", "latest_stop_reason": told}
    worker["latest_event"] = EVENTS["worker"][1][1]
    api = {"cluster": "shop", "service": "api", "desired": 4, "running": 1, "pending": 2, "stopped_tasks": 1}
    api |= {"rollout": "IN_PROGRESS", "latest_stop_reason": "CannotPullContainerError: not found", "latest_event": None}
    importer = {"cluster": "batch", "service": "importer", "desired": 1, "running": 0, "stopped_tasks": 0}
    importer |= {"rollout": "COMPLETED", "latest_stop_reason": None}
    everything = {"services_short_of_tasks": 3, "missing_tasks": 6, "services": sum(map(len, SERVICES.values()))}
    of_shop = {"services_short_of_tasks": 2, "missing_tasks": 5, "services": len(SERVICES["shop"])}
    return [
        Case(TOOL, "services-short-of-tasks", rows=[worker, api, importer], summary=everything),
        Case(TOOL, "services-short-of-tasks", {"cluster": "shop"}, rows=[worker, api], summary=of_shop),
    ]


def services():
    def rows(clusters):
        for cluster in clusters:
            for name, (desired, running, pending, more) in SERVICES[cluster].items():
                row = {"cluster": cluster, "service": name, "desired": desired, "running": running, "pending": pending}
                row["status"] = more.get("status", "ACTIVE")
                row["launch_type"] = ", ".join(more.get("providers", ["FARGATE"]))
                row["task_definition"] = "app:2" if name == "importer" else "app:1"
                yield row

    everything, of_batch = list(rows(SERVICES)), list(rows(["batch"]))
    running = sum(row["running"] for row in everything)
    summary = {"services": len(everything), "running_tasks": running}
    return [
        Case(TOOL, "services", rows=everything, summary=summary),
        Case(TOOL, "services", {"cluster": "batch"}, rows=of_batch, summary={"services": 1, "running_tasks": 0}),
    ]


def clusters():
    rows = [
        {
            "cluster": name,
            "status": "ACTIVE",
            "services": active(name),
            "running_tasks": sum(running for _, running, *_ in services.values()),
            "pending_tasks": sum(pending for _, _, pending, _ in services.values()),
        }
        for name, services in SERVICES.items()
    ]
    summary = {"clusters": len(rows), "running_tasks": sum(row["running_tasks"] for row in rows)}
    return Case(TOOL, "clusters", rows=rows, summary=summary)


def stopped():
    def case(parameters, clusters):
        rows, codes = [], []
        for cluster in clusters:
            for arn, (group, minutes, code, reason, end) in zip(TASKS[cluster], STOPPED[cluster]):
                time = (NOW - datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
                row = {"cluster": cluster, "group": group, "task": arn.split("/")[-1], "stopped": time, "code": code}
                rows.append({**row, "reason": reason + told(*end)})
                codes.append(code)
        counts = {code: codes.count(code) for code in codes}
        return Case(TOOL, "stopped-tasks", parameters, rows=rows, summary={"stopped_tasks": len(rows), **counts})

    return [case({}, STOPPED), case({"cluster": "batch"}, ["batch"])]


def told(code, reason):
    """What a container says that did not end well."""
    parts = ([f"exit {code}"] if code else []) + ([reason] if reason else [])
    return "; app: " + ", ".join(parts) if parts else ""


def environment():
    def case(parameters, clusters):
        names = [name for cluster in clusters for name in SERVICES[cluster]]
        firsts = [name for name in names if name != "importer"]
        rows = []
        if firsts:
            file = "arn:aws:s3:::settings/app.env"
            app = {"container": "app", "image": "shop/app:7", "variables": "API_PASSWORD, STAGE", "secrets": "TOKEN"}
            rows.append({**app, "task_definition": "app:1", "environment_files": file})
            rows.append({"task_definition": "app:1", "container": "proxy", "variables": "", "secrets": ""})
        if "importer" in names:
            row = {"task_definition": "app:2", "services": "importer", "container": "next", "variables": ""}
            rows.append(row)
        summary = {"task_definitions": len(rows) // 2 + len(rows) % 2, "services": len(names)}
        return Case(TOOL, "task-environment-names", parameters, rows=rows, summary=summary)

    return [case({}, SERVICES), case({"cluster": "shop"}, ["shop"]), case({"cluster": "batch"}, ["batch"])]
