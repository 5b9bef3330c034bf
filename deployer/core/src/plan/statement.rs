//! Plans the tool function's resource policy statement for the gateway role.

use super::change::Changes;
use super::draft::Draft;
use super::{Action, Operation};
use crate::desired::DesiredStatement;
use crate::observed::{Fact, ObservedStatement};

pub fn plan(desired: &DesiredStatement, observed: &Fact<ObservedStatement>) -> Draft {
    let draft = Draft::of(format!("policy of function {}", desired.function_name));
    let ensure = |replace| Operation::EnsureStatement { replace, statement: desired.clone() };
    let mut changes = Changes::default();
    match observed {
        Fact::Unknown(gap) => draft.unchecked(gap),
        Fact::Absent => {
            changes.compare("principal", None, Some(&desired.principal));
            changes.compare("action", None, Some(&desired.action));
            draft.act(Action::Create, "the gateway role may not invoke it yet", changes.into_vec(), ensure(false))
        }
        Fact::Present(statement) => {
            changes.compare("principal", Some(&statement.principal), Some(&desired.principal));
            changes.compare("action", Some(&statement.action), Some(&desired.action));
            let condition = statement.condition.as_ref().map(ToString::to_string);
            changes.compare("condition", condition.as_deref(), None);
            let changes = changes.into_vec();
            if changes.is_empty() {
                return draft.keep("the gateway role may invoke it");
            }
            draft.act(Action::Update, "differs from its settings", changes, ensure(true))
        }
    }
}
