//! Which token a request carries: a given one, the cached one, a refreshed one
//! or that of a new login, in this order.

use std::{
    sync::{PoisonError, RwLock},
    time::SystemTime,
};

use contract::Connection;

use super::{
    cache::TokenCache,
    code_flow::{Approval, TIMEOUT},
    issuer::{Account, Issuer},
    tokens::StoredTokens,
    way::LoginWay,
};
use crate::{connection::is_loopback_address, failure::Failure, notices::Notices, token::Token};

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
    /// Whether the issuer approves by itself, as the local platform's does.
    follows: bool,
    /// Who can be asked to log in.
    person: Option<Notices>,
    way: LoginWay,
    cache: TokenCache,
    choice: RwLock<Choice>,
    login_command: String,
}

/// What the user said about the token.
#[derive(Debug, Clone)]
enum Choice {
    /// That of the login.
    OfLogin,
    Given(Token),
    /// None at all: the agent knows the caller's AWS identity alone.
    Off,
}

impl TokenSource {
    /// A given token wins over everything. `login_command` is what the user types to log in.
    pub fn new(connection: &Connection, cache: TokenCache, may_log_in: MayLogIn, login_command: String) -> Self {
        let follows = connection.local && is_loopback_address(&connection.issuer);
        let person = match may_log_in {
            MayLogIn::Yes(notices) => Some(notices),
            MayLogIn::No => None,
        };
        Self {
            account: Account {
                issuer: connection.issuer.clone(),
                client_id: connection.client_id.clone(),
                scopes: scopes(connection),
            },
            redirect_port: connection.redirect_port,
            follows,
            person,
            cache,
            choice: RwLock::new(Choice::OfLogin),
            way: LoginWay::default(),
            login_command,
        }
    }

    /// How a person logs in when that is needed.
    pub fn prefer(&mut self, way: LoginWay) {
        self.way = way;
    }

    /// Uses this token from now on.
    pub fn give(&self, token: Token) {
        self.choose(Choice::Given(token));
    }

    /// Sends no token from now on.
    pub fn turn_off(&self) {
        self.choose(Choice::Off);
    }

    /// Whether requests go without a token.
    pub fn is_off(&self) -> bool {
        matches!(self.choice(), Choice::Off)
    }

    /// Whether there is a token that nobody has to log in for.
    pub async fn is_ready(&self) -> bool {
        match self.choice() {
            Choice::Given(_) | Choice::Off => true,
            Choice::OfLogin => self.usable(None).await.is_ok_and(|token| token.is_some()),
        }
    }

    /// A token that is good for at least a minute, as far as can be known.
    ///
    /// # Errors
    /// `login/required` when a login is needed and nobody can be asked, or a failed login's own.
    pub async fn current(&self) -> Result<Token, Failure> {
        if let Choice::Given(token) = self.choice() {
            return Ok(token);
        }
        match self.usable(None).await? {
            Some(token) => Ok(token),
            None => self.renew(None).await,
        }
    }

    /// Another token after the agent refused `rejected`; `None` when that was a given one.
    pub async fn after_rejection(&self, rejected: &Token) -> Result<Option<Token>, Failure> {
        if let Choice::Given(_) = self.choice() {
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

    /// Forgets the kept tokens and ends the login at the issuer, where it offers that.
    pub async fn log_out(&self) -> Result<LoggedOut, Failure> {
        let refresh_token = match self.cache.load(&self.account).await {
            Ok(tokens) => tokens.and_then(|tokens| tokens.refresh_token),
            // What cannot be read can still be removed.
            Err(_) => None,
        };
        let forgotten = self.cache.remove(&self.account).await?;
        let ended = match refresh_token {
            Some(token) => self.revoke(&token).await,
            None => Ok(false),
        };
        Ok(LoggedOut { forgotten, ended })
    }

    async fn revoke(&self, refresh_token: &Token) -> Result<bool, Failure> {
        Issuer::discover(&self.account).await?.revoke(refresh_token).await
    }

    fn choice(&self) -> Choice {
        self.choice.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn choose(&self, choice: Choice) {
        *self.choice.write().unwrap_or_else(PoisonError::into_inner) = choice;
    }

    async fn usable(&self, rejected: Option<&Token>) -> Result<Option<Token>, Failure> {
        let tokens = self.cache.load(&self.account).await?.filter(|tokens| tokens.is_fresh(SystemTime::now()));
        Ok(tokens.map(|tokens| tokens.access_token).filter(|token| Some(token) != rejected))
    }

    /// One client at a time: issuers that rotate refresh tokens take a second
    /// use of one for theft, so whoever waited looks into the cache again.
    async fn renew(&self, rejected: Option<&Token>) -> Result<Token, Failure> {
        self.account.require_issuer()?;
        let _turn = self.cache.lock(&self.account).await?;
        if let Some(token) = self.usable(rejected).await? {
            return Ok(token);
        }
        let refresh_token = self.cache.load(&self.account).await?.and_then(|tokens| tokens.refresh_token);
        if let Some(refresh_token) = refresh_token
            && let Some(tokens) = Issuer::discover(&self.account).await?.refresh(&refresh_token).await?
        {
            self.cache.save(&tokens).await?;
            return Ok(tokens.access_token);
        }
        Ok(self.log_in_holding_the_lock().await?.access_token)
    }

    async fn log_in_holding_the_lock(&self) -> Result<StoredTokens, Failure> {
        if !self.follows && self.person.is_none() {
            return Err(self.required());
        }
        let issuer = Issuer::discover(&self.account).await?;
        let approval = self.approval(&issuer).ok_or_else(|| self.required())?;
        let tokens =
            issuer.log_in(self.redirect_port, &approval).await.map_err(|failure| self.how_to_try_again(failure))?;
        self.cache.save(&tokens).await?;
        Ok(tokens)
    }

    fn approval(&self, issuer: &Issuer) -> Option<Approval> {
        let notices = self.person.clone();
        match self.way {
            LoginWay::Device if notices.is_some() => notices.map(Approval::Device),
            _ if self.follows => Some(Approval::Follow),
            LoginWay::DeviceIfOffered if issuer.offers_device_code() => notices.map(Approval::Device),
            _ => notices.map(Approval::Browser),
        }
    }

    fn how_to_try_again(&self, failure: Failure) -> Failure {
        if failure.code() != TIMEOUT {
            return failure;
        }
        let again = &self.login_command;
        failure.hint(format!("run `{again}` again; without a browser on this machine: `{again} --device`"))
    }

    fn required(&self) -> Failure {
        let doing = format!("get a token of {}", self.account.issuer);
        Failure::new("login/required", doing, "nobody is logged in and there is no terminal to ask at")
            .hint(format!("run `{}` once, or give a token with --token-file", self.login_command))
    }
}

/// What a logout did.
#[derive(Debug)]
pub struct LoggedOut {
    /// Whether there were tokens to forget.
    pub forgotten: bool,
    /// Whether the issuer ended the login; false where there was nothing to end or no way to.
    pub ended: Result<bool, Failure>,
}

/// Without a scope there is no OpenID login at all (OpenID Connect Core, section 3.1.2.1).
fn scopes(connection: &Connection) -> Vec<String> {
    if connection.scopes.is_empty() { vec!["openid".into()] } else { connection.scopes.clone() }
}
