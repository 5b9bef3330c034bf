//! One step: its resource is reread and compared, its inputs are resolved, and
//! the code of its resource does the work.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use deployer_core::observed::Fact;
use deployer_core::plan::{Operation, OutputKey, Value};
use deployer_core::{Failure, Observed, StepId};
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::gateway::Made;
use super::moves::explained;
use super::schedule::Task;
use super::step::describe;
use super::{Run, adopt, gateway, image, leftover, resource, role, stack, statement, target, unused_images};
use crate::errors::Kind;
use crate::{lease, observe};

/// What steps leave for later ones.
#[derive(Default)]
pub struct Outputs(Mutex<BTreeMap<OutputKey, String>>);

/// A step at work, with what it needs of its run.
pub struct Acting<'a> {
    pub run: &'a Run<'a>,
    pub run_id: &'a str,
    pub stop: &'a CancellationToken,
    pub outputs: &'a Outputs,
    pub task: Task<'a>,
}

impl Acting<'_> {
    /// Reads the step's resource again. Refuses one that is not as it was when the
    /// plan was made, unless the steps that are `done` moved it.
    pub async fn unmoved(&self, done: &[StepId], first_run: bool) -> Result<Observed, Failure> {
        let Run { clients, settings, plan, .. } = self.run;
        let step = self.task.step;
        let mut observed = Observed::nothing(clients.account());
        observe::reread(clients, settings, &mut observed, step.id).await;
        if let Some(gap) = observe::gap(&observed, step.id) {
            let code = Kind::of(gap.reason).code();
            return Err(Failure::new(code, format!("read {} again", step.resource), &gap.message));
        }
        let moved = observed.fingerprint(step.id) != step.fingerprint;
        match moved && !explained(plan, done, step, &observed) {
            true => Err(self.stale(first_run).await),
            false => Ok(observed),
        }
    }

    /// While there is no lease to take, another first `up` may be what moved it: then that one is named.
    async fn stale(&self, first_run: bool) -> Failure {
        let Run { clients, settings, .. } = self.run;
        if first_run && let Ok(Some(holder)) = lease::current(clients, settings).await {
            return lease::locked(settings, Some(&holder));
        }
        let cause = match first_run && self.task.step.id == StepId::FoundationStack {
            true => "it has changed since the plan was made: another run is at work on it",
            false => "it has changed since the plan was made",
        };
        stale(describe(self.task.step), cause)
    }

    /// Does what the step says and gives a summary.
    pub async fn act(&self, observed: &Observed) -> Result<String, Failure> {
        let context = &self.context();
        match self.task.operation {
            Operation::DeployStack(stack) => {
                stack::deploy(context, stack, &self.resolved(&stack.parameters).await?).await
            }
            Operation::DeleteStack { name, retained_table } => {
                stack::delete_with_table(context, name, retained_table.as_deref()).await
            }
            Operation::PushImage { repository, digest } => {
                image::push(context, self.run.images, repository, digest).await
            }
            Operation::EmptyRepository { repository } => image::empty_repository(context, repository).await,
            Operation::EnsureResource { resource, inputs } => {
                resource::ensure(context, resource, &self.resolved(inputs).await?).await
            }
            Operation::DeleteResource { resource } => leftover::delete(context, resource).await,
            Operation::EnsureRole(role) => role::ensure(context, role, observed.gateway_role.present().is_some()).await,
            Operation::DeleteRole { name } => role::delete(context, name).await,
            Operation::EnsureGateway { existing, replace, gateway } => {
                let made = gateway::ensure(context, existing.as_deref(), *replace, gateway).await?;
                Ok(self.outputs.keep(made))
            }
            Operation::DeleteGateway { id } => gateway::delete(context, id).await,
            Operation::EnsureStatement { replace, statement } => statement::ensure(context, *replace, statement).await,
            Operation::RemoveStatement { function_name, statement_id } => {
                statement::remove(context, function_name, statement_id).await
            }
            Operation::EnsureTarget { gateway_id, existing, replace, target } => {
                let gateway_id = self.resolve(gateway_id).await?;
                target::ensure(context, &gateway_id, existing.as_deref().filter(|_| *replace), target).await
            }
            Operation::DeleteTarget { gateway_id, target_id } => target::delete(context, gateway_id, target_id).await,
            Operation::Adopt(adoption) => adopt::adopt(context, adoption).await,
            Operation::DeleteImages { repository, digests } => {
                unused_images::delete(context, repository, digests).await
            }
        }
    }

    fn context(&self) -> Context<'_> {
        Context {
            clients: self.run.clients,
            settings: self.run.settings,
            reporter: self.run.reporter,
            cancel: self.stop,
            run_id: self.run_id,
            key: self.task.step.id.name(),
        }
    }

    async fn resolved(&self, values: &BTreeMap<String, Value>) -> Result<BTreeMap<String, String>, Failure> {
        let mut resolved = BTreeMap::new();
        for (name, value) in values {
            resolved.insert(name.clone(), self.resolve(value).await?);
        }
        Ok(resolved)
    }

    /// A known value, an output of a step of this run, or the same of the gateway that is there.
    async fn resolve(&self, value: &Value) -> Result<String, Failure> {
        let (step, key) = match value {
            Value::Known(value) => return Ok(value.clone()),
            Value::Output { step, key } => (*step, *key),
        };
        if let Some(output) = self.outputs.get(key) {
            return Ok(output);
        }
        let Run { clients, settings, .. } = self.run;
        let mut observed = Observed::nothing(clients.account());
        observe::reread(clients, settings, &mut observed, step).await;
        let doing = format!("read an output of step {}", step.name());
        match &observed.gateway {
            Fact::Present(gateway) => Ok(match key {
                OutputKey::GatewayId => gateway.id.clone(),
                OutputKey::GatewayUrl => gateway.url.clone(),
            }),
            Fact::Absent => Err(stale(doing, "the gateway is gone")),
            Fact::Unknown(gap) => Err(Failure::new(Kind::of(gap.reason).code(), doing, &gap.message)),
        }
    }
}

impl Outputs {
    fn get(&self, key: OutputKey) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    fn keep(&self, made: Made) -> String {
        let mut outputs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        outputs.insert(OutputKey::GatewayId, made.id);
        outputs.insert(OutputKey::GatewayUrl, made.url);
        made.summary
    }
}

fn stale(doing: String, cause: &str) -> Failure {
    Failure::new("plan/stale", doing, cause).with_hint("run the same command again: it makes a new plan")
}
