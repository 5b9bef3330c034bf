//! Who may call an API: methods that are open, and authorizers.

use serde_json::{Value, json};

use super::apis::{self, Api};
use crate::service::values::{flag, list, text};
use crate::service::{Ask, Findings, Unread};

/// A method or a route and what it asks of its callers.
struct Method {
    /// `GET /orders`
    name: String,
    authorization: String,
    api_key: bool,
}

pub(super) async fn open_methods(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let apis = apis::read(ask).await?;
    let all = ask.each(&apis, |api| methods(ask, api)).await;
    let mut findings = Findings::table(&["api", "method", "type", "api_key", "resource_policy", "endpoint", "api_id"]);
    let mut count = 0;
    for (api, found) in apis.iter().zip(&all) {
        for method in found.iter().flatten() {
            count += 1;
            if method.authorization != "NONE" {
                continue;
            }
            findings.push([
                json!(api.name),
                json!(method.name),
                json!(api.kind),
                json!(method.api_key),
                json!(api.is_rest().then(|| !text(&api.value, "policy").is_empty())),
                list(&api.value["endpointConfiguration"], "types").next().cloned().unwrap_or_default(),
                json!(api.id),
            ]);
        }
    }
    findings.sort_by("method");
    findings.sort_by("api");
    findings.sum("methods", count);
    findings.sum("open", findings.rows.len());
    if !findings.rows.is_empty() {
        ask.note(
            "An API key tells callers apart but proves no identity. A resource policy, mutual TLS or a private \
             endpoint may still keep callers out.",
        );
    }
    Ok(findings)
}

async fn methods(ask: &Ask<'_>, api: &Api) -> Result<Vec<Method>, Unread> {
    if api.is_rest() {
        let wanted = json!({"restApiId": api.id, "embed": ["methods"]});
        let answer = ask.read("apigateway:GetResources", wanted).await?;
        return Ok(list(&answer, "items").flat_map(methods_of).collect());
    }
    let answer = ask.read("apigatewayv2:GetRoutes", json!({"ApiId": api.id})).await?;
    Ok(list(&answer, "Items").filter(|route| counts(api, route)).map(of_route).collect())
}

/// OPTIONS answers preflight requests of browsers, which carry no credentials.
fn methods_of(resource: &Value) -> impl Iterator<Item = Method> {
    let methods = resource["resourceMethods"].as_object().into_iter().flatten();
    methods.filter(|(verb, _)| *verb != "OPTIONS").map(|(verb, method)| Method {
        name: format!("{verb} {}", text(resource, "path")),
        authorization: authorization(text(method, "authorizationType")),
        api_key: flag(method, "apiKeyRequired"),
    })
}

/// A WebSocket API asks for authorization when the connection is made, and not after.
fn counts(api: &Api, route: &Value) -> bool {
    let key = text(route, "RouteKey");
    if api.kind == "WEBSOCKET" { key == "$connect" } else { !key.starts_with("OPTIONS ") }
}

fn of_route(route: &Value) -> Method {
    Method {
        name: text(route, "RouteKey").into(),
        authorization: authorization(text(route, "AuthorizationType")),
        api_key: flag(route, "ApiKeyRequired"),
    }
}

/// What is not set is not asked for.
fn authorization(kind: &str) -> String {
    if kind.is_empty() { "NONE".into() } else { kind.to_owned() }
}

pub(super) async fn authorizers(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let apis = apis::read(ask).await?;
    let all = ask.each(&apis, |api| authorizers_of(ask, api)).await;
    let mut findings = Findings::table(&["api", "authorizer", "type", "identity", "cache_seconds", "issuer", "api_id"]);
    let mut without = 0;
    for (api, found) in apis.iter().zip(all) {
        let Ok(found) = found else { continue };
        without += usize::from(found.is_empty());
        for [name, kind, identity, seconds, issuer] in found {
            findings.push([json!(api.name), name, kind, identity, seconds, issuer, json!(api.id)]);
        }
    }
    findings.sort_by("authorizer");
    findings.sort_by("api");
    findings.sum("authorizers", findings.rows.len());
    findings.sum("apis", apis.len());
    findings.sum("apis_without_authorizer", without);
    Ok(findings)
}

/// Name, type, where the identity comes from, how long a decision is kept, who issues tokens.
async fn authorizers_of(ask: &Ask<'_>, api: &Api) -> Result<Vec<[Value; 5]>, Unread> {
    if api.is_rest() {
        let answer = ask.read("apigateway:GetAuthorizers", json!({"restApiId": api.id})).await?;
        let cells = |authorizer: &Value| {
            [
                authorizer["name"].clone(),
                authorizer["type"].clone(),
                authorizer["identitySource"].clone(),
                authorizer["authorizerResultTtlInSeconds"].clone(),
                joined(authorizer, "providerARNs"),
            ]
        };
        return Ok(list(&answer, "items").map(cells).collect());
    }
    let answer = ask.read("apigatewayv2:GetAuthorizers", json!({"ApiId": api.id})).await?;
    let cells = |authorizer: &Value| {
        [
            authorizer["Name"].clone(),
            authorizer["AuthorizerType"].clone(),
            joined(authorizer, "IdentitySource"),
            authorizer["AuthorizerResultTtlInSeconds"].clone(),
            authorizer["JwtConfiguration"]["Issuer"].clone(),
        ]
    };
    Ok(list(&answer, "Items").map(cells).collect())
}

fn joined(value: &Value, member: &str) -> Value {
    let texts: Vec<_> = list(value, member).filter_map(Value::as_str).collect();
    if texts.is_empty() { Value::Null } else { json!(texts.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::testing::{ask, called, rows, rows_of};
    use crate::tool::apigateway::apis::tests::{TOOL, account};

    #[tokio::test]
    async fn open_methods_and_routes_are_found_in_both_generations() {
        let method = |kind| json!({"httpMethod": "GET", "authorizationType": kind, "apiKeyRequired": false});
        let keyed = json!({"httpMethod": "POST", "authorizationType": "NONE", "apiKeyRequired": true});
        let resources = json!([
            {"id": "1", "path": "/", "resourceMethods": {"GET": method("AWS_IAM"), "OPTIONS": method("NONE")}},
            {"id": "2", "path": "/orders", "resourceMethods": {"GET": method("NONE"), "POST": keyed}},
            {"id": "3", "path": "/empty"},
        ]);
        let routes = json!([
            {"RouteKey": "GET /items", "AuthorizationType": "JWT"},
            {"RouteKey": "$default"},
            {"RouteKey": "OPTIONS /items", "AuthorizationType": "NONE"},
        ]);
        let account = account()
            .answering("apigateway:GetResources", json!({"items": resources}))
            .answering("apigatewayv2:GetRoutes", json!({"Items": routes}));
        let answer = ask(TOOL, json!({"query": "", "operation": "open-methods"}), &account).await;
        let rows = rows_of(&answer);
        let cells: Vec<_> = rows
            .iter()
            .map(|row| (row["method"].as_str().unwrap(), row["api_key"].clone(), row["resource_policy"].clone()))
            .collect();
        let (no, yes) = (json!(false), json!(true));
        assert_eq!(
            cells,
            [("GET /orders", no.clone(), no.clone()), ("POST /orders", yes, no.clone()), ("$default", no, Value::Null)]
        );
        assert_eq!(answer.result.unwrap()["summary"], json!({"methods": 5, "open": 3}));
        assert_eq!(called(&account, "apigateway:GetResources"), [json!({"restApiId": "r1", "embed": ["methods"]})]);
    }

    #[tokio::test]
    async fn of_a_web_socket_api_only_connecting_counts() {
        let api = json!([
            {
                "ApiId": "w1", "Name": "chat", "ProtocolType": "WEBSOCKET",
                "RouteSelectionExpression": "$request.body.action",
            },
        ]);
        let routes = json!([
            {"RouteKey": "$connect", "AuthorizationType": "NONE"},
            {"RouteKey": "send", "AuthorizationType": "NONE"},
        ]);
        let account = account()
            .answering("apigateway:GetRestApis", json!({"items": []}))
            .answering("apigatewayv2:GetApis", json!({"Items": api}))
            .answering("apigatewayv2:GetRoutes", json!({"Items": routes}));
        let rows = rows(TOOL, "open-methods", json!({}), &account).await;
        assert_eq!(rows.iter().map(|row| row["method"].as_str().unwrap()).collect::<Vec<_>>(), ["$connect"]);
    }

    #[tokio::test]
    async fn an_api_that_cannot_be_read_leaves_the_others_and_is_no_api_without_authorizer() {
        let authorizers = json!([
            {
                "Name": "tokens", "AuthorizerId": "a", "AuthorizerType": "JWT",
                "IdentitySource": ["$request.header.Authorization"],
                "JwtConfiguration": {"Issuer": "https://issuer.example"},
            },
        ]);
        let account = account()
            .failing("apigateway:GetAuthorizers", 403, "AccessDeniedException")
            .answering("apigatewayv2:GetAuthorizers", json!({"Items": authorizers}));
        let answer = ask(TOOL, json!({"query": "", "operation": "authorizers"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["authorizer"], &rows[0]["issuer"]), (&json!("tokens"), &json!("https://issuer.example")));
        assert_eq!(rows[0]["identity"], "$request.header.Authorization");
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "apigateway:GetAuthorizers");
        assert_eq!(answer.result.unwrap()["summary"]["apis_without_authorizer"], 0);
    }

    #[tokio::test]
    async fn apis_without_an_authorizer_are_counted() {
        let lambda = json!([
            {
                "id": "a", "name": "custom", "type": "TOKEN", "identitySource": "method.request.header.Authorization",
                "authorizerResultTtlInSeconds": 300,
            },
        ]);
        let account = account()
            .answering("apigateway:GetAuthorizers", json!({"items": lambda}))
            .answering("apigatewayv2:GetAuthorizers", json!({"Items": []}));
        let answer = ask(TOOL, json!({"query": "", "operation": "authorizers"}), &account).await;
        assert_eq!(rows_of(&answer)[0]["cache_seconds"], 300);
        let summary = &answer.result.unwrap()["summary"];
        assert_eq!(*summary, json!({"authorizers": 1, "apis": 2, "apis_without_authorizer": 1}));
    }
}
