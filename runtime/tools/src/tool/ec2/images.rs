//! The account's own machine images and snapshots that have grown old.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{instances_of, keeping, name_of};
use crate::service::values::{list, number, text, time};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn old_snapshots(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let least_days = ask.question.number("days", &["day", "days"], 90.0);
    ask.note(format!("Snapshots of at least {least_days} days are listed."));
    let (answer, images) = futures::join!(
        ask.read("ec2:DescribeSnapshots", json!({"OwnerIds": ["self"]})),
        ask.read_whole("ec2:DescribeImages", own_images(), |image| image)
    );
    let answer = answer?;
    let by_snapshot = images.as_ref().ok().map(images_by_snapshot);
    let mut findings = Findings::table(&["id", "name", "volume", "gib", "started", "days", "image"]);
    let mut gib = 0.0;
    for snapshot in list(&answer, "Snapshots") {
        let Some(days) = age(ask, snapshot, "StartTime").filter(|days| *days as f64 >= least_days) else { continue };
        let image = by_snapshot.as_ref().and_then(|images| images.get(text(snapshot, "SnapshotId")));
        gib += number(snapshot, "VolumeSize");
        findings.push([
            snapshot["SnapshotId"].clone(),
            name_of(&snapshot["Tags"]),
            snapshot["VolumeId"].clone(),
            snapshot["VolumeSize"].clone(),
            snapshot["StartTime"].clone(),
            json!(days),
            json!(image),
        ]);
    }
    if by_snapshot.is_none() {
        ask.note("The images could not be read: an empty image column does not mean that no image needs the snapshot.");
    }
    ask.note("Sizes are those of the snapshots' volumes; what AWS bills is what changed, which is often less.");
    findings.sort_down_by("days");
    findings.sum("old_snapshots", findings.rows.len());
    findings.sum("volume_gib", gib);
    findings.sum("snapshots", list(&answer, "Snapshots").count());
    Ok(findings)
}

/// Disabled images keep their snapshots.
fn own_images() -> Value {
    json!({"Owners": ["self"], "IncludeDisabled": true})
}

/// The image that is made of each snapshot: AWS refuses to delete such a snapshot.
fn images_by_snapshot(images: &Value) -> BTreeMap<&str, &str> {
    let mut by_snapshot = BTreeMap::new();
    for image in list(images, "Images") {
        for device in list(image, "BlockDeviceMappings") {
            if let Some(snapshot) = device["Ebs"]["SnapshotId"].as_str() {
                by_snapshot.insert(snapshot, text(image, "ImageId"));
            }
        }
    }
    by_snapshot
}

fn age(ask: &Ask<'_>, resource: &Value, member: &str) -> Option<i64> {
    Some((ask.now - time(resource, member)?).whole_days())
}

pub(super) async fn old_images(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let least_days = ask.question.number("days", &["day", "days"], 365.0);
    ask.note(format!("Images of at least {least_days} days are listed."));
    let (images, instances) = futures::join!(ask.read("ec2:DescribeImages", own_images()), instances_by_image(ask));
    let images = images?;
    let mut findings =
        Findings::table(&["id", "name", "created", "days", "last_launched", "state", "public", "instances"]);
    let mut unused = 0_u64;
    for image in list(&images, "Images") {
        let Some(days) = age(ask, image, "CreationDate").filter(|days| *days as f64 >= least_days) else { continue };
        let used = instances.as_ref().map(|all| all.get(text(image, "ImageId")).copied().unwrap_or_default());
        unused += u64::from(used == Some(0));
        findings.push([
            image["ImageId"].clone(),
            image["Name"].clone(),
            image["CreationDate"].clone(),
            json!(days),
            image["LastLaunchedTime"].clone(),
            image["State"].clone(),
            image["Public"].clone(),
            json!(used),
        ]);
    }
    ask.note("Launch templates and launch configurations may still name an image without instances.");
    findings.sort_down_by("days");
    findings.sum("old_images", findings.rows.len());
    if instances.is_some() {
        findings.sum("old_images_without_instances", unused);
    }
    findings.sum("images", list(&images, "Images").count());
    Ok(findings)
}

/// Instances that were launched from each image and still exist; absent when they could not be read.
async fn instances_by_image(ask: &Ask<'_>) -> Option<BTreeMap<String, u64>> {
    let members = keeping(&["InstanceId", "ImageId", "State"]);
    let answer = ask.read_whole("ec2:DescribeInstances", json!({}), members).await.ok()?;
    let mut counts = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for instance in instances_of(&answer).filter(|instance| super::instances::exists(instance)) {
        if seen.insert(text(instance, "InstanceId")) {
            *counts.entry(text(instance, "ImageId").to_owned()).or_default() += 1;
        }
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn images() -> Value {
        let image = |id: &str, created: &str, snapshot: &str| {
            json!({
                "ImageId": id, "Name": id, "State": "available", "Public": false, "CreationDate": created,
                "BlockDeviceMappings": [
                    {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}},
                    {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
                ],
            })
        };
        json!({"Images": [
            image("ami-new", "2026-11-01T00:00:00.000Z", "snap-3"),
            image("ami-old", "2025-11-01T00:00:00.000Z", "snap-1"),
            image("ami-oldest", "2020-11-01T00:00:00.000Z", "snap-9"),
        ]})
    }

    fn snapshots() -> FakeAccount {
        let snapshot = |id: &str, started: &str| {
            json!({"SnapshotId": id, "VolumeId": "vol-1", "VolumeSize": 8,
            "StartTime": started, "State": "completed"})
        };
        FakeAccount::default().answering(
            "ec2:DescribeSnapshots",
            json!({"Snapshots": [
                snapshot("snap-1", "2026-08-14T09:00:00Z"),
                snapshot("snap-2", "2025-11-22T09:00:00Z"),
                snapshot("snap-3", "2026-11-01T09:00:00Z"),
            ]}),
        )
    }

    #[tokio::test]
    async fn old_snapshots_come_with_the_oldest_first_and_the_image_that_needs_them() {
        let account = snapshots().answering("ec2:DescribeImages", images());
        let rows = rows(TOOL, "old-snapshots", json!({}), &account).await;
        let found: Vec<_> = rows.iter().map(|row| json!([row["id"], row["days"], row["image"]])).collect();
        assert_eq!(found, [json!(["snap-2", 365, null]), json!(["snap-1", 100, "ami-old"])]);
        assert!(account.asked()[1].contains(r#"{"OwnerIds":["self"]}"#), "{:?}", account.asked());
    }

    #[tokio::test]
    async fn old_snapshots_stay_when_images_cannot_be_read() {
        let account = snapshots().failing("ec2:DescribeImages", 403, "UnauthorizedOperation");
        let answer =
            ask(TOOL, json!({"query": "", "operation": "old-snapshots", "parameters": r#"{"days": 200}"#}), &account)
                .await;
        assert_eq!(
            rows_of(&answer).iter().map(|row| json!([row["id"], row["image"]])).collect::<Vec<_>>(),
            [json!(["snap-2", null])]
        );
        let notes = answer.completeness.unwrap().notes;
        assert!(notes.iter().any(|note| note.starts_with("The images could not be read")), "{notes:?}");
    }

    #[tokio::test]
    async fn old_images_tell_how_many_instances_still_run_from_them() {
        let instance =
            |id: &str, image: &str, state: &str| json!({"InstanceId": id, "ImageId": image, "State": {"Name": state}});
        let account = FakeAccount::default().answering("ec2:DescribeImages", images()).answering(
            "ec2:DescribeInstances",
            json!({"Reservations": [{"Instances": [
                instance("i-1", "ami-old", "stopped"), instance("i-2", "ami-oldest", "terminated"),
                    instance("i-3", "ami-new", "running"),
            ]}]}),
        );
        let rows = rows(TOOL, "old-images", json!({}), &account).await;
        let found: Vec<_> = rows.iter().map(|row| json!([row["id"], row["days"], row["instances"]])).collect();
        assert_eq!(found, [json!(["ami-oldest", 2212, 0]), json!(["ami-old", 386, 1])]);
    }

    #[tokio::test]
    async fn old_images_stay_when_instances_cannot_be_read() {
        let account = FakeAccount::default().answering("ec2:DescribeImages", images()).failing(
            "ec2:DescribeInstances",
            403,
            "UnauthorizedOperation",
        );
        let answer = ask(TOOL, json!({"query": "", "operation": "old-images"}), &account).await;
        assert_eq!(rows_of(&answer)[0]["instances"], Value::Null);
        assert!(answer.result.unwrap()["summary"].get("old_images_without_instances").is_none());
    }
}
