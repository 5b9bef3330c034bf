//! Links before anything is deployed: settings, who is calling and where, what
//! they may do, the lease and the models.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use deployer_aws::LeaseRecord;
use deployer_core::doctor::{self, LeaseFacts, ModelFacts, Simulated, Verdict};
use deployer_core::permissions::{Caller, PlannedCall, When, calls};
use deployer_core::settings::{Platform, Settings};
use deployer_core::{Failure, Observed};

use super::chain::Chain;
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;

const SETTINGS: &str = "settings";
const PLATFORM: &str = "local platform";
const CREDENTIALS: &str = "credentials";
const ACCOUNT: &str = "account";

pub fn settings(chain: &mut Chain, project: &Project, environment: &str) -> Option<Settings> {
    match project.settings(environment) {
        Ok(settings) => {
            chain.add(SETTINGS, Verdict::ok("valid"));
            Some(settings)
        }
        Err(stop) => {
            chain.add(SETTINGS, refused(stop));
            None
        }
    }
}

fn refused(stop: Stop) -> Verdict {
    match stop {
        Stop::Configuration(faults) => {
            let causes: Vec<_> =
                faults.iter().map(|fault| format!("{}:{}: {}", fault.file, fault.line, fault.message)).collect();
            let hint = faults.iter().find_map(|fault| fault.hint.clone());
            let hint = hint.unwrap_or_else(|| "docs/settings.md explains every key".into());
            Verdict::broken(faults.first().map_or("config/invalid-value", |fault| fault.code), causes.join("; "), hint)
        }
        stop => first_failure(stop).into(),
    }
}

/// Connects, and says who is calling.
pub async fn session(chain: &mut Chain, project: &Project, settings: Settings) -> Option<Session> {
    let is_local = matches!(settings.platform, Platform::Local { .. });
    let region = settings.aws.region.clone();
    match Session::find(project, settings).await {
        Ok(session) => {
            if is_local {
                chain.add(PLATFORM, Verdict::ok("runs"));
            }
            chain.add(CREDENTIALS, Verdict::ok(session.clients.principal()));
            chain.add(ACCOUNT, account(&session));
            Some(session)
        }
        Err(stop) => {
            unconnected(chain, first_failure(stop), is_local, &region);
            None
        }
    }
}

fn account(session: &Session) -> Verdict {
    let account = session.clients.account();
    match &session.settings.aws.account {
        Some(_) => Verdict::ok(format!("{account}, as aws.account says")),
        None if session.platform.is_some() => Verdict::ok(account),
        None => Verdict::warning(
            format!("{account}; aws.account is not set, so any account would do"),
            format!("set aws.account = \"{account}\" in the environment file"),
        ),
    }
}

fn unconnected(chain: &mut Chain, failure: Failure, is_local: bool, region: &str) {
    if !failure.code.starts_with("aws/") {
        chain.add(if is_local { PLATFORM } else { CREDENTIALS }, failure.into());
        return chain.skip(if is_local { &[CREDENTIALS, ACCOUNT] } else { &[ACCOUNT] });
    }
    if is_local {
        chain.add(PLATFORM, Verdict::ok("runs"));
    }
    if failure.code == "aws/wrong-account" {
        chain.add(CREDENTIALS, Verdict::ok("accepted"));
        return chain.add(ACCOUNT, failure.into());
    }
    let also = doctor::credentials_hint(region).filter(|_| failure.code == "aws/credentials");
    let hint = [failure.hint.clone(), also].into_iter().flatten().collect::<Vec<_>>().join("; ");
    let verdict = Verdict::from(failure);
    chain.add(CREDENTIALS, if hint.is_empty() { verdict } else { verdict.with_hint(hint) });
    chain.skip(&[ACCOUNT]);
}

pub fn none(chain: &mut Chain) -> Option<Session> {
    chain.skip(&[CREDENTIALS, ACCOUNT]);
    None
}

pub fn skip_rest(chain: &mut Chain) {
    chain.skip(&["region", "permissions", "lease", "model"]);
}

/// What AWS says about the account.
pub struct Account {
    permissions: Result<Option<Vec<Simulated>>, Failure>,
    lease: Result<Option<LeaseRecord>, Failure>,
    /// By model id, in the order of the settings.
    models: Vec<(String, Result<Vec<ModelFacts>, Failure>)>,
}

pub async fn read(session: &Session) -> Account {
    let Session { clients, settings, .. } = session;
    let planned = planned_calls(session);
    let (permissions, lease, models) = tokio::join!(
        deployer_aws::simulate(clients, &planned),
        deployer_aws::lease_holder(clients, settings),
        models(session),
    );
    Account { permissions, lease, models }
}

/// The calls of a deployment and its test. CloudFormation's count where it acts as the caller.
fn planned_calls(session: &Session) -> Vec<PlannedCall> {
    const NEEDED: [When; 4] = [When::Plan, When::Up, When::Down, When::Smoke];
    let acts_as_caller = session.settings.aws.cloudformation_role.is_none();
    let all = calls(&session.settings, session.clients.location()).into_iter();
    all.filter(|call| call.statement.is_some())
        .filter(|call| call.when.iter().any(|when| NEEDED.contains(when)))
        .filter(|call| call.caller == Caller::Deployer || acts_as_caller)
        .collect()
}

async fn models(session: &Session) -> Vec<(String, Result<Vec<ModelFacts>, Failure>)> {
    let model = &session.settings.model;
    let now = i64::try_from(now().as_secs()).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    for id in std::iter::once(&model.id).chain(&model.fallbacks) {
        found.push((id.clone(), deployer_aws::model_facts(&session.clients, id, now).await));
    }
    found
}

pub fn add(chain: &mut Chain, session: &Session, observed: &Observed, account: Account) {
    chain.add("region", doctor::region(&session.settings.aws.region, observed));
    chain.add("permissions", permissions(account.permissions));
    chain.add("lease", lease(account.lease));
    for (id, facts) in account.models {
        let verdict = match facts {
            Ok(facts) => doctor::model(&id, &facts),
            Err(failure) => Verdict::unread(&failure),
        };
        chain.add(&format!("model {id}"), verdict);
    }
}

fn permissions(simulated: Result<Option<Vec<Simulated>>, Failure>) -> Verdict {
    match simulated {
        Ok(Some(simulated)) => doctor::permissions(&simulated),
        Ok(None) => Verdict::ok("the root user may do everything"),
        // Nobody needs the simulation itself to deploy.
        Err(failure) => Verdict::unread(&failure).with_hint("allow iam:SimulatePrincipalPolicy to have them checked"),
    }
}

fn lease(found: Result<Option<LeaseRecord>, Failure>) -> Verdict {
    let now = u64::try_from(now().as_millis()).unwrap_or(u64::MAX);
    match found {
        Ok(found) => {
            let facts = found.as_ref().map(|lease| LeaseFacts {
                holder: &lease.holder,
                since: &lease.since,
                expires_at: lease.expires_at,
            });
            doctor::lease(facts, now)
        }
        Err(failure) if failure.code == "aws/denied" => failure.into(),
        Err(failure) => Verdict::unread(&failure),
    }
}

fn first_failure(stop: Stop) -> Failure {
    match stop {
        Stop::Failures(failures) => failures.into_iter().next(),
        _ => None,
    }
    .unwrap_or_else(|| Failure::new("run/unreadable", "connect", "no cause was given"))
}

/// Since 1970.
pub fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
