//! The OpenAPI document of the agent's HTTP API: the calls by hand, the messages from their types.
//!
//! `docs/openapi.json` is its text; a test here keeps the two equal, tests of the agent compare its answers
//! with the document.

mod calls;
mod faults;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

pub use faults::{FAULTS, Fault};

use crate::chat::{
    ChatAnswer, ChatEvent, ChatRequest, ConversationHistory, Conversations, Deleted, Health, TOKEN_HEADER, ToolList,
    ToolsRequest,
};
use crate::error::ErrorBody;

const DESCRIPTION: &str = "\
The API of the agent function behind its Lambda function URL.\n\n\
Every request is signed with SigV4 for the service `lambda`; Lambda itself answers 403 to one that is not. A user's \
access token opens the gateway's tools. It travels in the signed header `x-okta-token` or in the field `okta_token`, \
is verified with every request and is kept nowhere. Conversations belong to the token's user and the IAM role or user \
together, without a token to the IAM principal alone; others see 404.\n\n\
An error has its HTTP status and the body `{\"error\": {\"code\", \"message\", \"hint\"}}`. Codes are stable, texts \
are not. Every answer has the header `x-request-id`, under which the agent's log tells of the request; bodies hold no \
id. A 401 with a code `token/*` or `gateway/unauthorized` asks for a new access token.";

/// The whole document, OpenAPI 3.1.
pub fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "AWS operations agent",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": {"name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE")},
        },
        "servers": [{
            "url": "https://{url_id}.lambda-url.{region}.on.aws",
            "variables": {"url_id": {"default": "url-id"}, "region": {"default": "us-east-1"}},
        }],
        "security": [{"sigv4": []}, {"sigv4": [], "token": []}],
        "paths": calls::paths(),
        "components": {"schemas": schemas(), "securitySchemes": security_schemes(), "headers": headers()},
    })
}

fn security_schemes() -> Value {
    json!({
        "sigv4": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "x-amazon-apigateway-authtype": "awsSigv4",
            "description": "AWS Signature Version 4 for the service `lambda` in the function's region.",
        },
        "token": {
            "type": "apiKey",
            "in": "header",
            "name": TOKEN_HEADER,
            "description": "The user's access token, with or without `Bearer`. A client signs this header too.",
        },
    })
}

fn headers() -> Value {
    let text = |description: &str| json!({"description": description, "schema": {"type": "string"}});
    json!({
        "RequestId": text("Id of the request in the agent's log."),
        "ConversationId": text("The conversation that the answer belongs to."),
    })
}

/// What clients write is described as it is read, what the agent writes as it is written.
fn schemas() -> Map<String, Value> {
    let mut read = generator(SchemaSettings::draft2020_12().for_deserialize());
    read.subschema_for::<ChatRequest>();
    read.subschema_for::<ToolsRequest>();
    let mut written = generator(SchemaSettings::draft2020_12().for_serialize());
    written.subschema_for::<ChatEvent>();
    written.subschema_for::<ChatAnswer>();
    written.subschema_for::<Conversations>();
    written.subschema_for::<ConversationHistory>();
    written.subschema_for::<Deleted>();
    written.subschema_for::<Health>();
    written.subschema_for::<ToolList>();
    written.subschema_for::<ErrorBody>();
    let mut schemas = read.take_definitions(true);
    schemas.extend(written.take_definitions(true));
    schemas.sort_keys();
    schemas
}

fn generator(settings: SchemaSettings) -> SchemaGenerator {
    settings.with(|settings| settings.definitions_path = "/components/schemas".into()).into_generator()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn the_checked_in_document_is_that_of_the_code() {
        let made = serde_json::to_string_pretty(&document()).unwrap() + "\n";
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
        if std::env::var_os("UPDATE_REFERENCE").is_some() {
            std::fs::write(&file, &made).unwrap();
        }
        let found = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(found == made, "docs/openapi.json: run UPDATE_REFERENCE=1 cargo test -p contract openapi");
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let mut references = Vec::new();
        collect(&document, &mut references);
        assert!(references.len() > 20);
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    fn collect(value: &Value, references: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                references.extend(members.get("$ref").and_then(Value::as_str).map(String::from));
                members.values().for_each(|member| collect(member, references));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
            _ => {}
        }
    }

    #[test]
    fn every_fault_is_told_by_some_call() {
        let text = document().to_string();
        // Two are about paths and methods that no call has.
        let elsewhere = ["request/not-found", "request/method"];
        for fault in FAULTS.iter().filter(|fault| !elsewhere.contains(&fault.code)) {
            assert!(text.contains(&format!("`{}`", fault.code)), "{}", fault.code);
        }
    }
}
