//! A plan in a file: made on one machine, read by people, applied on another.
//!
//! Owns the document and the reasons not to apply it, or what is left of it once
//! it was begun. Reading and writing the folder around it, with the images beside
//! it, is the command line's.

mod rest;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::desired::{Desired, ImageDigests, Location};
use crate::failure::Failure;
use crate::only::Part;
use crate::plan::{Operation, Plan, Step};
use crate::settings::{Platform, Settings};

pub use rest::Progress;

/// What tells this document from any other JSON.
const KIND: &str = "deployer-saved-plan";

const HINT: &str = "make a new plan: deployer plan --env <name> --out <folder>";

/// `plan.json` of a saved plan. Holds no secret: settings and templates name
/// where one is, never what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SavedPlan {
    /// `deployer-saved-plan`
    pub kind: String,
    /// Version of this form; 1.
    pub version: u32,
    pub environment: String,
    pub account: String,
    pub region: String,
    /// The deployer that made it.
    pub deployer: String,
    /// Of the settings that it was made from; see [`settings_digest`].
    pub settings_digest: String,
    /// The part of the deployment that it is about; None for all of it.
    pub only: Option<Part>,
    pub plan: Plan,
    pub desired: Desired,
}

/// What a plan is made from, for [`SavedPlan::new`].
pub struct Origin<'a> {
    pub settings: &'a Settings,
    pub only: Option<Part>,
    pub deployer: &'a str,
}

/// An image that comes with the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedImage {
    pub repository: String,
    pub digest: String,
}

impl SavedPlan {
    pub const VERSION: u32 = 1;

    /// Name of the document in the plan's folder.
    pub const FILE: &str = "plan.json";

    pub fn new(origin: &Origin<'_>, plan: &Plan, desired: &Desired) -> Self {
        Self {
            kind: KIND.into(),
            version: Self::VERSION,
            environment: plan.environment.clone(),
            account: plan.account.clone(),
            region: plan.region.clone(),
            deployer: origin.deployer.into(),
            settings_digest: settings_digest(origin.settings),
            only: origin.only,
            plan: plan.clone(),
            desired: desired.clone(),
        }
    }

    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("a plan holds only strings, numbers and maps of them");
        format!("{text}\n")
    }

    /// SHA-256 of the document, in hex: what the history knows it by.
    pub fn identity(&self) -> String {
        hex::encode(Sha256::digest(self.to_json()))
    }

    /// Fails with `plan/not-a-plan` on anything else than a plan of this version.
    pub fn from_json(text: &str) -> Result<Self, Failure> {
        let refused = |cause: String| Failure::new("plan/not-a-plan", "read the saved plan", cause).with_hint(HINT);
        let document: Value = serde_json::from_str(text).map_err(|error| refused(format!("not JSON: {error}")))?;
        if document["kind"] != KIND {
            return Err(refused("it was not written by `deployer plan --out`".into()));
        }
        if document["version"] != Self::VERSION {
            return Err(refused(format!("version {}, expected {}", document["version"], Self::VERSION)));
        }
        let saved: Self = serde_json::from_value(document).map_err(|error| refused(format!("damaged: {error}")))?;
        saved.consistent().map_err(refused)
    }

    /// True for the start of a document that `from_json` may read, of any version.
    pub fn is_saved_plan(text: &str) -> bool {
        serde_json::from_str::<Value>(text).is_ok_and(|document| document["kind"] == KIND)
    }

    /// The images that applying it pushes.
    pub fn pushed_images(&self) -> Vec<PlannedImage> {
        pushed_images(&self.plan)
    }

    pub fn digests(&self) -> ImageDigests {
        ImageDigests { agent: self.desired.agent_image.digest.clone(), tools: self.desired.tools_image.digest.clone() }
    }

    /// Fails with `plan/wrong-environment` or, when the settings changed since, `plan/stale`.
    pub fn check_settings(&self, settings: &Settings) -> Result<(), Failure> {
        if self.environment != settings.environment {
            let cause = format!("it is for environment {}", self.environment);
            return Err(self.refusal("plan/wrong-environment", settings, cause));
        }
        if self.settings_digest != settings_digest(settings) {
            let cause = "the settings changed since the plan was made";
            return Err(self.refusal("plan/stale", settings, cause).with_hint(HINT));
        }
        Ok(())
    }

    /// Fails with `plan/wrong-account` where it was made for another account or region.
    pub fn check_location(&self, settings: &Settings, location: &Location) -> Result<(), Failure> {
        if (&self.account, &self.region) == (&location.account, &location.region) {
            return Ok(());
        }
        let Location { account, region } = location;
        let cause = format!("it is for account {} in {}, not {account} in {region}", self.account, self.region);
        Err(self.refusal("plan/wrong-account", settings, cause))
    }

    /// `now` is what the same settings and images describe today, with this
    /// deployer. Fails with `plan/stale` where that is not what was planned.
    pub fn check_desired(&self, settings: &Settings, now: &Desired) -> Result<(), Failure> {
        if self.desired == *now {
            return Ok(());
        }
        let cause = format!(
            "deployer {} made it, and this deployer makes something else of the same settings, or it was edited",
            self.deployer
        );
        Err(self.refusal("plan/stale", settings, cause).with_hint(HINT))
    }

    /// `now` is the plan that the same desired state gives today. Fails with
    /// `plan/stale`, naming every resource that moved since, kept ones too.
    pub fn check_state(&self, settings: &Settings, now: &Plan) -> Result<(), Failure> {
        let moved = moved(&self.plan.steps, &now.steps);
        if moved.is_empty() && self.plan.access == now.access {
            return Ok(());
        }
        let cause = match moved.is_empty() {
            true => "who may do what changed since the plan was made".to_string(),
            false => format!("changed since the plan was made: {}", moved.join(", ")),
        };
        Err(self.refusal("plan/stale", settings, cause).with_hint(HINT))
    }

    fn refusal(&self, code: &'static str, settings: &Settings, cause: impl std::fmt::Display) -> Failure {
        Failure::new(code, format!("apply the saved plan to environment {}", settings.environment), cause)
    }

    /// What is said twice in the document has to be the same.
    fn consistent(self) -> Result<Self, String> {
        let plan = (&self.plan.environment, &self.plan.account, &self.plan.region);
        let desired = (&self.desired.environment, &self.desired.location.account, &self.desired.location.region);
        let document = (&self.environment, &self.account, &self.region);
        match document == plan && document == desired {
            true => Ok(self),
            false => Err("damaged: its parts are for different places".into()),
        }
    }
}

/// The images that the plan pushes.
pub fn pushed_images(plan: &Plan) -> Vec<PlannedImage> {
    let operations = plan.steps.iter().filter_map(|step| step.operation.as_ref());
    operations
        .filter_map(|operation| match operation {
            Operation::PushImage { repository, digest } => {
                Some(PlannedImage { repository: repository.clone(), digest: digest.clone() })
            }
            _ => None,
        })
        .collect()
}

/// Resources whose state, or what would be done to them, is another one now.
fn moved(planned: &[Step], now: &[Step]) -> Vec<String> {
    let same = |step: &Step, other: &Step| step.fingerprint == other.fingerprint && step.operation == other.operation;
    let gone = |step: &&Step| !now.iter().any(|other| other.id == step.id && same(step, other));
    let new = |step: &&Step| !planned.iter().any(|other| other.id == step.id);
    planned.iter().filter(gone).chain(now.iter().filter(new)).map(|step| step.resource.clone()).collect()
}

/// SHA-256, in hex, of what the settings say about what is deployed. How this
/// machine gets there (profile, the local platform's address) is left out.
pub fn settings_digest(settings: &Settings) -> String {
    let mut settings = settings.clone();
    settings.aws.endpoint_url = None;
    settings.aws.profile = None;
    if let Platform::Local { .. } = settings.platform {
        let discovery_url = settings.issuer.discovery_url.take();
        settings.issuer.discovery_url = discovery_url.filter(|url| !url.starts_with("http://127.0.0.1:"));
        settings.platform = Platform::Local { port: 0 };
    }
    hex::encode(Sha256::digest(json!(settings).to_string()))
}

#[cfg(test)]
mod tests;
