//! The name of what a request is about, found where each protocol puts it.

use reqwest::Url;
use serde_json::Value;

/// Fields that name a resource, the more telling first.
const FORM_FIELDS: [&str; 6] =
    ["StackName", "RoleName", "PolicySourceArn", "ChangeSetName", "LogGroupName", "StackDriftDetectionId"];
const JSON_FIELDS: [&str; 8] = [
    "TableName",
    "repositoryName",
    "repositoryNames",
    "logGroupName",
    "logGroupNamePrefix",
    "ResourceArn",
    "resourceArn",
    "SecretId",
];

pub(super) fn of_form(fields: &[(String, String)]) -> Option<String> {
    FORM_FIELDS.iter().find_map(|wanted| {
        let (_, value) = fields.iter().find(|(name, _)| name == wanted)?;
        Some(short(value))
    })
}

/// The first such field at any depth.
pub(super) fn of_json(document: &Value) -> Option<String> {
    JSON_FIELDS.iter().find_map(|wanted| field(document, wanted))
}

fn field(value: &Value, wanted: &str) -> Option<String> {
    match value {
        Value::Object(fields) => match fields.get(wanted) {
            Some(Value::String(text)) => Some(short(text)),
            Some(Value::Array(texts)) => texts.first()?.as_str().map(short),
            _ => fields.values().find_map(|inner| field(inner, wanted)),
        },
        Value::Array(values) => values.iter().find_map(|inner| field(inner, wanted)),
        _ => None,
    }
}

/// A REST path as collections with `*` for what is in them, and the first thing's name:
/// `/2015-03-31/functions/f/policy` is `functions/*/policy` and `f`.
pub(super) fn of_path(path: &str) -> (String, Option<String>) {
    let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    if segments.first().is_some_and(|first| first.starts_with("20") && first.len() == "2015-03-31".len()) {
        segments.remove(0);
    }
    let is_gateway = segments.first() == Some(&"gateways");
    let named = segments.get(1).map(|name| match decoded(name) {
        id if is_gateway => gateway_name(&id).to_string(),
        other => short(&other),
    });
    let shape = segments.iter().enumerate().map(|(index, segment)| if index % 2 == 0 { segment } else { "*" });
    (shape.collect::<Vec<_>>().join("/"), named)
}

fn decoded(segment: &str) -> String {
    // The value of a query is decoded by the parser; a plus would not survive, and names have none.
    let url = Url::parse(&format!("http://path/?name={segment}")).expect("any query can be parsed");
    url.query_pairs().next().map_or_else(String::new, |(_, value)| value.into_owned())
}

/// The name in an ARN, without what AWS chooses anew each time.
fn short(identifier: &str) -> String {
    let name = match identifier.strip_prefix("arn:") {
        Some(arn) => {
            let resource = arn.splitn(5, ':').last().unwrap_or(arn);
            let name = resource.split_once(['/', ':']).map_or(resource, |(_, name)| name);
            if arn.contains(":cloudformation:") {
                name.split('/').next().unwrap_or(name)
            } else if arn.contains(":bedrock-agentcore:") {
                gateway_name(name)
            } else {
                name
            }
        }
        None => identifier,
    };
    name.to_string()
}

/// A gateway's id is its name, a hyphen and ten characters that AWS chooses.
fn gateway_name(id: &str) -> &str {
    match id.rsplit_once('-') {
        Some((name, chosen)) if chosen.len() == 10 => name,
        _ => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_give_their_names() {
        let stack = "arn:aws:cloudformation:us-east-1:000000000000:stack/ops-local/1234";
        assert_eq!(short(stack), "ops-local");
        assert_eq!(short("arn:aws:lambda:us-east-1:000000000000:function:tool"), "tool");
        assert_eq!(short("arn:aws:dynamodb:us-east-1:000000000000:table/t"), "t");
        assert_eq!(short("arn:aws:bedrock-agentcore:us-east-1:000000000000:gateway/ops-local-a1b2c3d4e5"), "ops-local");
        assert_eq!(short("ops-local-foundation"), "ops-local-foundation");
    }

    #[test]
    fn an_encoded_arn_in_a_path_is_one_segment() {
        let (shape, name) = of_path("/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A0%3Afunction%3Atool");
        assert_eq!((shape.as_str(), name.as_deref()), ("tags/*", Some("tool")));
        assert_eq!(of_path("/gateways/"), ("gateways".to_string(), None));
        assert_eq!(of_path("/gateways/ops-local-mehibozhve").1.as_deref(), Some("ops-local"));
    }
}
