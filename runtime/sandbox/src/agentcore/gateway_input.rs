//! The bodies of CreateGateway and UpdateGateway: their form and their limits.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::authorizer::AuthorizerConfiguration;
use super::fault::{Fault, Faults};
use super::mcp::PROTOCOL_VERSIONS;
use super::model::{AuthorizerType, GatewaySettings, ProtocolConfiguration};

const MAX_NAME: usize = 48;
const MAX_TAGS: usize = 50;

/// Members that the local platform does not know are refused by the parser.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct GatewayInput {
    name: Option<String>,
    description: Option<String>,
    /// Create only.
    client_token: Option<String>,
    role_arn: Option<String>,
    protocol_type: Option<String>,
    protocol_configuration: Option<ProtocolConfiguration>,
    authorizer_type: Option<String>,
    authorizer_configuration: Option<AuthorizerConfiguration>,
    exception_level: Option<String>,
    /// Create only.
    tags: Option<BTreeMap<String, String>>,
}

/// A valid CreateGateway; UpdateGateway has neither token nor tags.
pub(super) struct ValidGateway {
    pub(super) settings: GatewaySettings,
    pub(super) client_token: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
}

/// Reads a body, with AWS's fault for one that does not fit.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| {
        Fault::validation("CannotParse", format!("The local platform cannot take this request: {error}"))
    })
}

impl GatewayInput {
    pub(super) fn validate(self) -> Result<ValidGateway, Fault> {
        let mut faults = Faults::default();
        self.check_texts(&mut faults);
        self.check_protocol(&mut faults);
        let authorizer_type = self.check_authorizer(&mut faults);
        check_tags(self.tags.as_ref(), &mut faults);
        faults.into_result()?;
        let settings = GatewaySettings {
            name: self.name.unwrap_or_default(),
            description: self.description,
            role_arn: self.role_arn.unwrap_or_default(),
            protocol_type: self.protocol_type,
            protocol_configuration: self.protocol_configuration,
            authorizer_type: authorizer_type.unwrap_or(AuthorizerType::CustomJwt),
            authorizer_configuration: self.authorizer_configuration,
            exception_level: self.exception_level,
        };
        Ok(ValidGateway { settings, client_token: self.client_token, tags: self.tags.unwrap_or_default() })
    }

    fn check_texts(&self, faults: &mut Faults) {
        let name = self.name.as_deref().unwrap_or_default();
        let pattern = "Member must satisfy regular expression pattern: ([0-9a-zA-Z][-]?){1,48}";
        faults.require(is_hyphenated_name(name, MAX_NAME), "name", pattern);
        faults.length("description", self.description.as_deref(), 1..=200);
        faults.length("clientToken", self.client_token.as_deref(), 33..=256);
        let role_arn = self.role_arn.as_deref().unwrap_or_default();
        faults.require(is_role_arn(role_arn), "roleArn", "Member must be the ARN of an IAM role");
        let level = self.exception_level.as_deref().is_none_or(|level| level == "DEBUG");
        faults.require(level, "exceptionLevel", "Member must satisfy enum value set: [DEBUG]");
    }

    fn check_protocol(&self, faults: &mut Faults) {
        let is_mcp = self.protocol_type.as_deref() == Some("MCP");
        faults.require(is_mcp, "protocolType", "Member must satisfy enum value set: [MCP]");
        let mcp = self.protocol_configuration.as_ref().and_then(|configuration| configuration.mcp.as_ref());
        let Some(mcp) = mcp else { return };
        faults.length("protocolConfiguration.mcp.instructions", mcp.instructions.as_deref(), 1..=2048);
        let versions = mcp.supported_versions.as_deref();
        let known = versions.is_none_or(|versions| {
            !versions.is_empty() && versions.iter().all(|version| PROTOCOL_VERSIONS.contains(&version.as_str()))
        });
        let set = format!("the local platform serves {}", PROTOCOL_VERSIONS.join(", "));
        faults.require(known, "protocolConfiguration.mcp.supportedVersions", set);
    }

    fn check_authorizer(&self, faults: &mut Faults) -> Option<AuthorizerType> {
        let authorizer_type = match self.authorizer_type.as_deref() {
            Some("CUSTOM_JWT") => Some(AuthorizerType::CustomJwt),
            Some("AWS_IAM") => Some(AuthorizerType::AwsIam),
            Some("NONE") => Some(AuthorizerType::None),
            _ => None,
        };
        let set = "Member must satisfy enum value set: [CUSTOM_JWT, AWS_IAM, NONE]";
        faults.require(authorizer_type.is_some(), "authorizerType", set);
        match &self.authorizer_configuration {
            Some(configuration) => configuration.custom_jwt.validate(faults),
            None => {
                let free = authorizer_type != Some(AuthorizerType::CustomJwt);
                faults.require(free, "authorizerConfiguration", "is required for authorizerType CUSTOM_JWT");
            }
        }
        authorizer_type
    }
}

/// At most 50 tags, with keys of 1 to 128 and values of at most 256 characters.
pub(super) fn check_tags(tags: Option<&BTreeMap<String, String>>, faults: &mut Faults) {
    let Some(tags) = tags else { return };
    let limit = "Map value must have length less than or equal to 50";
    faults.require(tags.len() <= MAX_TAGS, "tags", limit);
    for (key, value) in tags {
        faults.length("tags.key", Some(key), 1..=128);
        faults.length("tags.value", Some(value), 0..=256);
    }
}

/// `([0-9a-zA-Z][-]?){1,max}`
pub(super) fn is_hyphenated_name(name: &str, max: usize) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric).count();
    let only_known = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    only_known && (1..=max).contains(&letters) && !name.starts_with('-') && !name.contains("--")
}

fn is_role_arn(arn: &str) -> bool {
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit());
    matches!(parts[..], ["arn", partition, "iam", "", account, role]
        if partition.starts_with("aws") && is_account(account)
            && role.strip_prefix("role/").is_some_and(|name| !name.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn body(change: Value) -> Value {
        let mut body = json!({
            "name": "ops-prod", "roleArn": "arn:aws:iam::000000000000:role/gateway", "protocolType": "MCP",
            "authorizerType": "CUSTOM_JWT", "authorizerConfiguration": {"customJWTAuthorizer":
                {"discoveryUrl": "https://issuer/.well-known/openid-configuration", "allowedAudience": ["a"]}}
        });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        body
    }

    fn faulty_fields(change: Value) -> Vec<String> {
        let input: GatewayInput = parse(body(change).to_string().as_bytes()).unwrap();
        match input.validate() {
            Ok(_) => vec![],
            Err(Fault::Validation(validation)) => validation.fields.into_iter().map(|field| field.name).collect(),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_follow_the_services_pattern() {
        for good in ["a", "ops-prod", "A1-", &"a-".repeat(48)] {
            assert!(is_hyphenated_name(good, 48), "{good}");
        }
        for bad in ["", "-a", "a--b", "a_b", &"a".repeat(49)] {
            assert!(!is_hyphenated_name(bad, 48), "{bad}");
        }
    }

    #[test]
    fn all_faults_are_reported_together() {
        assert_eq!(faulty_fields(json!({})), Vec::<String>::new());
        let change =
            json!({"name": "a_b", "roleArn": "role", "exceptionLevel": "INFO", "authorizerConfiguration": null});
        assert_eq!(faulty_fields(change), ["name", "roleArn", "exceptionLevel", "authorizerConfiguration"]);
    }

    #[test]
    fn too_many_tags_are_refused() {
        let tags: BTreeMap<_, _> = (0..51).map(|number| (format!("k{number}"), "v")).collect();
        assert_eq!(faulty_fields(json!({"tags": tags})), ["tags"]);
    }

    #[test]
    fn members_that_are_not_built_are_refused_by_name() {
        let fault = parse::<GatewayInput>(body(json!({"interceptorConfigurations": []})).to_string().as_bytes());
        let Err(Fault::Validation(validation)) = fault else { panic!("accepted") };
        assert_eq!(validation.reason, "CannotParse");
        assert!(validation.message.contains("interceptorConfigurations"));
    }
}
