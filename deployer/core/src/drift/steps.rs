//! Findings from a plan: what each step would change, and whether that drifted
//! or is merely pending.

use super::report::{Cause, DriftReport, Finding, Findings, Unchecked};
use crate::plan::{Action, Change, Plan, Step, StepId};

const MADE_BY_OTHERS: &str = "not made by this deployer, which leaves it alone: whoever made it can remove it";
const FIXED: &str = "no call can change it while the resource exists";

/// What a check compares.
pub struct Comparison<'a> {
    /// From what should be to what is.
    pub plan: &'a Plan,
    /// The same from the last recorded deployment; None without a record.
    pub recorded: Option<&'a Plan>,
    /// What no plan holds.
    pub beyond: Findings,
}

/// Everything that differs, in the order of the plan, then what lies beyond it.
pub fn drift(comparison: Comparison<'_>) -> DriftReport {
    let Comparison { plan, recorded, beyond } = comparison;
    let baseline = Baseline { recorded, is_new: is_new(plan) };
    let mut all = Findings::default();
    for step in &plan.steps {
        all.extend(of_step(step, &baseline));
    }
    all.extend(beyond);
    DriftReport {
        environment: plan.environment.clone(),
        clean: all.found.is_empty(),
        findings: all.found,
        unchecked: all.unchecked,
    }
}

/// True when no stack of the environment exists.
fn is_new(plan: &Plan) -> bool {
    let created = |id: &StepId| plan.steps.iter().any(|step| step.id == *id && step.action == Action::Create);
    StepId::STACKS.iter().all(created)
}

fn of_step(step: &Step, baseline: &Baseline<'_>) -> Findings {
    let caused = |finding: Finding| {
        let cause = baseline.cause(step, &finding.path);
        finding.caused_by(cause)
    };
    let mut found: Vec<Finding> = differences(step).into_iter().map(caused).collect();
    found.extend(step.foreign.iter().map(|change| of_others(step, change)));
    let unchecked = match step.action {
        Action::Unchecked => vec![Unchecked { resource: step.resource.clone(), reason: step.reason.clone() }],
        _ => vec![],
    };
    Findings { found, unchecked }
}

const EXISTENCE: &str = "existence";
const STATE: &str = "state";

fn differences(step: &Step) -> Vec<Finding> {
    let resource = &step.resource;
    match step.action {
        Action::Keep | Action::Unchecked => vec![],
        Action::Adopt => vec![Finding::drifted(resource, "stack", Some("part of its stack"), Some("outside of it"))],
        // An image is one of many in its repository, known by its digest.
        Action::Create if matches!(step.id, StepId::AgentImage | StepId::ToolsImage) => {
            step.changes.iter().map(|change| of_change(step, change).with_note(&step.reason)).collect()
        }
        Action::Create => vec![Finding::drifted(resource, EXISTENCE, Some("present"), Some("absent"))],
        Action::Delete => vec![Finding::drifted(resource, EXISTENCE, Some("absent"), Some("present"))],
        Action::Replace => vec![Finding::drifted(resource, STATE, Some("usable"), Some(&step.reason))],
        Action::Update if step.changes.is_empty() => {
            vec![Finding::drifted(resource, STATE, Some("usable"), Some(&step.reason))]
        }
        Action::Update => step.changes.iter().map(|change| of_change(step, change)).collect(),
    }
}

/// A plan's `before` is what is live, its `after` what should be.
fn of_change(step: &Step, change: &Change) -> Finding {
    Finding::drifted(&step.resource, &change.path, change.after.as_deref(), change.before.as_deref())
}

/// What should not be there was put there by others; what should be otherwise cannot be changed.
fn of_others(step: &Step, change: &Change) -> Finding {
    let note = match change.after {
        None => MADE_BY_OTHERS.into(),
        Some(_) => format!("{FIXED}; {}", step.reason),
    };
    of_change(step, change).of_others(note)
}

/// What a difference is judged against.
struct Baseline<'a> {
    recorded: Option<&'a Plan>,
    /// Nothing was deployed yet.
    is_new: bool,
}

impl Baseline<'_> {
    /// Pending where what was deployed last agrees with what is live.
    fn cause(&self, step: &Step, path: &str) -> Cause {
        let agrees = match self.recorded {
            Some(recorded) => {
                let step = recorded.steps.iter().find(|found| found.id == step.id);
                step.is_some_and(|step| step.action != Action::Unchecked && !differs(step, path))
            }
            // A stack's own template is what was deployed, and images are only ever added.
            None => self.is_new || (is_stack_or_image(step.id) && step.action != Action::Replace),
        };
        if agrees { Cause::Pending } else { Cause::Drift }
    }
}

fn differs(step: &Step, path: &str) -> bool {
    differences(step).iter().any(|finding| finding.path == path)
}

fn is_stack_or_image(id: StepId) -> bool {
    StepId::STACKS.contains(&id) || matches!(id, StepId::AgentImage | StepId::ToolsImage)
}

#[cfg(test)]
mod tests {
    use super::super::report::Repair;
    use super::*;
    use crate::desired::Desired;
    use crate::observed::{Fact, Gap, GapReason, Observed};
    use crate::plan::plan;
    use crate::samples::{deploy, estate, nothing};

    fn deployed(desired: &Desired) -> Observed {
        let mut observed = nothing();
        for id in StepId::ALL {
            deploy(&mut observed, desired, id);
        }
        observed
    }

    fn compared(desired: &Desired, recorded: Option<&Desired>, observed: &Observed) -> DriftReport {
        let recorded = recorded.map(|recorded| plan(recorded, observed));
        let plan = plan(desired, observed);
        drift(Comparison { plan: &plan, recorded: recorded.as_ref(), beyond: Findings::default() })
    }

    #[test]
    fn what_was_just_deployed_is_clean() {
        let desired = estate();
        let report = compared(&desired, Some(&desired), &deployed(&desired));
        assert!(report.clean, "{:?}", report.findings);
        assert!(report.unchecked.is_empty());
    }

    #[test]
    fn a_change_behind_our_back_is_drift_that_up_repairs() {
        let desired = estate();
        let mut observed = deployed(&desired);
        let Fact::Present(gateway) = &mut observed.gateway else { panic!("there is a gateway") };
        gateway.role_arn = "arn:aws:iam::111122223333:role/other".into();
        let report = compared(&desired, Some(&desired), &observed);
        let [finding] = &report.findings[..] else { panic!("{:?}", report.findings) };
        assert_eq!((finding.path.as_str(), finding.cause, finding.repair), ("role", Cause::Drift, Repair::Ours));
        assert_eq!(finding.actual.as_deref(), Some("arn:aws:iam::111122223333:role/other"));
        assert_eq!(finding.expected.as_deref(), Some(desired.gateway.role_arn.as_str()));
        assert!(!report.clean);
    }

    #[test]
    fn settings_that_moved_on_are_pending_and_tampering_beside_them_is_not() {
        let recorded = estate();
        let mut desired = recorded.clone();
        desired.gateway.description = "a new text".into();
        let mut observed = deployed(&recorded);
        let Fact::Present(gateway) = &mut observed.gateway else { panic!("there is a gateway") };
        gateway.role_arn = "arn:other".into();
        let report = compared(&desired, Some(&recorded), &observed);
        let causes: Vec<_> = report.findings.iter().map(|found| (found.path.as_str(), found.cause)).collect();
        assert_eq!(causes, [("description", Cause::Pending), ("role", Cause::Drift)]);
    }

    #[test]
    fn code_that_moved_on_is_pending() {
        let recorded = estate();
        let mut desired = recorded.clone();
        desired.agent_image.digest = "sha256:new".into();
        let report = compared(&desired, Some(&recorded), &deployed(&recorded));
        let image = &report.findings[0];
        assert_eq!((image.path.as_str(), image.cause), ("digest", Cause::Pending));
        assert_eq!(image.expected.as_deref(), Some("sha256:new"));
    }

    #[test]
    fn a_resource_that_is_gone_is_drift_where_it_was_deployed_and_pending_where_nothing_was() {
        let desired = estate();
        let mut observed = deployed(&desired);
        observed.target = Fact::Absent;
        let report = compared(&desired, Some(&desired), &observed);
        assert_eq!((report.findings[0].path.as_str(), report.findings[0].cause), (EXISTENCE, Cause::Drift));
        let report = compared(&desired, None, &nothing());
        assert!(!report.clean && report.findings.iter().all(|found| found.cause == Cause::Pending));
    }

    #[test]
    fn what_cannot_be_read_is_unchecked_and_ends_nothing() {
        let desired = estate();
        let mut observed = deployed(&desired);
        observed.gateway_role = Fact::Unknown(Gap { reason: GapReason::Denied, message: "AccessDenied".into() });
        let Fact::Present(target) = &mut observed.target else { panic!("there is a target") };
        target.description = Some("other".into());
        let report = compared(&desired, None, &observed);
        assert!(report.unchecked.iter().any(|found| found.reason.contains("AccessDenied")), "{report:?}");
        observed.target = deployed(&desired).target;
        let report = compared(&desired, None, &observed);
        assert!(report.clean && !report.unchecked.is_empty());
    }

    #[test]
    fn differences_of_others_are_theirs() {
        let desired = estate();
        let mut plan = plan(&desired, &deployed(&desired));
        let change = Change { path: "statement guest".into(), before: Some("x".into()), after: None, replaces: false };
        plan.steps[0].foreign.push(change);
        let report = drift(Comparison { plan: &plan, recorded: None, beyond: Findings::default() });
        assert_eq!(report.findings[0].repair, Repair::NotOurs);
        assert!(report.findings[0].note.is_some());
        assert_eq!(report.ours(), 0);
    }
}
