//! Arguments, environment variables and folders, turned once into what the
//! rest of the client works with. Nothing below reads them again.

use std::io::{self, IsTerminal};

use contract::Connection;

use crate::{
    agent_client::{AgentClient, Parts},
    arguments::{AccessArguments, Arguments, TargetArguments},
    connection::{self, Flags, Source},
    credentials::Signer,
    directories::Directories,
    failure::Failure,
    login::{LoginWay, MayLogIn, TokenCache, TokenSource, TokenStore},
    notices::Notices,
    token::Token,
    view,
};

/// Variable that may hold an access token.
pub const TOKEN_VARIABLE: &str = "AWS_OPERATIONS_AGENT_TOKEN";

/// Everything that was decided before the first request.
#[derive(Debug)]
pub struct Settings {
    pub connection: Connection,
    pub directories: Directories,
    pub profile: Option<String>,
    pub token: Option<Token>,
    /// Ask as the AWS identity alone.
    pub without_token: bool,
    pub token_store: TokenStore,
    pub login_way: LoginWay,
    pub conversation: Option<String>,
    pub json: bool,
    /// Answers as the model writes them, also on a terminal.
    pub plain: bool,
    /// What the user types to reach this agent: `chat --env NAME`.
    pub command: String,
    /// What the user types to log in to this agent.
    pub login_command: String,
    /// Whether a person sits at the terminal.
    pub attended: bool,
}

impl Settings {
    /// # Errors
    /// `usage/*` for arguments that do not fit together, else the connection's and the token's own.
    pub fn from_arguments(arguments: Arguments, directories: Directories) -> Result<Self, Failure> {
        refuse_token_argument(&arguments.access)?;
        let source = source(&arguments.target, arguments.access.region.as_deref(), &directories)?;
        let mut connection = connection::load(&source, &directories.connections)?;
        if let Some(region) = arguments.access.region {
            connection.region = region;
        }
        Ok(Self {
            without_token: arguments.access.no_token,
            token_store: arguments.access.token_store.unwrap_or(TokenStore::default_for(&connection)),
            login_way: LoginWay::of_machine(|name| std::env::var(name).ok()),
            plain: arguments.plain,
            connection,
            token: given_token(arguments.access.token_file.as_deref(), std::env::var(TOKEN_VARIABLE).ok())?,
            directories,
            profile: arguments.access.profile,
            conversation: arguments.conversation,
            json: arguments.json,
            login_command: format!("{} login", command(&source)),
            command: command(&source),
            attended: io::stdin().is_terminal() && io::stderr().is_terminal(),
        })
    }

    /// The token source for ordinary requests: it asks for a login only where a person can answer.
    pub fn tokens(&self, notices: Notices) -> TokenSource {
        self.tokens_with(if self.attended { MayLogIn::Yes(notices) } else { MayLogIn::No })
    }

    /// The token source where it is known who can be asked to log in.
    pub fn tokens_with(&self, may_log_in: MayLogIn) -> TokenSource {
        let cache = TokenCache::kept_in(self.token_store, &self.directories.tokens, Notices::new(view::notice));
        let mut tokens = TokenSource::new(&self.connection, cache, may_log_in, self.login_command.clone());
        tokens.prefer(self.login_way);
        match &self.token {
            _ if self.without_token => tokens.turn_off(),
            Some(token) => tokens.give(token.clone()),
            None => {}
        }
        tokens
    }

    /// # Errors
    /// As [`AgentClient::new`].
    pub async fn client(&self, notices: Notices) -> Result<AgentClient, Failure> {
        let parts = Parts {
            signer: Signer::for_connection(&self.connection, self.profile.clone()).await,
            tokens: self.tokens(notices.clone()),
            notices,
            login_command: self.login_command.clone(),
        };
        AgentClient::new(&self.connection, parts)
    }
}

fn refuse_token_argument(access: &AccessArguments) -> Result<(), Failure> {
    match access.token {
        None => Ok(()),
        Some(_) => Err(Failure::new(
            "usage/token-argument",
            "read the arguments",
            "--token is refused: every process of this machine can read another's arguments",
        )
        .hint(format!("put the token into a file and give --token-file, or set {TOKEN_VARIABLE}; and renew this one"))),
    }
}

fn source(target: &TargetArguments, region: Option<&str>, directories: &Directories) -> Result<Source, Failure> {
    let usage = |cause: &str| Failure::new("usage/target", "choose the agent", cause);
    if target.url.is_none() && (target.issuer.is_some() || target.client_id.is_some() || !target.scope.is_empty()) {
        return Err(usage("--issuer, --client-id and --scope go with --url"));
    }
    match (&target.env, &target.connection, &target.url) {
        (Some(name), None, None) => Ok(Source::Environment(name.clone())),
        (None, Some(path), None) => Ok(Source::File(path.clone())),
        (None, None, Some(url)) => Ok(Source::Flags(flags(target, url, region))),
        (None, None, None) => Err(usage("no agent is named").hint(format!(
            "add --env NAME, --connection FILE or --url URL; {}",
            connection::known(&directories.connections)
        ))),
        _ => Err(usage("--env, --connection and --url exclude each other")),
    }
}

fn flags(target: &TargetArguments, url: &str, region: Option<&str>) -> Flags {
    Flags {
        url: url.into(),
        issuer: target.issuer.clone().unwrap_or_default(),
        client_id: target.client_id.clone().unwrap_or_default(),
        scopes: target.scope.clone(),
        region: region.map(Into::into),
    }
}

fn command(source: &Source) -> String {
    match source {
        Source::Environment(name) => format!("chat --env {name}"),
        Source::File(path) => format!("chat --connection {}", path.display()),
        Source::Flags(flags) => format!("chat {}", typed(flags).join(" ")),
    }
}

/// The options that name the agent and the login, as they were given.
fn typed(flags: &Flags) -> Vec<String> {
    let region = flags.region.clone().unwrap_or_default();
    let single = [("--url", &flags.url), ("--region", &region), ("--issuer", &flags.issuer)];
    let scopes = flags.scopes.iter().map(|scope| ("--scope", scope));
    let options = single.into_iter().chain(scopes).chain([("--client-id", &flags.client_id)]);
    options.filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name} {value}")).collect()
}

/// The file wins over the variable: it was named for this run.
fn given_token(file: Option<&std::path::Path>, variable: Option<String>) -> Result<Option<Token>, Failure> {
    match (file, variable) {
        (Some(path), _) => Token::from_file(path).map(Some),
        (None, Some(text)) if !text.is_empty() => Token::parse(&text, TOKEN_VARIABLE).map(Some),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use clap::Parser;

    fn settings(words: &[&str]) -> Result<Settings, Failure> {
        let arguments =
            Arguments::try_parse_from(["chat"].iter().chain(words)).unwrap_or_else(|error| panic!("{error}"));
        Settings::from_arguments(arguments, Directories::below(Path::new("/none"), Path::new("/none")))
    }

    #[test]
    fn a_token_argument_is_refused_without_showing_it() {
        for words in [&["--token", "eyJsecret", "--env", "x"][..], &["--token=eyJsecret"], &["--token"]] {
            let failure = settings(words).unwrap_err();
            assert_eq!(failure.code(), "usage/token-argument");
            let text = failure.to_string();
            assert!(text.contains("--token-file") && text.contains(TOKEN_VARIABLE) && !text.contains("eyJsecret"));
        }
    }

    #[test]
    fn one_agent_must_be_named() {
        assert!(settings(&["hi"]).unwrap_err().to_string().contains("add --env NAME"));
        assert!(settings(&["--env", "a", "--url", "http://127.0.0.1/"]).unwrap_err().to_string().contains("exclude"));
        assert!(settings(&["--env", "a", "--issuer", "x"]).unwrap_err().to_string().contains("go with --url"));
    }

    #[test]
    fn flags_make_a_connection() {
        let settings = settings(&[
            "--url=https://abc.lambda-url.eu-west-1.on.aws",
            "--issuer=https://issuer.example/oauth2/default",
            "--client-id=chat",
            "--region=eu-central-1",
        ])
        .unwrap();
        assert_eq!(settings.connection.region, "eu-central-1");
        let options = "--url https://abc.lambda-url.eu-west-1.on.aws --region eu-central-1 \
                       --issuer https://issuer.example/oauth2/default --client-id chat";
        assert_eq!(settings.login_command, format!("chat {options} login"));
    }

    #[test]
    fn the_token_file_wins_over_the_variable() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "from-file\n").unwrap();
        let token = given_token(Some(file.path()), Some("from-variable".into())).unwrap().unwrap();
        assert_eq!(token.expose(), "from-file");
        assert_eq!(given_token(None, Some("from-variable".into())).unwrap().unwrap().expose(), "from-variable");
        assert_eq!(given_token(None, Some(String::new())).unwrap(), None);
    }
}
