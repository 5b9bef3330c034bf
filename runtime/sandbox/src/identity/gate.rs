//! The gate in front of everything that the sandbox answers itself.

use std::path::Path;
use std::sync::Arc;

use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use time::OffsetDateTime;

use super::capture::{self, IssuedKey, Observation};
use super::credentials::CredentialStore;
use super::signature::{Signed, SignedWith, Words};
use super::simulation::Simulation;
use super::{
    Caller, CallerKind, Credentials, Decision, Denied, PolicyPrincipal, PolicyRequest, Principal, ROOT_ACCOUNT, policy,
};
use crate::backend::{Backend, error_text};
use crate::state_file::StateError;

/// The emulator could not be asked, or refused to answer.
#[derive(Debug, thiserror::Error)]
#[error("{doing} {what}: {cause}")]
pub struct IdentityError {
    doing: &'static str,
    what: String,
    cause: String,
}

impl IdentityError {
    pub(super) fn new(doing: &'static str, what: &str, cause: impl std::error::Error + ProvideErrorMetadata) -> Self {
        Self { doing, what: what.into(), cause: error_text(&cause) }
    }
}

/// Knows the access keys, verifies signatures and asks policies. Clones share their keys.
#[derive(Clone)]
pub struct Identity {
    store: Arc<CredentialStore>,
    backend: Backend,
}

impl Identity {
    /// Keys learnt earlier are read from `<state_dir>/identity/credentials.json`.
    pub fn open(state_dir: &Path, backend: Backend) -> Result<Self, StateError> {
        Ok(Self { store: Arc::new(CredentialStore::open(state_dir)?), backend })
    }

    /// Who signed the request. `parts` are those of the request as it arrived:
    /// a rewritten path or Host makes the signature wrong.
    pub fn authenticate(&self, parts: &Parts, body: &[u8]) -> Result<Caller, Denied> {
        let signed_with = SignedWith::parse(&parts.headers).ok_or_else(|| Words::of("").missing())?;
        let words = Words::of(&signed_with.scope.service);
        let now = OffsetDateTime::now_utc();
        let credentials = self.store.find(&signed_with.scope.access_key_id).ok_or_else(|| words.unknown_key())?;
        check_token(parts, &credentials, &words)?;
        signed_with.verify(&Signed { parts, body, now }, &credentials)?;
        if credentials.is_expired(now) {
            return Err(words.expired_token());
        }
        let Principal { kind, account, arn, user_id, .. } = credentials.principal;
        Ok(Caller { account, arn, user_id, access_key_id: credentials.access_key_id, kind })
    }

    /// Whether the caller's own policies allow the action. Root may do everything.
    /// `context` holds condition keys with their values. Fails closed.
    pub async fn authorize(
        &self,
        caller: &Caller,
        action: &str,
        resource_arn: &str,
        context: &[(&str, &str)],
    ) -> Result<(), Denied> {
        match self.decide(caller, action, resource_arn, context).await {
            Decision::Allowed => Ok(()),
            Decision::NotAllowed | Decision::Denied => Err(Denied::not_authorized(caller, action, resource_arn)),
        }
    }

    /// The same, telling a missing permission from a forbidden action. What
    /// cannot be evaluated is forbidden; so is everything to other accounts,
    /// whose policies are not the ones that the emulator would look at.
    pub async fn decide(
        &self,
        caller: &Caller,
        action: &str,
        resource_arn: &str,
        context: &[(&str, &str)],
    ) -> Decision {
        if caller.account != ROOT_ACCOUNT {
            return Decision::Denied;
        }
        if caller.kind == CallerKind::Root {
            return Decision::Allowed;
        }
        let Some(source) = self.policy_source_arn(caller) else { return Decision::Denied };
        let simulation = Simulation { policy_source_arn: &source, action, resource_arn, context };
        simulation.decide(&self.backend).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "a permission could not be evaluated");
            Decision::Denied
        })
    }

    /// ARN of the user or role whose policies decide; None for root and where
    /// the emulator cannot evaluate them.
    pub fn policy_source_arn(&self, caller: &Caller) -> Option<String> {
        self.store.find(&caller.access_key_id)?.principal.policy_source_arn
    }

    /// Whether a role's own policies allow an action.
    pub async fn role_allows(&self, role_arn: &str, action: &str, resource_arn: &str) -> Result<bool, IdentityError> {
        let simulation = Simulation { policy_source_arn: role_arn, action, resource_arn, context: &[] };
        Ok(simulation.decide(&self.backend).await? == Decision::Allowed)
    }

    /// Credentials of a role's session, as its trusted service would get them.
    pub async fn assume_role(&self, role_arn: &str, session_name: &str) -> Result<Credentials, IdentityError> {
        let failed = |cause: String| IdentityError { doing: "assume role", what: role_arn.into(), cause };
        let request = self.backend.sts().assume_role().role_arn(role_arn).role_session_name(session_name);
        let answer = request.send().await.map_err(|error| failed(error_text(&error)))?;
        let incomplete = || failed("the answer holds no credentials".into());
        let issued = answer.credentials.ok_or_else(incomplete)?;
        let session = answer.assumed_role_user.ok_or_else(incomplete)?;
        let credentials = Credentials {
            access_key_id: issued.access_key_id,
            secret_access_key: issued.secret_access_key,
            session_token: Some(issued.session_token),
            expires_at: Some(issued.expiration.secs()),
            principal: Principal {
                kind: CallerKind::Role,
                account: role_arn.split(':').nth(4).unwrap_or_default().into(),
                arn: session.arn,
                user_id: session.assumed_role_id,
                policy_source_arn: Some(role_arn.into()),
            },
            active: true,
        };
        self.store.learn(credentials.clone()).map_err(|error| failed(error.to_string()))?;
        Ok(credentials)
    }

    /// Whether a role's trust policy lets an AWS service assume it on behalf of
    /// `source_arn` in `source_account`. A role that does not exist trusts nobody.
    pub async fn trust_allows_service(
        &self,
        role_arn: &str,
        service: &str,
        source_account: &str,
        source_arn: &str,
    ) -> Result<bool, IdentityError> {
        let Some(trust) = self.trust_policy(role_arn).await? else { return Ok(false) };
        let context = [("aws:SourceAccount", source_account), ("aws:SourceArn", source_arn)];
        let principal = PolicyPrincipal::Service(service);
        let request = PolicyRequest { principal, action: "sts:AssumeRole", resource: None, context: &context };
        Ok(policy::allows(&trust, &request))
    }

    async fn trust_policy(&self, role_arn: &str) -> Result<Option<Value>, IdentityError> {
        let name = role_arn.rsplit('/').next().unwrap_or_default();
        let answer = self.backend.iam().get_role().role_name(name).send().await.map_err(aws_sdk_iam::Error::from);
        let role = match answer {
            Ok(answer) => answer.role.filter(|role| role.arn() == role_arn),
            Err(aws_sdk_iam::Error::NoSuchEntityException(_)) => None,
            Err(error) => return Err(IdentityError::new("read role", role_arn, error)),
        };
        let document = role.and_then(|role| role.assume_role_policy_document);
        Ok(document.map(|document| {
            let text = percent_decode_str(&document).decode_utf8_lossy();
            serde_json::from_str(&text).unwrap_or(Value::Null)
        }))
    }

    /// Learns from an answer of IAM or STS that passes through the front: call it
    /// with both bodies before the answer is handed on, so that new keys work at once.
    pub async fn observe_response(&self, request_body: &[u8], response_body: &[u8]) {
        let done = match capture::observe(request_body, response_body) {
            None => return,
            Some(Observation::Deleted { access_key_id }) => self.store.forget(&access_key_id),
            Some(Observation::SetActive { access_key_id, active }) => self.store.set_active(&access_key_id, active),
            Some(Observation::Issued(key)) => match self.owner_of(key).await {
                Ok(credentials) => self.store.learn(credentials),
                Err(error) => return tracing::warn!(%error, "a new access key stays unknown"),
            },
        };
        if let Err(error) = done {
            tracing::error!(%error, "an access key could not be recorded");
        }
    }

    /// The emulator says whose key it is.
    async fn owner_of(&self, key: IssuedKey) -> Result<Credentials, IdentityError> {
        let (id, secret) = (key.access_key_id.clone(), key.secret_access_key.clone());
        let own = aws_credential_types::Credentials::from_keys(id, secret, key.session_token.clone());
        let answer = self.backend.sts_as(own).get_caller_identity().send().await;
        let answer = answer.map_err(|error| IdentityError::new("ask for the owner of", &key.access_key_id, error))?;
        Ok(Credentials {
            principal: principal(
                answer.arn.unwrap_or_default(),
                answer.account.unwrap_or_default(),
                answer.user_id.unwrap_or_default(),
                key.role_arn,
            ),
            access_key_id: key.access_key_id,
            secret_access_key: key.secret_access_key,
            session_token: key.session_token,
            expires_at: key.expires_at,
            active: true,
        })
    }
}

/// `role_arn` is what the request asked for: it counts only where the emulator
/// says that the session is one of that role.
fn principal(arn: String, account: String, user_id: String, role_arn: Option<String>) -> Principal {
    let (kind, policy_source_arn) = if arn.ends_with(":root") {
        (CallerKind::Root, None)
    } else if arn.contains(":user/") {
        (CallerKind::User, Some(arn.clone()))
    } else {
        (CallerKind::Role, role_arn.filter(|role| is_session_of(&arn, role)))
    };
    Principal { kind, account, arn, user_id, policy_source_arn }
}

/// `arn:aws:sts::<account>:assumed-role/<name>/<session>` leaves the role's path
/// out; names are unique in an account.
fn is_session_of(session_arn: &str, role_arn: &str) -> bool {
    let session = session_arn.split_once(":assumed-role/");
    let named = session.and_then(|(head, rest)| Some((head.rsplit(':').next()?, rest.split('/').next()?)));
    let role = role_arn.split_once(":role/");
    let asked = role.and_then(|(head, rest)| Some((head.rsplit(':').next()?, rest.rsplit('/').next()?)));
    named.is_some() && named == asked
}

/// Temporary credentials come with their own token, others with none.
fn check_token(parts: &Parts, credentials: &Credentials, words: &Words) -> Result<(), Denied> {
    let sent = parts.headers.get("x-amz-security-token").map(|token| token.as_bytes());
    let matches = sent == credentials.session_token.as_deref().map(str::as_bytes);
    if matches && credentials.active { Ok(()) } else { Err(words.unknown_key()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
    use aws_sigv4::sign::v4;
    use std::time::{Duration, SystemTime};

    const URL: &str = "http://127.0.0.1:4566/tags/arn%3Aaws%3Ax//gateway%2Fops/?tagKeys=b%20c&tagKeys=a";

    struct Request {
        secret: &'static str,
        access_key_id: &'static str,
        time: SystemTime,
    }

    impl Default for Request {
        fn default() -> Self {
            Self { secret: "test", access_key_id: "test", time: SystemTime::now() }
        }
    }

    impl Request {
        /// Signed by the SDK's own signer.
        fn signed(&self, body: &[u8]) -> Parts {
            let credentials =
                aws_credential_types::Credentials::from_keys(self.access_key_id, self.secret, None).into();
            let params = v4::SigningParams::builder()
                .identity(&credentials)
                .region("us-east-1")
                .name("bedrock-agentcore")
                .time(self.time)
                .settings(SigningSettings::default())
                .build()
                .unwrap()
                .into();
            let headers = [("host", "127.0.0.1:4566"), ("x-custom", "two  spaces")];
            let signable = SignableRequest::new("POST", URL, headers.into_iter(), SignableBody::Bytes(body)).unwrap();
            let (instructions, _) = sign(signable, &params).unwrap().into_parts();
            let mut request = http::Request::builder().method("POST").uri(URL);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let mut request = request.body(()).unwrap();
            instructions.apply_to_request_http1x(&mut request);
            request.into_parts().0
        }
    }

    fn identity() -> (tempfile::TempDir, Identity) {
        let folder = tempfile::tempdir().unwrap();
        let backend = Backend::new("http://127.0.0.1:9", "us-east-1").unwrap();
        let identity = Identity::open(folder.path(), backend).unwrap();
        (folder, identity)
    }

    fn code(result: Result<Caller, Denied>) -> String {
        result.unwrap_err().code
    }

    #[test]
    fn a_request_signed_by_the_sdks_signer_is_roots() {
        let caller = identity().1.authenticate(&Request::default().signed(b"{}"), b"{}").unwrap();
        assert_eq!((caller.kind, caller.arn.as_str()), (CallerKind::Root, "arn:aws:iam::000000000000:root"));
    }

    #[test]
    fn a_tampered_body_header_or_path_is_refused() {
        let (_folder, identity) = identity();
        let parts = Request::default().signed(b"{}");
        assert_eq!(code(identity.authenticate(&parts, b"{ }")), "InvalidSignatureException");
        let mut other_header = parts.clone();
        other_header.headers.insert("x-custom", "three".parse().unwrap());
        assert_eq!(code(identity.authenticate(&other_header, b"{}")), "InvalidSignatureException");
        let mut other_path = parts.clone();
        other_path.uri = "http://127.0.0.1:4566/gateways/".parse().unwrap();
        assert_eq!(code(identity.authenticate(&other_path, b"{}")), "InvalidSignatureException");
    }

    #[test]
    fn a_wrong_secret_an_unknown_key_and_no_signature_are_refused() {
        let (_folder, identity) = identity();
        let wrong = Request { secret: "guess", ..Request::default() }.signed(b"");
        assert_eq!(code(identity.authenticate(&wrong, b"")), "InvalidSignatureException");
        let unknown = Request { access_key_id: "AKIANOBODY", ..Request::default() }.signed(b"");
        assert_eq!(code(identity.authenticate(&unknown, b"")), "UnrecognizedClientException");
        let mut unsigned = Request::default().signed(b"");
        unsigned.headers.remove("authorization");
        assert_eq!(code(identity.authenticate(&unsigned, b"")), "MissingAuthenticationTokenException");
    }

    #[test]
    fn an_old_or_future_date_is_refused() {
        let (_folder, identity) = identity();
        let ten_minutes = Duration::from_secs(600);
        for time in [SystemTime::now() - ten_minutes, SystemTime::now() + ten_minutes] {
            let denied = identity.authenticate(&Request { time, ..Request::default() }.signed(b""), b"").unwrap_err();
            assert_eq!(denied.code, "InvalidSignatureException");
            assert!(denied.message.starts_with("Signature "), "{}", denied.message);
        }
    }

    #[test]
    fn a_token_that_the_key_does_not_have_is_refused() {
        let mut parts = Request::default().signed(b"");
        parts.headers.insert("x-amz-security-token", "made-up".parse().unwrap());
        assert_eq!(code(identity().1.authenticate(&parts, b"")), "UnrecognizedClientException");
    }

    #[test]
    fn a_session_is_judged_by_the_role_that_it_is_of() {
        let source = |arn: &str, role: &str| {
            principal(arn.into(), ROOT_ACCOUNT.into(), "id".into(), Some(role.into())).policy_source_arn
        };
        let role = "arn:aws:iam::000000000000:role/path/ex";
        assert_eq!(source("arn:aws:sts::000000000000:assumed-role/ex/s1", role).as_deref(), Some(role));
        assert_eq!(source("arn:aws:sts::000000000000:assumed-role/other/s1", role), None);
        assert_eq!(source("arn:aws:sts::111111111111:assumed-role/ex/s1", role), None);
        assert_eq!(source("arn:aws:sts::000000000000:federated-user/ex", role), None);
    }

    #[tokio::test]
    async fn another_accounts_root_is_nobody_here() {
        let (_folder, identity) = identity();
        let root = identity.authenticate(&Request::default().signed(b""), b"").unwrap();
        let stranger = Caller { account: "111111111111".into(), ..root };
        assert!(identity.authorize(&stranger, "x:Y", "*", &[]).await.is_err());
    }

    #[tokio::test]
    async fn nobody_but_root_passes_while_the_emulator_cannot_be_asked() {
        let (_folder, identity) = identity();
        let root = identity.authenticate(&Request::default().signed(b""), b"").unwrap();
        assert_eq!(identity.authorize(&root, "x:Y", "*", &[]).await, Ok(()));
        let user = Caller { kind: CallerKind::User, access_key_id: "AKIAGONE".into(), ..root };
        let denied = identity.authorize(&user, "x:Y", "arn:z", &[]).await.unwrap_err();
        assert_eq!(denied.code, "AccessDeniedException");
        assert!(denied.message.ends_with("is not authorized to perform: x:Y on resource: arn:z"));
    }
}
