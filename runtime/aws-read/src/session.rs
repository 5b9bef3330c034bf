//! Credentials for one service only: sessions of the client's own role with a
//! session policy that lists nothing but the reads of the called service, or of
//! the called operation where that list is too long. What leaves this process
//! signed with them can do no more, whatever the role may do.
//!
//! AssumeRole is no read and not on the allowlist: it is asked here, by a path
//! that can build no other request than the two of [`sts`].

mod policy;
mod sts;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use tokio::sync::OnceCell;

use crate::allowlist::{AllowedOperation, DataOptIn};
use crate::credentials::CredentialsCache;
use crate::endpoint::Endpoints;
use crate::error::ReadError;
use crate::region::Region;
use crate::transport::Transport;
use policy::Scope;
use sts::Sts;

/// Makes sessions and keeps them until shortly before they expire.
#[derive(Debug)]
pub(crate) struct Sessions {
    sts: Arc<Sts>,
    role: Arc<Role>,
    /// By what the session may do; as many as there are services and operations.
    kept: std::sync::Mutex<HashMap<Scope, Arc<CredentialsCache>>>,
}

/// The role that is assumed, which is the client's own.
#[derive(Debug)]
struct Role {
    given: Option<String>,
    asked: OnceCell<String>,
}

impl Sessions {
    /// `role` is asked of STS when it is not given.
    pub fn new(
        transport: Arc<Transport>,
        endpoints: Arc<Endpoints>,
        base: Arc<CredentialsCache>,
        region: Region,
        role: Option<String>,
    ) -> Self {
        Self {
            sts: Arc::new(Sts { transport, endpoints, base, region }),
            role: Arc::new(Role { given: role, asked: OnceCell::new() }),
            kept: std::sync::Mutex::default(),
        }
    }

    /// Credentials that can make this call and its like.
    pub async fn credentials(&self, operation: &AllowedOperation, data: &DataOptIn) -> Result<Credentials, ReadError> {
        let (scope, policy) = policy::of(operation, data);
        let cache = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.entry(scope.clone()).or_insert_with(|| self.cache(scope, policy)).clone()
        };
        cache.get().await
    }

    fn cache(&self, scope: Scope, policy: String) -> Arc<CredentialsCache> {
        let session = Session { sts: self.sts.clone(), role: self.role.clone(), name: scope.session_name(), policy };
        Arc::new(CredentialsCache::new(SharedCredentialsProvider::new(session)))
    }
}

/// One session of the role.
#[derive(Debug)]
struct Session {
    sts: Arc<Sts>,
    role: Arc<Role>,
    name: String,
    policy: String,
}

impl Session {
    async fn assumed(&self) -> Result<Credentials, String> {
        let role = match &self.role.given {
            Some(role) => role,
            None => self.role.asked.get_or_try_init(|| self.sts.own_role()).await?,
        };
        self.sts.assume_role(role, &self.name, &self.policy).await
    }
}

impl ProvideCredentials for Session {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let narrowed = self.assumed().await;
            narrowed.map_err(|cause| CredentialsError::provider_error(format!("narrow them to a session: {cause}")))
        })
    }
}
