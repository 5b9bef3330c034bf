//! Which steps may start: those whose dependencies are done.
//!
//! Knows the plan and what has happened to its steps; starts nothing itself.

use deployer_core::{Operation, Plan, Step, StepId};

/// A step that changes something, with its number in the journal.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    pub number: usize,
    pub step: &'a Step,
    pub operation: &'a Operation,
}

impl Task<'_> {
    /// After such a step the deployments table is there, and with it a place for the lease.
    pub fn makes_table(&self) -> bool {
        matches!(self.step.id, StepId::FoundationStack | StepId::DeploymentsTable) && !self.deletes_table()
    }

    /// The step with which the lease and the journal go away.
    pub fn deletes_table(&self) -> bool {
        matches!(
            (self.step.id, self.operation),
            (StepId::FoundationStack, Operation::DeleteStack { .. })
                | (StepId::DeploymentsTable, Operation::DeleteResource { .. })
        )
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Started,
    Done,
}

pub struct Schedule<'a> {
    tasks: Vec<Task<'a>>,
    /// By task: the numbers of those that it waits for.
    waits_for: Vec<Vec<usize>>,
    states: Vec<State>,
}

impl<'a> Schedule<'a> {
    pub fn of(plan: &'a Plan) -> Self {
        let tasks = plan.steps.iter().filter_map(|step| Some((step, step.operation.as_ref()?)));
        let tasks: Vec<Task> =
            tasks.enumerate().map(|(number, (step, operation))| Task { number, step, operation }).collect();
        let waits_for = tasks.iter().map(|task| waits_for(plan, &tasks, task)).collect();
        Self { states: vec![State::Waiting; tasks.len()], tasks, waits_for }
    }

    /// True when one of its steps makes the deployments table.
    pub fn makes_table(&self) -> bool {
        self.tasks.iter().any(Task::makes_table)
    }

    /// The steps that may start now, which count as started from then on. While
    /// the table is missing that will hold the lease, only its maker may start.
    pub fn start(&mut self, table_missing: bool) -> Vec<Task<'a>> {
        let only_makers = table_missing && self.makes_table();
        let mut startable = self.tasks.clone();
        startable.retain(|task| {
            let ready = self.waits_for[task.number].iter().all(|number| self.states[*number] == State::Done);
            self.states[task.number] == State::Waiting && ready && (task.makes_table() || !only_makers)
        });
        for task in &startable {
            self.states[task.number] = State::Started;
        }
        startable
    }

    pub fn done(&mut self, task: Task<'_>) {
        self.states[task.number] = State::Done;
    }

    /// The first step that never started.
    pub fn stuck(&self) -> Option<&'a Step> {
        self.tasks.iter().find(|task| self.states[task.number] == State::Waiting).map(|task| task.step)
    }
}

/// The tasks that have to be done before this one: those that it depends on,
/// through steps that change nothing too. What deletes the table waits for all.
fn waits_for(plan: &Plan, tasks: &[Task<'_>], task: &Task<'_>) -> Vec<usize> {
    if task.deletes_table() {
        return tasks.iter().map(|other| other.number).filter(|number| *number != task.number).collect();
    }
    let mut found = Vec::new();
    let mut seen: Vec<StepId> = Vec::new();
    let mut open = task.step.depends_on.clone();
    while let Some(id) = open.pop() {
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        let working: Vec<usize> = tasks.iter().filter(|task| task.step.id == id).map(|task| task.number).collect();
        if working.is_empty() {
            open.extend(plan.steps.iter().filter(|step| step.id == id).flat_map(|step| &step.depends_on));
        }
        found.extend(working);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use deployer_core::Action;
    use deployer_core::plan::{StackDeployment, StackMode};

    fn step(id: StepId, depends_on: &[StepId], operation: Option<Operation>) -> Step {
        Step {
            id,
            action: Action::Create,
            resource: id.name().into(),
            reason: String::new(),
            changes: vec![],
            foreign: vec![],
            depends_on: depends_on.to_vec(),
            operation,
            fingerprint: String::new(),
        }
    }

    fn plan(steps: Vec<Step>) -> Plan {
        Plan { environment: "e".into(), account: "1".into(), region: "r".into(), steps, access: vec![] }
    }

    fn some() -> Option<Operation> {
        Some(Operation::DeleteRole { name: "x".into() })
    }

    fn deploys() -> Option<Operation> {
        Some(Operation::DeployStack(StackDeployment {
            name: "s".into(),
            mode: StackMode::Create,
            template: String::new(),
            parameters: Default::default(),
            tags: Default::default(),
            expected: vec![],
        }))
    }

    fn deletes() -> Option<Operation> {
        Some(Operation::DeleteStack { name: "s".into(), retained_table: None })
    }

    fn ids(tasks: &[Task<'_>]) -> Vec<StepId> {
        tasks.iter().map(|task| task.step.id).collect()
    }

    #[test]
    fn independent_steps_start_together_and_dependants_when_all_is_done() {
        use StepId::*;
        let plan = plan(vec![
            step(DataStack, &[], some()),
            step(Gateway, &[], some()),
            step(ApplicationStack, &[DataStack, Gateway], some()),
        ]);
        let mut schedule = Schedule::of(&plan);
        let first = schedule.start(false);
        assert_eq!(ids(&first), [DataStack, Gateway]);
        assert!(schedule.start(false).is_empty(), "none starts twice");
        schedule.done(first[0]);
        assert!(schedule.start(false).is_empty());
        schedule.done(first[1]);
        assert_eq!(ids(&schedule.start(false)), [ApplicationStack]);
        assert!(schedule.stuck().is_none());
    }

    #[test]
    fn a_step_waits_through_steps_that_change_nothing() {
        use StepId::*;
        let plan = plan(vec![
            step(FoundationStack, &[], some()),
            step(AgentRepository, &[FoundationStack], None),
            step(AgentImage, &[AgentRepository], some()),
        ]);
        let mut schedule = Schedule::of(&plan);
        let first = schedule.start(false);
        assert_eq!(ids(&first), [FoundationStack]);
        schedule.done(first[0]);
        assert_eq!(ids(&schedule.start(false)), [AgentImage]);
    }

    #[test]
    fn what_makes_the_lease_table_runs_alone() {
        use StepId::*;
        let plan = plan(vec![step(FoundationStack, &[], deploys()), step(GatewayRole, &[], some())]);
        let mut schedule = Schedule::of(&plan);
        assert_eq!(ids(&schedule.start(true)), [FoundationStack]);
        assert_eq!(ids(&schedule.start(false)), [GatewayRole]);
    }

    #[test]
    fn what_deletes_the_lease_table_comes_last() {
        use StepId::*;
        let plan = plan(vec![step(FoundationStack, &[], deletes()), step(DataStack, &[], some())]);
        let mut schedule = Schedule::of(&plan);
        let first = schedule.start(true);
        assert_eq!(ids(&first), [DataStack]);
        schedule.done(first[0]);
        assert_eq!(ids(&schedule.start(false)), [FoundationStack]);
    }

    #[test]
    fn steps_that_wait_for_each_other_are_stuck() {
        use StepId::*;
        let plan = plan(vec![step(DataStack, &[Gateway], some()), step(Gateway, &[DataStack], some())]);
        let mut schedule = Schedule::of(&plan);
        assert!(schedule.start(false).is_empty());
        assert_eq!(schedule.stuck().map(|step| step.id), Some(DataStack));
    }
}
