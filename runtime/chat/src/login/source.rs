//! Which token a request carries: a given one, the cached one, a refreshed one
//! or that of a new login, in this order.

use std::time::SystemTime;

use contract::Connection;
use url::Url;

use super::{
    cache::{StoredTokens, TokenCache},
    code_flow::Approval,
    issuer::{Account, Issuer},
};
use crate::{connection::is_loopback, failure::Failure, notices::Notices, token::Token};

/// Whether a person can be asked to log in.
#[derive(Debug, Clone)]
pub enum MayLogIn {
    Yes(Notices),
    /// No terminal: a login must have happened before.
    No,
}

/// Where the tokens of one connection come from.
pub struct TokenSource {
    account: Account,
    redirect_port: u16,
    /// `None` when nobody is there to approve a login.
    approval: Option<Approval>,
    cache: TokenCache,
    given: Option<Token>,
    login_command: String,
}

impl TokenSource {
    /// A given token wins over everything. `login_command` is what the user types to log in.
    pub fn new(connection: &Connection, cache: TokenCache, may_log_in: MayLogIn, login_command: String) -> Self {
        let follows = connection.local && Url::parse(&connection.issuer).is_ok_and(|url| is_loopback(&url));
        let approval = match may_log_in {
            _ if follows => Some(Approval::Follow),
            MayLogIn::Yes(notices) => Some(Approval::Browser(notices)),
            MayLogIn::No => None,
        };
        Self {
            account: Account {
                issuer: connection.issuer.clone(),
                client_id: connection.client_id.clone(),
                scopes: scopes(connection),
            },
            redirect_port: connection.redirect_port,
            approval,
            cache,
            given: None,
            login_command,
        }
    }

    /// Uses this token from now on.
    pub fn give(&mut self, token: Token) {
        self.given = Some(token);
    }

    /// A token that is good for at least a minute, as far as can be known.
    ///
    /// # Errors
    /// `login/required` when a login is needed and nobody can be asked, or a failed login's own.
    pub async fn current(&self) -> Result<Token, Failure> {
        if let Some(token) = &self.given {
            return Ok(token.clone());
        }
        match self.usable(None)? {
            Some(token) => Ok(token),
            None => self.renew(None).await,
        }
    }

    /// Another token after the agent refused `rejected`; `None` when that was a given one.
    pub async fn after_rejection(&self, rejected: &Token) -> Result<Option<Token>, Failure> {
        if self.given.is_some() {
            return Ok(None);
        }
        self.renew(Some(rejected)).await.map(Some)
    }

    /// Logs in anew, whatever the cache holds.
    pub async fn log_in(&self) -> Result<StoredTokens, Failure> {
        self.account.require_issuer()?;
        let _turn = self.cache.lock(&self.account).await?;
        self.log_in_holding_the_lock().await
    }

    /// Forgets the cached tokens; true when there were any.
    pub fn log_out(&self) -> Result<bool, Failure> {
        self.cache.remove(&self.account)
    }

    fn usable(&self, rejected: Option<&Token>) -> Result<Option<Token>, Failure> {
        let tokens = self.cache.load(&self.account)?.filter(|tokens| tokens.is_fresh(SystemTime::now()));
        Ok(tokens.map(|tokens| tokens.access_token).filter(|token| Some(token) != rejected))
    }

    /// One client at a time: issuers that rotate refresh tokens take a second
    /// use of one for theft, so whoever waited looks into the cache again.
    async fn renew(&self, rejected: Option<&Token>) -> Result<Token, Failure> {
        self.account.require_issuer()?;
        let _turn = self.cache.lock(&self.account).await?;
        if let Some(token) = self.usable(rejected)? {
            return Ok(token);
        }
        let refresh_token = self.cache.load(&self.account)?.and_then(|tokens| tokens.refresh_token);
        if let Some(refresh_token) = refresh_token
            && let Some(tokens) = Issuer::discover(&self.account).await?.refresh(&refresh_token).await?
        {
            self.cache.save(&tokens)?;
            return Ok(tokens.access_token);
        }
        Ok(self.log_in_holding_the_lock().await?.access_token)
    }

    async fn log_in_holding_the_lock(&self) -> Result<StoredTokens, Failure> {
        let Some(approval) = &self.approval else { return Err(self.required()) };
        let tokens = Issuer::discover(&self.account).await?.log_in(self.redirect_port, approval).await?;
        self.cache.save(&tokens)?;
        Ok(tokens)
    }

    fn required(&self) -> Failure {
        let doing = format!("get a token of {}", self.account.issuer);
        Failure::new("login/required", doing, "nobody is logged in and there is no terminal to ask at")
            .hint(format!("run `{}` once, or give a token with --token-file", self.login_command))
    }
}

/// Without a scope there is no OpenID login at all (OpenID Connect Core, section 3.1.2.1).
fn scopes(connection: &Connection) -> Vec<String> {
    if connection.scopes.is_empty() { vec!["openid".into()] } else { connection.scopes.clone() }
}
