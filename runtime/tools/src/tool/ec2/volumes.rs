//! EBS volumes that nothing uses, and volumes without encryption.

use serde_json::{Value, json};

use super::name_of;
use crate::service::values::{flag, list, number, text};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn unattached(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let available = json!({"Filters": [{"Name": "status", "Values": ["available"]}]});
    let answer = ask.read("ec2:DescribeVolumes", available).await?;
    let mut findings = Findings::table(&["id", "name", "gib", "type", "zone", "created", "encrypted"]);
    for volume in list(&answer, "Volumes") {
        findings.push([
            volume["VolumeId"].clone(),
            name_of(&volume["Tags"]),
            volume["Size"].clone(),
            volume["VolumeType"].clone(),
            volume["AvailabilityZone"].clone(),
            volume["CreateTime"].clone(),
            json!(flag(volume, "Encrypted")),
        ]);
    }
    findings.sort_down_by("gib");
    findings.sum("volumes", findings.rows.len());
    findings.sum("gib", list(&answer, "Volumes").map(|volume| number(volume, "Size")).sum::<f64>());
    Ok(findings)
}

pub(super) async fn unencrypted(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let unencrypted = json!({"Filters": [{"Name": "encrypted", "Values": ["false"]}]});
    let (answer, default) = futures::join!(
        ask.read("ec2:DescribeVolumes", unencrypted),
        ask.read("ec2:GetEbsEncryptionByDefault", json!({})),
    );
    let answer = answer?;
    // A sentence rather than a sum: sums of several regions are added up.
    match default.ok().and_then(|answer| answer["EbsEncryptionByDefault"].as_bool()) {
        Some(true) => ask.note(format!("New volumes in {} are encrypted by default.", ask.region)),
        Some(false) => ask.note(format!("New volumes in {} are not encrypted by default.", ask.region)),
        None => ask.note(format!("Whether new volumes in {} are encrypted by default could not be read.", ask.region)),
    }
    let mut findings = Findings::table(&["id", "name", "gib", "state", "instance", "created"]);
    for volume in list(&answer, "Volumes").filter(|volume| !flag(volume, "Encrypted")) {
        findings.push([
            volume["VolumeId"].clone(),
            name_of(&volume["Tags"]),
            volume["Size"].clone(),
            volume["State"].clone(),
            users(volume),
            volume["CreateTime"].clone(),
        ]);
    }
    findings.sort_down_by("gib");
    findings.sum("volumes", findings.rows.len());
    Ok(findings)
}

/// Instances that use a volume: several where it is attached to several.
fn users(volume: &Value) -> Value {
    let users: Vec<&str> = list(volume, "Attachments").map(|attachment| text(attachment, "InstanceId")).collect();
    json!((!users.is_empty()).then(|| users.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    #[tokio::test]
    async fn unattached_volumes_come_with_the_largest_first() {
        let volume = |id, size| {
            json!({"VolumeId": id, "Size": size, "VolumeType": "gp3",
            "AvailabilityZone": "us-east-1a", "CreateTime": "2026-01-02T03:04:05Z", "Encrypted": false})
        };
        let account = FakeAccount::default()
            .answering("ec2:DescribeVolumes", json!({"Volumes": [volume("vol-1", 8), volume("vol-2", 100)]}));
        let answer = ask(TOOL, json!({"query": "", "operation": "unattached-volumes"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!(rows.iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>(), ["vol-2", "vol-1"]);
        assert_eq!(answer.result.unwrap()["summary"], json!({"volumes": 2, "gib": 108}));
        assert_eq!(
            account.asked(),
            [r#"ec2:DescribeVolumes us-east-1 {"Filters":[{"Name":"status","Values":["available"]}]}"#]
        );
    }

    fn unencrypted_volumes() -> FakeAccount {
        FakeAccount::default().answering(
            "ec2:DescribeVolumes",
            json!({"Volumes": [
                {"VolumeId": "vol-1", "Size": 8, "State": "in-use", "Encrypted": false,
                 "Attachments": [{"InstanceId": "i-1", "State": "attached"},
                     {"InstanceId": "i-2", "State": "attached"}]},
                {"VolumeId": "vol-2", "Size": 9, "State": "available", "Attachments": []},
                {"VolumeId": "vol-3", "Size": 9, "State": "available", "Encrypted": true},
            ]}),
        )
    }

    #[tokio::test]
    async fn unencrypted_volumes_name_their_instances() {
        let account =
            unencrypted_volumes().answering("ec2:GetEbsEncryptionByDefault", json!({"EbsEncryptionByDefault": false}));
        let rows = rows(TOOL, "unencrypted-volumes", json!({}), &account).await;
        let found: Vec<_> = rows.iter().map(|row| json!([row["id"], row["instance"]])).collect();
        assert_eq!(found, [json!(["vol-2", null]), json!(["vol-1", "i-1, i-2"])]);
    }

    #[tokio::test]
    async fn the_default_of_the_region_may_be_unreadable() {
        let account = unencrypted_volumes().failing("ec2:GetEbsEncryptionByDefault", 403, "UnauthorizedOperation");
        let answer = ask(TOOL, json!({"query": "", "operation": "unencrypted-volumes"}), &account).await;
        assert_eq!(rows_of(&answer).len(), 2);
        let completeness = answer.completeness.unwrap();
        assert_eq!(completeness.failed.len(), 1);
        let note = "Whether new volumes in us-east-1 are encrypted by default could not be read.";
        assert!(completeness.notes.contains(&note.to_owned()), "{:?}", completeness.notes);
    }
}
