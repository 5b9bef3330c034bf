//! The codes of errors, each with its HTTP status. The agent's own list is the same; a test of the agent
//! compares the two.

/// One kind of error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub code: &'static str,
    pub status: u16,
    pub meaning: &'static str,
}

/// Sorted by area.
pub const FAULTS: &[Fault] = &[
    fault("request/invalid-json", 400, "the body is not a JSON object"),
    fault("request/unknown-field", 400, "a member of the body or a query parameter is not known"),
    fault("request/invalid", 400, "a member or parameter is missing, of the wrong type or out of its range"),
    fault("request/gateway-url", 400, "the request names another gateway than the agent's"),
    fault("request/token", 400, "the token cannot be one"),
    fault("request/confirm", 400, "deleting everything needs `?confirm=true`"),
    fault("request/too-large", 413, "the body is too large"),
    fault("request/not-found", 404, "there is no such path"),
    fault("request/method", 405, "the path does not take this method; the header `Allow` names those that it takes"),
    fault("token/refused", 401, "the access token is not one that this environment accepts"),
    fault("token/expired", 401, "the access token expired"),
    fault("token/issuer-unavailable", 502, "the issuer's keys cannot be read"),
    fault("caller/unknown", 403, "Lambda verified no IAM principal"),
    fault("conversation/not-found", 404, "there is no such conversation, or it is somebody else's"),
    fault("conversation/conflict", 409, "the conversation changed meanwhile"),
    fault("conversation/store", 503, "the conversation table cannot be read or written"),
    fault("approval/unknown", 409, "no call of that id waits for a yes"),
    fault("gateway/unauthorized", 401, "the gateway refused the access token, or there is none"),
    fault("gateway/forbidden", 403, "the access token allows too little"),
    fault("gateway/throttled", 429, "the gateway is throttled"),
    fault("gateway/timeout", 504, "the gateway gave no answer in time"),
    fault("gateway/unavailable", 502, "the gateway cannot be reached, or failed"),
    fault("model/unavailable", 502, "no configured model can be reached"),
    fault("model/denied", 502, "the agent may not use the model"),
    fault("model/refused", 502, "the model refused the request"),
    fault("model/throttled", 429, "the model is throttled"),
    fault("model/broken-stream", 502, "the model's answer broke off"),
    fault("answer/token-limit", 502, "the answer reached its token limit"),
    fault("answer/context-full", 502, "the conversation no longer fits the model"),
    fault("answer/filtered", 502, "a content filter ended the answer"),
    fault("answer/malformed", 502, "the model's output was malformed"),
    fault("answer/round-limit", 502, "the answer used up its rounds of tool calls"),
    fault("answer/deadline", 504, "the time for one answer is over"),
    fault("answer/shutdown", 503, "the agent is being shut down"),
    fault("answer/abandoned", 502, "the client went away"),
    fault("internal", 500, "a fault of the agent itself"),
];

const fn fault(code: &'static str, status: u16, meaning: &'static str) -> Fault {
    Fault { code, status, meaning }
}

/// The codes of these areas (`gateway/`) and these single codes, in their order.
pub fn of(areas: &[&str]) -> Vec<Fault> {
    let is_in = |fault: &&Fault| areas.iter().any(|area| fault.code == *area || is_of_area(fault.code, area));
    FAULTS.iter().filter(is_in).copied().collect()
}

fn is_of_area(code: &str, area: &str) -> bool {
    area.ends_with('/') && code.starts_with(area)
}
