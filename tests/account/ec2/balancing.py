"""Load balancers with healthy and unhealthy targets, and Auto Scaling groups with and without recent activity."""

import datetime

from account import Case

from ec2 import NOW, an_image, default_group, launch, stop

TOOL = "ec2_read_operations"
INSTANCES, GROUPS = {}, {}
# States of the targets of each target group: of one that is not listed moto says that all is well.
STATES = {
    "checkout": [
        ("healthy", None),
        ("unhealthy", "Target.ResponseCodeMismatch"),
        ("draining", "Target.DeregistrationInProgress"),
        ("initial", "Elb.RegistrationInProgress"),
    ],
    "search": [("unhealthy", "Target.Timeout"), ("unhealthy.draining", "Target.DeregistrationInProgress")],
    "warming": [("initial", "Elb.InitialHealthChecking"), ("unused", "Target.NotInUse")],
}
HEALTHY_GROUPS, TARGETS = ["catalogue", "accounts"], 9


def seed(account):
    subnets = account.all("ec2", "describe_subnets", "Subnets")
    default = [subnet["SubnetId"] for subnet in subnets if subnet["DefaultForAz"]][:2]
    vpc = next(subnet["VpcId"] for subnet in subnets if subnet["DefaultForAz"])
    INSTANCES["targets"] = launch(account, "target", TARGETS)
    seed_target_groups(account, default, vpc)
    seed_classic(account)
    seed_scaling(account)


def seed_target_groups(account, subnets, vpc):
    elb = account.client("elbv2")
    balancer = elb.create_load_balancer(Name="shop", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    for port, name in enumerate([*STATES, *HEALTHY_GROUPS, "no-balancer"], 8000):
        made = elb.create_target_group(Name=name, Protocol="HTTP", Port=port, VpcId=vpc)
        arn = GROUPS[name] = made["TargetGroups"][0]["TargetGroupArn"]
        elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": target} for target in INSTANCES["targets"]])
        if name != "no-balancer":
            action = [{"Type": "forward", "TargetGroupArn": arn}]
            elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=port, DefaultActions=action)
    for name in [*STATES, "no-balancer"]:
        states = STATES.get(name, [("unused", "Target.NotInUse")])
        health = [described(*state) for state in zip(INSTANCES["targets"], states)]
        output = {"TargetHealthDescriptions": health}
        account.prepare("elbv2:DescribeTargetHealth", output, TargetGroupArn=GROUPS[name])


def described(target, state):
    state, reason = state
    health = {"State": state} | ({"Reason": reason, "Description": f"Because of {reason}"} if reason else {})
    return {"Target": {"Id": target, "Port": 8080}, "HealthCheckPort": "8080", "TargetHealth": health}


def seed_classic(account):
    """moto calls what is stopped out of service, and gives no reason."""
    elb = account.client("elb")
    listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}
    # A group that is in use: moto would make one, without the interfaces that a load balancer has.
    for name in ["classic", "classic-well", "classic-empty"]:
        elb.create_load_balancer(
            LoadBalancerName=name,
            Listeners=[listener],
            AvailabilityZones=["us-east-1a"],
            SecurityGroups=[default_group()],
        )
    INSTANCES["classic"] = launch(account, "classic-target", 3)
    register = elb.register_instances_with_load_balancer
    register(LoadBalancerName="classic", Instances=[{"InstanceId": one} for one in INSTANCES["classic"]])
    register(LoadBalancerName="classic-well", Instances=[{"InstanceId": INSTANCES["classic"][0]}])
    stop(account, INSTANCES["classic"][2])


def seed_scaling(account):
    scaling = account.client("autoscaling")
    scaling.create_launch_configuration(LaunchConfigurationName="plain", ImageId=an_image(), InstanceType="t3.micro")
    for name, most in {"busy": 9, "failing": 4, "calm": 2, "asleep": 1}.items():
        scaling.create_auto_scaling_group(
            AutoScalingGroupName=name,
            LaunchConfigurationName="plain",
            MinSize=0,
            MaxSize=most,
            DesiredCapacity=0,
            AvailabilityZones=["us-east-1a"],
        )
    account.prepare("autoscaling:DescribeScalingActivities", {"Activities": ACTIVITIES})


def activity(group, hours, what, status="Successful", message=None):
    """So many hours ago."""
    start = NOW - datetime.timedelta(hours=hours)
    made = {
        "ActivityId": f"{group}-{hours}",
        "AutoScalingGroupName": group,
        "Description": f"{what} EC2 instance: i-0123456789abcdef0",
        "Cause": f"At {start:%Y-%m-%dT%H:%M:%SZ} an instance was started in response to a difference.",
        "StartTime": start,
        "StatusCode": status,
    }
    return made | ({"StatusMessage": message} if message else {})


NO_CAPACITY = "We currently do not have sufficient m5.large capacity in the zone you requested."
# The filter of the request is not applied here: what lies before the window must be left out all the same.
ACTIVITIES = [
    activity("busy", 1, "Launching a new", "InProgress"),
    activity("busy", 2, "Terminating"),
    activity("failing", 3, "Launching a new", "Failed", NO_CAPACITY),
    *[activity("busy", 4 + number, "Launching a new") for number in range(9)],
    activity("failing", 20, "Launching a new"),
    activity("calm", 25, "Terminating"),
    activity("busy", 26, "Launching a new"),
]


def cases(account):
    return [targets(), *scaling()]


def targets():
    rows = [
        {
            "balancer": "shop",
            "target_group": name,
            "target": target,
            "port": 8080,
            "state": state,
            "reason": reason,
            "description": f"Because of {reason}",
        }
        for name, states in STATES.items()
        for target, (state, reason) in zip(INSTANCES["targets"], states)
        if state.startswith("unhealthy")
    ]
    out = {"balancer": "classic", "target": INSTANCES["classic"][2], "state": "OutOfService", "target_group": None}
    # The healthy groups of moto, three prepared ones, and two classic load balancers with instances.
    targets = len(HEALTHY_GROUPS) * TARGETS + sum(map(len, STATES.values())) + 4
    summary = {"unhealthy_targets": 4, "targets": targets, "groups_without_healthy_target": 1, "groups": 7}
    return Case(TOOL, "unhealthy-targets", rows=[*rows, out], summary=summary)


def scaling():
    busy = {"group": "busy", "launched": 10, "terminated": 1, "failed": 0, "max": 9, "min": 0, "desired": 0}
    busy |= {"last_status": "InProgress", "last": time(1)}
    failing = {"group": "failing", "launched": 1, "terminated": 0, "failed": 1, "max": 4, "last_status": "Failed"}
    failing |= {"cause": NO_CAPACITY, "last": time(3)}
    calm = {"group": "calm", "launched": 0, "terminated": 1, "failed": 0, "max": 2, "last": time(25)}
    day = {"groups_with_activity": 2, "launched": 11, "terminated": 1, "failed": 1}
    two_days = {"groups_with_activity": 3, "launched": 12, "terminated": 2, "failed": 1}
    return [
        Case(TOOL, "recent-scaling", rows=[busy, failing], summary=day),
        Case(TOOL, "recent-scaling", {"days": 2}, rows=[busy | {"launched": 11}, failing, calm], summary=two_days),
    ]


def time(hours):
    return (NOW - datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
