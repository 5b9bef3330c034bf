//! Plans the gateway: authorizer, role, description, tags and status.

use super::change::Changes;
use super::order::Draft;
use super::{Action, Change, Operation};
use crate::desired::DesiredGateway;
use crate::observed::{Fact, ObservedGateway};

pub fn plan(desired: &DesiredGateway, observed: &Fact<ObservedGateway>) -> Draft {
    let draft = Draft::of(format!("gateway {}", desired.name));
    let ensure = |existing, replace| Operation::EnsureGateway { existing, replace, gateway: desired.clone() };
    match observed {
        Fact::Unknown(gap) => draft.unchecked(gap),
        Fact::Absent => draft.act(Action::Create, "does not exist yet", created(desired), ensure(None, false)),
        Fact::Present(gateway) if is_lost(gateway) => {
            let reason = format!("is {}: {}", gateway.status, gateway.status_reasons.join("; "));
            draft.act(Action::Replace, reason, created(desired), ensure(Some(gateway.id.clone()), true))
        }
        Fact::Present(gateway) => {
            let changes = differences(desired, gateway);
            if changes.is_empty() && gateway.status != "UPDATE_UNSUCCESSFUL" {
                return draft.keep("authorizer and role are as wanted");
            }
            draft.act(Action::Update, "differs from its settings", changes, ensure(Some(gateway.id.clone()), false))
        }
    }
}

/// True when only making it again helps.
pub fn is_lost(gateway: &ObservedGateway) -> bool {
    matches!(gateway.status.as_str(), "FAILED" | "DELETING")
}

fn created(desired: &DesiredGateway) -> Vec<Change> {
    let mut changes = Changes::default();
    changes.compare("role", None, Some(&desired.role_arn));
    changes.compare("authorizer.discovery_url", None, Some(&desired.authorizer.discovery_url));
    changes.compare("authorizer.allowed_audience", None, Some(&desired.authorizer.allowed_audience.join(", ")));
    changes.into_vec()
}

fn differences(desired: &DesiredGateway, gateway: &ObservedGateway) -> Vec<Change> {
    let mut changes = Changes::default();
    changes.compare("description", gateway.description.as_deref(), Some(&desired.description));
    changes.compare("role", Some(&gateway.role_arn), Some(&desired.role_arn));
    let wanted = serde_json::to_value(&desired.authorizer).expect("an authorizer holds only strings");
    let found = serde_json::to_value(&gateway.authorizer).expect("an authorizer holds only strings");
    changes.documents("authorizer", &found, &wanted);
    changes.tags(&gateway.tags, &desired.tags);
    changes.into_vec()
}
