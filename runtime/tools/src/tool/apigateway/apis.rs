//! APIs of both generations and their stages.

use serde_json::{Value, json};

use crate::service::values::{flag, list, text};
use crate::service::{Ask, Findings, Unread};

/// An API of either generation: REST APIs are the first, HTTP and WebSocket APIs the second.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Api {
    pub id: String,
    pub name: String,
    /// `REST`, `HTTP` or `WEBSOCKET`
    pub kind: String,
    /// As AWS describes it.
    pub value: Value,
}

impl Api {
    pub fn is_rest(&self) -> bool {
        self.kind == "REST"
    }
}

/// All APIs of the region. The APIs of one generation stand in when the others
/// cannot be read.
pub(super) async fn read(ask: &Ask<'_>) -> Result<Vec<Api>, Unread> {
    let rest = ask.read("apigateway:GetRestApis", json!({})).await;
    let other = ask.read("apigatewayv2:GetApis", json!({})).await;
    if rest.is_err() && other.is_err() {
        return Err(Unread);
    }
    let rest = rest.unwrap_or_default();
    let other = other.unwrap_or_default();
    let mut apis: Vec<_> = list(&rest, "items").map(|api| of(api, "id", "name", "REST")).collect();
    apis.extend(list(&other, "Items").map(|api| of(api, "ApiId", "Name", text(api, "ProtocolType"))));
    Ok(apis)
}

fn of(api: &Value, id: &str, name: &str, kind: &str) -> Api {
    Api { id: text(api, id).into(), name: text(api, name).into(), kind: kind.into(), value: api.clone() }
}

/// The stages of an API as its generation describes them.
pub(super) async fn stages(ask: &Ask<'_>, api: &Api) -> Result<Vec<Value>, Unread> {
    let (answer, member) = if api.is_rest() {
        (ask.read("apigateway:GetStages", json!({"restApiId": api.id})).await?, "item")
    } else {
        (ask.read("apigatewayv2:GetStages", json!({"ApiId": api.id})).await?, "Items")
    };
    Ok(list(&answer, member).cloned().collect())
}

pub(super) fn stage_name(stage: &Value) -> &str {
    [text(stage, "stageName"), text(stage, "StageName")].into_iter().find(|name| !name.is_empty()).unwrap_or_default()
}

pub(super) async fn overview(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let apis = read(ask).await?;
    let stages = ask.each(&apis, |api| stages(ask, api)).await;
    let mut findings = Findings::table(&["api", "id", "type", "endpoint", "stages", "created", "default_endpoint"]);
    for (api, stages) in apis.iter().zip(&stages) {
        let names = stages.as_ref().ok().map(|stages| stages.iter().map(stage_name).collect::<Vec<_>>().join(" "));
        let created = [&api.value["createdDate"], &api.value["CreatedDate"]].into_iter().find(|date| !date.is_null());
        findings.push([
            json!(api.name),
            json!(api.id),
            json!(api.kind),
            endpoint(&api.value),
            json!(names),
            created.cloned().unwrap_or_default(),
            json!(default_endpoint(&api.value)),
        ]);
    }
    findings.sort_by("api");
    findings.sum("apis", apis.len());
    findings.sum("stages", stages.iter().flatten().map(Vec::len).sum::<usize>());
    Ok(findings)
}

/// `REGIONAL`, `EDGE` or `PRIVATE`; the second generation is regional always.
fn endpoint(api: &Value) -> Value {
    match list(&api["endpointConfiguration"], "types").next() {
        Some(kind) => kind.clone(),
        None if api["ApiId"].is_null() => Value::Null,
        None => json!("REGIONAL"),
    }
}

/// `off` when only custom domain names lead to the API.
fn default_endpoint(api: &Value) -> &'static str {
    let is_off = ["disableExecuteApiEndpoint", "DisableExecuteApiEndpoint"].iter().any(|member| flag(api, member));
    if is_off { "off" } else { "on" }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    pub(in crate::tool::apigateway) const TOOL: &str = "apigateway_read_operations";

    /// A REST API `orders` and an HTTP API `shop`, with nothing in them.
    pub(in crate::tool::apigateway) fn account() -> FakeAccount {
        let rest = json!([
            {
                "id": "r1", "name": "orders", "createdDate": "2026-01-01T00:00:00Z",
                "endpointConfiguration": {"types": ["EDGE"]}, "disableExecuteApiEndpoint": true,
            },
        ]);
        let http = json!([
            {
                "ApiId": "h1", "Name": "shop", "ProtocolType": "HTTP",
                "RouteSelectionExpression": "${request.method} ${request.path}", "CreatedDate": "2026-02-01T00:00:00Z",
            },
        ]);
        FakeAccount::default()
            .answering("apigateway:GetRestApis", json!({"items": rest}))
            .answering("apigateway:GetStages", json!({"item": [{"stageName": "prod"}, {"stageName": "test"}]}))
            .answering("apigatewayv2:GetApis", json!({"Items": http}))
            .answering("apigatewayv2:GetStages", json!({"Items": []}))
    }

    #[tokio::test]
    async fn apis_of_both_generations_are_in_one_table() {
        let rows = rows(TOOL, "apis", json!({}), &account()).await;
        assert_eq!(
            (&rows[0]["api"], &rows[0]["type"], &rows[0]["stages"]),
            (&json!("orders"), &json!("REST"), &json!("prod test"))
        );
        assert_eq!((&rows[0]["endpoint"], &rows[0]["default_endpoint"]), (&json!("EDGE"), &json!("off")));
        assert_eq!(
            (&rows[1]["api"], &rows[1]["type"], &rows[1]["stages"]),
            (&json!("shop"), &json!("HTTP"), &json!(""))
        );
        assert_eq!((&rows[1]["endpoint"], &rows[1]["default_endpoint"]), (&json!("REGIONAL"), &json!("on")));
    }

    #[tokio::test]
    async fn stages_that_cannot_be_read_are_not_no_stages() {
        let account = account().failing("apigateway:GetStages", 403, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "apis"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["stages"], &rows[1]["stages"]), (&Value::Null, &json!("")));
        assert_eq!(answer.completeness.unwrap().failed[0].operation, "apigateway:GetStages");
    }

    #[tokio::test]
    async fn one_generation_stands_in_when_the_other_cannot_be_read() {
        let account = account().failing("apigateway:GetRestApis", 403, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "apis"}), &account).await;
        assert_eq!(rows_of(&answer)[0]["api"], "shop");
        assert_eq!(answer.completeness.unwrap().failed.len(), 1);
    }

    #[tokio::test]
    async fn a_region_without_apis_has_no_rows() {
        let account = account()
            .answering("apigateway:GetRestApis", json!({}))
            .answering("apigatewayv2:GetApis", json!({"Items": []}));
        assert_eq!(rows(TOOL, "apis", json!({}), &account).await.len(), 0);
    }
}
