//! One change behind the deployer's back, and how it has to be reported.

use serde_json::Value;
use system_tests::AwsClient;

/// What a finding has to name.
#[derive(Debug)]
pub struct Tampering {
    /// "table aws-operations-agent-conversations-local"
    resource: String,
    /// An attribute, or the start of one.
    path: &'static str,
    /// For what others added: the call that takes it away again.
    taken_back_by: Option<(&'static str, &'static str, Value)>,
}

/// A change of our own resource's attribute.
pub fn ours(resource: impl Into<String>, path: &'static str) -> Tampering {
    Tampering { resource: resource.into(), path, taken_back_by: None }
}

/// Something that is not ours, and the call that takes it away again.
pub fn theirs(
    resource: impl Into<String>,
    path: &'static str,
    service: &'static str,
    (operation, parameters): (&'static str, Value),
) -> Tampering {
    Tampering { resource: resource.into(), path, taken_back_by: Some((service, operation, parameters)) }
}

impl Tampering {
    pub fn is_foreign(&self) -> bool {
        self.taken_back_by.is_some()
    }

    /// Whether a finding of `drift` is about this.
    pub fn is(&self, finding: &Value) -> bool {
        let text = |field: &str| finding[field].as_str().unwrap_or_default();
        let repair = if self.is_foreign() { "not-ours" } else { "ours" };
        text("resource") == self.resource && text("path").starts_with(self.path) && text("repair") == repair
    }

    pub fn take_back(&self, aws: &AwsClient) {
        if let Some((service, operation, parameters)) = &self.taken_back_by {
            aws.call(service, operation, parameters.clone());
        }
    }
}
