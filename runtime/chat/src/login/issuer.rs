//! The issuer as its discovery document describes it, and its token endpoint.

use std::time::SystemTime;

use openidconnect::{
    AuthenticationFlow, AuthorizationCode, ClientId, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope,
    TokenResponse,
    core::{CoreClient, CoreErrorResponseType, CoreResponseType, CoreTokenResponse},
};
use url::Url;

use super::{
    discovery::{self, Extensions, askable_scopes},
    http::{IssuerHttp, IssuerHttpError},
    redirect::{Expected, redirect_host},
    tokens::StoredTokens,
};
use crate::{
    connection::is_loopback_address,
    failure::{Failure, chain},
    http_client,
    token::Token,
};

pub(super) type DiscoveredClient =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;
type TokenError = RequestTokenError<IssuerHttpError, openidconnect::StandardErrorResponse<CoreErrorResponseType>>;

/// Whose tokens these are: a public client of an issuer, and what it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub issuer: String,
    pub client_id: String,
    pub scopes: Vec<String>,
}

impl Account {
    /// # Errors
    /// `login/no-issuer` when nobody can be asked for a token.
    pub fn require_issuer(&self) -> Result<(), Failure> {
        if !self.issuer.is_empty() && !self.client_id.is_empty() {
            return Ok(());
        }
        Err(Failure::new("login/no-issuer", "log in", "the connection names no issuer or no client id").hint(
            "add --issuer and --client-id to --url, give a token with --token-file, or ask without one with --no-token",
        ))
    }

    /// Whether the issuer is this machine.
    pub(super) fn is_local(&self) -> bool {
        is_loopback_address(&self.issuer)
    }
}

/// A discovered issuer.
pub struct Issuer {
    account: Account,
    /// As the discovery document writes it.
    identifier: String,
    redirect_host: &'static str,
    scopes: Vec<String>,
    extensions: Extensions,
    client: DiscoveredClient,
    http: IssuerHttp,
}

/// What must be remembered between asking for a code and redeeming it.
pub(super) struct PendingLogin {
    pub authorization_url: Url,
    pub expected: Expected,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    redirect_url: RedirectUrl,
}

impl Issuer {
    /// Reads `<issuer>/.well-known/openid-configuration` and the signing keys.
    ///
    /// # Errors
    /// `login/no-issuer` without issuer or client id, `login/discovery` when the
    /// documents cannot be read or name another issuer.
    pub async fn discover(account: &Account) -> Result<Self, Failure> {
        account.require_issuer()?;
        let url = Url::parse(&account.issuer)
            .map_err(|error| Failure::new("login/discovery", format!("read issuer `{}`", account.issuer), error))?;
        let http = IssuerHttp(http_client::for_server(&url)?);
        let metadata = discovery::read(account, &http).await?;
        let (identifier, extensions) = (metadata.issuer().to_string(), metadata.additional_metadata().clone());
        let redirect_host = redirect_host(metadata.issuer().url());
        let scopes = askable_scopes(account, &metadata);
        let client = CoreClient::from_provider_metadata(metadata, ClientId::new(account.client_id.clone()), None)
            .disable_openid_scope();
        Ok(Self { account: account.clone(), identifier, redirect_host, scopes, extensions, client, http })
    }

    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    pub(super) fn http(&self) -> &reqwest::Client {
        &self.http.0
    }

    pub(super) fn transport(&self) -> &IssuerHttp {
        &self.http
    }

    pub(super) fn client(&self) -> &DiscoveredClient {
        &self.client
    }

    pub(super) fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    pub(super) fn redirect_host(&self) -> &'static str {
        self.redirect_host
    }

    /// What a login asks for.
    pub(super) fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// Makes up state, nonce and PKCE verifier for one login.
    pub(super) fn begin(&self, redirect: &Url) -> PendingLogin {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let redirect_url = RedirectUrl::from_url(redirect.clone());
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let (authorization_url, state, nonce) = self
            .client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(self.scopes.iter().cloned().map(Scope::new))
            .set_redirect_uri(std::borrow::Cow::Borrowed(&redirect_url))
            .set_pkce_challenge(challenge)
            .url();
        let expected = Expected {
            state: state.secret().clone(),
            issuer: self.identifier.clone(),
            must_name_issuer: self.extensions.authorization_response_iss_parameter_supported,
        };
        PendingLogin { authorization_url, expected, nonce, verifier, redirect_url }
    }

    /// Redeems the code and checks the identity token's signature and nonce.
    pub(super) async fn redeem(&self, pending: PendingLogin, code: String) -> Result<StoredTokens, Failure> {
        let doing = format!("redeem the authorization code at {}", self.account.issuer);
        let failed = |cause: String| Failure::new("login/refused", &doing, cause);
        let answer = self
            .client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| failed(chain(&error)))?
            .set_pkce_verifier(pending.verifier)
            .set_redirect_uri(std::borrow::Cow::Borrowed(&pending.redirect_url))
            .request_async(&self.http)
            .await
            .map_err(|error| failed(explain(&error)))?;
        if let Some(identity) = answer.id_token() {
            identity
                .claims(&self.client.id_token_verifier(), &pending.nonce)
                .map_err(|error| failed(format!("the identity token is not valid: {}", chain(&error))))?;
        }
        self.stored(&answer, None)
    }

    /// New tokens for a refresh token; `None` when the issuer no longer takes it.
    ///
    /// # Errors
    /// `login/refresh` when the issuer cannot be asked.
    pub async fn refresh(&self, refresh_token: &Token) -> Result<Option<StoredTokens>, Failure> {
        let failed = |cause: String| {
            Failure::new("login/refresh", format!("refresh the token at {}", self.account.issuer), cause)
        };
        let secret = RefreshToken::new(refresh_token.expose().to_owned());
        let request = self.client.exchange_refresh_token(&secret).map_err(|error| failed(chain(&error)))?;
        match request.request_async(&self.http).await {
            Ok(answer) => self.stored(&answer, Some(refresh_token)).map(Some),
            Err(RequestTokenError::ServerResponse(told)) if !is_passing(told.error()) => Ok(None),
            Err(error) => Err(failed(explain(&error))),
        }
    }

    /// Ends the refresh token, and what was made from it, at the issuer (RFC 7009); false where it offers no way.
    ///
    /// # Errors
    /// `login/revoke` when the issuer cannot be asked or refuses.
    pub async fn revoke(&self, refresh_token: &Token) -> Result<bool, Failure> {
        let Some(endpoint) = self.extensions.revocation_endpoint.clone() else { return Ok(false) };
        let failed =
            |cause: String| Failure::new("login/revoke", format!("end the login at {}", self.account.issuer), cause);
        let form = [
            ("token", refresh_token.expose()),
            ("token_type_hint", "refresh_token"),
            ("client_id", &self.account.client_id),
        ];
        let answer = self.http.0.post(endpoint).form(&form).send().await;
        let answer = answer.map_err(|error| failed(chain(&error.without_url())))?;
        if answer.status().is_success() { Ok(true) } else { Err(failed(format!("it answered {}", answer.status()))) }
    }

    /// An issuer that does not rotate refresh tokens answers without one: the old one stays good.
    pub(super) fn stored(
        &self,
        answer: &CoreTokenResponse,
        old_refresh: Option<&Token>,
    ) -> Result<StoredTokens, Failure> {
        let access_token = Token::parse(answer.access_token().secret(), "the issuer's answer")?;
        let refresh_token = match answer.refresh_token() {
            Some(token) => Some(Token::parse(token.secret(), "the issuer's answer")?),
            None => old_refresh.cloned(),
        };
        let expires_at = answer
            .expires_in()
            .and_then(|lifetime| (SystemTime::now() + lifetime).duration_since(SystemTime::UNIX_EPOCH).ok())
            .map(|since| since.as_secs())
            .or_else(|| access_token.expires_at());
        Ok(StoredTokens { account: self.account.clone(), access_token, refresh_token, expires_at })
    }
}

/// An issuer in trouble says nothing about the refresh token.
fn is_passing(error: &CoreErrorResponseType) -> bool {
    ["temporarily_unavailable", "server_error", "slow_down"].contains(&error.as_ref())
}

/// The library's parse error holds the answer's bytes; its text does not, and only the text is used.
fn explain(error: &TokenError) -> String {
    chain(error)
}
