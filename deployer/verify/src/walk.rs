//! Walks the chain in the order in which a question passes it.

use chat::{AgentClient, Token};
use contract::Connection;
use deployer_core::Failure;
use deployer_core::progress::Reporter;

use crate::agent;
use crate::gateway::Gateway;
use crate::report::{Link, Outcome, Report};

/// What is tested, and with which token. Debug is left out: it holds a token.
pub struct Subject<'a> {
    pub connection: &'a Connection,
    /// AWS profile that signs the requests.
    pub profile: Option<String>,
    /// None when the environment has no token source.
    pub token: Result<Option<String>, Failure>,
}

const NO_TOKEN: &str = "needs a token, and smoke.token.source is none";
const BROKEN_BEFORE: &str = "an earlier link is broken";

/// Tries every link; a broken one leaves those behind it unchecked.
pub async fn verify(subject: Subject<'_>, reporter: &dyn Reporter) -> Report {
    let mut walk = Walk { reporter, report: Report::default() };
    let token = walk.token(subject.token);
    walk.gateway(subject.connection, token.as_ref()).await;
    walk.agent(subject.connection, subject.profile, token).await;
    walk.report
}

struct Walk<'a> {
    reporter: &'a dyn Reporter,
    report: Report,
}

impl Walk<'_> {
    fn token(&mut self, token: Result<Option<String>, Failure>) -> Option<Token> {
        self.reporter.started("smoke token", "smoke test: token");
        let token = token.and_then(|token| token.map(|text| given_token(&text)).transpose());
        let (token, outcome) = match token {
            Ok(Some(token)) => (Some(token), Outcome::Passed("there is one".into())),
            Ok(None) => (None, Outcome::Unchecked(NO_TOKEN.into())),
            Err(failure) => (None, Outcome::Failed(failure)),
        };
        self.note("token", outcome);
        token
    }

    async fn gateway(&mut self, connection: &Connection, token: Option<&Token>) {
        let Some(token) = token else { return self.skip(&["tool list", "tool call"], NO_TOKEN) };
        let mut gateway = None;
        let listing = async {
            let connected = Gateway::connect(&connection.gateway_url, token.expose()).await?;
            let connected = gateway.insert(connected);
            connected.lists_the_catalogue().await
        };
        self.step("tool list", listing).await;
        match &gateway {
            Some(gateway) => self.step("tool call", gateway.calls_a_tool()).await,
            None => self.skip(&["tool call"], BROKEN_BEFORE),
        }
    }

    async fn agent(&mut self, connection: &Connection, profile: Option<String>, token: Option<Token>) {
        let has_token = token.is_some();
        let client = match AgentClient::unattended(connection, profile, token).await {
            Ok(client) => client,
            Err(error) => {
                let failure = Failure::new("smoke/health", "smoke test: prepare the client", error.detail().message);
                self.step("health", async { Err(failure) }).await;
                return self.skip(&["chat answer", "conversation"], BROKEN_BEFORE);
            }
        };
        self.step("health", agent::is_healthy(&client)).await;
        if !has_token {
            return self.skip(&["chat answer", "conversation"], NO_TOKEN);
        }
        let conversation_id = format!("smoke-{}", uuid::Uuid::new_v4().simple());
        self.step("chat answer", agent::answers(&client, &conversation_id)).await;
        self.step("conversation", agent::forgets(&client, &conversation_id)).await;
    }

    async fn step(&mut self, name: &'static str, work: impl Future<Output = Result<String, Failure>>) {
        self.reporter.started(&format!("smoke {name}"), format!("smoke test: {name}"));
        let outcome = match work.await {
            Ok(seen) => Outcome::Passed(seen),
            Err(failure) => Outcome::Failed(failure),
        };
        self.note(name, outcome);
    }

    fn skip(&mut self, names: &[&'static str], reason: &str) {
        for name in names {
            self.reporter.started(&format!("smoke {name}"), format!("smoke test: {name}"));
            self.note(name, Outcome::Unchecked(reason.into()));
        }
    }

    fn note(&mut self, name: &'static str, outcome: Outcome) {
        let key = format!("smoke {name}");
        match &outcome {
            Outcome::Passed(seen) => self.reporter.finished(&key, seen),
            Outcome::Failed(failure) => self.reporter.failed(&key, &failure.cause),
            Outcome::Unchecked(reason) => self.reporter.finished(&key, format!("unchecked, {reason}")),
        }
        self.report.links.push(Link { name, outcome });
    }
}

pub(crate) fn given_token(text: &str) -> Result<Token, Failure> {
    let doing = "smoke test: read the token";
    Token::parse(text, "smoke.token").map_err(|error| Failure::new("smoke/token", doing, error.detail().message))
}
