//! Whether a model can be used, and for how long (Bedrock user guide, "Model
//! lifecycle"): a legacy model ends on a date, and after it every call fails.

use super::link::Verdict;
use crate::model_access::profile_model;

/// A model that ends within this many days should be replaced now.
const WARNING_DAYS: i64 = 90;

/// What Bedrock says about one foundation model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFacts {
    /// `anthropic.claude-sonnet-4-6`
    pub model: String,
    /// None where Bedrock tells none.
    pub lifecycle: Option<Lifecycle>,
    pub availability: Availability,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifecycle {
    pub legacy: bool,
    /// RFC 3339 day and how many days are left, negative once it is over.
    pub end_of_life: Option<(String, i64)>,
}

/// GetFoundationModelAvailability's four answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Availability {
    /// What keeps the account from using it: "the agreement is not accepted".
    pub obstacles: Vec<String>,
    /// Why it could not be asked, where it could not.
    pub unread: Option<String>,
}

/// True for an inference profile's id or ARN: models answer for it.
pub fn is_profile(id: &str) -> bool {
    match id.strip_prefix("arn:") {
        Some(arn) => arn.contains("inference-profile/"),
        None => profile_model(id).is_some(),
    }
}

/// The verdict for a model id and the foundation models that answer for it.
pub fn model(id: &str, facts: &[ModelFacts]) -> Verdict {
    if let Some((facts, day)) = facts.iter().find_map(|facts| Some((facts, facts.ended()?))) {
        return Verdict::broken("model/end-of-life", format!("{} ended on {day}", facts.model), CHOOSE);
    }
    if let Some(facts) = facts.iter().find(|facts| !facts.availability.obstacles.is_empty()) {
        let cause = format!("{}: {}", facts.model, facts.availability.obstacles.join(", "));
        return Verdict::broken("model/no-access", cause, ACCESS);
    }
    if let Some(warning) = facts.iter().find_map(ModelFacts::ageing) {
        return Verdict::warning(warning, CHOOSE);
    }
    if let Some(reason) = facts.iter().find_map(|facts| facts.availability.unread.as_ref()) {
        return Verdict::unchecked(format!("{id} is active, its access could not be asked: {reason}"));
    }
    match facts {
        [] => Verdict::broken("model/unknown", format!("{id} names no model"), CHOOSE),
        [only] => Verdict::ok(format!("{} can be used", only.model)),
        [first, ..] => Verdict::ok(format!("{} can be used in {} regions", first.model, facts.len())),
    }
}

const CHOOSE: &str = "choose a newer model.id in the environment file; `aws bedrock list-foundation-models` lists them";
const ACCESS: &str = "request access in the Bedrock console under Model access, once an account";

impl ModelFacts {
    fn ended(&self) -> Option<&str> {
        let (day, left) = self.lifecycle.as_ref()?.end_of_life.as_ref()?;
        (*left < 0).then_some(day)
    }

    fn ageing(&self) -> Option<String> {
        let lifecycle = self.lifecycle.as_ref()?;
        match &lifecycle.end_of_life {
            Some((day, left)) if *left <= WARNING_DAYS || lifecycle.legacy => {
                Some(format!("{} ends on {day}, in {left} days", self.model))
            }
            None if lifecycle.legacy => Some(format!("{} is legacy; Bedrock tells no date yet", self.model)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::LinkState;

    fn facts(legacy: bool, end_of_life: Option<i64>) -> ModelFacts {
        let end_of_life = end_of_life.map(|left| ("2026-04-28".to_string(), left));
        let lifecycle = Some(Lifecycle { legacy, end_of_life });
        ModelFacts { model: "m".into(), lifecycle, availability: Availability::default() }
    }

    #[test]
    fn end_of_life_within_ninety_days_is_a_warning_with_its_date_and_past_is_broken() {
        let verdict = |legacy, left| model("m", &[facts(legacy, left)]);
        assert_eq!(verdict(false, Some(91)).state, LinkState::Ok);
        assert_eq!(verdict(false, Some(90)).state, LinkState::Warning);
        assert_eq!(verdict(true, Some(300)).state, LinkState::Warning);
        assert_eq!(verdict(true, None).state, LinkState::Warning);
        assert!(verdict(true, Some(30)).detail.contains("2026-04-28"));
        assert_eq!(verdict(true, Some(-1)).state, LinkState::Broken);
        assert_eq!(verdict(false, None).state, LinkState::Ok);
    }

    #[test]
    fn a_profile_is_known_by_its_group_or_its_arn() {
        for profile in ["us.anthropic.claude", "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"] {
            assert!(is_profile(profile), "{profile}");
        }
        for model in ["anthropic.claude", "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude"] {
            assert!(!is_profile(model), "{model}");
        }
    }

    #[test]
    fn one_ended_model_behind_a_profile_breaks_it() {
        let verdict = model("us.m", &[facts(false, None), facts(true, Some(-5))]);
        assert_eq!(verdict.code, Some("model/end-of-life"));
    }

    #[test]
    fn a_model_without_access_is_broken_and_one_that_could_not_be_asked_is_unchecked() {
        let obstacles = vec!["the agreement is not accepted".to_string()];
        let none = ModelFacts { availability: Availability { obstacles, unread: None }, ..facts(false, None) };
        assert_eq!(model("m", &[none]).code, Some("model/no-access"));
        let unread = Availability { obstacles: vec![], unread: Some("AccessDenied".into()) };
        let unread = ModelFacts { availability: unread, ..facts(false, None) };
        assert_eq!(model("m", &[unread]).state, LinkState::Unchecked);
        assert_eq!(model("m", &[]).code, Some("model/unknown"));
    }
}
