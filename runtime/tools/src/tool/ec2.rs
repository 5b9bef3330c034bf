//! `ec2_read_operations`: instances, volumes, networks, load balancers, scaling groups.

use serde_json::json;

use crate::service::values::{flag, list, number, tag, text};
use crate::service::{Ask, Findings, Recipe, Scope, ServiceTool, Unread};

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "ec2_read_operations",
    service: "ec2",
    services: &["ec2", "autoscaling", "elbv2", "elb"],
    recipes: &[Recipe {
        name: "unattached-volumes",
        answers: "EBS volumes that no instance uses, with size, type and age; sum of their GiB.",
        example: "Which EBS volumes are not attached to anything?",
        topic: &[&["volume", "ebs", "disk"], &["unattached", "unused", "available", "orphaned", "detached", "no"]],
        not: &["snapshot"],
        takes: &[],
        reads: &["ec2:DescribeVolumes"],
        scope: Scope::Region,
        run: |ask| Box::pin(unattached_volumes(ask)),
    }],
};

async fn unattached_volumes(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let available = json!({"Filters": [{"Name": "status", "Values": ["available"]}]});
    let answer = ask.read("ec2:DescribeVolumes", available).await?;
    let mut findings = Findings::table(&["id", "name", "gib", "type", "zone", "created", "encrypted"]);
    for volume in list(&answer, "Volumes") {
        findings.push([
            volume["VolumeId"].clone(),
            json!(tag(&volume["Tags"], "Name")),
            volume["Size"].clone(),
            volume["VolumeType"].clone(),
            volume["AvailabilityZone"].clone(),
            json!(text(volume, "CreateTime")),
            json!(flag(volume, "Encrypted")),
        ]);
    }
    findings.sort_down_by("gib");
    findings.sum("gib", list(&answer, "Volumes").map(|volume| number(volume, "Size")).sum::<f64>());
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::rows;

    #[tokio::test]
    async fn unattached_volumes_come_with_the_largest_first() {
        let volume = |id, size| json!({"VolumeId": id, "Size": size, "VolumeType": "gp3", "AvailabilityZone": "us-east-1a", "CreateTime": "2026-01-02T03:04:05Z", "Encrypted": false});
        let account = FakeAccount::default()
            .answering("ec2:DescribeVolumes", json!({"Volumes": [volume("vol-1", 8), volume("vol-2", 100)]}));
        let rows = rows(TOOL.name, "unattached-volumes", json!({}), &account).await;
        assert_eq!(rows.iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>(), ["vol-2", "vol-1"]);
        assert_eq!(
            account.asked(),
            [r#"ec2:DescribeVolumes us-east-1 {"Filters":[{"Name":"status","Values":["available"]}]}"#]
        );
    }
}
