//! Forms of strings: a pattern that editors can use too, and where a pattern
//! cannot say it, a rule in code.

use std::net::IpAddr;

use regex_lite::Regex;
use url::{Host, Url};

const WELL_KNOWN_PATH: &str = "/.well-known/openid-configuration";

/// Says "the issuer of the local platform" where a discovery URL is expected.
pub(super) const LOCAL_PLATFORM_ISSUER: &str = "local-platform";

/// How a string must look.
pub(super) struct Form {
    /// Follows "must be": "an AWS region such as us-east-1".
    pub says: &'static str,
    /// In the part of regular expressions that Rust and ECMA-262 share.
    pub pattern: &'static str,
    /// What a pattern cannot say: why the value is refused.
    pub rule: fn(&str) -> Result<(), Refusal>,
    /// For names of places of secrets: `${...}` is not replaced, since whoever
    /// writes one here is about to put the secret itself there.
    pub plain: bool,
}

pub(super) struct Refusal {
    /// Follows the key's name: "must not be ...".
    pub message: &'static str,
    pub hint: &'static str,
}

impl Form {
    const fn new(says: &'static str, pattern: &'static str) -> Self {
        Self { says, pattern, rule: |_| Ok(()), plain: false }
    }

    const fn rule(mut self, rule: fn(&str) -> Result<(), Refusal>) -> Self {
        self.rule = rule;
        self
    }

    const fn plain(mut self) -> Self {
        self.plain = true;
        self
    }

    pub fn matches(&self, text: &str) -> bool {
        Regex::new(self.pattern).is_ok_and(|pattern| pattern.is_match(text))
    }
}

pub(super) static TEXT: Form = Form::new("text that is not blank", "^[^\\x00-\\x1f]*[^\\x00-\\x20][^\\x00-\\x1f]*$");
/// Also fits the environment's name: both are parts of repository names, which
/// are lower case (ECR), and of stack names, which start with a letter
/// (CloudFormation); a gateway's name has no two hyphens in a row (AgentCore).
pub(super) static NAME: Form = Form::new(
    "lower-case letters and digits with single hyphens between them, starting with a letter",
    "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
);
pub(super) static FILE_NAME: Form = Form::new("the name of an environment file without `.toml`", "^[A-Za-z0-9_-]+$");
pub(super) static REGION: Form = Form::new("an AWS region such as us-east-1", "^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$");
pub(super) static ACCOUNT: Form = Form::new("an account number of 12 digits", "^[0-9]{12}$");
pub(super) static POLICY_ARN: Form = Form::new(
    "the ARN of an IAM policy such as arn:aws:iam::123456789012:policy/boundary",
    "^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9_+=,.@/-]+$",
);
pub(super) static ROLE_ARN: Form = Form::new(
    "the ARN of an IAM role such as arn:aws:iam::123456789012:role/cloudformation",
    "^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$",
);
/// AgentCore allows fewer characters than IAM; the gateway carries the tags too.
pub(super) static TAG_KEY: Form = Form::new(
    "1 to 128 of the characters that AWS allows in tags: letters, digits, spaces and . _ : / = + @ -",
    "^[A-Za-z0-9 ._:/=+@-]{1,128}$",
)
.rule(tag_key);
pub(super) static TAG_VALUE: Form = Form::new(
    "at most 256 of the characters that AWS allows in tags: letters, digits, spaces and . _ : / = + @ -",
    "^[A-Za-z0-9 ._:/=+@-]{0,256}$",
);
pub(super) static DISCOVERY_URL: Form = Form::new(
    "an https URL that ends with /.well-known/openid-configuration, or `local-platform`",
    "^(https?://[^\\s?#]+/\\.well-known/openid-configuration|local-platform)$",
)
.rule(discovery_url);
/// AgentCore, `InboundTokenClaimNameType`.
pub(super) static CLAIM_NAME: Form =
    Form::new("the name of a claim: letters, digits and _ . : / -", "^[A-Za-z0-9_.:/-]{1,255}$");
/// AgentCore, `MatchValueString`.
pub(super) static CLAIM_VALUE: Form = Form::new("1 to 255 letters, digits and _ . -", "^[A-Za-z0-9_.-]{1,255}$");
/// A scope token has no spaces (RFC 6749, section 3.3).
pub(super) static SCOPE: Form = Form::new("one scope, without spaces", "^[^\\s\"\\\\]+$");
pub(super) static MODEL: Form = Form::new("a model id or inference profile id, without spaces", "^[^\\s]{1,2048}$");
pub(super) static OPERATION: Form =
    Form::new("an operation such as logs:FilterLogEvents", "^[a-z][a-z0-9]*:[A-Z][A-Za-z0-9]*$");
pub(super) static TOOL: Form = Form::new("the name of a tool, without the target's prefix", "^[a-z0-9_]{1,64}$");
pub(super) static GUARDRAIL: Form = Form::new(
    "a guardrail's id, or its ARN",
    "^([a-z0-9]+|arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail/[a-z0-9]+)$",
);
pub(super) static GUARDRAIL_VERSION: Form = Form::new("a version's number, or DRAFT", "^([1-9][0-9]{0,7}|DRAFT)$");
pub(super) static LOG_LEVEL: Form = Form::new(
    "a level (off, error, warn, info, debug, trace) or directives such as `info,agent=debug`",
    "^([A-Za-z0-9_:]+=)?(off|error|warn|info|debug|trace)(,([A-Za-z0-9_:]+=)?(off|error|warn|info|debug|trace))*$",
);
pub(super) static INVOKER: Form = Form::new(
    "the ARN of an IAM principal such as arn:aws:iam::123456789012:role/operators",
    concat!(
        "^(\\*|arn:aws[a-z-]*:(iam::[0-9]{12}:(root|(user|role)/[A-Za-z0-9_+=,.@/-]+)|",
        "sts::[0-9]{12}:assumed-role/[A-Za-z0-9_+=,.@/-]+))$"
    ),
)
.rule(invoker);
pub(super) static ORIGIN: Form = Form::new(
    "an origin such as https://console.example.com, without a path, or `*`",
    "^(\\*|https?://[A-Za-z0-9.-]{1,240}(:[0-9]{1,5})?)$",
);
pub(super) static VARIABLE: Form =
    Form::new("the name of an environment variable, without `${}`", "^[A-Za-z_][A-Za-z0-9_]*$").plain();
pub(super) static SECRET_ID: Form =
    Form::new("the name or ARN of a secret in Secrets Manager", "^[A-Za-z0-9/_+=.@:-]{1,2048}$");

fn tag_key(key: &str) -> Result<(), Refusal> {
    use crate::ownership::{TAG_COMPONENT, TAG_ENVIRONMENT, TAG_MANAGED_BY, TAG_PROJECT};
    if [TAG_COMPONENT, TAG_ENVIRONMENT, TAG_MANAGED_BY, TAG_PROJECT].contains(&key) {
        let message = "is a tag that the deployer sets itself";
        return Err(Refusal { message, hint: "choose another name" });
    }
    if key.to_ascii_lowercase().starts_with("aws:") {
        return Err(Refusal { message: "begins with `aws:`, which AWS keeps for itself", hint: "choose another name" });
    }
    Ok(())
}

fn discovery_url(text: &str) -> Result<(), Refusal> {
    if text == LOCAL_PLATFORM_ISSUER {
        return Ok(());
    }
    let refuse = |message, hint| Err(Refusal { message, hint });
    let Ok(url) = Url::parse(text) else {
        return refuse(
            "is no URL",
            "it looks like https://example.okta.com/oauth2/default/.well-known/openid-configuration",
        );
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("must not hold credentials", "a discovery document is public");
    }
    if url.scheme() != "https" && !is_loopback(&url) {
        return refuse("must be https", "http is accepted for a loopback address only");
    }
    if is_okta(&url) && !names_authorization_server(&url) {
        let hint = "tokens of Okta's org server cannot be verified by others; use a custom one, \
                    such as /oauth2/default/.well-known/openid-configuration";
        return refuse("must name an authorization server, /oauth2/<id>", hint);
    }
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

fn is_okta(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    [".okta.com", ".oktapreview.com", ".okta-emea.com"].iter().any(|domain| host.ends_with(domain))
}

fn names_authorization_server(url: &Url) -> bool {
    url.path()
        .strip_suffix(WELL_KNOWN_PATH)
        .and_then(|path| path.strip_prefix("/oauth2/"))
        .is_some_and(|id| !id.is_empty() && !id.contains('/'))
}

fn invoker(arn: &str) -> Result<(), Refusal> {
    if arn != "*" {
        return Ok(());
    }
    Err(Refusal {
        message: "must not be `*`: anyone on the internet could call the function URL and read the account with it",
        hint: "name roles or users, or another account as arn:aws:iam::<account>:root",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(form: &Form, text: &str) -> bool {
        form.matches(text) && (form.rule)(text).is_ok()
    }

    #[test]
    fn every_pattern_is_a_regular_expression() {
        let forms = [
            &TEXT,
            &NAME,
            &FILE_NAME,
            &REGION,
            &ACCOUNT,
            &POLICY_ARN,
            &ROLE_ARN,
            &TAG_KEY,
            &TAG_VALUE,
            &DISCOVERY_URL,
            &CLAIM_NAME,
            &CLAIM_VALUE,
            &SCOPE,
            &MODEL,
            &OPERATION,
            &LOG_LEVEL,
            &INVOKER,
            &ORIGIN,
            &VARIABLE,
            &SECRET_ID,
        ];
        for form in forms {
            assert!(Regex::new(form.pattern).is_ok(), "{}", form.pattern);
        }
    }

    #[test]
    fn okta_hosts_need_a_custom_authorization_server() {
        let url = |text: &str| accepts(&DISCOVERY_URL, text);
        assert!(url("https://dev-1.okta.com/oauth2/default/.well-known/openid-configuration"));
        assert!(!url("https://dev-1.okta.com/.well-known/openid-configuration"));
        assert!(!url("https://dev-1.oktapreview.com/oauth2/.well-known/openid-configuration"));
        assert!(!url("https://x.okta-emea.com/oauth2/v1/a/.well-known/openid-configuration"));
        assert!(url("https://login.example.com/.well-known/openid-configuration"));
    }

    #[test]
    fn plain_http_is_for_loopback_alone() {
        let url = |text: &str| accepts(&DISCOVERY_URL, text);
        assert!(url("http://127.0.0.1:9000/oauth2/default/.well-known/openid-configuration"));
        assert!(url("http://[::1]:9000/x/.well-known/openid-configuration"));
        assert!(url("http://localhost/x/.well-known/openid-configuration"));
        assert!(!url("http://login.example.com/.well-known/openid-configuration"));
        assert!(!url("http://127.0.0.1.example.com/.well-known/openid-configuration"));
        assert!(!url("https://user:word@example.com/.well-known/openid-configuration"));
        assert!(!url("https://login.example.com/.well-known/openid-configuration?x=1"));
    }

    #[test]
    fn invokers_are_principals_of_any_account_but_never_everyone() {
        assert!(accepts(&INVOKER, "arn:aws:iam::123456789012:root"));
        assert!(accepts(&INVOKER, "arn:aws-us-gov:iam::123456789012:role/team/operators"));
        assert!(accepts(&INVOKER, "arn:aws:sts::123456789012:assumed-role/operators/me"));
        for refused in ["*", "arn:aws:iam::123456789012:role/*", "arn:aws:iam::*:root", "123456789012", "me"] {
            assert!(!accepts(&INVOKER, refused), "{refused}");
        }
    }

    #[test]
    fn names_and_regions_have_their_form() {
        assert!(accepts(&NAME, "aws-operations-agent") && accepts(&NAME, "a1"));
        for refused in ["", "A", "1a", "a--b", "a-", "a_b"] {
            assert!(!accepts(&NAME, refused), "{refused}");
        }
        assert!(accepts(&REGION, "us-gov-east-1") && accepts(&REGION, "ap-southeast-2"));
        assert!(!accepts(&REGION, "useast1") && !accepts(&REGION, "us-east-1a"));
    }

    #[test]
    fn levels_and_directives_are_accepted() {
        assert!(accepts(&LOG_LEVEL, "info") && accepts(&LOG_LEVEL, "info,agent::turn=debug"));
        assert!(!accepts(&LOG_LEVEL, "verbose") && !accepts(&LOG_LEVEL, "INFO"));
    }

    #[test]
    fn own_and_reserved_tags_are_refused() {
        assert!(accepts(&TAG_KEY, "CostCenter"));
        assert!(!accepts(&TAG_KEY, "ManagedBy") && !accepts(&TAG_KEY, "aws:x") && !accepts(&TAG_KEY, ""));
    }
}
