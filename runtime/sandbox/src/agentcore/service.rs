//! The service as a whole: its parts, its settings, and what happens after an
//! asynchronous operation was accepted.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use time::OffsetDateTime;

use super::fault::Fault;
use super::invoker::ToolInvoker;
use super::issuer_keys::IssuerKeys;
use super::model::{Entry, Status, Target};
use super::permissions::{GatewayCall, GatewayPermissions, IamPermissions};
use super::store::{State, Store};
use super::{control, data};
use crate::backend::Backend;
use crate::identity::Identity;
use crate::state_file::StateError;

/// How long an accepted operation stays visible as under way. AWS takes
/// seconds; clients must poll here as there.
const SETTLING: Duration = Duration::from_millis(150);

pub struct AgentCoreOptions {
    pub state_dir: PathBuf,
    /// Of the front, `http://127.0.0.1:<port>` without a slash at its end.
    pub base_url: String,
    pub account: String,
    pub region: String,
    pub identity: Identity,
    pub backend: Backend,
    pub invoker: Arc<dyn ToolInvoker>,
}

/// Clones share their gateways.
#[derive(Clone)]
pub struct AgentCore(Arc<Parts>);

pub struct Parts {
    pub(super) base_url: String,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) identity: Identity,
    pub(super) invoker: Arc<dyn ToolInvoker>,
    pub(super) permissions: Arc<dyn GatewayPermissions>,
    pub(super) store: Store,
    pub(super) issuer_keys: IssuerKeys,
}

impl std::ops::Deref for AgentCore {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl AgentCore {
    /// Reads `<state_dir>/agentcore/gateways.json` and finishes what a stopped
    /// process left under way. Must be called within a Tokio runtime.
    pub fn open(options: AgentCoreOptions) -> Result<Self, StateError> {
        let (identity, backend) = (options.identity.clone(), options.backend.clone());
        Self::open_with_permissions(options, Arc::new(IamPermissions { identity, backend }))
    }

    /// The same with another source of permissions.
    pub fn open_with_permissions(
        options: AgentCoreOptions,
        permissions: Arc<dyn GatewayPermissions>,
    ) -> Result<Self, StateError> {
        let AgentCoreOptions { state_dir, base_url, account, region, identity, backend: _, invoker } = options;
        let failed = |error| StateError::new("set up the HTTP client for", &state_dir, error);
        let issuer_keys = IssuerKeys::new().map_err(failed)?;
        let store = Store::open(&state_dir)?;
        let parts = Parts { base_url, account, region, identity, invoker, permissions, store, issuer_keys };
        let core = Self(Arc::new(parts));
        core.resume();
        Ok(core)
    }

    /// Answers `/gateways/...` and `/tags/...`, signed for `bedrock-agentcore`.
    pub fn control_router(&self) -> Router {
        control::router(self.clone())
    }

    /// Answers `/_aws/agentcore/<gateway id>/...`.
    pub fn data_router(&self) -> Router {
        data::router(self.clone())
    }

    pub(super) fn gateway_arn(&self, id: &str) -> String {
        format!("arn:aws:bedrock-agentcore:{}:{}:gateway/{id}", self.region, self.account)
    }

    /// Without `/mcp`.
    pub(super) fn gateway_base(&self, id: &str) -> String {
        format!("{}/_aws/agentcore/{id}", self.base_url)
    }

    pub(super) fn call_of(&self, entry: &Entry, target: &Target) -> GatewayCall {
        GatewayCall {
            account: self.account.clone(),
            gateway_arn: entry.gateway.gateway_arn.clone(),
            role_arn: entry.gateway.settings.role_arn.clone(),
            function_arn: target.settings.lambda_arn.clone(),
        }
    }

    fn resume(&self) {
        let pending = self.store.read(|state| {
            let gateways = state.gateways.iter();
            gateways
                .map(|(id, entry)| (id.clone(), entry.targets.keys().cloned().collect::<Vec<_>>()))
                .collect::<Vec<_>>()
        });
        for (gateway_id, targets) in pending {
            targets.into_iter().for_each(|target_id| self.settle_target(&gateway_id, target_id));
            self.settle_gateway(gateway_id);
        }
    }

    /// Ends the operation that a gateway is in, after a while; harmless when there is none.
    pub(super) fn settle_gateway(&self, id: String) {
        let core = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(SETTLING).await;
            core.finish(|state| {
                let gateway = &mut state.gateway_mut(&id)?.gateway;
                match gateway.status {
                    Status::Deleting => drop(state.gateways.remove(&id)),
                    status if status.is_settled() => {}
                    _ => {
                        gateway.status = Status::Ready;
                        gateway.updated_at = OffsetDateTime::now_utc();
                    }
                }
                Ok(())
            });
        });
    }

    /// Ends the operation that a target is in: probes the function, as the
    /// service does, and records why it cannot be invoked.
    pub(super) fn settle_target(&self, gateway_id: &str, target_id: String) {
        let (core, gateway_id) = (self.clone(), gateway_id.to_string());
        tokio::spawn(async move {
            tokio::time::sleep(SETTLING).await;
            let probe = core.store.read(|state| {
                let (entry, target) = (state.gateway(&gateway_id)?, state.target(&gateway_id, &target_id)?);
                Ok::<_, Fault>((target.status, core.call_of(entry, target)))
            });
            let Ok((status, call)) = probe else { return };
            if status.is_settled() {
                return;
            }
            let refusal = match status {
                Status::Deleting => None,
                _ => core.permissions.check(&call).await.err(),
            };
            core.finish(|state| {
                let target = state.target_mut(&gateway_id, &target_id)?;
                if target.status == Status::Deleting {
                    state.gateway_mut(&gateway_id)?.targets.remove(&target_id);
                    return Ok(());
                }
                target.status = settled(target.status, refusal.is_some());
                target.status_reasons = refusal.iter().map(ToString::to_string).collect();
                target.updated_at = OffsetDateTime::now_utc();
                Ok(())
            });
        });
    }

    fn finish(&self, edit: impl FnOnce(&mut State) -> Result<(), Fault>) {
        if let Err(fault) = self.store.change(edit) {
            tracing::warn!(?fault, "an operation on a gateway could not be finished");
        }
    }
}

fn settled(status: Status, refused: bool) -> Status {
    match (status, refused) {
        (_, false) => Status::Ready,
        (Status::Updating, true) => Status::UpdateUnsuccessful,
        (_, true) => Status::Failed,
    }
}
