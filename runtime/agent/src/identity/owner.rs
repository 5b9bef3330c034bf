//! Whom a conversation belongs to.

use sha2::{Digest, Sha256};

use super::{Principal, Verification};

/// A digest of what was verified, so that no name or address of a person is a key of the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner(String);

impl Owner {
    /// The user of a token, through this role or IAM user.
    pub fn of_user(user: &Verification, principal: &Principal) -> Self {
        Self(digest("user", &[&user.issuer, &user.subject, principal.without_session()]))
    }

    /// The principal alone; never the same as an owner with a token.
    pub fn of_principal(principal: &Principal) -> Self {
        Self(digest("principal", &[principal.person()]))
    }

    /// As it was stored.
    pub fn stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The kind, and SHA-256 of the parts, each with its length before it so that no two lists read alike.
fn digest(kind: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    format!("{kind}:{}", hex::encode(hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(issuer: &str, subject: &str) -> Verification {
        Verification { issuer: issuer.into(), subject: subject.into() }
    }

    #[test]
    fn issuer_subject_and_role_all_count() {
        let (one, other) = (Principal::new("arn:aws:iam::1:user/a"), Principal::new("arn:aws:iam::1:user/b"));
        let owner = Owner::of_user(&user("i", "s"), &one);
        assert_eq!(owner, Owner::of_user(&user("i", "s"), &one));
        for different in [
            Owner::of_user(&user("i", "s"), &other),
            Owner::of_user(&user("is", ""), &one),
            Owner::of_user(&user("", "is"), &one),
            Owner::of_principal(&one),
        ] {
            assert_ne!(owner, different);
        }
        assert!(!owner.as_str().contains("user/a"));
    }
}
