//! Foundation models, and the profiles through which they are called.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::model_of;
use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn available(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("bedrock:ListFoundationModels", json!({})).await?;
    let columns = ["model", "provider", "name", "lifecycle", "input", "output", "called", "streaming", "ends"];
    let mut findings = Findings::table(&columns);
    let wanted = |member: &str, value: &str| {
        ask.question.text(member).is_none_or(|wanted| value.to_lowercase().contains(&wanted.to_lowercase()))
    };
    for model in list(&answer, "modelSummaries") {
        let lifecycle = &model["modelLifecycle"];
        let status = text(lifecycle, "status").to_lowercase();
        if !wanted("provider", text(model, "providerName")) || !wanted("lifecycle", &status) {
            continue;
        }
        findings.push([
            model["modelId"].clone(),
            model["providerName"].clone(),
            model["modelName"].clone(),
            json!(status),
            json!(joined(model, "inputModalities")),
            json!(joined(model, "outputModalities")),
            json!(joined(model, "inferenceTypesSupported")),
            model["responseStreamingSupported"].clone(),
            lifecycle["endOfLifeTime"].clone(),
        ]);
    }
    findings.sort_by("provider");
    let count = |status| findings.rows.iter().filter(|row| row[3] == status).count();
    let (active, legacy) = (count("active"), count("legacy"));
    findings.sum("models", findings.rows.len());
    findings.sum("active", active);
    findings.sum("legacy", legacy);
    ask.note(
        "A model in this list may still need an agreement or a permission before it can be called; one that is not \
         called on_demand needs an inference profile or bought throughput.",
    );
    Ok(findings)
}

fn joined(model: &Value, member: &str) -> String {
    list(model, member).filter_map(Value::as_str).map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

pub(super) async fn profiles(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let (system, own) = (profiles_of(ask, "SYSTEM_DEFINED").await, profiles_of(ask, "APPLICATION").await);
    if system.is_err() && own.is_err() {
        return Err(Unread);
    }
    let mut findings = Findings::table(&["profile", "name", "kind", "model", "regions", "status"]);
    for profile in system.iter().chain(&own).flatten() {
        let arns = || list(profile, "models").map(|model| text(model, "modelArn"));
        let models: BTreeSet<_> = arns().map(model_of).collect();
        // arn:aws:bedrock:us-east-1::foundation-model/...; a global profile's has no region.
        let regions: BTreeSet<_> =
            arns().filter_map(|arn| arn.split(':').nth(3)).filter(|region| !region.is_empty()).collect();
        findings.push([
            profile["inferenceProfileId"].clone(),
            profile["inferenceProfileName"].clone(),
            json!(if text(profile, "type") == "APPLICATION" { "account" } else { "aws" }),
            json!(models.into_iter().collect::<Vec<_>>().join(" ")),
            json!(regions.into_iter().collect::<Vec<_>>().join(" ")),
            profile["status"].clone(),
        ]);
    }
    findings.sort_by("profile");
    findings.sort_by("kind");
    let own = findings.rows.iter().filter(|row| row[2] == "account").count();
    findings.sum("profiles", findings.rows.len());
    findings.sum("of_the_account", own);
    Ok(findings)
}

/// Without a type AWS lists its own profiles alone.
async fn profiles_of(ask: &Ask<'_>, kind: &str) -> Result<Vec<Value>, Unread> {
    let answer = ask.read("bedrock:ListInferenceProfiles", json!({"typeEquals": kind})).await?;
    Ok(list(&answer, "inferenceProfileSummaries").cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = "bedrock_read_operations";

    fn account() -> FakeAccount {
        let model = |id, provider, status| {
            json!({
                "modelArn": format!("arn:aws:bedrock:us-east-1::foundation-model/{id}"), "modelId": id, "modelName": id,
                "providerName": provider, "inputModalities": ["TEXT", "IMAGE"], "outputModalities": ["TEXT"],
                "responseStreamingSupported": true, "inferenceTypesSupported": ["ON_DEMAND"],
                "modelLifecycle": {"status": status},
            })
        };
        let models = [
            model("meta.llama", "Meta", "ACTIVE"),
            model("anthropic.claude-v2", "Anthropic", "LEGACY"),
            model("anthropic.claude-4", "Anthropic", "ACTIVE"),
        ];
        FakeAccount::default().answering("bedrock:ListFoundationModels", json!({"modelSummaries": models}))
    }

    fn names(rows: &[serde_json::Map<String, Value>]) -> Vec<&str> {
        rows.iter().map(|row| row["model"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn models_come_by_provider_and_are_counted_by_lifecycle() {
        let answer = ask(TOOL, json!({"query": "", "operation": "foundation-models"}), &account()).await;
        let rows = rows_of(&answer);
        assert_eq!(names(&rows), ["anthropic.claude-4", "anthropic.claude-v2", "meta.llama"]);
        assert_eq!((&rows[0]["input"], &rows[0]["ends"]), (&json!("text image"), &Value::Null));
        assert_eq!(answer.result.unwrap()["summary"], json!({"models": 3, "active": 2, "legacy": 1}));
    }

    #[tokio::test]
    async fn models_are_chosen_by_provider_and_lifecycle() {
        let wanted = json!({"provider": "anthropic", "lifecycle": "Legacy"});
        assert_eq!(names(&rows(TOOL, "foundation-models", wanted, &account()).await), ["anthropic.claude-v2"]);
    }

    #[tokio::test]
    async fn profiles_of_the_account_come_first_with_their_regions() {
        let profile = |id, kind, arns: &[&str]| {
            json!({
                "inferenceProfileId": id, "inferenceProfileName": id,
                "inferenceProfileArn": format!("arn:aws:bedrock:us-east-1:111122223333:inference-profile/{id}"),
                "status": "ACTIVE", "type": kind,
                "models": arns.iter().map(|arn| json!({"modelArn": arn})).collect::<Vec<_>>(),
            })
        };
        let system = profile(
            "us.claude",
            "SYSTEM_DEFINED",
            &[
                "arn:aws:bedrock:us-west-2::foundation-model/claude",
                "arn:aws:bedrock:us-east-1::foundation-model/claude",
            ],
        );
        let own = profile("team", "APPLICATION", &["arn:aws:bedrock:::foundation-model/claude"]);
        let operation = "bedrock:ListInferenceProfiles";
        let account = FakeAccount::default()
            .answering_when(
                operation,
                json!({"typeEquals": "SYSTEM_DEFINED"}),
                json!({"inferenceProfileSummaries": [system]}),
            )
            .answering_when(
                operation,
                json!({"typeEquals": "APPLICATION"}),
                json!({"inferenceProfileSummaries": [own]}),
            );
        let found = rows(TOOL, "inference-profiles", json!({}), &account).await;
        assert_eq!((&found[0]["profile"], &found[0]["regions"]), (&json!("team"), &json!("")));
        assert_eq!((&found[1]["model"], &found[1]["regions"]), (&json!("claude"), &json!("us-east-1 us-west-2")));
        let account =
            account.failing_when(operation, json!({"typeEquals": "APPLICATION"}), 403, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "inference-profiles"}), &account).await;
        assert_eq!((rows_of(&answer).len(), answer.completeness.unwrap().failed.len()), (1, 1));
    }
}
