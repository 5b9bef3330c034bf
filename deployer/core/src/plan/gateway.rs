//! Plans the gateway: authorizer, role, description, tags and status.

use super::change::Changes;
use super::draft::Draft;
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
            let reason = match (changes.is_empty(), gateway.status.as_str()) {
                (true, "UPDATE_UNSUCCESSFUL") => {
                    format!("is UPDATE_UNSUCCESSFUL: {}", gateway.status_reasons.join("; "))
                }
                (true, status) => return draft.keep_in(status, "authorizer and role are as wanted"),
                (false, _) => "differs from its settings".to_string(),
            };
            draft.act(Action::Update, reason, changes, ensure(Some(gateway.id.clone()), false))
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
    let authorizer = &desired.authorizer;
    changes.compare("authorizer.discovery_url", None, Some(&authorizer.discovery_url));
    for (name, list) in
        [("allowed_audience", &authorizer.allowed_audience), ("allowed_clients", &authorizer.allowed_clients)]
    {
        let listed = (!list.is_empty()).then(|| list.join(", "));
        changes.compare(format!("authorizer.{name}"), None, listed.as_deref());
    }
    for claim in &authorizer.custom_claims {
        let wanted = serde_json::to_value(claim).expect("a claim holds only strings");
        changes.json(&format!("authorizer.custom_claims.{}", claim.name), None, &wanted);
    }
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
