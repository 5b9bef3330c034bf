//! A part of a deployment: the other steps are left out, unless the part
//! cannot do without them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::plan::{Action, Plan, Step, StepId};

/// What `--only` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Both images.
    Images,
    /// The four stacks and what they make.
    Stack,
    /// The gateway, its role, its target and the role's statement.
    Gateway,
}

impl Part {
    pub fn of(id: StepId) -> Self {
        match id {
            StepId::AgentImage | StepId::ToolsImage => Self::Images,
            StepId::GatewayRole | StepId::Gateway | StepId::FunctionPolicy | StepId::Target => Self::Gateway,
            _ => Self::Stack,
        }
    }

    /// As it is spelled on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Stack => "stack",
            Self::Gateway => "gateway",
        }
    }
}

/// A plan without the steps outside a part, and what speaks against that.
#[derive(Debug, Clone, PartialEq)]
pub struct Reduced {
    pub plan: Plan,
    /// `plan/only-needs`: a step of the part needs one that is left out and has work to do.
    pub faults: Vec<Failure>,
}

/// Reason of a step that is kept because it is left out.
pub const LEFT_OUT: &str = "left out by --only";

/// Leaves out every step outside the part.
pub fn only(plan: Plan, part: Part) -> Reduced {
    let faults = plan.steps.iter().filter(|step| has_work(step) && Part::of(step.id) == part);
    let faults = faults.flat_map(|step| needs(&plan.steps, step, part)).collect();
    let steps = plan.steps.into_iter().map(|step| if Part::of(step.id) == part { step } else { left_out(step) });
    let access = plan.access.into_iter().filter(|change| Part::of(change.step) == part).collect();
    Reduced { plan: Plan { steps: steps.collect(), access, ..plan }, faults }
}

fn left_out(step: Step) -> Step {
    Step { action: Action::Keep, reason: LEFT_OUT.into(), changes: vec![], operation: None, ..step }
}

/// One fault for each step that is left out though `step` depends on it.
fn needs(steps: &[Step], step: &Step, part: Part) -> Vec<Failure> {
    ancestors(steps, step)
        .into_iter()
        .filter(|needed| Part::of(needed.id) != part && (has_work(needed) || needed.action == Action::Unchecked))
        .map(|needed| {
            let cause = format!(
                "it needs {} ({}: {}), which --only {} leaves out",
                needed.resource,
                needed.id.name(),
                needed.reason,
                part.name()
            );
            Failure::new("plan/only-needs", format!("plan {}", step.resource), cause)
                .with_hint(format!("leave --only out, or run it with --only {} first", Part::of(needed.id).name()))
        })
        .collect()
}

/// Every step that has to come before this one, in the plan's order.
fn ancestors<'a>(steps: &'a [Step], step: &Step) -> Vec<&'a Step> {
    let mut wanted = step.depends_on.clone();
    let mut found = vec![];
    for step in steps.iter().rev().filter(|other| other.id != step.id) {
        if wanted.contains(&step.id) {
            wanted.extend(&step.depends_on);
            found.push(step);
        }
    }
    found.reverse();
    found
}

fn has_work(step: &Step) -> bool {
    step.operation.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::{Fact, Observed, ObservedRepository};
    use crate::plan::{AccessChange, AccessEffect, plan};
    use crate::samples;

    fn deployed() -> Observed {
        let (desired, mut observed) = (samples::estate(), samples::nothing());
        StepId::ALL.into_iter().for_each(|id| samples::deploy(&mut observed, &desired, id));
        observed
    }

    fn reduced(observed: &Observed, part: Part) -> Reduced {
        only(plan(&samples::estate(), observed), part)
    }

    #[test]
    fn steps_outside_the_part_do_nothing() {
        for part in [Part::Images, Part::Stack, Part::Gateway] {
            for step in reduced(&samples::nothing(), part).plan.steps {
                let outside = Part::of(step.id) != part;
                assert!(!outside || (step.action, step.operation.is_none()) == (Action::Keep, true), "{:?}", step.id);
                assert_eq!(outside, step.reason == LEFT_OUT, "{:?}", step.id);
            }
        }
    }

    #[test]
    fn images_alone_need_their_repositories() {
        let fresh = reduced(&samples::nothing(), Part::Images);
        assert!(fresh.faults.iter().all(|fault| fault.code == "plan/only-needs"));
        assert!(fresh.faults.iter().any(|fault| fault.cause.contains("foundation")), "{:?}", fresh.faults);
        let mut changed = deployed();
        changed.agent_images = Fact::Present(ObservedRepository { digests: vec!["sha256:old".into()] });
        let reduced = reduced(&changed, Part::Images);
        assert_eq!(reduced.faults, []);
        assert_eq!(reduced.plan.count(Action::Create), 1);
    }

    #[test]
    fn need_is_found_through_steps_that_have_nothing_to_do() {
        let mut steps = plan(&samples::estate(), &deployed()).steps;
        let target = steps.iter().find(|step| step.id == StepId::Target).unwrap().clone();
        assert!(ancestors(&steps, &target).iter().any(|step| step.id == StepId::FoundationStack));
        steps.retain(|step| step.id != StepId::FunctionPolicy && step.id != StepId::Gateway);
        assert!(ancestors(&steps, &target).is_empty());
    }

    #[test]
    fn part_without_work_needs_nothing() {
        let mut observed = deployed();
        observed.target = Fact::Absent;
        assert_eq!(reduced(&observed, Part::Images).faults, []);
        assert!(reduced(&observed, Part::Images).plan.is_empty());
        assert_eq!(reduced(&observed, Part::Gateway).faults, []);
        assert!(!reduced(&observed, Part::Gateway).plan.is_empty());
    }

    #[test]
    fn access_of_what_is_left_out_does_not_change() {
        let mut whole = plan(&samples::estate(), &samples::nothing());
        let change =
            |step| AccessChange { step, effect: AccessEffect::Widens, sentence: "may".into(), actions: vec![] };
        whole.access = vec![change(StepId::GatewayRole), change(StepId::AgentUrlPolicy)];
        let access = only(whole, Part::Gateway).plan.access;
        assert_eq!(access, [change(StepId::GatewayRole)]);
    }
}
