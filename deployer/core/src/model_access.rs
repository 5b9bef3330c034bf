//! Which Bedrock resources a model id needs (Bedrock user guide, "Prerequisites
//! for inference profiles"): a profile needs its own ARN and, for calls through
//! it, the foundation model in every region that it routes to.

use crate::settings::Model;

/// Prefixes of cross-region inference profile ids.
const PROFILE_GROUPS: [&str; 8] = ["us", "us-gov", "eu", "apac", "au", "ca", "jp", "global"];

/// ARNs for `Fn::Sub`.
#[derive(Default)]
pub struct ModelAccess {
    /// What the agent names in its calls.
    pub invoked: Vec<String>,
    /// Foundation models behind profiles, in any region, through the profile only.
    pub routed: Vec<String>,
}

impl ModelAccess {
    pub fn to(model: &Model) -> Self {
        Self::of(std::iter::once(&model.id).chain(&model.fallbacks).map(String::as_str))
    }

    /// To models by their ids.
    pub fn of<'a>(ids: impl IntoIterator<Item = &'a str>) -> Self {
        let mut access = Self::default();
        ids.into_iter().for_each(|id| access.add(id));
        access
    }

    fn add(&mut self, id: &str) {
        if id.starts_with("arn:") {
            self.invoked.push(id.into());
            let profile = id.split_once(":inference-profile/").map(|(_, profile)| profile);
            self.routed.extend(profile.and_then(profile_model).map(routed));
        } else if let Some(model) = profile_model(id) {
            self.invoked.push(format!(
                "arn:${{AWS::Partition}}:bedrock:${{AWS::Region}}:${{AWS::AccountId}}:inference-profile/{id}"
            ));
            self.routed.push(routed(model));
        } else {
            self.invoked.push(format!("arn:${{AWS::Partition}}:bedrock:${{AWS::Region}}::foundation-model/{id}"));
        }
    }
}

/// The model in every region that a profile routes to.
fn routed(model: &str) -> String {
    format!("arn:${{AWS::Partition}}:bedrock:*::foundation-model/{model}")
}

/// The foundation model of a profile id, `us.anthropic.x` -> `anthropic.x`.
pub fn profile_model(id: &str) -> Option<&str> {
    let (group, model) = id.split_once('.')?;
    PROFILE_GROUPS.contains(&group).then_some(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_needs_itself_and_its_model_in_other_regions() {
        let access = ModelAccess::of(["us.anthropic.claude"]);
        assert!(access.invoked[0].ends_with(":inference-profile/us.anthropic.claude"));
        assert!(access.routed[0].ends_with(":bedrock:*::foundation-model/anthropic.claude"));
    }

    #[test]
    fn a_profile_named_by_its_arn_needs_the_same() {
        let arn = "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude";
        let access = ModelAccess::of([arn]);
        assert_eq!(access.invoked, [arn]);
        assert!(access.routed[0].ends_with(":bedrock:*::foundation-model/anthropic.claude"));
    }

    #[test]
    fn a_foundation_model_needs_only_itself() {
        let access = ModelAccess::of(["amazon.nova-pro-v1:0"]);
        assert!(access.invoked[0].ends_with("::foundation-model/amazon.nova-pro-v1:0"));
        assert!(access.routed.is_empty());
    }
}
