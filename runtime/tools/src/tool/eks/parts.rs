//! Node groups and add-ons of clusters.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{GONE, all_described, names};
use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Unread};

/// A part of a cluster: its cluster, its name and its description, null when that could not be read.
type Part = (String, String, Value);

pub(super) async fn node_groups(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let clusters = all_described(ask).await?;
    let versions: BTreeMap<&str, Option<u64>> =
        clusters.iter().map(|(name, cluster)| (name.as_str(), minor(&cluster["version"]))).collect();
    let kind = Kind {
        list: "eks:ListNodegroups",
        items: "nodegroups",
        describe: "eks:DescribeNodegroup",
        name: "nodegroupName",
        item: "nodegroup",
    };
    let groups = parts(ask, clusters.iter().map(|(name, _)| name.clone()).collect(), &kind).await;
    let mut findings = Findings::table(&[
        "cluster",
        "node_group",
        "status",
        "version",
        "versions_behind",
        "capacity",
        "instance_types",
        "desired",
        "min",
        "max",
        "issues",
    ]);
    let (mut behind_cluster, mut with_issues) = (0_u64, 0_u64);
    for (cluster, name, group) in &groups {
        let of_cluster = versions.get(cluster.as_str()).copied().flatten();
        let behind = of_cluster.zip(minor(&group["version"])).map(|(cluster, own)| cluster.saturating_sub(own));
        let issues = issues(group);
        behind_cluster += u64::from(behind.is_some_and(|behind| behind > 0));
        with_issues += u64::from(!issues.is_null());
        let types: Vec<&str> = list(group, "instanceTypes").filter_map(Value::as_str).collect();
        findings.push([
            json!(cluster),
            json!(name),
            group["status"].clone(),
            group["version"].clone(),
            json!(behind),
            group["capacityType"].clone(),
            json!((!types.is_empty()).then(|| types.join(", "))),
            group["scalingConfig"]["desiredSize"].clone(),
            group["scalingConfig"]["minSize"].clone(),
            group["scalingConfig"]["maxSize"].clone(),
            issues,
        ]);
    }
    findings.sort_by("node_group");
    findings.sort_by("cluster");
    findings.sum("node_groups", groups.len());
    findings.sum("behind_their_cluster", behind_cluster);
    findings.sum("with_issues", with_issues);
    ask.note("Managed node groups only: self-managed nodes, Fargate and Auto Mode are not listed.");
    Ok(findings)
}

/// 31 of `1.31`.
fn minor(version: &Value) -> Option<u64> {
    version.as_str()?.split('.').nth(1)?.parse().ok()
}

pub(super) async fn addons(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let clusters = names(ask).await?;
    let kind = Kind {
        list: "eks:ListAddons",
        items: "addons",
        describe: "eks:DescribeAddon",
        name: "addonName",
        item: "addon",
    };
    let addons = parts(ask, clusters, &kind).await;
    let mut findings = Findings::table(&["cluster", "addon", "version", "status", "issues"]);
    for (cluster, name, addon) in &addons {
        findings.push([
            json!(cluster),
            json!(name),
            addon["addonVersion"].clone(),
            addon["status"].clone(),
            issues(addon),
        ]);
    }
    findings.sort_by("addon");
    findings.sort_by("cluster");
    let unhealthy = addons
        .iter()
        .filter(|(.., addon)| !addon.is_null() && (addon["status"] != "ACTIVE" || !issues(addon).is_null()));
    findings.sum("not_healthy", unhealthy.count());
    findings.sum("addons", addons.len());
    Ok(findings)
}

/// How the API lists and describes a kind of part.
struct Kind {
    list: &'static str,
    items: &'static str,
    describe: &'static str,
    name: &'static str,
    item: &'static str,
}

async fn parts(ask: &Ask<'_>, clusters: Vec<String>, kind: &Kind) -> Vec<Part> {
    let listed = ask.each(clusters, |cluster| async move {
        let answer = ask.read_if_any(kind.list, json!({"clusterName": cluster}), &GONE).await;
        let answer = answer.ok().flatten().unwrap_or_default();
        let names = list(&answer, kind.items).filter_map(Value::as_str);
        names.map(|name| (cluster.clone(), name.to_owned())).collect::<Vec<_>>()
    });
    let named: Vec<(String, String)> = listed.await.into_iter().flatten().collect();
    let described = ask.each(named, |(cluster, name)| async move {
        let parameters = json!({"clusterName": cluster, kind.name: name});
        match ask.read_if_any(kind.describe, parameters, &GONE).await {
            Ok(Some(mut answer)) => Some((cluster, name, answer[kind.item].take())),
            Ok(None) => None,
            Err(Unread) => Some((cluster, name, Value::Null)),
        }
    });
    described.await.into_iter().flatten().collect()
}

/// `AsgInstanceLaunchFailures: ...`; null when there are none.
fn issues(part: &Value) -> Value {
    let issues: Vec<String> = list(&part["health"], "issues")
        .map(|issue| format!("{}: {}", text(issue, "code"), text(issue, "message")))
        .collect();
    json!((!issues.is_empty()).then(|| issues.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn account() -> FakeAccount {
        FakeAccount::default()
            .answering("eks:ListClusters", json!({"clusters": ["shop"]}))
            .answering("eks:DescribeCluster", json!({"cluster": {"name": "shop", "version": "1.35"}}))
            .answering("eks:ListNodegroups", json!({"nodegroups": ["general", "spot"]}))
    }

    fn group(account: FakeAccount, name: &str, version: &str, issues: Value) -> FakeAccount {
        let group = json!({
            "nodegroupName": name, "clusterName": "shop", "status": "ACTIVE", "version": version,
                "capacityType": "SPOT",
            "instanceTypes": ["m5.large", "m5a.large"], "scalingConfig": {"minSize": 1, "maxSize": 5, "desiredSize": 2},
            "health": {"issues": issues},
        });
        account.answering_when("eks:DescribeNodegroup", json!({"nodegroupName": name}), json!({"nodegroup": group}))
    }

    #[tokio::test]
    async fn node_groups_tell_how_far_they_are_behind_and_what_ails_them() {
        let account = group(account(), "general", "1.35", json!([]));
        let issue = json!([{"code": "AsgInstanceLaunchFailures", "message": "no capacity", "resourceIds": ["asg-1"]}]);
        let account = group(account, "spot", "1.33", issue);
        let answer = ask(TOOL, json!({"query": "", "operation": "node-groups"}), &account).await;
        let found: Vec<_> = rows_of(&answer)
            .iter()
            .map(|row| json!([row["node_group"], row["versions_behind"], row["issues"]]))
            .collect();
        assert_eq!(found, [json!(["general", 0, null]), json!(["spot", 2, "AsgInstanceLaunchFailures: no capacity"])]);
        assert_eq!(
            answer.result.unwrap()["summary"],
            json!({"node_groups": 2, "behind_their_cluster": 1, "with_issues": 1})
        );
    }

    #[tokio::test]
    async fn node_groups_keep_their_names_when_they_cannot_be_described() {
        let account = group(account(), "general", "1.35", json!([])).failing_when(
            "eks:DescribeNodegroup",
            json!({"nodegroupName": "spot"}),
            403,
            "AccessDeniedException",
        );
        let answer = ask(TOOL, json!({"query": "", "operation": "node-groups"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[1]["node_group"], &rows[1]["status"]), (&json!("spot"), &Value::Null));
        assert_eq!(answer.completeness.unwrap().failed.len(), 1);
    }

    #[tokio::test]
    async fn addons_that_are_not_active_or_have_issues_are_not_healthy() {
        let addon = |name: &str, status: &str| {
            json!({"addon": {"addonName": name, "status": status,
            "addonVersion": "v1", "health": {"issues": []}}})
        };
        let account = account()
            .answering("eks:ListAddons", json!({"addons": ["coredns", "gone", "vpc-cni"]}))
            .answering_when("eks:DescribeAddon", json!({"addonName": "coredns"}), addon("coredns", "DEGRADED"))
            .failing_when("eks:DescribeAddon", json!({"addonName": "gone"}), 404, "ResourceNotFoundException")
            .answering_when("eks:DescribeAddon", json!({"addonName": "vpc-cni"}), addon("vpc-cni", "ACTIVE"));
        let answer = ask(TOOL, json!({"query": "", "operation": "addons"}), &account).await;
        assert_eq!(rows_of(&answer).iter().map(|row| &row["addon"]).collect::<Vec<_>>(), ["coredns", "vpc-cni"]);
        assert_eq!(answer.result.unwrap()["summary"], json!({"not_healthy": 1, "addons": 2}));
    }

    #[tokio::test]
    async fn an_empty_account_has_no_parts() {
        let account = FakeAccount::default().answering("eks:ListClusters", json!({"clusters": []}));
        assert!(rows(TOOL, "node-groups", json!({}), &account).await.is_empty());
        assert!(rows(TOOL, "addons", json!({}), &account).await.is_empty());
    }
}
