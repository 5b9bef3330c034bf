//! Whom a policy statement is about.

/// Whom a statement of a resource's policy names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Principal {
    /// `*`: whoever calls.
    Everyone,
    /// An account as a whole, its number.
    Account(String),
    /// A user, role or session: its account's number and its ARN.
    Identity { account: String, arn: String },
    /// `lambda.amazonaws.com`
    Service(String),
    /// An identity provider: its ARN or its host name.
    Federated(String),
    /// Anything else: an id of a deleted identity, a canonical user id.
    Other(String),
}

impl Principal {
    /// The principals of one member of `Principal`: `AWS`, `Service`, `Federated` or another kind.
    pub fn of_kind(kind: &str, names: Vec<&str>) -> Vec<Self> {
        let principal = |name: &str| match kind {
            "AWS" => aws_principal(name),
            "Service" => Self::Service(name.into()),
            "Federated" => Self::Federated(name.into()),
            _ => Self::Other(name.into()),
        };
        names.into_iter().map(principal).collect()
    }

    /// The account that it belongs to, where there is one.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Account(account) | Self::Identity { account, .. } => Some(account),
            _ => None,
        }
    }

    /// For people: `*`, `123456789012`, an ARN, a service.
    pub fn text(&self) -> &str {
        match self {
            Self::Everyone => "*",
            Self::Account(name) | Self::Service(name) | Self::Federated(name) | Self::Other(name) => name,
            Self::Identity { arn, .. } => arn,
        }
    }
}

/// `*`, an account's number, `arn:aws:iam::<account>:root`, or another ARN.
fn aws_principal(name: &str) -> Principal {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if name == "*" {
        return Principal::Everyone;
    }
    if is_account(name) {
        return Principal::Account(name.into());
    }
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, _, _, account, "root"] if is_account(account) => Principal::Account(account.into()),
        ["arn", _, _, _, account, _] if is_account(account) => {
            Principal::Identity { account: account.into(), arn: name.into() }
        }
        _ => Principal::Other(name.into()),
    }
}
