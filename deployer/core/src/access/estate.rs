//! What a plan's steps change in who may do what.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::compare::{Finding, compare};
use super::condition::Condition;
use super::document::{Attachment, grants};
use super::grant::Grants;
use super::names::Place;
use super::{function, gateway, managed_policies, role};
use crate::desired::Desired;
use crate::observed::{Fact, Observed};
use crate::plan::{AccessChange, AccessEffect, Operation, Step, StepId};
use crate::resource::{FunctionPolicy, Repository, Resource, Role};

/// In the order of the steps; only steps that do something count.
pub fn changes(
    steps: &[Step],
    desired: &Desired,
    observed: &Observed,
    deployed: &BTreeMap<StepId, Resource>,
) -> Vec<AccessChange> {
    let estate = Estate { steps, desired, observed, deployed, place: (&desired.location).into() };
    let mut changes = Vec::new();
    for step in steps.iter().filter(|step| step.operation.is_some()) {
        let findings = estate.own(step.id).into_iter().chain(estate.of_stack(step.id));
        changes.extend(findings.map(|(effect, sentence)| {
            let actions = estate.summed_up(step.id, effect);
            AccessChange { step: step.id, effect, sentence, actions }
        }));
    }
    changes
}

struct Estate<'a> {
    steps: &'a [Step],
    desired: &'a Desired,
    observed: &'a Observed,
    /// What the deployed templates make.
    deployed: &'a BTreeMap<StepId, Resource>,
    place: Place<'a>,
}

impl Estate<'_> {
    /// What the API makes, and a stack's resource that is put back by itself.
    fn own(&self, id: StepId) -> Vec<Finding> {
        let (desired, observed) = (self.desired, self.observed);
        match id {
            StepId::GatewayRole => {
                let before = observed.gateway_role.present().map(Into::into);
                let label = format!("gateway role {}", desired.gateway_role.name);
                role::findings(&label, before, Some((&desired.gateway_role).into()), &self.place)
            }
            StepId::Gateway => gateway::findings(observed.gateway.present(), &desired.gateway, &self.place),
            StepId::FunctionPolicy => compare(&self.statement_before(), &self.statement_after(), &self.place),
            StepId::Target => gateway::target_findings(observed.target.present(), &desired.target, &self.place),
            id => self.resource(id),
        }
    }

    /// What a stack's step does to those of its resources that have no work of their own.
    fn of_stack(&self, stack: StepId) -> Vec<Finding> {
        let made: Vec<StepId> = self.desired.resources.keys().copied().filter(|id| id.stack() == Some(stack)).collect();
        made.into_iter()
            .filter(|id| !self.acts(*id) && self.may_touch(stack, *id))
            .flat_map(|id| self.resource(id))
            .collect()
    }

    /// The actions behind a sentence about the read access, which counts them.
    fn summed_up(&self, id: StepId, effect: AccessEffect) -> Vec<String> {
        let policies = StepId::ReadPolicies;
        if id != policies && Some(id) != policies.stack() {
            return vec![];
        }
        let Some(Resource::ManagedPolicies(after)) = self.desired.resources.get(&policies) else { return vec![] };
        match self.observed.of_stack(policies).present() {
            Some(Resource::ManagedPolicies(before)) => managed_policies::actions(Some(before), after, effect),
            _ => managed_policies::actions(None, after, effect),
        }
    }

    fn acts(&self, id: StepId) -> bool {
        self.steps.iter().any(|step| step.id == id && step.operation.is_some())
    }

    /// A resource that could not be read counts only where the stack's step is about its type.
    fn may_touch(&self, stack: StepId, id: StepId) -> bool {
        let operation = self.steps.iter().find(|step| step.id == stack).and_then(|step| step.operation.as_ref());
        let (Some(Operation::DeployStack(deployment)), Fact::Unknown(_)) = (operation, self.observed.of_stack(id))
        else {
            return true;
        };
        let Some(wanted) = self.desired.resources.get(&id) else { return false };
        let expected = &deployment.expected;
        expected.is_empty() || expected.iter().any(|change| change.resource_type == resource_type(wanted))
    }

    fn resource(&self, id: StepId) -> Vec<Finding> {
        let Some(wanted) = self.desired.resources.get(&id) else { return vec![] };
        let found = self.observed.of_stack(id).present();
        match (found, wanted) {
            (Some(Resource::Role(before)), Resource::Role(after)) => {
                self.role(Some(before), &self.with_foreign(id, before, after))
            }
            (_, Resource::Role(after)) => self.role(None, after),
            (Some(Resource::ManagedPolicies(before)), Resource::ManagedPolicies(after)) => {
                managed_policies::findings(Some(before), after, &self.place)
            }
            (_, Resource::ManagedPolicies(after)) => managed_policies::findings(None, after, &self.place),
            (Some(Resource::FunctionUrl(before)), Resource::FunctionUrl(after)) => {
                function::url_findings(Some(before), Some(after))
            }
            (_, Resource::FunctionUrl(after)) => function::url_findings(None, Some(after)),
            (Some(Resource::FunctionPolicy(before)), Resource::FunctionPolicy(after)) => {
                self.callers(Some(before), after)
            }
            (_, Resource::FunctionPolicy(after)) => self.callers(None, after),
            (Some(Resource::Function(before)), Resource::Function(after)) => {
                function::role_finding(before, after, &self.place).into_iter().collect()
            }
            (Some(Resource::Repository(before)), Resource::Repository(after)) => self.repository(Some(before), after),
            (_, Resource::Repository(after)) => self.repository(None, after),
            _ => vec![],
        }
    }

    fn role(&self, before: Option<&Role>, after: &Role) -> Vec<Finding> {
        role::findings(&format!("role {}", after.name), before.map(Into::into), Some(after.into()), &self.place)
    }

    /// Policies that others attached stay, where the template attaches some of its own.
    fn with_foreign(&self, id: StepId, before: &Role, after: &Role) -> Role {
        let deployed = match self.deployed.get(&id) {
            Some(Resource::Role(role)) => role.attached_policies.as_slice(),
            _ => &[],
        };
        let mut after = after.clone();
        if !after.attached_policies.is_empty() {
            let foreign = before.attached_policies.iter().filter(|arn| !deployed.contains(arn));
            let foreign: Vec<String> = foreign.filter(|arn| !after.attached_policies.contains(arn)).cloned().collect();
            after.attached_policies.extend(foreign);
        }
        after
    }

    fn callers(&self, before: Option<&FunctionPolicy>, after: &FunctionPolicy) -> Vec<Finding> {
        let deployed = self.deployed_logical_ids();
        let foreign = before.map(|found| function::foreign(found, after, &deployed)).unwrap_or_default();
        let before = before.map(|found| function::policy_grants(found, &foreign)).unwrap_or_default();
        compare(&before, &function::policy_grants(after, &BTreeSet::new()), &self.place)
    }

    /// Of the application stack as it is deployed.
    fn deployed_logical_ids(&self) -> BTreeSet<String> {
        let template = self.observed.application.present().map(|stack| stack.template.as_str()).unwrap_or_default();
        let template = serde_saphyr::from_str::<Json>(template).unwrap_or(Json::Null);
        template["Resources"].as_object().into_iter().flat_map(|resources| resources.keys().cloned()).collect()
    }

    fn repository(&self, before: Option<&Repository>, after: &Repository) -> Vec<Finding> {
        let label = format!("repository {}", after.name);
        let granted = |repository: &Repository| match &repository.policy {
            Some(policy) => grants(policy, Attachment { holder: "*", resource: &label }),
            None => Grants::default(),
        };
        compare(&before.map(granted).unwrap_or_default(), &granted(after), &self.place)
    }

    fn statement_before(&self) -> Grants {
        let name = &self.desired.function_policy.function_name;
        let found = self.observed.function_policy.present();
        let grant = found.map(|statement| {
            let condition = statement.condition.as_ref().map(Condition::of).unwrap_or_default();
            function::grant(name, &statement.principal, &statement.action, condition)
        });
        Grants { allowed: grant.into_iter().collect(), denied: vec![] }
    }

    fn statement_after(&self) -> Grants {
        let wanted = &self.desired.function_policy;
        let grant = function::grant(&wanted.function_name, &wanted.principal, &wanted.action, Condition::default());
        Grants { allowed: vec![grant], denied: vec![] }
    }
}

/// As CloudFormation spells it.
fn resource_type(resource: &Resource) -> &'static str {
    match resource {
        Resource::Table(_) => "AWS::DynamoDB::Table",
        Resource::Repository(_) => "AWS::ECR::Repository",
        Resource::LogGroup(_) => "AWS::Logs::LogGroup",
        Resource::Role(_) => "AWS::IAM::Role",
        Resource::ManagedPolicies(_) => "AWS::IAM::ManagedPolicy",
        Resource::Function(_) => "AWS::Lambda::Function",
        Resource::FunctionUrl(_) => "AWS::Lambda::Url",
        Resource::FunctionPolicy(_) => "AWS::Lambda::Permission",
    }
}
