//! `ec2_read_operations`: instances, volumes, networks, load balancers, scaling groups.

mod firewall;
mod groups;
mod images;
mod instances;
mod networks;
mod reachable;
mod routes;
mod scaling;
mod stopped;
mod tags;
mod targets;
mod volumes;

use serde_json::{Value, json};

use crate::service::values::{list, tag};
use crate::service::{Kind, Parameter, Recipe, Scope, ServiceTool};

pub(super) use firewall::{OpenLists, is_internet, open_ports, open_sources};
pub(super) use routes::{Family, Gateways, RouteTables, Way};

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "ec2_read_operations",
    service: "ec2",
    services: &["ec2", "autoscaling", "elbv2", "elb"],
    recipes: &[
        Recipe {
            name: "instances",
            answers: "All instances with type, state, zone, addresses and launch time; counts by state.",
            example: "List all EC2 instances",
            topic: &[
                &["instance"],
                &[
                    "list",
                    "show",
                    "all",
                    "overview",
                    "inventory",
                    "running",
                    "many",
                    "table",
                    "do we have",
                    "do i have",
                    "are there",
                ],
            ],
            not: &[
                "tag",
                "stopped",
                "reachable",
                "ssh",
                "rdp",
                "imds",
                "imdsv1",
                "imdsv2",
                "metadata",
                "check",
                "event",
                "impaired",
                "target",
                "volume",
                "image",
                "ami",
                "port",
                "open",
                "cpu",
                "memory",
                "utilization",
                "metric",
                "cost",
                "database",
                "instance type",
                "instance profile",
                "auto scaling",
            ],
            takes: &[Parameter {
                name: "state",
                kind: Kind::Text,
                means: "Only instances in this state: running, stopped, ...; all when absent.",
            }],
            reads: &["ec2:DescribeInstances"],
            scope: Scope::Region,
            run: |ask| Box::pin(instances::overview(ask)),
        },
        Recipe {
            name: "instances-missing-tags",
            answers: "Instances that lack a required tag or have it without a value, terminated ones left out.",
            example: "Which instances are missing required tags?",
            topic: &[&["instance"], &["tag"], &["no", "required", "mandatory", "compliance", "compliant"]],
            not: &["volume", "snapshot", "image", "ami"],
            takes: &[Parameter {
                name: "tags",
                kind: Kind::List,
                means: "Keys of the required tags, case-sensitive; without it, instances that have no tag at all.",
            }],
            reads: &["ec2:DescribeInstances"],
            scope: Scope::Region,
            run: |ask| Box::pin(tags::missing(ask)),
        },
        Recipe {
            name: "open-security-groups",
            answers: "Inbound rules of security groups that are open to the internet over IPv4 or IPv6, with their \
                      ports and how many network interfaces use the group.",
            example: "Which security groups are open to the internet?",
            topic: &[&["security group", "firewall"], &["open", "public", "anywhere", "anyone", "everyone", "0.0.0.0"]],
            not: &["unused", "target"],
            takes: &[Parameter {
                name: "port",
                kind: Kind::Number,
                means: "Only rules that open this TCP or UDP port; all rules when absent.",
            }],
            reads: &["ec2:DescribeSecurityGroups", "ec2:GetManagedPrefixListEntries", "ec2:DescribeNetworkInterfaces"],
            scope: Scope::Region,
            run: |ask| Box::pin(groups::open_to_internet(ask)),
        },
        Recipe {
            name: "instances-reachable-from-internet",
            answers: "Running instances that the internet reaches on a TCP port at their own public address: route, \
                      network ACL and security group all let it through.",
            example: "Which instances are reachable by SSH from the internet?",
            topic: &[
                &["instance", "host"],
                &["public", "publicly", "outside", "anywhere"],
                &[
                    "reachable",
                    "reach",
                    "ssh",
                    "rdp",
                    "port",
                    "exposed",
                    "internet",
                    "accessible",
                    "open",
                    "access",
                    "connect",
                ],
            ],
            not: &["imds", "metadata"],
            takes: &[Parameter {
                name: "port",
                kind: Kind::Number,
                means: "TCP port; by default 22 (SSH), or 3389 when the query says RDP.",
            }],
            reads: &[
                "ec2:DescribeInstances",
                "ec2:DescribeSecurityGroups",
                "ec2:GetManagedPrefixListEntries",
                "ec2:DescribeSubnets",
                "ec2:DescribeRouteTables",
                "ec2:DescribeInternetGateways",
                "ec2:DescribeNetworkAcls",
            ],
            scope: Scope::Region,
            run: |ask| Box::pin(reachable::instances(ask)),
        },
        Recipe {
            name: "unattached-volumes",
            answers: "EBS volumes that no instance uses, with size, type and age; sum of their GiB.",
            example: "Which EBS volumes are not attached to anything?",
            topic: &[
                &["volume"],
                &["no", "unattached", "unused", "available", "detached"],
                &["attached", "used", "use", "unattached", "unused", "available", "detached"],
            ],
            not: &["snapshot", "encrypted", "unencrypted", "encryption", "tag"],
            takes: &[],
            reads: &["ec2:DescribeVolumes"],
            scope: Scope::Region,
            run: |ask| Box::pin(volumes::unattached(ask)),
        },
        Recipe {
            name: "unencrypted-volumes",
            answers: "EBS volumes without encryption and the instances that use them, with whether the region \
                      encrypts new volumes by default.",
            example: "Which EBS volumes are not encrypted?",
            topic: &[&["volume"], &["encrypted", "encryption", "kms"]],
            not: &["snapshot", "database"],
            takes: &[],
            reads: &["ec2:DescribeVolumes", "ec2:GetEbsEncryptionByDefault"],
            scope: Scope::Region,
            run: |ask| Box::pin(volumes::unencrypted(ask)),
        },
        Recipe {
            name: "vpcs-without-flow-logs",
            answers: "VPCs without a working flow log of their own, with how many of their subnets have one.",
            example: "Which VPCs have no flow logs?",
            topic: &[&["vpc", "network"], &["flow log", "flowlog"]],
            not: &[],
            takes: &[],
            reads: &["ec2:DescribeVpcs", "ec2:DescribeFlowLogs", "ec2:DescribeSubnets"],
            scope: Scope::Region,
            run: |ask| Box::pin(networks::without_flow_logs(ask)),
        },
        Recipe {
            name: "recent-scaling",
            answers: "Auto Scaling groups that launched or terminated instances recently, with failures and the \
                      latest cause.",
            example: "Which auto scaling groups scaled in the last 24 hours?",
            topic: &[
                &["auto scaling"],
                &[
                    "activity",
                    "recent",
                    "recently",
                    "last",
                    "event",
                    "launched",
                    "today",
                    "yesterday",
                    "hour",
                    "day",
                    "week",
                ],
            ],
            not: &[],
            takes: &[
                Parameter { name: "hours", kind: Kind::Number, means: "How far back, in hours; 24 by default." },
                Parameter { name: "days", kind: Kind::Number, means: "How far back, in days; AWS keeps six weeks." },
            ],
            reads: &["autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeScalingActivities"],
            scope: Scope::Region,
            run: |ask| Box::pin(scaling::recent(ask)),
        },
        Recipe {
            name: "unused-elastic-ips",
            answers: "Elastic IP addresses that are associated with nothing.",
            example: "Which elastic IPs are unused?",
            topic: &[&["elastic", "eip", "address"], &["no", "unused", "unassociated", "unattached", "available"]],
            not: &["security group", "volume"],
            takes: &[],
            reads: &["ec2:DescribeAddresses"],
            scope: Scope::Region,
            run: |ask| Box::pin(networks::unused_addresses(ask)),
        },
        Recipe {
            name: "unused-security-groups",
            answers: "Security groups that no network interface uses, with the groups whose rules still name them.",
            example: "Which security groups are unused?",
            topic: &[
                &["security group"],
                &["no", "unused"],
                &["used", "use", "unused", "attached", "referenced", "interface", "needed"],
            ],
            not: &["open", "public"],
            takes: &[],
            reads: &["ec2:DescribeSecurityGroups", "ec2:DescribeNetworkInterfaces"],
            scope: Scope::Region,
            run: |ask| Box::pin(groups::unused(ask)),
        },
        Recipe {
            name: "unhealthy-targets",
            answers: "Targets that load balancers hold for unhealthy, with the reason, and target groups without any \
                      healthy target.",
            example: "Which load balancers have unhealthy targets?",
            topic: &[
                &["load balancer", "target"],
                &["health", "healthy", "unhealthy", "fail", "down", "out of service"],
            ],
            not: &[],
            takes: &[],
            reads: &[
                "elbv2:DescribeTargetGroups",
                "elbv2:DescribeTargetHealth",
                "elb:DescribeLoadBalancers",
                "elb:DescribeInstanceHealth",
            ],
            scope: Scope::Region,
            run: |ask| Box::pin(targets::unhealthy(ask)),
        },
        Recipe {
            name: "stopped-instances",
            answers: "Instances that have been stopped for long, with the volumes that they still pay for.",
            example: "Which instances have been stopped for more than 30 days?",
            topic: &[&["instance"], &["stopped", "switched off", "shut down"]],
            not: &["tag", "running"],
            takes: &[Parameter {
                name: "days",
                kind: Kind::Number,
                means: "Stopped for at least this many days; 30 by default.",
            }],
            reads: &["ec2:DescribeInstances", "ec2:DescribeVolumes"],
            scope: Scope::Region,
            run: |ask| Box::pin(stopped::stopped(ask)),
        },
        Recipe {
            name: "impaired-instances",
            answers: "Instances with a failing status check or a scheduled event.",
            example: "Which instances fail their status checks or have scheduled events?",
            topic: &[
                &["instance"],
                &["check", "impaired", "event", "retirement", "healthy", "unhealthy", "maintenance"],
            ],
            not: &["target", "load balancer", "auto scaling", "stopped", "tag"],
            takes: &[],
            reads: &["ec2:DescribeInstanceStatus", "ec2:DescribeInstances"],
            scope: Scope::Region,
            run: |ask| Box::pin(instances::impaired(ask)),
        },
        Recipe {
            name: "instances-with-imdsv1",
            answers: "Instances whose metadata service still answers without a session token (IMDSv1).",
            example: "Which instances still allow IMDSv1?",
            topic: &[&["imds", "imdsv1", "imdsv2", "metadata"]],
            not: &["tag"],
            takes: &[],
            reads: &["ec2:DescribeInstances"],
            scope: Scope::Region,
            run: |ask| Box::pin(instances::metadata_without_token(ask)),
        },
        Recipe {
            name: "old-snapshots",
            answers: "The account's own EBS snapshots that are older than some days, with the image that needs each.",
            example: "Which EBS snapshots are older than 90 days?",
            topic: &[&["snapshot"], &["old", "older", "age", "stale"]],
            not: &["database", "public"],
            takes: &[Parameter { name: "days", kind: Kind::Number, means: "Least age in days; 90 by default." }],
            reads: &["ec2:DescribeSnapshots", "ec2:DescribeImages"],
            scope: Scope::Region,
            run: |ask| Box::pin(images::old_snapshots(ask)),
        },
        Recipe {
            name: "old-images",
            answers: "The account's own machine images (AMIs) that are older than some days, with last launch and \
                      instances that still run from them.",
            example: "Which AMIs are older than 365 days?",
            topic: &[&["image"], &["old", "older", "age", "stale", "unused"]],
            not: &["snapshot", "container"],
            takes: &[Parameter { name: "days", kind: Kind::Number, means: "Least age in days; 365 by default." }],
            reads: &["ec2:DescribeImages", "ec2:DescribeInstances"],
            scope: Scope::Region,
            run: |ask| Box::pin(images::old_images(ask)),
        },
    ],
};

/// The instances of an answer of DescribeInstances.
fn instances_of(answer: &Value) -> impl Iterator<Item = &Value> {
    list(answer, "Reservations").flat_map(|reservation| list(reservation, "Instances"))
}

/// Makes a reservation small: its instances with these members alone.
fn keeping(members: &'static [&'static str]) -> impl Fn(Value) -> Value + Send + Sync + 'static {
    move |mut reservation| {
        for instance in reservation["Instances"].as_array_mut().into_iter().flatten() {
            if let Some(instance) = instance.as_object_mut() {
                instance.retain(|name, _| members.contains(&name.as_str()));
            }
        }
        json!({"Instances": reservation["Instances"].take()})
    }
}

/// The `Name` tag; null when there is none or it is empty.
fn name_of(tags: &Value) -> Value {
    json!(tag(tags, "Name").filter(|name| !name.is_empty()))
}
