//! The command line. It says what was typed; what that means is decided in [`crate::settings`].

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{login::TokenStore, prompt::conversation_id};

/// Variable that may hold where tokens are kept.
const TOKEN_STORE_VARIABLE: &str = "AWS_OPERATIONS_AGENT_TOKEN_STORE";

const EXAMPLES: &str = "\
Examples:
  chat --env local \"What time is it?\"      one question
  chat --env local List my S3 buckets      words without quotes are one too
  chat --env prod                          a prompt: /help lists its commands
  chat --env prod --json \"Which buckets are public?\" | jq -r .answer
  chat --env prod login                    log in with the browser, once
  chat --env prod login --device           log in where there is no browser
  chat --env prod conversations            what you asked before
  chat --env prod conversations show ID    what was said in one of them
  chat --env prod --conversation ID \"...\"  go on with it
  chat --env prod serve                    the same on a web page

  chat --url https://<id>.lambda-url.eu-west-1.on.aws/ \\
       --issuer https://example.okta.com/oauth2/default \\
       --client-id 0oa1b2c3 \"What time is it?\"

A question that is just the name of a command goes after two dashes:
  chat --env local -- tools

The access token is never taken from the command line, where every process
could read it. It comes from the login (`chat login`), from --token-file, or
from the variable AWS_OPERATIONS_AGENT_TOKEN.

Some tools may wait for your yes. At a terminal you are asked; without one the
answer ends there. This lets it go on, and /decline refuses:
  echo /approve | chat --env NAME --conversation ID

Exit status: 0 done, 1 failed, 3 the answer waits for your yes to a tool,
130 stopped by Ctrl-C.";

/// Ask the AWS operations agent, and see its answer as it comes.
///
/// Without a question there is a prompt. The answer goes to standard output,
/// tool calls and figures to standard error.
#[derive(Parser)]
#[command(name = "chat", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(flatten)]
    pub target: TargetArguments,

    #[command(flatten)]
    pub access: AccessArguments,

    /// Continue this conversation.
    #[arg(long, value_name = "ID", global = true, value_parser = conversation_id)]
    pub conversation: Option<String>,

    /// Print one JSON document. Of an answer: answer, conversation_id, stop_reason, tools_used,
    /// tools, approvals_required, usage, duration_ms, and error when it failed.
    #[arg(long, global = true)]
    pub json: bool,

    /// Print answers as the model writes them, without formatting.
    #[arg(long, global = true)]
    pub plain: bool,

    /// The question; without one there is a prompt.
    pub question: Vec<String>,

    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Log in and keep the tokens for the next questions.
    ///
    /// With the browser; where there is none, with a code that is entered in a browser elsewhere.
    Login(LoginArguments),
    /// End the login and forget the tokens.
    Logout,
    /// List the tools that the agent can use.
    Tools,
    /// List, show and delete your conversations.
    #[command(args_conflicts_with_subcommands = true)]
    Conversations(ConversationsArguments),
    /// Chat on a web page of this machine.
    Serve(ServeArguments),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct LoginArguments {
    /// Show a code to enter in a browser anywhere, instead of opening one here.
    #[arg(long)]
    pub device: bool,
}

/// Without a subcommand: list.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ConversationsArguments {
    #[command(flatten)]
    pub list: ListArguments,

    #[command(subcommand)]
    pub action: Option<ConversationsAction>,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum ConversationsAction {
    /// List them, newest first.
    List(ListArguments),
    /// Print what was said in one, from the beginning.
    Show {
        #[arg(value_parser = conversation_id)]
        id: String,
    },
    /// Delete conversations; asks first.
    Delete(DeleteArguments),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct ListArguments {
    /// All of them, not only the newest.
    #[arg(long)]
    pub all: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DeleteArguments {
    #[arg(value_name = "ID", required_unless_present = "all", value_parser = conversation_id)]
    pub ids: Vec<String>,

    /// All that are yours.
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,

    /// Delete without asking.
    #[arg(long, short)]
    pub yes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct ServeArguments {
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,

    /// Print the page's address and open no browser.
    #[arg(long)]
    pub no_open: bool,
}

/// Which agent: one of --env, --connection and --url.
#[derive(Args)]
pub struct TargetArguments {
    /// Environment whose connection file `deployer up` wrote.
    #[arg(long, value_name = "NAME", global = true, help_heading = "Which agent")]
    pub env: Option<String>,

    /// A connection file, as `deployer connection` prints it.
    #[arg(long, value_name = "FILE", global = true, help_heading = "Which agent")]
    pub connection: Option<PathBuf>,

    /// Function URL of the agent.
    #[arg(long, global = true, help_heading = "Which agent")]
    pub url: Option<String>,

    /// With --url: issuer of the access token.
    #[arg(long, value_name = "URL", global = true, help_heading = "Which agent")]
    pub issuer: Option<String>,

    /// With --url: public client (PKCE) at the issuer.
    #[arg(long, value_name = "ID", global = true, help_heading = "Which agent")]
    pub client_id: Option<String>,

    /// With --url: scope to ask for, may be repeated [default: openid].
    #[arg(long, value_name = "SCOPE", global = true, help_heading = "Which agent")]
    pub scope: Vec<String>,
}

/// As whom.
#[derive(Args)]
pub struct AccessArguments {
    /// AWS profile to sign with.
    #[arg(long, value_name = "NAME", global = true, help_heading = "As whom")]
    pub profile: Option<String>,

    /// AWS region of the function, when it differs from the connection's.
    #[arg(long, global = true, help_heading = "As whom")]
    pub region: Option<String>,

    /// File that holds an access token.
    #[arg(long, value_name = "PATH", global = true, help_heading = "As whom")]
    pub token_file: Option<PathBuf>,

    /// Send no access token: ask as the AWS identity alone, without the gateway's tools.
    #[arg(long, global = true, conflicts_with = "token_file", help_heading = "As whom")]
    pub no_token: bool,

    /// Where the login's tokens are kept [default: the keyring, a file where none answers].
    #[arg(long, value_name = "PLACE", global = true, env = TOKEN_STORE_VARIABLE, help_heading = "As whom")]
    pub token_store: Option<TokenStore>,

    /// Refused: arguments are visible in the process list. Present to say so.
    #[arg(long, global = true, hide = true, num_args = 0..=1, default_missing_value = "")]
    pub token: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, error::ErrorKind};

    fn parse(words: &[&str]) -> Arguments {
        let words = ["chat"].iter().chain(words);
        Arguments::try_parse_from(words).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_question_may_be_one_argument_or_several_words() {
        let quoted = parse(&["--env", "local", "List my S3 buckets"]);
        assert_eq!(quoted.question, ["List my S3 buckets"]);
        let words = parse(&["--env", "local", "List", "my", "S3", "buckets"]);
        assert_eq!(words.question.join(" "), "List my S3 buckets");
        assert!(quoted.command.is_none() && words.command.is_none());
    }

    #[test]
    fn a_command_name_within_a_question_is_a_word() {
        let arguments = parse(&["How", "does", "login", "work", "--env", "local"]);
        assert_eq!(arguments.question.join(" "), "How does login work");
        assert_eq!(parse(&["login to my account"]).question, ["login to my account"]);
        assert_eq!(parse(&["--env", "local", "--", "tools"]).question, ["tools"]);
        assert_eq!(parse(&["help", "me"]).question, ["help", "me"]);
    }

    #[test]
    fn options_may_stand_before_or_after_a_command() {
        for words in [["--env", "local", "login"], ["login", "--env", "local"]] {
            let arguments = parse(&words);
            assert_eq!(arguments.command, Some(Command::Login(LoginArguments { device: false })));
            assert_eq!(arguments.target.env.as_deref(), Some("local"));
        }
        assert_eq!(parse(&["tools", "--json", "--env", "x"]).command, Some(Command::Tools));
        let serve = ServeArguments { port: 4000, no_open: true };
        assert_eq!(parse(&["serve", "--port", "4000", "--no-open"]).command, Some(Command::Serve(serve)));
        assert_eq!(parse(&["logout"]).command, Some(Command::Logout));
    }

    #[test]
    fn conversations_are_listed_unless_an_action_is_named() {
        let action = |words: &[&str]| match parse(&[&["conversations"], words].concat()).command {
            Some(Command::Conversations(arguments)) => (arguments.action, arguments.list.all),
            other => panic!("{other:?}"),
        };
        assert_eq!(action(&[]), (None, false));
        assert_eq!(action(&["--all"]), (None, true));
        assert_eq!(action(&["show", "c1"]).0, Some(ConversationsAction::Show { id: "c1".into() }));
        let one = DeleteArguments { ids: vec!["c1".into()], all: false, yes: true };
        assert_eq!(action(&["delete", "c1", "--yes"]).0, Some(ConversationsAction::Delete(one)));
    }

    #[test]
    fn a_deletion_names_what_it_deletes_and_an_id_is_one_word() {
        let refused = |words: &[&str]| Arguments::try_parse_from([&["chat", "conversations"], words].concat()).is_err();
        assert!(refused(&["delete"]) && refused(&["delete", "c1", "--all"]) && refused(&["delete", "../health"]));
        assert!(refused(&["show", "a/b"]) && !refused(&["delete", "--all"]));
    }

    #[test]
    fn options_may_follow_the_question() {
        let arguments = parse(&["What time is it?", "--env", "local", "--json", "--conversation", "c1"]);
        assert!(arguments.json);
        assert_eq!(arguments.conversation.as_deref(), Some("c1"));
        assert_eq!(arguments.question, ["What time is it?"]);
    }

    #[test]
    fn an_unknown_option_is_an_error_and_help_is_none() {
        let error = |words: &[&str]| Arguments::try_parse_from(words).err().unwrap().kind();
        assert_eq!(error(&["chat", "--evn", "local"]), ErrorKind::UnknownArgument);
        assert_eq!(error(&["chat", "--help"]), ErrorKind::DisplayHelp);
    }
}
