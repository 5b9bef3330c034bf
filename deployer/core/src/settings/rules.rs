//! Rules between values of different keys. Values that are already reported
//! are left out of them.

use super::fault::{Fault, code};
use super::form::LOCAL_PLATFORM_ISSUER;
use super::model::{ClaimOperator, ClaimType, LOCAL_REGION};
use super::reader::{FromNode, Reader};
use super::{agent_rules, tool_rules};

/// Lambda, `AllowOriginsList`.
const MOST_ORIGINS: usize = 100;

pub(super) fn check(reader: &mut Reader<'_>) {
    platform(reader);
    issuer(reader);
    custom_claims(reader);
    cors(reader);
    agent_rules::check(reader);
    tool_rules::check(reader);
}

/// Only one side of these is possible on either platform.
fn platform(reader: &mut Reader<'_>) {
    match peek::<String>(reader, "platform.kind").as_deref() {
        Some("local") => {
            only_x86_64(reader);
            only_its_region(reader);
        }
        Some(_) => nothing_local(reader),
        None => {}
    }
}

fn only_x86_64(reader: &mut Reader<'_>) {
    for table in ["agent", "tools"] {
        let path = format!("{table}.architecture");
        if peek::<String>(reader, &path).is_some_and(|architecture| architecture != "x86_64") {
            let message = format!("`architecture` in [{table}] must be `x86_64` on the local platform");
            reader.invalid(&path, message, "the functions run on this machine there");
        }
    }
}

fn only_its_region(reader: &mut Reader<'_>) {
    if peek::<String>(reader, "aws.region").is_some_and(|region| region != LOCAL_REGION) {
        let message = format!("`region` in [aws] must be `{LOCAL_REGION}` on the local platform");
        reader.invalid("aws.region", message, "everything there has this region");
    }
}

fn nothing_local(reader: &mut Reader<'_>) {
    let hint = "use it with kind = \"local\" in [platform]";
    if peek::<u16>(reader, "platform.port").is_some_and(|port| port != 0) {
        reader.invalid("platform.port", "`port` in [platform] is for the local platform only", hint);
    }
    if peek::<String>(reader, "issuer.discovery_url").as_deref() == Some(LOCAL_PLATFORM_ISSUER) {
        let message = "`discovery_url` in [issuer] names the local platform, which this environment does not use";
        reader.invalid("issuer.discovery_url", message, hint);
    }
    let path = "smoke.token.secret.local_platform";
    if peek(reader, path) == Some(true) {
        reader.invalid(path, "`local_platform` in [smoke.token.secret] is for the local platform only", hint);
    }
}

/// AgentCore wants at least one restriction on the tokens that it accepts.
fn issuer(reader: &mut Reader<'_>) {
    let lists = ["issuer.allowed_audience", "issuer.allowed_clients", "issuer.custom_claims"];
    if lists.iter().any(|path| reader.is_reported(path)) {
        return;
    }
    let is_empty = |path: &&str| {
        peek::<Vec<String>>(reader, path).is_none_or(|list| list.is_empty()) && reader.tables(path).is_empty()
    };
    if lists.iter().all(is_empty) {
        let hint = "give at least one of `allowed_audience`, `allowed_clients` and [[issuer.custom_claims]]; \
                    without one, every token of the issuer would be accepted";
        reader.missing("issuer.allowed_audience", Some(hint));
    }
}

/// AgentCore compares a STRING as a whole and looks for members of a STRING_ARRAY.
fn custom_claims(reader: &mut Reader<'_>) {
    for table in reader.tables("issuer.custom_claims") {
        let value_type = table.find("value_type").and_then(ClaimType::from_node);
        let operator = table.find("operator").and_then(ClaimOperator::from_node);
        let mut fault = |key: &str, message: &str| {
            let place = table.nearest_place(key);
            reader.faults.push(Fault::at(place, code::INVALID_VALUE, format!("{message} in [[issuer.custom_claims]]")));
        };
        if let (Some(value_type), Some(operator)) = (value_type, operator)
            && (value_type == ClaimType::String) != (operator == ClaimOperator::Equals)
        {
            fault("operator", "`EQUALS` goes with `STRING`, `CONTAINS` and `CONTAINS_ANY` with `STRING_ARRAY`");
        }
        match table.find("values").and_then(Vec::<String>::from_node).map(|values| values.len()) {
            Some(0) => fault("values", "`values` must not be empty"),
            Some(2..) if operator.is_some_and(|operator| operator != ClaimOperator::ContainsAny) => {
                fault("values", "`values` must hold one value, unless `operator` is `CONTAINS_ANY`,");
            }
            _ => {}
        }
    }
}

fn cors(reader: &mut Reader<'_>) {
    let path = "function_url.cors.allow_origins";
    let Some(origins) = peek::<Vec<String>>(reader, path) else { return };
    let hint = "leave out [function_url.cors] to switch CORS off";
    if origins.is_empty() {
        reader.invalid(path, "`allow_origins` in [function_url.cors] must not be empty", hint);
    }
    if origins.len() > MOST_ORIGINS {
        let message = format!("`allow_origins` in [function_url.cors] must hold at most {MOST_ORIGINS} origins");
        reader.invalid(path, message, "share a domain, or serve the page from fewer origins");
    }
    let credentials = "function_url.cors.allow_credentials";
    if origins.iter().any(|origin| origin == "*") && peek(reader, credentials) == Some(true) {
        let message = "`allow_credentials` in [function_url.cors] must not be true for the origin `*`: \
                       any web page could then call with a visitor's credentials";
        reader.invalid(credentials, message, "name the origins");
    }
}

/// The value, when it is there and sound.
pub(super) fn peek<T: FromNode>(reader: &Reader<'_>, path: &str) -> Option<T> {
    reader.root.find(path).and_then(T::from_node)
}
