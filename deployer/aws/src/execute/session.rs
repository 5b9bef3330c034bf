//! One run from its first step to its last.

use std::collections::BTreeMap;

use deployer_core::observed::Fact;
use deployer_core::plan::{Operation, OutputKey, Value};
use deployer_core::progress::Event;
use deployer_core::{Failure, Observed, Plan, Step, StepId};
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::gateway::Made;
use super::lock::Lock;
use super::moves::explained;
use super::step::describe;
use super::{Run, gateway, image, role, stack, statement, target};
use crate::errors::Kind;
use crate::lease::{self, Lease};
use crate::{journal, observe, wait};

pub struct Session<'a> {
    run: &'a Run<'a>,
    run_id: String,
    /// Cancelled by Ctrl-C and by the loss of the lease.
    stop: CancellationToken,
    lock: Lock,
    observed: Observed,
    outputs: BTreeMap<OutputKey, String>,
    done: Vec<StepId>,
}

/// Values of an operation that were references when it was planned.
#[derive(Default)]
struct Inputs {
    /// Of a stack.
    parameters: BTreeMap<String, String>,
    /// Of a target.
    gateway_id: String,
}

impl<'a> Session<'a> {
    pub fn new(run: &'a Run<'a>, run_id: String) -> Self {
        Self {
            run,
            run_id,
            stop: run.cancel.child_token(),
            lock: Lock::NotTaken,
            observed: Observed::nothing(run.clients.account()),
            outputs: BTreeMap::new(),
            done: Vec::new(),
        }
    }

    /// Gives the run's id when every step is done.
    pub async fn run(&mut self) -> Result<String, Failure> {
        self.take_lock().await?;
        if matches!(self.lock, Lock::NoTable) && !makes_table(self.run.plan) {
            let text = "the deployments table does not exist: this run is neither locked nor recorded".into();
            self.run.reporter.report(Event::Note { text });
        }
        let steps = self.run.plan.steps.iter().filter_map(|step| Some((step, step.operation.as_ref()?)));
        for (number, (step, operation)) in steps.enumerate() {
            self.step(number, step, operation).await.map_err(|failure| self.cause(failure))?;
        }
        Ok(self.run_id.clone())
    }

    /// Closes the journal, releases the lease and gives the steps that were done.
    pub async fn close(mut self, result: &Result<String, Failure>) -> Vec<StepId> {
        let result = result.as_ref().map(|_| ()).map_err(Failure::clone);
        self.lock.close(&result).await;
        self.done
    }

    async fn step(&mut self, number: usize, step: &Step, operation: &Operation) -> Result<(), Failure> {
        if self.stop.is_cancelled() {
            return Err(wait::interrupted(&describe(step)));
        }
        let (reporter, key) = (self.run.reporter, step.id.name());
        reporter.started(key, describe(step));
        let result = self.recorded(number, step, operation).await;
        match &result {
            Ok(summary) => reporter.finished(key, summary),
            Err(failure) => reporter.failed(key, &failure.cause),
        }
        let summary = result?;
        self.done.push(step.id);
        if step.id == StepId::FoundationStack && matches!(self.lock, Lock::NoTable) {
            self.take_lock().await?;
            self.lock.result(number, step, &Ok(summary)).await?;
        }
        Ok(())
    }

    async fn recorded(&mut self, number: usize, step: &Step, operation: &Operation) -> Result<String, Failure> {
        self.lock.intent(number, step).await?;
        let result = self.checked(step, operation).await;
        let noted = self.lock.result(number, step, &result).await;
        result.and_then(|summary| noted.map(|()| summary))
    }

    async fn checked(&mut self, step: &Step, operation: &Operation) -> Result<String, Failure> {
        self.unmoved(step).await?;
        if matches!((step.id, operation), (StepId::FoundationStack, Operation::DeleteStack { .. })) {
            self.lock.give_back().await;
        }
        self.act(step.id, operation).await
    }

    async fn act(&mut self, id: StepId, operation: &Operation) -> Result<String, Failure> {
        let Inputs { parameters, gateway_id } = self.inputs(operation).await?;
        let role_existed = self.observed.gateway_role.present().is_some();
        let run_id = self.run_id.clone();
        let stop = self.stop.clone();
        let context = self.context(id, &run_id, &stop);
        match operation {
            Operation::DeployStack(stack) => stack::deploy(&context, stack, &parameters).await,
            Operation::DeleteStack { name, retained_table } => {
                stack::delete_with_table(&context, name, retained_table.as_deref()).await
            }
            Operation::PushImage { repository, digest } => {
                image::push(&context, self.run.images, repository, digest).await
            }
            Operation::EmptyRepository { repository } => image::empty_repository(&context, repository).await,
            Operation::EnsureResource { .. } => Ok("as its template says".into()),
            Operation::EnsureRole(role) => role::ensure(&context, role, role_existed).await,
            Operation::DeleteRole { name } => role::delete(&context, name).await,
            Operation::EnsureGateway { existing, replace, gateway } => {
                let made = gateway::ensure(&context, existing.as_deref(), *replace, gateway).await?;
                Ok(self.keep_outputs(made))
            }
            Operation::DeleteGateway { id } => gateway::delete(&context, id).await,
            Operation::EnsureStatement { replace, statement } => statement::ensure(&context, *replace, statement).await,
            Operation::RemoveStatement { function_name, statement_id } => {
                statement::remove(&context, function_name, statement_id).await
            }
            Operation::EnsureTarget { existing, replace, target, .. } => {
                target::ensure(&context, &gateway_id, existing.as_deref().filter(|_| *replace), target).await
            }
            Operation::DeleteTarget { gateway_id, target_id } => target::delete(&context, gateway_id, target_id).await,
        }
    }

    fn context<'c>(&self, id: StepId, run_id: &'c str, stop: &'c CancellationToken) -> Context<'c>
    where
        'a: 'c,
    {
        Context {
            clients: self.run.clients,
            settings: self.run.settings,
            reporter: self.run.reporter,
            cancel: stop,
            run_id,
            key: id.name(),
        }
    }

    /// Refuses a step whose resource is not as it was when the plan was made, unless this run moved it.
    async fn unmoved(&mut self, step: &Step) -> Result<(), Failure> {
        let Run { clients, settings, .. } = self.run;
        observe::reread(clients, settings, &mut self.observed, step.id).await;
        if let Some(gap) = observe::gap(&self.observed, step.id) {
            return Err(Failure::new(
                Kind::of(gap.reason).code(),
                format!("read {} again", step.resource),
                &gap.message,
            ));
        }
        let moved = self.observed.fingerprint(step.id) != step.fingerprint;
        match moved && !explained(self.run.plan, &self.done, step, &self.observed) {
            true => Err(self.stale(step).await),
            false => Ok(()),
        }
    }

    /// While there is no lease to take, another first `up` may be what moved it: then that one is named.
    async fn stale(&self, step: &Step) -> Failure {
        let first_run = matches!(self.lock, Lock::NoTable);
        if first_run && let Ok(Some(holder)) = lease::current(self.run.clients, self.run.settings).await {
            return lease::locked(self.run.settings, Some(&holder));
        }
        let cause = match first_run && step.id == StepId::FoundationStack {
            true => "it has changed since the plan was made: another run is at work on it",
            false => "it has changed since the plan was made",
        };
        stale(describe(step), cause)
    }

    async fn take_lock(&mut self) -> Result<(), Failure> {
        if matches!(self.lock, Lock::NotTaken | Lock::NoTable) {
            self.lock = Lock::take(self.run, &self.run_id, &self.stop).await?;
        }
        Ok(())
    }

    /// A run that stops because its lease is lost says so.
    fn cause(&self, failure: Failure) -> Failure {
        let lost = self.lock.lease().is_some_and(Lease::is_lost);
        if failure.code == "run/interrupted" && lost { journal::lease_lost() } else { failure }
    }

    async fn inputs(&mut self, operation: &Operation) -> Result<Inputs, Failure> {
        let mut inputs = Inputs::default();
        match operation {
            Operation::DeployStack(stack) => {
                for (name, value) in &stack.parameters {
                    inputs.parameters.insert(name.clone(), self.resolve(value).await?);
                }
            }
            Operation::EnsureTarget { gateway_id, .. } => inputs.gateway_id = self.resolve(gateway_id).await?,
            _ => {}
        }
        Ok(inputs)
    }

    /// A known value, an output of a step of this run, or the same of the gateway that is there.
    async fn resolve(&mut self, value: &Value) -> Result<String, Failure> {
        let (step, key) = match value {
            Value::Known(value) => return Ok(value.clone()),
            Value::Output { step, key } => (*step, *key),
        };
        if let Some(output) = self.outputs.get(&key) {
            return Ok(output.clone());
        }
        observe::reread(self.run.clients, self.run.settings, &mut self.observed, step).await;
        let doing = format!("read an output of step {}", step.name());
        match &self.observed.gateway {
            Fact::Present(gateway) => Ok(match key {
                OutputKey::GatewayId => gateway.id.clone(),
                OutputKey::GatewayUrl => gateway.url.clone(),
            }),
            Fact::Absent => Err(stale(doing, "the gateway is gone")),
            Fact::Unknown(gap) => Err(Failure::new(Kind::of(gap.reason).code(), doing, &gap.message)),
        }
    }

    fn keep_outputs(&mut self, made: Made) -> String {
        self.outputs.insert(OutputKey::GatewayId, made.id);
        self.outputs.insert(OutputKey::GatewayUrl, made.url);
        made.summary
    }
}

fn stale(doing: String, cause: &str) -> Failure {
    Failure::new("plan/stale", doing, cause).with_hint("run the same command again: it makes a new plan")
}

fn makes_table(plan: &Plan) -> bool {
    let mut steps = plan.steps.iter().filter(|step| step.id == StepId::FoundationStack);
    steps.any(|step| matches!(step.operation, Some(Operation::DeployStack(_))))
}
