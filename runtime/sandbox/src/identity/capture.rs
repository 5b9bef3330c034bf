//! Reads credentials out of the answers of IAM and STS that pass through.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::Event;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::form_urlencoded;

/// What an exchange with IAM or STS tells about credentials.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Observation {
    Issued(IssuedKey),
    Deleted { access_key_id: String },
    SetActive { access_key_id: String, active: bool },
}

/// A new key; whose it is has yet to be asked.
#[derive(PartialEq, Eq)]
pub(super) struct IssuedKey {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) session_token: Option<String>,
    pub(super) expires_at: Option<i64>,
    /// Of the role whose policies alone decide what the key may do.
    pub(super) role_arn: Option<String>,
}

/// Leaves secret and token out.
impl std::fmt::Debug for IssuedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedKey").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// None when the exchange is about something else or did not succeed.
pub(super) fn observe(request_body: &[u8], response_body: &[u8]) -> Option<Observation> {
    let request: BTreeMap<String, String> = form_urlencoded::parse(request_body).into_owned().collect();
    let action = request.get("Action")?;
    let response = leaves(response_body, &format!("{action}Response"))?;
    match action.as_str() {
        "CreateAccessKey" | "AssumeRole" | "AssumeRoleWithWebIdentity" | "GetSessionToken" | "GetFederationToken" => {
            issued(&response, role_arn(&request)).map(Observation::Issued)
        }
        "DeleteAccessKey" => Some(Observation::Deleted { access_key_id: request.get("AccessKeyId")?.clone() }),
        "UpdateAccessKey" => Some(Observation::SetActive {
            access_key_id: request.get("AccessKeyId")?.clone(),
            active: request.get("Status")? == "Active",
        }),
        _ => None,
    }
}

/// None also where session policies narrow the role: the emulator simulates none.
fn role_arn(request: &BTreeMap<String, String>) -> Option<String> {
    let narrowed = request.keys().any(|name| name == "Policy" || name.starts_with("PolicyArns."));
    if narrowed { None } else { request.get("RoleArn").cloned() }
}

fn issued(response: &BTreeMap<String, String>, role_arn: Option<String>) -> Option<IssuedKey> {
    let expires_at = response
        .get("Expiration")
        .and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok())
        .map(OffsetDateTime::unix_timestamp);
    Some(IssuedKey {
        access_key_id: response.get("AccessKeyId")?.clone(),
        secret_access_key: response.get("SecretAccessKey")?.clone(),
        session_token: response.get("SessionToken").cloned(),
        expires_at,
        role_arn,
    })
}

/// The texts of all elements without children, by local name; None when the
/// document's root has another name, as an error's has.
fn leaves(document: &[u8], root: &str) -> Option<BTreeMap<String, String>> {
    let mut reader = Reader::from_reader(document);
    let (mut names, mut found) = (Vec::<String>::new(), BTreeMap::new());
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) => {
                let name = String::from_utf8_lossy(element.local_name().as_ref()).into_owned();
                if names.is_empty() && name != root {
                    return None;
                }
                names.push(name);
            }
            Event::End(_) => drop(names.pop()),
            Event::Text(text) if !text.trim_ascii().is_empty() => {
                let text = String::from_utf8_lossy(text.trim_ascii()).into_owned();
                found.insert(names.last()?.clone(), text);
            }
            Event::Eof => return Some(found),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASSUMED: &str = r#"<?xml version="1.0"?>
        <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
        <AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s+/=</SecretAccessKey><SessionToken>t</SessionToken>
        <Expiration>2026-11-22T15:57:53Z</Expiration></Credentials><AssumedRoleUser>
        <Arn>arn:aws:sts::000000000000:assumed-role/ex/s1</Arn></AssumedRoleUser></AssumeRoleResult>
        </AssumeRoleResponse>"#;

    #[test]
    fn an_assumed_role_gives_temporary_credentials_and_the_roles_arn() {
        let request = b"Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Fpath%2Fex";
        let Some(Observation::Issued(key)) = observe(request, ASSUMED.as_bytes()) else { panic!("nothing observed") };
        assert_eq!((key.access_key_id.as_str(), key.secret_access_key.as_str()), ("ASIA1", "s+/="));
        assert_eq!(key.session_token.as_deref(), Some("t"));
        assert_eq!(key.expires_at, Some(1_795_363_073));
        assert_eq!(key.role_arn.as_deref(), Some("arn:aws:iam::000000000000:role/path/ex"));
    }

    #[test]
    fn an_error_answer_teaches_and_forgets_nothing() {
        let refused = b"<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>";
        assert_eq!(observe(b"Action=DeleteAccessKey&AccessKeyId=AKIA1", refused), None);
        assert_eq!(observe(b"Action=CreateAccessKey", refused), None);
    }

    #[test]
    fn a_deleted_or_disabled_key_is_noticed() {
        let deleted = b"<DeleteAccessKeyResponse><ResponseMetadata/></DeleteAccessKeyResponse>";
        let observed = observe(b"Action=DeleteAccessKey&AccessKeyId=AKIA1", deleted);
        assert_eq!(observed, Some(Observation::Deleted { access_key_id: "AKIA1".into() }));
        let updated = b"<UpdateAccessKeyResponse></UpdateAccessKeyResponse>";
        let observed = observe(b"Action=UpdateAccessKey&AccessKeyId=AKIA1&Status=Inactive", updated);
        assert_eq!(observed, Some(Observation::SetActive { access_key_id: "AKIA1".into(), active: false }));
        assert_eq!(observe(b"Action=ListUsers", updated), None);
    }

    #[test]
    fn a_session_policy_leaves_no_role_to_ask() {
        let request = b"Action=AssumeRole&RoleArn=arn&Policy=%7B%7D";
        let Some(Observation::Issued(key)) = observe(request, ASSUMED.as_bytes()) else { panic!("nothing observed") };
        assert_eq!(key.role_arn, None);
    }
}
