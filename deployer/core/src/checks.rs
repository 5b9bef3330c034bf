//! What makes a plan unsafe. A plan with a fault is shown but never applied.

mod conflicts;
mod functions;
mod location;
mod read_policies;
mod tools;

use contract::Names;

use crate::desired::Desired;
use crate::failure::Failure;
use crate::observed::{Fact, Observed, is_in_motion};
use crate::ownership::is_owned;
use crate::plan::{Action, DENIED, Plan, StepId};

/// Largest template body that CloudFormation takes inline, in bytes.
const TEMPLATE_LIMIT: usize = 51_200;

/// Every reason not to apply the plan; empty when it may be applied.
pub fn deployment(names: &Names, desired: &Desired, observed: &Observed, plan: &Plan) -> Vec<Failure> {
    let mut faults = unowned(names, observed);
    faults.extend(stray_table(desired, observed));
    faults.extend(lost_table(desired, observed));
    faults.extend(conflicts::existing(names, desired, observed, plan));
    faults.extend(conflicts::lost_data(observed, plan));
    faults.extend(conflicts::foreign_targets(observed, plan));
    faults.extend(location::elsewhere(desired, observed));
    faults.extend(templates(desired));
    faults.extend(read_policies::too_large(desired));
    faults.extend(functions::faults(desired));
    faults.extend(tools::faults(desired));
    faults.extend(gaps(plan));
    faults
}

/// Steps that could not be planned because something could not be read: `plan/denied`
/// where AWS refused the read, otherwise `plan/unreadable`. Those refused come first.
pub fn gaps(plan: &Plan) -> Vec<Failure> {
    let unchecked = plan.steps.iter().filter(|step| step.action == Action::Unchecked);
    let mut gaps: Vec<Failure> = unchecked
        .map(|step| {
            let denied = step.reason.starts_with(DENIED);
            let code = if denied { "plan/denied" } else { "plan/unreadable" };
            Failure::new(code, format!("plan {}", step.resource), &step.reason)
                .with_hint("what cannot be read is never changed; allow the read and run the command again")
        })
        .collect();
    gaps.sort_by_key(|gap| gap.code != "plan/denied");
    gaps
}

fn unowned(names: &Names, observed: &Observed) -> Vec<Failure> {
    let stacks = [
        (names.foundation_stack(), &observed.foundation),
        (names.data_stack(), &observed.data),
        (names.read_access_stack(), &observed.read_access),
        (names.application_stack(), &observed.application),
    ];
    let stacks = stacks.into_iter().filter_map(|(name, fact)| Some((format!("stack {name}"), &fact.present()?.tags)));
    let role = observed.gateway_role.present().map(|role| (format!("role {}", names.gateway_role()), &role.tags));
    let gateway = observed.gateway.present().map(|found| (format!("gateway {}", found.name), &found.tags));
    stacks
        .chain(role)
        .chain(gateway)
        .filter(|(_, tags)| !is_owned(tags, names))
        .map(|(resource, _)| {
            Failure::new("plan/not-owned", format!("plan {resource}"), "it exists and does not carry our tags")
                .with_hint(
                    "take it over with `deployer adopt`, choose another project.prefix, or remove it if nothing needs it",
                )
        })
        .collect()
}

/// CloudFormation would create over a table of the same name, or fail at it.
/// A data stack that has to be made again leaves its table behind.
fn stray_table(desired: &Desired, observed: &Observed) -> Option<Failure> {
    let makes_table = match &observed.data {
        Fact::Absent => true,
        Fact::Present(stack) => stack.is_lost() || stack.is_empty(),
        Fact::Unknown(_) => false,
    };
    let stray = makes_table && observed.of_stack(StepId::ConversationsTable).present().is_some();
    stray.then(|| {
        let table = &desired.conversations_table;
        Failure::new(
            "plan/table-exists",
            format!("plan stack {}", desired.data.name),
            format!("table {table} exists, and the stack would have to make it"),
        )
        .with_hint(match observed.data {
            // A failed creation can end with its protected table in place.
            Fact::Present(_) => format!(
                "the stack's creation failed and left it behind: when table {table} holds no conversations, \
                 `deployer down --env {} --delete-data` removes both, and `up` makes them again",
                desired.environment
            ),
            _ => format!(
                "`deployer adopt conversations-table --env {}` takes table {table} over with what it holds; or delete it, \
                 or choose another project.prefix",
                desired.environment
            ),
        })
    })
}

/// The stack looks as it should, but what it holds was deleted behind it.
fn lost_table(desired: &Desired, observed: &Observed) -> Option<Failure> {
    let data = observed.data.present()?;
    let made = !data.is_lost() && !data.is_empty() && !is_in_motion(&data.status);
    let lost = *observed.of_stack(StepId::ConversationsTable) == Fact::Absent && made;
    lost.then(|| {
        let table = &desired.conversations_table;
        Failure::new(
            "plan/table-missing",
            format!("plan stack {}", desired.data.name),
            format!("its table {table} does not exist any more"),
        )
        .with_hint(format!(
            "restore the table from its backup, or remove the empty stack with `deployer down --env {} --delete-data`",
            desired.environment
        ))
    })
}

fn templates(desired: &Desired) -> Vec<Failure> {
    let stacks = desired.stacks().into_iter().map(|(_, stack)| stack);
    stacks
        .filter(|stack| stack.template.len() > TEMPLATE_LIMIT)
        .map(|stack| {
            Failure::new(
                "plan/template-too-large",
                format!("plan stack {}", stack.name),
                format!("its template has {} bytes, the limit is {TEMPLATE_LIMIT}", stack.template.len()),
            )
            .with_hint("fewer tags, invokers, models or data operations make it smaller")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::{Gap, GapReason};
    use crate::plan::plan;
    use crate::samples;

    #[test]
    fn a_denied_read_is_told_from_one_that_failed_and_comes_first() {
        let gap = |reason| Gap { reason, message: "words".into() };
        let mut observed = Observed::nothing("111122223333");
        observed.gateway_role = Fact::Unknown(gap(GapReason::Failed));
        observed.target = Fact::Unknown(gap(GapReason::Denied));
        let codes: Vec<_> = gaps(&plan(&samples::estate(), &observed)).iter().map(|gap| gap.code).collect();
        assert_eq!(codes.first(), Some(&"plan/denied"));
        assert_eq!(codes.iter().filter(|code| **code == "plan/denied").count(), 1);
        assert!(codes.contains(&"plan/unreadable"));
    }
}
