//! In which order the steps run, and which wait for which.

use std::collections::BTreeSet;

use super::StepId;

/// What makes one plan's order differ from another's.
#[derive(Debug, Default)]
pub struct Sequence {
    /// Tools only go away: the gateway has to stop offering them before the
    /// function stops answering them.
    pub removing_tools: bool,
    /// A policy goes away that the tool function's role has: the role has to lose
    /// it before it can be deleted.
    pub removing_policies: bool,
    /// Resources that were deleted behind a stack which is about to be updated.
    /// CloudFormation fails at what it does not find, so they come before it.
    pub restored: BTreeSet<StepId>,
}

impl Sequence {
    pub fn order(&self) -> Vec<StepId> {
        let early = self.early();
        let mut order: Vec<StepId> = Vec::new();
        for id in StepId::ALL {
            match id {
                StepId::Target if self.removing_tools => {}
                StepId::ReadAccessStack | StepId::ReadPolicies if self.removing_policies => {}
                StepId::ApplicationStack if self.removing_tools => order.extend([StepId::Target, id]),
                id => order.push(id),
            }
        }
        if self.removing_policies {
            order.extend([StepId::ReadAccessStack, StepId::ReadPolicies]);
        }
        for id in StepId::ALL.into_iter().filter(|id| early.contains(id)) {
            order.retain(|other| *other != id);
            let stack = order.iter().position(|other| Some(*other) == id.stack());
            order.insert(stack.unwrap_or(order.len()), id);
        }
        order
    }

    pub fn depends_on(&self, id: StepId) -> Vec<StepId> {
        let early = self.early();
        let usual = self.usual(id);
        if early.contains(&id) {
            let (of_stack, others): (Vec<_>, Vec<_>) = usual.into_iter().partition(|other| Some(*other) == id.stack());
            return of_stack.into_iter().flat_map(|stack| self.usual(stack)).chain(others).collect();
        }
        let restored = early.into_iter().filter(|other| other.stack() == Some(id));
        usual.into_iter().chain(restored).collect()
    }

    /// What is restored, and what that needs of the same stack.
    fn early(&self) -> BTreeSet<StepId> {
        let mut early = self.restored.clone();
        for id in StepId::ALL.into_iter().rev().filter(|id| self.restored.contains(id)) {
            let mut next = vec![id];
            while let Some(id) = next.pop() {
                let needs =
                    self.usual(id).into_iter().filter(|other| other.stack().is_some() && other.stack() == id.stack());
                next.extend(needs.filter(|other| early.insert(*other)));
            }
        }
        early
    }

    fn usual(&self, id: StepId) -> Vec<StepId> {
        use StepId::*;
        match id {
            FoundationStack => vec![],
            DeploymentsTable | AgentRepository | ToolsRepository => vec![FoundationStack],
            AgentImage => vec![AgentRepository],
            ToolsImage => vec![ToolsRepository],
            DataStack | GatewayRole => vec![DeploymentsTable],
            ConversationsTable => vec![DataStack],
            Gateway => vec![GatewayRole],
            ReadAccessStack if self.removing_policies => vec![DeploymentsTable, ApplicationStack, ToolRole],
            ReadAccessStack => vec![DeploymentsTable],
            ReadPolicies => vec![ReadAccessStack],
            ApplicationStack => self.before_application(),
            AgentLogGroup | ToolLogGroup | AgentRole => vec![ApplicationStack],
            ToolRole if self.removing_policies => vec![ApplicationStack],
            ToolRole => vec![ApplicationStack, ReadPolicies],
            AgentFunction => vec![ApplicationStack, AgentLogGroup, AgentRole],
            ToolFunction => vec![ApplicationStack, ToolLogGroup, ToolRole],
            AgentUrl => vec![ApplicationStack, AgentFunction],
            AgentUrlPolicy => vec![ApplicationStack, AgentUrl],
            FunctionPolicy => vec![ApplicationStack, GatewayRole, ToolFunction],
            Target if self.removing_tools => vec![Gateway],
            Target => vec![Gateway, FunctionPolicy],
        }
    }
}

impl Sequence {
    fn before_application(&self) -> Vec<StepId> {
        use StepId::*;
        let policies = (!self.removing_policies).then_some(ReadPolicies);
        let target = self.removing_tools.then_some(Target);
        [AgentImage, ToolsImage, DataStack, Gateway].into_iter().chain(policies).chain(target).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_sound(sequence: &Sequence) {
        let order = sequence.order();
        assert_eq!(order.len(), StepId::ALL.len());
        for (index, id) in order.iter().enumerate() {
            for needed in sequence.depends_on(*id) {
                assert!(order[..index].contains(&needed), "{id:?} needs {needed:?} in {sequence:?}");
            }
        }
    }

    #[test]
    fn every_order_has_what_a_step_needs_before_it() {
        for (removing_tools, removing_policies) in [(false, false), (true, false), (false, true), (true, true)] {
            let restoring = |restored| Sequence { removing_tools, removing_policies, restored };
            assert_sound(&restoring(BTreeSet::new()));
            for id in StepId::ALL.into_iter().filter(|id| id.stack().is_some()) {
                assert_sound(&restoring(BTreeSet::from([id])));
            }
        }
    }

    #[test]
    fn what_is_restored_comes_before_its_stack_with_all_that_it_needs() {
        let sequence = Sequence { restored: BTreeSet::from([StepId::ToolFunction]), ..Sequence::default() };
        let order = sequence.order();
        let position = |id| order.iter().position(|other| *other == id).unwrap();
        for id in [StepId::ToolLogGroup, StepId::ToolRole, StepId::ToolFunction] {
            assert!(position(id) < position(StepId::ApplicationStack) && position(id) > position(StepId::Gateway));
        }
        assert!(position(StepId::AgentRole) > position(StepId::ApplicationStack));
        assert!(sequence.depends_on(StepId::ToolFunction).contains(&StepId::Gateway), "it may need the gateway's URL");
    }
}
