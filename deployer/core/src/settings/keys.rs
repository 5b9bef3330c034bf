//! The table of settings: every key of an environment file.

use super::agent_keys::{AGENT, MODEL};
use super::entry::Absent::{Default, Means, Required};
use super::entry::{Entry, Kind};
use super::form;
use super::tool_keys::TOOLS;

/// The values that CloudWatch Logs accepts (PutRetentionPolicy, retentionInDays).
const RETENTION_DAYS: &[u32] =
    &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Ten years; the longest that a conversation can be asked to live.
pub(super) const LONGEST_TTL_DAYS: u32 = 3650;
pub(super) const MINUTES_A_DAY: u32 = 24 * 60;

/// AWS allows 50 tags on a gateway; four are the deployer's own.
const MOST_TAGS: usize = 46;

pub(super) static ROOT: &[Entry] = &[
    Entry::new(
        "extends",
        text(&form::FILE_NAME),
        Means("no other file"),
        "The environment file that this one builds on: its name without `.toml`.",
    ),
    Entry::new(
        "protected",
        Kind::Boolean,
        Default("false"),
        "`deployer down` asks for the environment's name before it removes anything.",
    ),
    Entry::new(
        "iam_approval",
        Kind::Boolean,
        Default("true"),
        "`deployer up` wants `--approve-iam`, or `yes` typed in full, for a plan that gives anyone more access.",
    ),
    Entry::table("platform", PLATFORM, "Where the environment runs."),
    Entry::table("aws", AWS, "The AWS account."),
    Entry::table("project", PROJECT, "Names and ownership of the deployed resources."),
    Entry::table(
        "issuer",
        ISSUER,
        "Who issues the users' tokens, and which tokens the gateway accepts. At least one of `allowed_audience`, \
         `allowed_clients` and `custom_claims` is needed.",
    ),
    Entry::table("smoke", SMOKE, "The smoke test at the end of a deployment."),
    Entry::table("model", MODEL, "The language model."),
    Entry::table("agent", AGENT, "The agent function."),
    Entry::table("tools", TOOLS, "The tool function."),
    Entry::table(
        "conversations",
        CONVERSATIONS,
        "Stored conversations. One of the two keys; an environment's choice replaces that of the file it extends.",
    ),
    Entry::table("logs", LOGS, "Logs of both functions."),
    Entry::table("function_url", FUNCTION_URL, "The agent's function URL."),
    Entry::table("deadlines", DEADLINES, "How long the deployer waits for AWS."),
];

static PLATFORM: &[Entry] = &[
    Entry::new(
        "kind",
        Kind::Word(&["aws", "local"]),
        Default("\"aws\""),
        "`aws`, or `local` for the platform on this machine.",
    ),
    Entry::new(
        "port",
        integer(0, 65_535),
        Default("0"),
        "Loopback port of the local platform; 0 chooses a free one and keeps it.",
    ),
];

static AWS: &[Entry] = &[
    Entry::new(
        "profile",
        text(&form::TEXT),
        Means("the default credentials"),
        "Named profile of the AWS configuration files; used alone, whatever the variables of the shell say.",
    ),
    Entry::new(
        "region",
        text(&form::REGION),
        Required,
        "Region of every resource; the local platform is in us-east-1.",
    ),
    Entry::new("account", text(&form::ACCOUNT), Means("any account"), "Credentials of another account are refused."),
    Entry::new(
        "cloudformation_role",
        text(&form::ROLE_ARN),
        Means("the deployer's own permissions"),
        "ARN of the role with which CloudFormation makes the stacks' resources.",
    ),
];

static PROJECT: &[Entry] = &[
    Entry::new(
        "prefix",
        text(&form::NAME),
        Default("\"aws-operations-agent\""),
        "Part of every resource name; two deployments with different prefixes never meet.",
    ),
    Entry::new(
        "permissions_boundary",
        text(&form::POLICY_ARN),
        Means("no boundary"),
        "ARN of the policy that every role gets as its permissions boundary.",
    ),
    Entry::new(
        "tags",
        Kind::Map { name: &form::TAG_KEY, value: &form::TAG_VALUE, most: MOST_TAGS },
        Means("no tags"),
        "Tags on every resource, beside ManagedBy, Project, Environment and Component.",
    ),
];

static ISSUER: &[Entry] = &[
    Entry::new(
        "discovery_url",
        text(&form::DISCOVERY_URL),
        Means("required, except on the local platform"),
        "The issuer's OpenID Connect discovery document, or `local-platform` for the local platform's own issuer. On \
         Okta it names a custom authorization server, `/oauth2/<id>`.",
    ),
    Entry::new("allowed_audience", Kind::Texts(&form::TEXT), Default("[]"), "Accepted values of the claim `aud`."),
    Entry::new("allowed_clients", Kind::Texts(&form::TEXT), Default("[]"), "Accepted values of the claim `client_id`."),
    Entry::new("custom_claims", Kind::Tables(CUSTOM_CLAIM), Default("[]"), "Claims that a token must carry."),
    Entry::new(
        "chat_client_id",
        text(&form::TEXT),
        Required,
        "Client id of `chat`: a public client with authorization code and PKCE.",
    ),
    Entry::new("scopes", Kind::Texts(&form::SCOPE), Default("[\"openid\"]"), "Scopes that `chat` asks for."),
    Entry::new(
        "redirect_port",
        integer(0, 65_535),
        Default("0"),
        "Loopback port of the login's redirect, as registered with the issuer; 0 takes a free one.",
    ),
];

static CUSTOM_CLAIM: &[Entry] = &[
    Entry::new("name", text(&form::CLAIM_NAME), Required, "Name of the claim."),
    Entry::new("value_type", Kind::Word(&["STRING", "STRING_ARRAY"]), Required, "Type of the claim in the token."),
    Entry::new(
        "operator",
        Kind::Word(&["EQUALS", "CONTAINS", "CONTAINS_ANY"]),
        Required,
        "`EQUALS` for `STRING`; `CONTAINS` or `CONTAINS_ANY` for `STRING_ARRAY`.",
    ),
    Entry::new(
        "values",
        Kind::Texts(&form::CLAIM_VALUE),
        Required,
        "One value for `EQUALS` and `CONTAINS`, one or more for `CONTAINS_ANY`.",
    ),
];

static SMOKE: &[Entry] = &[
    Entry::new(
        "required",
        Kind::Boolean,
        Default("false"),
        "Without a token, the links that need one fail instead of counting as unchecked.",
    ),
    Entry::table("token", SMOKE_TOKEN, "Where the smoke test gets its access token."),
];

static SMOKE_TOKEN: &[Entry] = &[
    Entry::new(
        "source",
        Kind::Word(&["none", "file", "client-credentials"]),
        Default("\"none\""),
        "`none`, `file` (with `path`), or `client-credentials` (with `client_id` and `secret`).",
    ),
    Entry::new("path", text(&form::TEXT), Means("required for `file`"), "File that holds an access token."),
    Entry::new(
        "client_id",
        text(&form::TEXT),
        Means("required for `client-credentials`"),
        "Client id of a confidential client.",
    ),
    Entry::new("scopes", Kind::Texts(&form::SCOPE), Default("[]"), "Scopes to ask for."),
    Entry::table(
        "secret",
        SMOKE_SECRET,
        "Where the client's secret is: exactly one key. An environment's choice replaces that of the file it extends.",
    ),
];

static SMOKE_SECRET: &[Entry] = &[
    Entry::new("variable", text(&form::VARIABLE), Means("-"), "Name of the environment variable that holds it."),
    Entry::new("file", text(&form::TEXT), Means("-"), "File that holds it."),
    Entry::new("secrets_manager", text(&form::SECRET_ID), Means("-"), "Name or ARN of the secret in Secrets Manager."),
    Entry::new(
        "local_platform",
        Kind::Boolean,
        Means("-"),
        "`true`: the secret of the local platform's own test client.",
    ),
];

pub(super) const fn memory() -> Entry {
    Entry::new("memory_mb", integer(128, 10_240), Default("512"), "Memory in MB.")
}

pub(super) const fn timeout(seconds: &'static str) -> Entry {
    Entry::new("timeout_seconds", integer(1, 900), Default(seconds), "Time limit of one invocation in seconds.")
}

pub(super) const fn architecture() -> Entry {
    Entry::new(
        "architecture",
        Kind::Word(&["x86_64", "arm64"]),
        Default("\"x86_64\""),
        "Processor architecture; the local platform runs `x86_64` only.",
    )
}

static CONVERSATIONS: &[Entry] = &[
    Entry::new(
        "ttl_days",
        integer(1, LONGEST_TTL_DAYS),
        Default("30"),
        "Days after its last turn when a conversation is deleted.",
    ),
    Entry::new(
        "ttl_minutes",
        integer(1, LONGEST_TTL_DAYS * MINUTES_A_DAY),
        Means("`ttl_days`"),
        "The same in minutes.",
    ),
];

static LOGS: &[Entry] = &[
    Entry::new(
        "retention_days",
        Kind::OneOf(RETENTION_DAYS),
        Default("14"),
        "Days after which CloudWatch Logs deletes log events.",
    ),
    Entry::new(
        "level",
        text(&form::LOG_LEVEL),
        Default("\"info\""),
        "A level, or directives such as `info,agent=debug`.",
    ),
];

static FUNCTION_URL: &[Entry] = &[
    Entry::new(
        "invokers",
        Kind::Texts(&form::INVOKER),
        Default("[]"),
        "Principals that may call the URL; empty means the deploying account's own, whom IAM then has to allow. `*` is \
         refused.",
    ),
    Entry::table("cors", CORS, "Cross-origin requests from browsers; off without this table."),
];

static CORS: &[Entry] = &[
    Entry::new("allow_origins", Kind::Texts(&form::ORIGIN), Required, "Origins that may call; at most 100."),
    Entry::new(
        "allow_credentials",
        Kind::Boolean,
        Means("`false`"),
        "Browsers may send credentials; not together with the origin `*`.",
    ),
    Entry::new(
        "max_age_seconds",
        integer(0, 86_400),
        Means("`0`"),
        "How long a browser may keep a preflight answer, in seconds.",
    ),
];

static DEADLINES: &[Entry] = &[
    Entry::new("call_seconds", integer(1, 300), Default("30"), "Seconds for one attempt at one call."),
    Entry::new(
        "attempts",
        integer(1, 10),
        Default("5"),
        "Attempts at a call that is throttled or fails on AWS's side.",
    ),
    Entry::new(
        "resource_seconds",
        integer(1, 3_600),
        Default("600"),
        "Seconds for a gateway, a target, a table or a function to come to rest.",
    ),
    Entry::new("stack_seconds", integer(1, 14_400), Default("1800"), "Seconds for one operation on a stack."),
    Entry::new(
        "iam_seconds",
        integer(1, 900),
        Default("120"),
        "Seconds for a new role or policy to be known everywhere.",
    ),
    Entry::new(
        "lease_seconds",
        integer(4, 900),
        Default("60"),
        "Seconds after which the lease of a deployer that died can be taken by another.",
    ),
];

pub(super) const fn text(form: &'static form::Form) -> Kind {
    Kind::Text(form)
}

pub(super) const fn integer(least: u32, most: u32) -> Kind {
    Kind::Integer { least, most }
}

#[cfg(test)]
mod tests {
    use super::super::fault::{Faults, Place};
    use super::super::{check, document};
    use super::*;

    fn every_entry(entries: &'static [Entry], visit: &mut dyn FnMut(&'static Entry)) {
        for entry in entries {
            visit(entry);
            if let Kind::Table(below) | Kind::Tables(below) = entry.kind {
                every_entry(below, visit);
            }
        }
    }

    #[test]
    fn every_default_is_a_valid_value_of_its_key() {
        let place = Place { file: "default".into(), line: 1 };
        every_entry(ROOT, &mut |entry| {
            if let Default(text) = entry.absent {
                let mut node = document::literal(text, &place).expect(text);
                let mut faults = Faults::default();
                check::value(&mut node, entry, "", &mut faults);
                assert!(faults.is_empty(), "{}: {faults}", entry.name);
            }
        });
    }

    #[test]
    fn every_key_says_what_it_means() {
        every_entry(ROOT, &mut |entry| assert!(entry.about.ends_with('.'), "{}", entry.name));
    }
}
