//! The two questions to STS that sessions need (STS API reference): who the
//! credentials belong to, and a session of that very role.

use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Map;
use tokio::time::sleep;

use crate::credentials::CredentialsCache;
use crate::endpoint::{Addressee, Endpoints};
use crate::model;
use crate::protocol::{self, Request};
use crate::region::Region;
use crate::retry;
use crate::transport::{Exchange, NoReply, Transport};

/// The shortest that STS gives; a chained session has at most an hour anyway.
const SECONDS: &str = "900";

#[derive(Debug)]
pub(super) struct Sts {
    pub transport: Arc<Transport>,
    pub endpoints: Arc<Endpoints>,
    pub base: Arc<CredentialsCache>,
    pub region: Region,
}

/// Attempts at one question.
const ATTEMPTS: u32 = 3;

/// Why a question has no answer.
struct Failure {
    cause: String,
    /// Another attempt may succeed.
    is_passing: bool,
}

impl Sts {
    /// ARN of the role that the credentials are a session of; fails with the reason.
    pub async fn own_role(&self) -> Result<String, String> {
        let answer = self.ask("GetCallerIdentity", &[]).await?;
        let arn = text(&answer, "Arn").unwrap_or_default();
        role_of(&arn).ok_or_else(|| format!("the credentials belong to {arn}, which is no session of a role"))
    }

    /// Credentials of a session; fails with the reason.
    pub async fn assume_role(&self, role: &str, name: &str, policy: &str) -> Result<Credentials, String> {
        let parameters =
            [("RoleArn", role), ("RoleSessionName", name), ("DurationSeconds", SECONDS), ("Policy", policy)];
        let answer = self.ask("AssumeRole", &parameters).await?;
        credentials(&answer).ok_or_else(|| "sts:AssumeRole: the answer holds no credentials".into())
    }

    async fn ask(&self, action: &str, parameters: &[(&str, &str)]) -> Result<Bytes, String> {
        let mut attempt = 1;
        loop {
            match self.ask_once(action, parameters).await {
                Ok(answer) => return Ok(answer),
                Err(failure) if failure.is_passing && attempt < ATTEMPTS => {
                    sleep(retry::pause(attempt, fastrand::f64())).await;
                    attempt += 1;
                }
                Err(Failure { cause, .. }) => return Err(format!("sts:{action}: {cause}")),
            }
        }
    }

    async fn ask_once(&self, action: &str, parameters: &[(&str, &str)]) -> Result<Bytes, Failure> {
        let service = model::service("sts").ok_or("no model of STS")?;
        // The rules of STS look at the region alone, so that any operation leads to the endpoint.
        let operation = service.operations.values().next().ok_or("no model of STS")?;
        let to = Addressee { name: "sts", service, operation, parameters: &Map::new(), region: &self.region };
        let endpoint = self.endpoints.find(to).map_err(|error| error.to_string())?;
        let request = request(action, service.metadata.api_version, parameters);
        let exchange = Exchange {
            address: endpoint.address(&request, None),
            request: &request,
            endpoint: &endpoint,
            credentials: &self.base.get().await.map_err(|error| error.to_string())?,
        };
        let reply = self.transport.exchange(exchange).await?;
        match protocol::fault(service, &reply) {
            Some(fault) => Err(Failure { is_passing: retry::is_worthwhile(&fault), cause: fault.to_string() }),
            None => Ok(reply.body),
        }
    }
}

impl From<String> for Failure {
    fn from(cause: String) -> Self {
        Self { cause, is_passing: false }
    }
}

impl From<&str> for Failure {
    fn from(cause: &str) -> Self {
        cause.to_owned().into()
    }
}

impl From<NoReply> for Failure {
    fn from(no_reply: NoReply) -> Self {
        match no_reply {
            NoReply::Failed { host, cause } => {
                Self { cause: format!("no answer from {host}: {cause}"), is_passing: true }
            }
            NoReply::TooLarge { limit } => format!("the answer has more than {limit} bytes").into(),
            NoReply::Unsendable { cause } => cause.into(),
        }
    }
}

fn request(action: &str, version: &str, parameters: &[(&str, &str)]) -> Request {
    let pairs = [("Action", action), ("Version", version)].into_iter().chain(parameters.iter().copied());
    let pairs = pairs.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    let form = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
    Request {
        method: Method::POST,
        path: "/".into(),
        query: String::new(),
        headers: vec![(CONTENT_TYPE, form)],
        body: pairs.collect::<Vec<_>>().join("&").into(),
        host_prefix: None,
    }
}

/// The role of `arn:aws:sts::123456789012:assumed-role/Role/session`. The role's
/// path is not in it, so that a role with a path has to be named by the settings.
fn role_of(arn: &str) -> Option<String> {
    let [_, partition, "sts", "", account, resource] = arn.splitn(6, ':').collect::<Vec<_>>()[..] else { return None };
    let (role, _session) = resource.strip_prefix("assumed-role/")?.split_once('/')?;
    Some(format!("arn:{partition}:iam::{account}:role/{role}"))
}

fn credentials(answer: &[u8]) -> Option<Credentials> {
    let expiry = DateTime::from_str(&text(answer, "Expiration")?, Format::DateTime).ok()?;
    let expiry = SystemTime::try_from(expiry).ok()?;
    let (id, secret, token) =
        (text(answer, "AccessKeyId")?, text(answer, "SecretAccessKey")?, text(answer, "SessionToken")?);
    Some(Credentials::new(id, secret, Some(token), Some(expiry), "session policy"))
}

/// The text of the first element of that name.
fn text(document: &[u8], name: &str) -> Option<String> {
    let mut reader = Reader::from_reader(document);
    let mut found: Option<String> = None;
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) if element.local_name().into_inner() == name.as_bytes() => {
                found = Some(String::new())
            }
            Event::Text(text) => {
                if let Some(found) = &mut found {
                    found.push_str(&text.decode().ok()?);
                }
            }
            Event::End(_) if found.is_some() => return found.map(|text| text.trim().to_owned()),
            Event::Eof => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_of_a_session_is_found() {
        let session = "arn:aws-cn:sts::123456789012:assumed-role/tools/function";
        assert_eq!(role_of(session).as_deref(), Some("arn:aws-cn:iam::123456789012:role/tools"));
        for other in ["arn:aws:iam::123456789012:user/someone", "arn:aws:sts::1:federated-user/x", ""] {
            assert_eq!(role_of(other), None, "{other}");
        }
    }

    #[test]
    fn credentials_are_read_and_an_incomplete_answer_is_none() {
        let answer = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
            <Credentials><AccessKeyId>AKIDEXAMPLE</AccessKeyId><SecretAccessKey>s/e+c</SecretAccessKey>\
            <SessionToken> t </SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials>\
            </AssumeRoleResult></AssumeRoleResponse>";
        let read = credentials(answer.as_bytes()).unwrap();
        assert_eq!(
            (read.access_key_id(), read.secret_access_key(), read.session_token()),
            ("AKIDEXAMPLE", "s/e+c", Some("t"))
        );
        assert!(read.expiry().is_some());
        assert!(credentials(answer.replace("SessionToken", "Other").as_bytes()).is_none());
        assert!(credentials(b"").is_none());
    }

    #[test]
    fn a_request_is_a_form_with_everything_encoded() {
        let request = request("AssumeRole", "2011-06-15", &[("Policy", "{\"a\": 1}")]);
        assert_eq!(request.body, "Action=AssumeRole&Version=2011%2D06%2D15&Policy=%7B%22a%22%3A%201%7D");
    }
}
