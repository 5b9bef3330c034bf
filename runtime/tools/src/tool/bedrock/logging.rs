//! Whether the calls of models are logged.

use serde_json::{Value, json};

use crate::service::values::{flag, text};
use crate::service::{Ask, Findings, Unread};

const CONTENT: [(&str, &str); 5] = [
    ("text", "textDataDeliveryEnabled"),
    ("image", "imageDataDeliveryEnabled"),
    ("embedding", "embeddingDataDeliveryEnabled"),
    ("video", "videoDataDeliveryEnabled"),
    ("audio", "audioDataDeliveryEnabled"),
];

pub(super) async fn configuration(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("bedrock:GetModelInvocationLoggingConfiguration", json!({})).await?;
    let config = &answer["loggingConfig"];
    let content: Vec<_> = CONTENT.iter().filter(|(_, member)| flag(config, member)).map(|(name, _)| *name).collect();
    let bucket = &config["s3Config"];
    let target = |value: &str| if value.is_empty() { Value::Null } else { json!(value) };
    let (group, bucket) = (text(&config["cloudWatchConfig"], "logGroupName"), text(bucket, "bucketName"));
    let is_on = !group.is_empty() || !bucket.is_empty();
    let mut findings = Findings::table(&["logging", "log_group", "bucket", "content"]);
    findings.push([
        json!(if is_on { "on" } else { "off" }),
        target(group),
        target(bucket),
        if is_on { json!(content.join(" ")) } else { Value::Null },
    ]);
    findings.sum("regions_with_logging", usize::from(is_on));
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::rows;

    const TOOL: &str = "bedrock_read_operations";

    async fn row(answer: Value) -> serde_json::Map<String, Value> {
        let account = FakeAccount::default().answering("bedrock:GetModelInvocationLoggingConfiguration", answer);
        rows(TOOL, "invocation-logging", json!({}), &account).await.remove(0)
    }

    #[tokio::test]
    async fn no_configuration_means_that_nothing_is_logged() {
        let row = row(json!({})).await;
        assert_eq!((&row["logging"], &row["content"]), (&json!("off"), &Value::Null));
    }

    #[tokio::test]
    async fn targets_and_kinds_of_content_are_named() {
        let group = json!({"logGroupName": "/bedrock", "roleArn": "arn:aws:iam::111122223333:role/log"});
        let row = row(json!({
            "loggingConfig": {
                "cloudWatchConfig": group, "textDataDeliveryEnabled": true, "audioDataDeliveryEnabled": true,
                "imageDataDeliveryEnabled": false,
            },
        }))
        .await;
        assert_eq!(
            (&row["logging"], &row["log_group"], &row["bucket"]),
            (&json!("on"), &json!("/bedrock"), &Value::Null)
        );
        assert_eq!(row["content"], "text audio");
    }
}
