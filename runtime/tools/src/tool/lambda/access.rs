//! Functions that anyone may call.
//!
//! A function URL without authentication answers the internet once the resource policy
//! lets everyone use it; a policy may also let everyone invoke the function itself
//! (Lambda developer guide, "Control access to Lambda function URLs").

use serde_json::{Value, json};

use super::{NOT_FOUND, functions_of};
use crate::service::policy::{Statement, statements};
use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Unread};

/// Conditions that bind a statement to calls through a function URL.
const URL_CONDITIONS: [&str; 2] = ["lambda:FunctionUrlAuthType", "lambda:InvokedViaFunctionUrl"];

pub(super) async fn public(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let functions = functions_of(ask).await?;
    let names = functions.iter().map(|function| text(function, "FunctionName").to_owned());
    let access = ask.each(names, |name| async move { Access::read(ask, name).await }).await;
    let mut findings = Findings::table(&["name", "url", "url_answers_everyone", "anyone_may_invoke"]);
    let (mut public_urls, mut open_policies, mut unread) = (0_u64, 0_u64, 0_u64);
    for access in &access {
        let anyone = access.policy.as_ref().ok().map(|statements| statements.iter().any(opens_function));
        unread += u64::from(access.urls.is_err() || anyone.is_none());
        open_policies += u64::from(anyone == Some(true));
        let urls = access.urls.as_deref().unwrap_or_default();
        for (url, answers) in urls {
            public_urls += u64::from(*answers == Some(true));
            findings.push([json!(access.name), json!(url), json!(answers), json!(anyone)]);
        }
        if urls.is_empty() && anyone == Some(true) {
            findings.push([json!(access.name), Value::Null, Value::Null, json!(true)]);
        }
    }
    findings.sort_by("name");
    findings.sum("public_urls", public_urls);
    findings.sum("open_policies", open_policies);
    findings.sum("functions", functions.len());
    ask.note(
        "URLs with authentication NONE are listed; the function itself may still ask callers for something. \
              Policies of aliases and versions without such a URL were not read.",
    );
    if unread > 0 {
        ask.note(format!("Functions of which not everything could be read: {unread}."));
    }
    Ok(findings)
}

struct Access {
    name: String,
    /// URLs that ask for no authentication, and whether a policy lets everyone use them; absent when not known.
    urls: Result<Vec<(String, Option<bool>)>, Unread>,
    policy: Result<Vec<Statement>, Unread>,
}

impl Access {
    async fn read(ask: &Ask<'_>, name: String) -> Self {
        let (urls, policy) = futures::join!(open_urls(ask, &name), policy(ask, &name, None));
        let mut judged = Vec::new();
        for (url, qualifier) in urls.as_deref().unwrap_or_default() {
            // An alias has a policy of its own.
            let of_alias = match qualifier {
                Some(alias) => Some(self::policy(ask, &name, Some(alias)).await),
                None => None,
            };
            let statements = of_alias.as_ref().unwrap_or(&policy).as_ref().ok();
            judged.push((url.clone(), statements.map(|statements| statements.iter().any(opens_url))));
        }
        Self { name, urls: urls.map(|_| judged), policy }
    }
}

/// URLs without authentication, each with the alias that it belongs to.
async fn open_urls(ask: &Ask<'_>, name: &str) -> Result<Vec<(String, Option<String>)>, Unread> {
    let answer = ask.read_if_any("lambda:ListFunctionUrlConfigs", json!({"FunctionName": name}), &NOT_FOUND).await?;
    let answer = answer.unwrap_or_default();
    let open = list(&answer, "FunctionUrlConfigs").filter(|config| config["AuthType"] == "NONE");
    Ok(open.map(|config| (text(config, "FunctionUrl").to_owned(), qualifier(text(config, "FunctionArn")))).collect())
}

/// `live` of `arn:aws:lambda:us-east-1:123456789012:function:orders:live`.
fn qualifier(arn: &str) -> Option<String> {
    arn.split(':').nth(7).map(str::to_owned)
}

/// The statements of a function's resource policy; none when it has no policy.
pub(super) async fn policy(ask: &Ask<'_>, name: &str, qualifier: Option<&str>) -> Result<Vec<Statement>, Unread> {
    let parameters = match qualifier {
        Some(qualifier) => json!({"FunctionName": name, "Qualifier": qualifier}),
        None => json!({"FunctionName": name}),
    };
    let answer = ask.read_if_any("lambda:GetPolicy", parameters, &NOT_FOUND).await?;
    Ok(answer.and_then(|answer| statements(&answer["Policy"])).unwrap_or_default())
}

fn opens_url(statement: &Statement) -> bool {
    statement.is_open_to_everyone() && statement.names_action("lambda:InvokeFunctionUrl")
}

/// A statement that holds only for calls through the URL does not open the function itself.
fn opens_function(statement: &Statement) -> bool {
    let through_url = URL_CONDITIONS.iter().any(|key| statement.has_condition(key));
    statement.is_open_to_everyone() && statement.names_action("lambda:InvokeFunction") && !through_url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn account(names: &[&str]) -> FakeAccount {
        let functions: Vec<_> = names.iter().map(|name| json!({"FunctionName": name})).collect();
        FakeAccount::default()
            .answering("lambda:ListFunctions", json!({"Functions": functions}))
            .answering("lambda:ListFunctionUrlConfigs", json!({"FunctionUrlConfigs": []}))
            .failing("lambda:GetPolicy", 404, "ResourceNotFoundException")
    }

    fn url(account: FakeAccount, name: &str, qualifier: &str, auth: &str) -> FakeAccount {
        let config = json!({
            "FunctionUrl": format!("https://{name}.lambda-url.us-east-1.on.aws/"), "AuthType": auth,
            "FunctionArn": format!("arn:aws:lambda:us-east-1:123456789012:function:{name}{qualifier}"),
            "CreationTime": "2026-01-02T03:04:05Z", "LastModifiedTime": "2026-01-02T03:04:05Z",
        });
        account.answering_when(
            "lambda:ListFunctionUrlConfigs",
            json!({"FunctionName": name}),
            json!({"FunctionUrlConfigs": [config]}),
        )
    }

    fn policy(account: FakeAccount, when: Value, action: &str, condition: Value) -> FakeAccount {
        let mut statement = json!({"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"});
        if !condition.is_null() {
            statement["Condition"] = condition;
        }
        let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        account.answering_when("lambda:GetPolicy", when, json!({"Policy": document}))
    }

    fn found(rows: &[serde_json::Map<String, Value>]) -> Vec<Value> {
        rows.iter().map(|row| json!([row["name"], row["url_answers_everyone"], row["anyone_may_invoke"]])).collect()
    }

    #[tokio::test]
    async fn urls_without_authentication_and_open_policies_are_listed() {
        let account = account(&["closed", "iam", "narrowed", "open", "url", "url-without-policy"]);
        let account = url(account, "iam", "", "AWS_IAM");
        let account = url(account, "url", "", "NONE");
        let account = url(account, "url-without-policy", "", "NONE");
        let none = json!({"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}});
        let account = policy(account, json!({"FunctionName": "url"}), "lambda:InvokeFunctionUrl", none);
        let account = policy(account, json!({"FunctionName": "open"}), "lambda:InvokeFunction", Value::Null);
        let source = json!({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"}});
        let account = policy(account, json!({"FunctionName": "narrowed"}), "lambda:InvokeFunction", source);
        let rows = rows(TOOL, "public-functions", json!({}), &account).await;
        assert_eq!(
            found(&rows),
            [json!(["open", null, true]), json!(["url", true, false]), json!(["url-without-policy", false, false])]
        );
    }

    #[tokio::test]
    async fn the_policy_of_an_alias_decides_about_the_url_of_the_alias() {
        let account = url(account(&["live"]), "live", ":prod", "NONE");
        let both = json!({"FunctionName": "live", "Qualifier": "prod"});
        let account = policy(account, both, "lambda:InvokeFunctionUrl", Value::Null);
        assert_eq!(found(&rows(TOOL, "public-functions", json!({}), &account).await), [json!(["live", true, false])]);
    }

    #[tokio::test]
    async fn a_permission_through_the_url_does_not_open_the_function_itself() {
        let account = url(account(&["url"]), "url", "", "NONE");
        let through = json!({"Bool": {"lambda:InvokedViaFunctionUrl": "true"}});
        let account = policy(account, json!({"FunctionName": "url"}), "lambda:InvokeFunction", through);
        assert_eq!(found(&rows(TOOL, "public-functions", json!({}), &account).await), [json!(["url", false, false])]);
    }

    #[tokio::test]
    async fn a_url_stays_when_the_policy_cannot_be_read() {
        let account =
            url(account(&["url"]), "url", "", "NONE").failing("lambda:GetPolicy", 403, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "public-functions"}), &account).await;
        assert_eq!(found(&rows_of(&answer)), [json!(["url", null, null])]);
        let completeness = answer.completeness.unwrap();
        assert_eq!(completeness.failed[0].code, "AccessDeniedException");
        let note = "Functions of which not everything could be read: 1.";
        assert!(completeness.notes.contains(&note.to_owned()), "{:?}", completeness.notes);
    }
}
