//! The agent function's own program, called as its function URL calls it
//! (Lambda developer guide, "Invoking Lambda function URLs", payload format 2.0).

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::function_process::{Event, FunctionProcess, Reply};

/// One instance of the function. Questions are answered one after the other.
pub struct AgentProcess(FunctionProcess);

/// What stands between the JSON prelude of a streamed HTTP answer and its body.
const END_OF_PRELUDE: [u8; 8] = [0; 8];

impl AgentProcess {
    /// Starts `program` with exactly these variables, and the ones that Lambda sets.
    pub fn start(program: &Path, variables: &BTreeMap<String, String>) -> Self {
        Self(FunctionProcess::start(program, "agent", variables))
    }

    /// From starting the process until it asked for its first event, which is waited for.
    pub fn ready_after(&self) -> Duration {
        self.0.ready_after()
    }

    /// `POST /stream` with this body: the whole answer in plain text.
    #[track_caller]
    pub fn ask(&self, token: &str, body: &Value) -> String {
        let event = url_event(token, body);
        let answer = match self.0.invoke(Event { body: event, client_context: None, seconds: 60 }) {
            Reply::Answered(answer) => answer,
            other => panic!("{other:?}\n{}", self.0.log()),
        };
        let end = answer.windows(END_OF_PRELUDE.len()).position(|window| window == END_OF_PRELUDE);
        let end = end.unwrap_or_else(|| panic!("no prelude: {}", String::from_utf8_lossy(&answer)));
        let prelude: Value = serde_json::from_slice(&answer[..end]).expect("the prelude is JSON");
        let text = String::from_utf8_lossy(&answer[end + END_OF_PRELUDE.len()..]).into_owned();
        assert_eq!(prelude["statusCode"], 200, "{text}\n{}", self.0.log());
        text
    }

    /// The process's number, for reading its memory.
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

fn url_event(token: &str, body: &Value) -> Value {
    let host = "measured.lambda-url.us-east-1.on.aws";
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/stream",
        "rawQueryString": "",
        "headers": {"host": host, "content-type": "application/json", "x-okta-token": token},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "measured",
            "authorizer": {"iam": {
                "accessKey": "AKIAMEASURED", "accountId": "000000000000", "callerId": "AIDAMEASURED",
                "cognitoIdentity": null, "principalOrgId": null, "userId": "AIDAMEASURED",
                "userArn": "arn:aws:iam::000000000000:user/measured",
            }},
            "domainName": host,
            "domainPrefix": "measured",
            "http": {"method": "POST", "path": "/stream", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench"},
            "requestId": "3f0c2f4e-0000-4000-8000-000000000001",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1_767_225_600_000_u64,
        },
        "body": body.to_string(),
        "isBase64Encoded": false,
    })
}
