//! Targets that load balancers hold for unhealthy, new and classic ones.

use serde_json::{Value, json};

use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Unread};

const COLUMNS: [&str; 7] = ["balancer", "target_group", "target", "port", "state", "reason", "description"];

pub(super) async fn unhealthy(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let (groups, classic) = futures::join!(
        ask.read("elbv2:DescribeTargetGroups", json!({})),
        ask.read("elb:DescribeLoadBalancers", json!({})),
    );
    if groups.is_err() && classic.is_err() {
        return Err(Unread);
    }
    let (groups, classic) = (groups.unwrap_or_default(), classic.unwrap_or_default());
    let mut health = Health::default();
    let mut findings = Findings::table(&COLUMNS);
    // A group behind no load balancer has targets of which nothing is known.
    let used = with_any(&groups, "TargetGroups", "LoadBalancerArns");
    let answers = ask.each(used.clone(), |group| async move { of_group(ask, &group).await }).await;
    for (group, answer) in used.iter().zip(answers) {
        health.add_group(group, answer, &mut findings);
    }
    let balancers = with_any(&classic, "LoadBalancerDescriptions", "Instances");
    let answers = ask.each(balancers.clone(), |balancer| async move { of_classic(ask, &balancer).await }).await;
    for (balancer, answer) in balancers.iter().zip(answers) {
        health.add_classic(balancer, answer, &mut findings);
    }
    findings.sort_by("target");
    findings.sort_by("balancer");
    findings.sum("unhealthy_targets", health.unhealthy);
    findings.sum("targets", health.targets);
    findings.sum("groups_without_healthy_target", health.dead_groups);
    findings.sum("groups", health.groups);
    Ok(findings)
}

/// Items whose list at this member is not empty.
fn with_any(answer: &Value, items: &str, member: &str) -> Vec<Value> {
    list(answer, items).filter(|item| list(item, member).next().is_some()).cloned().collect()
}

/// Deleted between the two reads: nothing to say about it.
const GONE: [&str; 3] = ["TargetGroupNotFound", "LoadBalancerNotFound", "AccessPointNotFound"];

async fn of_group(ask: &Ask<'_>, group: &Value) -> Result<Option<Value>, Unread> {
    let parameters = json!({"TargetGroupArn": group["TargetGroupArn"]});
    ask.read_if_any("elbv2:DescribeTargetHealth", parameters, &GONE).await
}

async fn of_classic(ask: &Ask<'_>, balancer: &Value) -> Result<Option<Value>, Unread> {
    let parameters = json!({"LoadBalancerName": balancer["LoadBalancerName"]});
    ask.read_if_any("elb:DescribeInstanceHealth", parameters, &GONE).await
}

/// Counts over target groups and classic load balancers.
#[derive(Default)]
struct Health {
    groups: u64,
    dead_groups: u64,
    targets: u64,
    unhealthy: u64,
}

impl Health {
    fn add_group(&mut self, group: &Value, answer: Result<Option<Value>, Unread>, findings: &mut Findings) {
        let Ok(Some(answer)) = answer else { return };
        let states: Vec<&Value> = list(&answer, "TargetHealthDescriptions").collect();
        self.add(states.iter().map(|state| is_healthy(text(&state["TargetHealth"], "State"))));
        let balancers: Vec<&str> =
            list(group, "LoadBalancerArns").filter_map(Value::as_str).map(balancer_name).collect();
        for state in states {
            let health = &state["TargetHealth"];
            if is_healthy(text(health, "State")) != Some(false) {
                continue;
            }
            findings.push([
                json!(balancers.join(", ")),
                group["TargetGroupName"].clone(),
                state["Target"]["Id"].clone(),
                state["Target"]["Port"].clone(),
                health["State"].clone(),
                health["Reason"].clone(),
                health["Description"].clone(),
            ]);
        }
    }

    fn add_classic(&mut self, balancer: &Value, answer: Result<Option<Value>, Unread>, findings: &mut Findings) {
        let Ok(Some(answer)) = answer else { return };
        let states: Vec<&Value> = list(&answer, "InstanceStates").collect();
        self.add(states.iter().map(|state| is_healthy(text(state, "State"))));
        for state in states.into_iter().filter(|state| is_healthy(text(state, "State")) == Some(false)) {
            findings.push([
                balancer["LoadBalancerName"].clone(),
                Value::Null,
                state["InstanceId"].clone(),
                Value::Null,
                state["State"].clone(),
                state["ReasonCode"].clone(),
                state["Description"].clone(),
            ]);
        }
    }

    fn add(&mut self, states: impl Iterator<Item = Option<bool>> + Clone) {
        let count = |wanted| states.clone().filter(|state| *state == wanted).count() as u64;
        self.groups += 1;
        self.targets += states.clone().count() as u64;
        self.unhealthy += count(Some(false));
        self.dead_groups += u64::from(count(Some(true)) == 0 && count(Some(false)) > 0);
    }
}

/// Absent for states that say nothing yet or any more: initial, draining, unused, unavailable, Unknown.
fn is_healthy(state: &str) -> Option<bool> {
    match state {
        "healthy" | "InService" => Some(true),
        "unhealthy" | "unhealthy.draining" | "OutOfService" => Some(false),
        _ => None,
    }
}

/// `web` of `arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188`.
fn balancer_name(arn: &str) -> &str {
    arn.rsplit('/').nth(1).unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;
    const ARN: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012";

    fn groups(names: &[&str]) -> FakeAccount {
        let group = |name: &&str| {
            let balancers = if *name == "spare" {
                json!([])
            } else {
                json!([format!("{ARN}:loadbalancer/app/{name}-lb/50dc6c495c0c9188")])
            };
            json!({"TargetGroupName": name, "TargetGroupArn": format!("{ARN}:targetgroup/{name}/1"),
                "LoadBalancerArns": balancers})
        };
        let groups: Vec<_> = names.iter().map(group).collect();
        FakeAccount::default()
            .answering("elbv2:DescribeTargetGroups", json!({"TargetGroups": groups}))
            .answering("elb:DescribeLoadBalancers", json!({"LoadBalancerDescriptions": []}))
    }

    fn health(account: FakeAccount, group: &str, states: &[(&str, &str)]) -> FakeAccount {
        let states: Vec<_> = states
            .iter()
            .map(|(id, state)| {
                json!({"Target": {"Id": id, "Port": 80},
                "TargetHealth": {"State": state, "Reason": "Target.Timeout"}})
            })
            .collect();
        let when = json!({"TargetGroupArn": format!("{ARN}:targetgroup/{group}/1")});
        account.answering_when("elbv2:DescribeTargetHealth", when, json!({"TargetHealthDescriptions": states}))
    }

    #[tokio::test]
    async fn only_unhealthy_targets_of_used_groups_are_listed() {
        let account = groups(&["web", "jobs", "spare"]);
        let account =
            health(account, "web", &[("i-2", "unhealthy"), ("i-1", "unhealthy.draining"), ("i-3", "draining")]);
        let account =
            health(account, "jobs", &[("i-4", "healthy"), ("i-5", "unhealthy"), ("i-6", "initial"), ("i-7", "unused")]);
        let answer = ask(TOOL, json!({"query": "", "operation": "unhealthy-targets"}), &account).await;
        let found: Vec<_> = rows_of(&answer).iter().map(|row| json!([row["balancer"], row["target"]])).collect();
        assert_eq!(found, [json!(["jobs-lb", "i-5"]), json!(["web-lb", "i-1"]), json!(["web-lb", "i-2"])]);
        let summary = json!({"unhealthy_targets": 3, "targets": 7, "groups_without_healthy_target": 1, "groups": 2});
        assert_eq!(answer.result.unwrap()["summary"], summary);
    }

    #[tokio::test]
    async fn classic_load_balancers_count_too() {
        let account = groups(&[])
            .answering(
                "elb:DescribeLoadBalancers",
                json!({"LoadBalancerDescriptions": [
                    {"LoadBalancerName": "old", "Instances": [{"InstanceId": "i-1"}]},
                    {"LoadBalancerName": "bare", "Instances": []},
                ]}),
            )
            .answering(
                "elb:DescribeInstanceHealth",
                json!({"InstanceStates": [
                    {"InstanceId": "i-1", "State": "OutOfService", "ReasonCode": "Instance",
                        "Description": "failed checks"},
                    {"InstanceId": "i-2", "State": "InService", "ReasonCode": "N/A"},
                    {"InstanceId": "i-3", "State": "Unknown", "ReasonCode": "ELB"},
                ]}),
            );
        let rows = rows(TOOL, "unhealthy-targets", json!({}), &account).await;
        assert_eq!(
            rows.iter().map(|row| json!([row["balancer"], row["target"]])).collect::<Vec<_>>(),
            [json!(["old", "i-1"])]
        );
    }

    #[tokio::test]
    async fn one_group_that_cannot_be_read_hides_no_other() {
        let account = health(groups(&["web", "jobs"]), "web", &[("i-1", "unhealthy")]);
        let when = json!({"TargetGroupArn": format!("{ARN}:targetgroup/jobs/1")});
        let account = account.failing_when("elbv2:DescribeTargetHealth", when, 400, "Throttling");
        let answer = ask(TOOL, json!({"query": "", "operation": "unhealthy-targets"}), &account).await;
        assert_eq!(rows_of(&answer).len(), 1);
        assert_eq!(answer.completeness.unwrap().failed[0].code, "Throttling");
    }

    #[tokio::test]
    async fn a_group_that_was_deleted_meanwhile_is_no_failure() {
        let account = groups(&["web"]).failing("elbv2:DescribeTargetHealth", 400, "TargetGroupNotFound");
        assert!(rows(TOOL, "unhealthy-targets", json!({}), &account).await.is_empty());
    }
}
