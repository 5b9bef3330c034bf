//! What names and values look like.

/// Parts of names whose values are secrets, in lower case.
pub(super) const SECRET_NAMES: [&str; 18] = [
    "access-key",
    "access_key",
    "accesskey",
    "api-key",
    "api_key",
    "apikey",
    "authorization",
    "connection_string",
    "connectionstring",
    "credential",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "privatekey",
    "pwd",
    "secret",
    "token",
];

/// Words that say how something is set and never are a secret.
const SETTINGS: [&str; 12] =
    ["allow", "deny", "disabled", "enabled", "false", "no", "none", "null", "optional", "required", "true", "yes"];

/// Ends of names that sound like a secret and are none: identifiers of requests
/// and pages, and where a secret is kept.
const HARMLESS: [&str; 7] =
    ["clienttoken", "nexttoken", "requesttoken", "secretarn", "secretname", "secretsmanager", "tokenissuetime"];

/// True for the name of an environment variable, a tag, a parameter or a header
/// whose value is a secret by its name.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|secret| name.contains(secret)) && !HARMLESS.iter().any(|ending| name.ends_with(ending))
}

/// True for a value that opens nothing: an ARN, a resource's id (`vpc-0a1b2c3d`),
/// a setting or a number of at most five digits.
pub(super) fn is_identifier(value: &str) -> bool {
    is_arn(value) || is_resource_id(value) || is_setting(value)
}

fn is_arn(value: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_:/.@+=,".contains(c);
    value.starts_with("arn:aws") && value.split(':').count() >= 6 && value.chars().all(plain)
}

fn is_resource_id(value: &str) -> bool {
    let Some((kind, id)) = value.rsplit_once('-') else { return false };
    let is_kind = (1..=10).contains(&kind.len()) && kind.bytes().all(|byte| byte.is_ascii_lowercase());
    is_kind && [8, 17].contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_setting(value: &str) -> bool {
    let is_number = (1..=5).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit());
    is_number || SETTINGS.iter().any(|setting| setting.eq_ignore_ascii_case(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_in_every_spelling() {
        for name in ["DB_PASSWORD", "splunk-token", "ApiKey", "x-api-key", "ClientSecret", "AWS_ACCESS_KEY_ID"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["Name", "LOG_LEVEL", "Environment", "awslogs-group", ""] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn only_what_opens_nothing_is_an_identifier() {
        let identifiers =
            ["arn:aws:sns:eu-west-1:123456789012:alarms", "vpc-0a1b2c3d", "sg-0123456789abcdef0", "true", "443"];
        for value in identifiers {
            assert!(is_identifier(value), "{value}");
        }
        let others =
            ["hunter2", "123456", "arn:aws:x", "https://example.com", "db-correcthorse", "", "arn:aws:s3:::b?sig=x"];
        for value in others {
            assert!(!is_identifier(value), "{value}");
        }
    }
}
