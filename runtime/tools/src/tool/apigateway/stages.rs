//! What stages lack to be watched and protected.

use serde_json::{Value, json};

use super::apis::{self, Api};
use crate::service::values::{flag, text};
use crate::service::{Ask, Findings, Unread};

/// What a stage may have. Absent where its kind of API does not offer it: HTTP
/// APIs have access logs alone, WebSocket APIs no tracing, and only stages of REST
/// APIs take a web ACL (API Gateway Developer Guide, "Choose between REST APIs and HTTP APIs").
#[derive(Debug, Clone, Copy, PartialEq)]
struct Watched {
    access_logs: Option<bool>,
    execution_logs: Option<bool>,
    tracing: Option<bool>,
    waf: Option<bool>,
}

impl Watched {
    fn of(api: &Api, stage: &Value) -> Self {
        let has = |member: &str| !text(stage, member).is_empty();
        match api.kind.as_str() {
            "REST" => Self {
                access_logs: Some(!text(&stage["accessLogSettings"], "destinationArn").is_empty()),
                execution_logs: Some(logs_execution(stage["methodSettings"].as_object(), "loggingLevel")),
                tracing: Some(flag(stage, "tracingEnabled")),
                waf: Some(has("webAclArn")),
            },
            kind => Self {
                access_logs: Some(!text(&stage["AccessLogSettings"], "DestinationArn").is_empty()),
                execution_logs: (kind == "WEBSOCKET").then(|| {
                    let default = text(&stage["DefaultRouteSettings"], "LoggingLevel");
                    is_level(default) || logs_execution(stage["RouteSettings"].as_object(), "LoggingLevel")
                }),
                tracing: None,
                waf: None,
            },
        }
    }

    fn missing(self) -> Vec<&'static str> {
        let all = [
            ("access logs", self.access_logs),
            ("execution logs", self.execution_logs),
            ("tracing", self.tracing),
            ("WAF", self.waf),
        ];
        all.into_iter().filter(|(_, has)| *has == Some(false)).map(|(name, _)| name).collect()
    }
}

/// Settings are by method or route; `*/*` stands for all.
fn logs_execution(settings: Option<&serde_json::Map<String, Value>>, member: &str) -> bool {
    settings.is_some_and(|settings| settings.values().any(|setting| is_level(text(setting, member))))
}

fn is_level(level: &str) -> bool {
    !["", "OFF"].contains(&level)
}

pub(super) async fn lacking(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let apis = apis::read(ask).await?;
    let all = ask.each(&apis, |api| apis::stages(ask, api)).await;
    let columns = ["api", "stage", "type", "missing", "access_logs", "execution_logs", "tracing", "waf", "api_id"];
    let mut findings = Findings::table(&columns);
    let mut stages = 0;
    for (api, stage) in
        apis.iter().zip(&all).flat_map(|(api, found)| found.iter().flatten().map(move |stage| (api, stage)))
    {
        stages += 1;
        let watched = Watched::of(api, stage);
        let missing = watched.missing();
        if missing.is_empty() {
            continue;
        }
        findings.push([
            json!(api.name),
            json!(apis::stage_name(stage)),
            json!(api.kind),
            json!(missing.join(", ")),
            json!(watched.access_logs),
            json!(watched.execution_logs),
            json!(watched.tracing),
            json!(watched.waf),
            json!(api.id),
        ]);
    }
    findings.sort_by("stage");
    findings.sort_by("api");
    let without = |column: usize| findings.rows.iter().filter(|row| row[column] == false).count();
    let counts = [without(4), without(5), without(6), without(7)];
    findings.sum("stages", stages);
    for (name, count) in ["access_logs", "execution_logs", "tracing", "waf"].into_iter().zip(counts) {
        findings.sum(&format!("without_{name}"), count);
    }
    ask.note("An empty cell is what this kind of API does not offer. A WAF may also stand before it, at CloudFront.");
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};
    use crate::tool::apigateway::apis::tests::{TOOL, account};

    fn stages(rest: Value, http: Value) -> FakeAccount {
        account()
            .answering("apigateway:GetStages", json!({"item": rest}))
            .answering("apigatewayv2:GetStages", json!({"Items": http}))
    }

    #[tokio::test]
    async fn a_stage_says_what_it_lacks_and_a_complete_one_is_left_out() {
        let log = "arn:aws:logs:us-east-1:111122223333:log-group:api";
        let complete = json!({
            "stageName": "prod", "accessLogSettings": {"destinationArn": log},
            "methodSettings": {"*/*": {"loggingLevel": "ERROR"}}, "tracingEnabled": true,
            "webAclArn": "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/w/1",
        });
        let bare = json!({"stageName": "test", "methodSettings": {"*/*": {"loggingLevel": "OFF"}}});
        let logged = json!({"StageName": "$default", "AccessLogSettings": {"DestinationArn": log}});
        let account = stages(json!([complete, bare]), json!([logged, {"StageName": "dev"}]));
        let answer = ask(TOOL, json!({"query": "", "operation": "stages-without-logging"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0]["missing"], "access logs, execution logs, tracing, WAF");
        assert_eq!(
            (&rows[1]["stage"], &rows[1]["missing"], &rows[1]["waf"]),
            (&json!("dev"), &json!("access logs"), &Value::Null)
        );
        let summary = &answer.result.unwrap()["summary"];
        assert_eq!(
            *summary,
            json!({
                "stages": 4, "without_access_logs": 2, "without_execution_logs": 1, "without_tracing": 1,
                "without_waf": 1,
            })
        );
    }

    #[tokio::test]
    async fn a_web_socket_api_can_log_executions() {
        let api = json!([
            {
                "ApiId": "w1", "Name": "chat", "ProtocolType": "WEBSOCKET",
                "RouteSelectionExpression": "$request.body.action",
            },
        ]);
        let stage = |level| {
            json!({
                "StageName": level,
                "AccessLogSettings": {"DestinationArn": "arn:aws:logs:us-east-1:111122223333:log-group:api"},
                "DefaultRouteSettings": {"LoggingLevel": level},
            })
        };
        let account = stages(json!([]), json!([stage("INFO"), stage("OFF")]))
            .answering("apigatewayv2:GetApis", json!({"Items": api}));
        let rows = rows(TOOL, "stages-without-logging", json!({}), &account).await;
        assert_eq!(rows.len(), 1);
        assert_eq!((&rows[0]["stage"], &rows[0]["missing"]), (&json!("OFF"), &json!("execution logs")));
    }
}
