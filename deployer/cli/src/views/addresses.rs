//! `deployer outputs`: names, ARNs and addresses; null, or a dash, where
//! something is not deployed, and what could not be read is said.

use std::collections::BTreeMap;

use contract::Names;
use deployer_core::observed::Fact;
use deployer_core::resource::Resource;
use deployer_core::{Failure, Observed, StepId};
use serde::Serialize;

use super::out::say;
use crate::connection;
use crate::session::Session;

/// `deployer outputs --json`, version 1.
#[derive(Serialize)]
pub struct Addresses {
    version: u32,
    environment: String,
    account: String,
    region: String,
    /// Reachable from this machine.
    function_url: Option<String>,
    gateway: Option<Gateway>,
    tables: Pair<&'static str>,
    repositories: Pair<&'static str>,
    functions: BTreeMap<&'static str, Option<Named>>,
    roles: BTreeMap<&'static str, Option<Named>>,
    /// ARNs of the policies of what the tools may read, sorted.
    read_policies: Vec<String>,
    /// Null until `up` has written it.
    connection_file: Option<String>,
    chat_command: String,
    /// Why something could not be read.
    unchecked: Vec<String>,
}

type Pair<K> = BTreeMap<K, Option<String>>;

#[derive(Serialize)]
struct Gateway {
    id: String,
    arn: String,
    url: String,
}

#[derive(Clone, Serialize)]
struct Named {
    name: String,
    arn: String,
}

impl Addresses {
    pub fn of(session: &Session, observed: &Observed) -> Result<Self, Failure> {
        let settings = &session.settings;
        let location = session.clients.location();
        let (account, region) = (&location.account, &location.region);
        let repository = |id| Some(format!("{account}.dkr.ecr.{region}.amazonaws.com/{}", present(observed, id)?));
        let function = |id| {
            let name = present(observed, id)?;
            Some(Named { arn: Names::function_arn(region, account, &name), name })
        };
        let role = |id| {
            let name = present(observed, id)?;
            Some(Named { arn: Names::role_arn(account, &name), name })
        };
        let gateway_role = observed.gateway_role.present();
        let gateway_role =
            gateway_role.map(|role| Named { name: settings.names().gateway_role(), arn: role.arn.clone() });
        let file = connection::path(&settings.environment)?;
        Ok(Self {
            version: 1,
            environment: settings.environment.clone(),
            account: account.clone(),
            region: region.clone(),
            function_url: connection::function_url(observed).map(|url| session.reachable(url)),
            gateway: observed.gateway.present().map(|gateway| Gateway {
                id: gateway.id.clone(),
                arn: gateway.arn.clone(),
                url: gateway.url.clone(),
            }),
            tables: BTreeMap::from([
                ("conversations", present(observed, StepId::ConversationsTable)),
                ("deployments", present(observed, StepId::DeploymentsTable)),
            ]),
            repositories: BTreeMap::from([
                ("agent", repository(StepId::AgentRepository)),
                ("tools", repository(StepId::ToolsRepository)),
            ]),
            functions: BTreeMap::from([
                ("agent", function(StepId::AgentFunction)),
                ("tools", function(StepId::ToolFunction)),
            ]),
            roles: BTreeMap::from([
                ("agent", role(StepId::AgentRole)),
                ("gateway", gateway_role),
                ("tools", role(StepId::ToolRole)),
            ]),
            read_policies: read_policies(observed, account),
            connection_file: file.is_file().then(|| file.display().to_string()),
            chat_command: format!("cargo run -p chat -- --env {}", settings.environment),
            unchecked: unchecked(observed),
        })
    }

    pub fn show(&self) {
        say!("Environment {} (account {}, {})", self.environment, self.account, self.region);
        for (name, value) in self.lines() {
            say!("{name:<20} {}", value.as_deref().unwrap_or("-"));
        }
        self.unchecked.iter().for_each(|gap| say!("unchecked            {gap}"));
        match self.function_url {
            Some(_) => say!("\nTalk to it: {}", self.chat_command),
            None => say!("\nThere is no agent to talk to; `deployer up --env {}` deploys it.", self.environment),
        }
    }

    fn lines(&self) -> Vec<(String, Option<String>)> {
        let gateway = |field: fn(&Gateway) -> &String| self.gateway.as_ref().map(|gateway| field(gateway).clone());
        let mut lines = vec![
            ("function URL".to_string(), self.function_url.clone()),
            ("gateway URL".to_string(), gateway(|gateway| &gateway.url)),
            ("gateway id".to_string(), gateway(|gateway| &gateway.id)),
        ];
        let named = |prefix: &str, things: &BTreeMap<&'static str, Option<Named>>| -> Vec<_> {
            let arn = |thing: &Option<Named>| thing.as_ref().map(|thing| thing.arn.clone());
            things.iter().map(|(key, thing)| (format!("{prefix} {key}"), arn(thing))).collect()
        };
        lines.extend(named("function", &self.functions));
        lines.extend(named("role", &self.roles));
        lines.extend(self.read_policies.iter().map(|arn| ("read policy".to_string(), Some(arn.clone()))));
        lines.extend(self.tables.iter().map(|(key, name)| (format!("table {key}"), name.clone())));
        lines.extend(self.repositories.iter().map(|(key, name)| (format!("repository {key}"), name.clone())));
        lines.push(("connection file".to_string(), self.connection_file.clone()));
        lines
    }
}

/// Name of a stack's resource that is there.
fn present(observed: &Observed, id: StepId) -> Option<String> {
    observed.of_stack(id).present().map(|resource| resource.name().to_string())
}

fn read_policies(observed: &Observed, account: &str) -> Vec<String> {
    match observed.of_stack(StepId::ReadPolicies).present() {
        Some(Resource::ManagedPolicies(found)) => {
            found.policies.keys().map(|name| Names::policy_arn(account, name)).collect()
        }
        _ => vec![],
    }
}

fn unchecked(observed: &Observed) -> Vec<String> {
    let own = [
        ("application stack", observed.application.gap()),
        ("gateway", observed.gateway.gap()),
        ("gateway role", observed.gateway_role.gap()),
    ];
    let of_stacks = observed.resources.iter().map(|(id, fact): (&StepId, &Fact<Resource>)| (id.name(), fact.gap()));
    let gaps = own.into_iter().chain(of_stacks);
    gaps.filter_map(|(what, gap)| Some(format!("{what}: {}", gap?.message))).collect()
}
