//! Versions of clusters and their support, and who reaches their control plane.

use serde_json::{Value, json};

use super::all_described;
use crate::service::values::{list, text, time};
use crate::service::{Ask, Findings, Unread};
use crate::tool::ec2::is_internet;

pub(super) async fn versions(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let clusters = all_described(ask).await?;
    let known = if clusters.is_empty() {
        Value::Null
    } else {
        ask.read("eks:DescribeClusterVersions", json!({"includeAll": true})).await.unwrap_or_default()
    };
    let mut findings = Findings::table(&[
        "name",
        "version",
        "status",
        "support",
        "standard_support_until",
        "extended_support_until",
        "after_standard_support",
        "created",
    ]);
    let (mut extended, mut unsupported) = (0_u64, 0_u64);
    for (name, cluster) in &clusters {
        let version = list(&known, "clusterVersions").find(|known| known["clusterVersion"] == cluster["version"]);
        let version = version.unwrap_or(&Value::Null);
        let support = support(ask, version);
        extended += u64::from(support == Some("extended"));
        unsupported += u64::from(support == Some("none"));
        findings.push([
            json!(name),
            cluster["version"].clone(),
            cluster["status"].clone(),
            json!(support),
            version["endOfStandardSupportDate"].clone(),
            version["endOfExtendedSupportDate"].clone(),
            json!(policy(cluster)),
            cluster["createdAt"].clone(),
        ]);
    }
    findings.sort_by("version");
    findings.sum("clusters", clusters.len());
    findings.sum("in_extended_support", extended);
    findings.sum("unsupported", unsupported);
    Ok(findings)
}

/// By the dates, which hold today; AWS's own status where it gives no dates.
fn support(ask: &Ask<'_>, version: &Value) -> Option<&'static str> {
    let over = |member| time(version, member).map(|end| end <= ask.now);
    match (over("endOfStandardSupportDate"), over("endOfExtendedSupportDate"), text(version, "versionStatus")) {
        (_, Some(true), _) => Some("none"),
        (Some(true), _, _) => Some("extended"),
        (Some(false), ..) => Some("standard"),
        (None, _, "STANDARD_SUPPORT") => Some("standard"),
        (None, _, "EXTENDED_SUPPORT") => Some("extended"),
        (None, _, "UNSUPPORTED") => Some("none"),
        _ => None,
    }
}

/// What EKS does when standard support ends (EKS user guide, "View current cluster upgrade policy").
fn policy(cluster: &Value) -> Option<&'static str> {
    match text(&cluster["upgradePolicy"], "supportType") {
        "STANDARD" => Some("upgraded by AWS"),
        "EXTENDED" => Some("extended support, at a higher price"),
        _ => None,
    }
}

pub(super) async fn endpoints(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let clusters = all_described(ask).await?;
    let mut findings =
        Findings::table(&["name", "public_endpoint", "private_endpoint", "public_for", "open_to_internet"]);
    for (name, cluster) in &clusters {
        let vpc = &cluster["resourcesVpcConfig"];
        let public = vpc["endpointPublicAccess"].as_bool();
        let sources = sources(vpc);
        findings.push([
            json!(name),
            json!(public),
            vpc["endpointPrivateAccess"].clone(),
            json!((public == Some(true)).then(|| sources.join(", "))),
            json!(public.map(|public| public && sources.iter().any(|source| is_internet(source)))),
        ]);
    }
    findings.sort_by("name");
    let count = |index: usize| findings.rows.iter().filter(|row| row[index] == true).count();
    let (public, open) = (count(1), count(4));
    findings.sum("public_endpoints", public);
    findings.sum("open_to_internet", open);
    findings.sum("clusters", clusters.len());
    Ok(findings)
}

pub(super) async fn logging(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let clusters = all_described(ask).await?;
    let mut findings = Findings::table(&["name", "logs_on", "logs_off", "secrets_encrypted"]);
    let mut without_audit = 0_u64;
    for (name, cluster) in &clusters {
        let (on, off) = (logs(cluster, true), logs(cluster, false));
        without_audit += u64::from(!cluster.is_null() && !on.contains(&"audit"));
        let known = |cell: Value| if cluster.is_null() { Value::Null } else { cell };
        findings.push([
            json!(name),
            known(json!(on.join(", "))),
            known(json!(off.join(", "))),
            known(json!(secrets_encrypted(cluster))),
        ]);
    }
    findings.sort_by("name");
    findings.sum("without_audit_log", without_audit);
    findings.sum("clusters", clusters.len());
    ask.note(
        "Secrets count as encrypted with a key of the account; EKS encrypts its storage with a key of AWS besides.",
    );
    Ok(findings)
}

/// Networks that may use the public endpoint: everyone, unless they are named.
fn sources(vpc: &Value) -> Vec<&str> {
    let named: Vec<&str> = list(vpc, "publicAccessCidrs").filter_map(Value::as_str).collect();
    if named.is_empty() { vec!["0.0.0.0/0"] } else { named }
}

/// Control plane log types that are on, or off.
fn logs(cluster: &Value, enabled: bool) -> Vec<&str> {
    let setups = list(&cluster["logging"], "clusterLogging").filter(|setup| setup["enabled"] == enabled);
    let mut types: Vec<&str> = setups.flat_map(|setup| list(setup, "types")).filter_map(Value::as_str).collect();
    types.sort_unstable();
    types
}

fn secrets_encrypted(cluster: &Value) -> bool {
    let mut resources = list(cluster, "encryptionConfig").flat_map(|config| list(config, "resources"));
    resources.any(|resource| resource == "secrets")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn cluster(account: FakeAccount, name: &str, version: &str, members: Value) -> FakeAccount {
        let mut cluster =
            json!({"name": name, "version": version, "status": "ACTIVE", "createdAt": "2024-01-02T03:04:05Z"});
        cluster.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        account.answering_when("eks:DescribeCluster", json!({"name": name}), json!({"cluster": cluster}))
    }

    fn account() -> FakeAccount {
        let account = FakeAccount::default()
            .answering("eks:ListClusters", json!({"clusters": ["gone", "late", "new", "old"]}))
            .failing_when("eks:DescribeCluster", json!({"name": "gone"}), 404, "ResourceNotFoundException");
        let account = cluster(account, "new", "1.35", json!({"upgradePolicy": {"supportType": "STANDARD"}}));
        let account = cluster(account, "late", "1.32", json!({"upgradePolicy": {"supportType": "EXTENDED"}}));
        cluster(account, "old", "1.29", json!({}))
    }

    fn versions() -> Value {
        let version = |version: &str, standard: &str, extended: &str| {
            json!({
                "clusterVersion": version, "endOfStandardSupportDate": standard, "endOfExtendedSupportDate": extended,
                "versionStatus": "STANDARD_SUPPORT",
            })
        };
        json!({"clusterVersions": [
            version("1.29", "2025-03-23T00:00:00Z", "2026-03-23T00:00:00Z"),
            version("1.32", "2026-03-23T00:00:00Z", "2027-03-23T00:00:00Z"),
            version("1.35", "2027-03-27T00:00:00Z", "2028-03-27T00:00:00Z"),
        ]})
    }

    #[tokio::test]
    async fn support_goes_by_the_dates_and_deleted_clusters_do_not_count() {
        let account = account().answering("eks:DescribeClusterVersions", versions());
        let answer = ask(TOOL, json!({"query": "", "operation": "cluster-versions"}), &account).await;
        assert_eq!(answer.completeness.as_ref().unwrap().failed, []);
        let found: Vec<_> = rows_of(&answer)
            .iter()
            .map(|row| json!([row["name"], row["support"], row["after_standard_support"]]))
            .collect();
        assert_eq!(
            found,
            [
                json!(["old", "none", null]),
                json!(["late", "extended", "extended support, at a higher price"]),
                json!(["new", "standard", "upgraded by AWS"]),
            ]
        );
        assert_eq!(
            answer.result.unwrap()["summary"],
            json!({"clusters": 3, "in_extended_support": 1, "unsupported": 1})
        );
    }

    #[tokio::test]
    async fn versions_stay_when_their_dates_cannot_be_read() {
        let account = account().failing("eks:DescribeClusterVersions", 403, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "cluster-versions"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["version"], &rows[0]["support"]), (&json!("1.29"), &Value::Null));
        assert_eq!(answer.completeness.unwrap().failed.len(), 1);
    }

    #[tokio::test]
    async fn a_public_endpoint_is_open_unless_its_networks_are_narrow() {
        let account = FakeAccount::default()
            .answering("eks:ListClusters", json!({"clusters": ["a", "b", "c", "d"]}))
            .failing_when("eks:DescribeCluster", json!({"name": "d"}), 403, "AccessDeniedException");
        let access = |public: bool, cidrs: Value| {
            json!({"resourcesVpcConfig": {"endpointPublicAccess": public,
            "endpointPrivateAccess": true, "publicAccessCidrs": cidrs}})
        };
        let account = cluster(account, "a", "1.35", access(true, json!(["0.0.0.0/0"])));
        let account = cluster(account, "b", "1.35", access(true, json!(["203.0.113.0/24"])));
        let account = cluster(account, "c", "1.35", access(false, json!([])));
        let answer = ask(TOOL, json!({"query": "", "operation": "public-endpoints"}), &account).await;
        let result = answer.result.unwrap();
        assert_eq!(
            result["rows"],
            json!([
                ["a", true, true, "0.0.0.0/0", true],
                ["b", true, true, "203.0.113.0/24", false],
                ["c", false, true, null, false],
                ["d", null, null, null, null],
            ])
        );
        assert_eq!(result["summary"], json!({"public_endpoints": 2, "open_to_internet": 1, "clusters": 4}));
        assert_eq!(answer.completeness.unwrap().failed.len(), 1);
    }

    #[tokio::test]
    async fn logs_and_encryption_of_clusters_that_could_be_read_are_told() {
        let account = FakeAccount::default()
            .answering("eks:ListClusters", json!({"clusters": ["a", "b", "c"]}))
            .failing_when("eks:DescribeCluster", json!({"name": "c"}), 403, "AccessDeniedException");
        let setups = json!([{"types": ["audit", "api"], "enabled": true}, {"types": ["scheduler"], "enabled": false}]);
        let safe = json!({
            "logging": {"clusterLogging": setups},
            "encryptionConfig": [{"resources": ["secrets"], "provider": {"keyArn": "arn:aws:kms:key"}}],
        });
        let account = cluster(account, "a", "1.35", safe);
        let account = cluster(account, "b", "1.35", json!({}));
        let answer = ask(TOOL, json!({"query": "", "operation": "cluster-logging"}), &account).await;
        let result = answer.result.unwrap();
        assert_eq!(
            result["rows"],
            json!([["a", "api, audit", "scheduler", true], ["b", "", "", false], ["c", null, null, null]])
        );
        assert_eq!(result["summary"], json!({"without_audit_log": 1, "clusters": 3}));
    }

    #[tokio::test]
    async fn without_clusters_no_version_is_asked() {
        let account = FakeAccount::default().answering("eks:ListClusters", json!({"clusters": []}));
        assert!(rows(TOOL, "cluster-versions", json!({}), &account).await.is_empty());
        assert_eq!(account.asked().len(), 1);
    }
}
