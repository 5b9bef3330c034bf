//! What is known about models: GetFoundationModel, GetInferenceProfile and
//! GetFoundationModelAvailability. The planner answers for every model of a
//! provider, so each of them is on offer, but for those that have ended on AWS.

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};
use serde_json::{Value, json};

use super::api::PROFILE_PREFIXES;
use crate::{identity::Identity, rest_error::RestError};

/// Models that have ended, with the days on which they became legacy and ended
/// (Bedrock user guide, "Model lifecycle").
const ENDED: [(&str, &str, &str); 1] =
    [("anthropic.claude-3-7-sonnet-20250219-v1:0", "2025-10-28T00:00:00Z", "2026-04-28T00:00:00Z")];

/// One of the three questions, with the id or ARN that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelQuestion {
    Model(String),
    Profile(String),
    Availability(String),
}

impl ModelQuestion {
    fn action(&self) -> &'static str {
        match self {
            Self::Model(_) => "bedrock:GetFoundationModel",
            Self::Profile(_) => "bedrock:GetInferenceProfile",
            Self::Availability(_) => "bedrock:GetFoundationModelAvailability",
        }
    }
}

pub struct ModelsApi {
    pub identity: Identity,
    pub region: String,
}

impl ModelsApi {
    pub async fn answer(&self, request: Request, question: &ModelQuestion) -> Response {
        let (parts, _) = request.into_parts();
        match self.try_answer(&parts, question).await {
            Ok(document) => ([("content-type", "application/json")], document.to_string()).into_response(),
            Err(error) => error.into_response(),
        }
    }

    async fn try_answer(&self, parts: &Parts, question: &ModelQuestion) -> Result<Value, RestError> {
        let caller = self.identity.authenticate(parts, b"")?;
        let place = Place { region: &self.region, account: &caller.account };
        self.identity.authorize(&caller, question.action(), &place.resource(question), &[]).await?;
        place.document(question).ok_or_else(|| unknown(question))
    }
}

/// Where models and profiles are.
struct Place<'a> {
    region: &'a str,
    account: &'a str,
}

impl Place<'_> {
    /// What the permission is asked for; availability has no resource of its own.
    fn resource(&self, question: &ModelQuestion) -> String {
        match question {
            ModelQuestion::Model(id) => self.model_arn(last(id)),
            ModelQuestion::Profile(id) => self.profile_arn(last(id)),
            ModelQuestion::Availability(_) => "*".into(),
        }
    }

    /// None for what does not exist.
    fn document(&self, question: &ModelQuestion) -> Option<Value> {
        match question {
            ModelQuestion::Model(id) => Some(json!({"modelDetails": self.model(model(last(id))?)})),
            ModelQuestion::Profile(id) => self.profile(last(id)),
            ModelQuestion::Availability(id) => Some(availability(model(last(id))?)),
        }
    }

    fn model(&self, id: &str) -> Value {
        json!({
            "modelArn": self.model_arn(id),
            "modelId": id,
            "modelName": id,
            "providerName": id.split('.').next(),
            "inputModalities": ["TEXT"],
            "outputModalities": ["TEXT"],
            "responseStreamingSupported": true,
            "inferenceTypesSupported": ["ON_DEMAND", "INFERENCE_PROFILE"],
            "modelLifecycle": lifecycle(id)
        })
    }

    fn profile(&self, id: &str) -> Option<Value> {
        let (group, model) = id.split_once('.').filter(|(group, _)| PROFILE_PREFIXES.contains(group))?;
        let model = self::model(model)?;
        Some(json!({
            "inferenceProfileName": format!("{group} {model}"),
            "inferenceProfileArn": self.profile_arn(id),
            "inferenceProfileId": id,
            "models": [{"modelArn": self.model_arn(model)}],
            "status": "ACTIVE",
            "type": "SYSTEM_DEFINED"
        }))
    }

    fn model_arn(&self, id: &str) -> String {
        format!("arn:aws:bedrock:{}::foundation-model/{id}", self.region)
    }

    fn profile_arn(&self, id: &str) -> String {
        format!("arn:aws:bedrock:{}:{}:inference-profile/{id}", self.region, self.account)
    }
}

fn lifecycle(id: &str) -> Value {
    match ENDED.iter().find(|(ended, ..)| *ended == id) {
        Some((_, legacy, end)) => json!({"status": "LEGACY", "legacyTime": legacy, "endOfLifeTime": end}),
        None => json!({"status": "ACTIVE"}),
    }
}

fn availability(id: &str) -> Value {
    json!({
        "modelId": id,
        "agreementAvailability": {"status": "AVAILABLE"},
        "authorizationStatus": "AUTHORIZED",
        "entitlementAvailability": "AVAILABLE",
        "regionAvailability": "AVAILABLE"
    })
}

/// The id of an ARN, or the id itself.
fn last(identifier: &str) -> &str {
    identifier.rsplit_once('/').map_or(identifier, |(_, id)| id)
}

/// A foundation model's id: provider, dot, name. A profile's id is none.
fn model(id: &str) -> Option<&str> {
    let (provider, name) = id.split_once('.')?;
    (!provider.is_empty() && !name.is_empty() && !PROFILE_PREFIXES.contains(&provider)).then_some(id)
}

fn unknown(question: &ModelQuestion) -> RestError {
    let (ModelQuestion::Model(id) | ModelQuestion::Profile(id) | ModelQuestion::Availability(id)) = question;
    RestError::new(StatusCode::NOT_FOUND, "ResourceNotFoundException", format!("Could not find model {id}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place { region: "us-east-1", account: "000000000000" };

    #[test]
    fn a_profile_names_its_model_and_the_model_is_active() {
        let profile = PLACE.document(&ModelQuestion::Profile("us.anthropic.claude-sonnet-4-6".into())).unwrap();
        let arn = profile["models"][0]["modelArn"].as_str().unwrap().to_owned();
        assert_eq!(arn, "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-6");
        let model = PLACE.document(&ModelQuestion::Model(arn)).unwrap();
        assert_eq!(model["modelDetails"]["modelLifecycle"]["status"], "ACTIVE");
        let availability = PLACE.document(&ModelQuestion::Availability("anthropic.claude-sonnet-4-6".into())).unwrap();
        assert_eq!(availability["authorizationStatus"], "AUTHORIZED");
    }

    #[test]
    fn an_ended_model_says_when_it_ended() {
        let model = PLACE.document(&ModelQuestion::Model("anthropic.claude-3-7-sonnet-20250219-v1:0".into())).unwrap();
        assert_eq!(model["modelDetails"]["modelLifecycle"]["endOfLifeTime"], "2026-04-28T00:00:00Z");
    }

    #[test]
    fn what_names_no_model_is_not_found() {
        for id in ["nonsense", "us.anthropic.x", ".x"] {
            assert_eq!(PLACE.document(&ModelQuestion::Model(id.into())), None, "{id}");
        }
        assert_eq!(PLACE.document(&ModelQuestion::Profile("anthropic.x".into())), None);
    }
}
