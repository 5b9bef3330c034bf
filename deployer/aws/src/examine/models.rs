//! What Bedrock says about a model: its lifecycle and whether the account may use it.

use std::collections::BTreeSet;

use aws_sdk_bedrock::operation::get_foundation_model_availability::GetFoundationModelAvailabilityOutput;
use aws_sdk_bedrock::types::{
    AgreementStatus, AuthorizationStatus, EntitlementAvailability, FoundationModelLifecycle,
    FoundationModelLifecycleStatus, RegionAvailability,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use deployer_core::Failure;
use deployer_core::doctor::{Availability, Lifecycle, ModelFacts, is_profile};

use crate::Clients;
use crate::errors::{Kind, Trouble};

const SECONDS_A_DAY: i64 = 24 * 60 * 60;

/// The foundation model, or those behind an inference profile. None for an id
/// that Bedrock does not know; `now` in seconds since 1970.
pub async fn model_facts(clients: &Clients, id: &str, now: i64) -> Result<Vec<ModelFacts>, Failure> {
    let read = async {
        let mut facts = Vec::new();
        for model in models_of(clients, id).await? {
            facts.extend(facts_of(clients, model, now).await?);
        }
        Ok(facts)
    };
    read.await.map_err(|trouble: Trouble| clients.advise(trouble.failure(format!("look up model {id}"))))
}

/// The same model in several regions is one model.
async fn models_of(clients: &Clients, id: &str) -> Result<BTreeSet<String>, Trouble> {
    if !is_profile(id) {
        return Ok(BTreeSet::from([id.to_string()]));
    }
    let answer = clients.bedrock().get_inference_profile().inference_profile_identifier(id).send().await;
    let Some(profile) = known(answer.map_err(Trouble::from))? else { return Ok(BTreeSet::new()) };
    let arns = profile.models.into_iter().filter_map(|model| model.model_arn);
    Ok(arns.map(|arn| arn.rsplit('/').next().unwrap_or(&arn).to_string()).collect())
}

async fn facts_of(clients: &Clients, model: String, now: i64) -> Result<Option<ModelFacts>, Trouble> {
    let details = clients.bedrock().get_foundation_model().model_identifier(&model).send();
    // Availability is asked by id; an ARN ends with it.
    let id = model.rsplit('/').next().unwrap_or(&model);
    let availability = clients.bedrock().get_foundation_model_availability().model_id(id).send();
    let (details, availability) = tokio::join!(details, availability);
    let Some(details) = known(details.map_err(Trouble::from))? else { return Ok(None) };
    let lifecycle = details.model_details.and_then(|details| details.model_lifecycle);
    Ok(Some(ModelFacts {
        lifecycle: lifecycle.map(|found| lifecycle_at(&found, now)),
        availability: match availability.map_err(Trouble::from) {
            Ok(found) => Availability { obstacles: obstacles(&found), unread: None },
            Err(trouble) => Availability { obstacles: vec![], unread: Some(trouble.message) },
        },
        model,
    }))
}

/// Bedrock calls an id that it cannot read invalid, and one that it does not know missing.
fn known<T>(answer: Result<T, Trouble>) -> Result<Option<T>, Trouble> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(trouble) if trouble.kind == Kind::NotFound => Ok(None),
        Err(trouble) if trouble.message.starts_with("ValidationException") => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

fn lifecycle_at(found: &FoundationModelLifecycle, now: i64) -> Lifecycle {
    Lifecycle {
        legacy: found.status == FoundationModelLifecycleStatus::Legacy,
        end_of_life: found.end_of_life_time.map(|end| (day(&end), (end.secs() - now).div_euclid(SECONDS_A_DAY))),
    }
}

/// `2026-04-28`
fn day(time: &DateTime) -> String {
    let text = time.fmt(Format::DateTime).unwrap_or_default();
    text.split('T').next().unwrap_or_default().to_string()
}

fn obstacles(found: &GetFoundationModelAvailabilityOutput) -> Vec<String> {
    let agreement = found.agreement_availability.as_ref().and_then(|agreement| match agreement.status {
        AgreementStatus::NotAvailable => Some("its agreement is not accepted".to_string()),
        AgreementStatus::Pending => Some("its agreement is pending".to_string()),
        AgreementStatus::Error => {
            Some(format!("its agreement failed: {}", agreement.error_message.as_deref().unwrap_or("no reason given")))
        }
        _ => None,
    });
    let others = [
        (found.authorization_status == AuthorizationStatus::NotAuthorized, "the account is not authorized"),
        (found.entitlement_availability == EntitlementAvailability::NotAvailable, "the account is not entitled to it"),
        (found.region_availability == RegionAvailability::NotAvailable, "it is not available in this region"),
    ];
    let others = others.into_iter().filter(|(holds, _)| *holds).map(|(_, words)| words.to_string());
    agreement.into_iter().chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_aws::{Answer, FakeAws};
    use deployer_core::doctor::{LinkState, model};

    const PROFILE: &str = r#"{"inferenceProfileName": "n", "inferenceProfileArn": "a", "inferenceProfileId": "us.m.x",
        "status": "ACTIVE", "type": "SYSTEM_DEFINED", "models": [
        {"modelArn": "arn:aws:bedrock:us-east-1::foundation-model/m.x"},
        {"modelArn": "arn:aws:bedrock:us-west-2::foundation-model/m.x"}]}"#;
    const AVAILABLE: &str = r#"{"modelId": "m.x", "agreementAvailability": {"status": "AVAILABLE"},
        "authorizationStatus": "AUTHORIZED", "entitlementAvailability": "AVAILABLE", "regionAvailability": "AVAILABLE"}"#;
    const NO_AGREEMENT: &str = r#"{"modelId": "m.x", "agreementAvailability": {"status": "NOT_AVAILABLE"},
        "authorizationStatus": "AUTHORIZED", "entitlementAvailability": "AVAILABLE", "regionAvailability": "AVAILABLE"}"#;
    /// 2026-03-29, thirty days before the model of these tests ends.
    const NOW: i64 = 1_774_742_400;

    fn details(lifecycle: &str) -> String {
        format!(r#"{{"modelDetails": {{"modelArn": "a", "modelId": "m.x", "modelLifecycle": {lifecycle}}}}}"#)
    }

    async fn bedrock(lifecycle: &str, availability: &str) -> FakeAws {
        FakeAws::answering([
            ("GET /inference-profiles/", Answer::ok(PROFILE)),
            ("GET /foundation-models/", Answer::ok(details(lifecycle))),
            ("GET /foundation-model-availability/", Answer::ok(availability)),
        ])
        .await
    }

    #[tokio::test]
    async fn a_profile_is_followed_to_its_model_once() {
        let aws = bedrock(r#"{"status": "ACTIVE"}"#, AVAILABLE).await;
        let facts = model_facts(&aws.clients().await, "us.m.x", NOW).await.unwrap();
        assert_eq!(facts.iter().map(|facts| facts.model.as_str()).collect::<Vec<_>>(), ["m.x"]);
        assert_eq!(model("us.m.x", &facts).state, LinkState::Ok);
    }

    #[tokio::test]
    async fn a_legacy_model_is_a_warning_before_its_day_and_broken_after_it() {
        let aws = bedrock(r#"{"status": "LEGACY", "endOfLifeTime": "2026-04-28T00:00:00Z"}"#, AVAILABLE).await;
        let clients = aws.clients().await;
        let verdict = model("m.x", &model_facts(&clients, "m.x", NOW).await.unwrap());
        assert_eq!(
            (verdict.state, verdict.detail.as_str()),
            (LinkState::Warning, "m.x ends on 2026-04-28, in 30 days")
        );
        let verdict = model("m.x", &model_facts(&clients, "m.x", NOW + 31 * SECONDS_A_DAY).await.unwrap());
        assert_eq!(verdict.code, Some("model/end-of-life"));
    }

    #[tokio::test]
    async fn a_model_whose_agreement_was_not_accepted_cannot_be_used() {
        let aws = bedrock(r#"{"status": "ACTIVE"}"#, NO_AGREEMENT).await;
        let verdict = model("m.x", &model_facts(&aws.clients().await, "m.x", NOW).await.unwrap());
        assert_eq!(verdict.code, Some("model/no-access"));
        assert!(verdict.detail.contains("agreement"), "{}", verdict.detail);
    }

    #[tokio::test]
    async fn an_unknown_model_is_none_and_a_refused_question_is_a_failure() {
        let unknown = Answer::refused(400, "ValidationException", "The provided model identifier is invalid.");
        let aws = FakeAws::answering([("GET /foundation-models/", unknown)]).await;
        assert_eq!(model_facts(&aws.clients().await, "m.y", NOW).await, Ok(vec![]));
        let denied = "not authorized to perform: bedrock:GetFoundationModel";
        let denied = Answer::refused(403, "AccessDeniedException", denied);
        let aws = FakeAws::answering([("GET /foundation-models/", denied)]).await;
        assert_eq!(model_facts(&aws.clients().await, "m.x", NOW).await.unwrap_err().code, "aws/denied");
    }
}
