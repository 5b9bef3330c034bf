//! The two operations over HTTP: signature, permission, script or plan, answer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::Stream;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::{
    conversation,
    events::{Finished, Frame, broken_off},
    model_log::{Asked, Outcome},
    planner::plan,
    playbook::{LogEntry, Playbook},
    request::ConverseRequest,
    script::{BreakOff, Pace, Scripted},
    signature::forged,
    turn::Turn,
};
use crate::{event_stream, identity::Identity, rest_error::RestError};

/// More than any model's context in text.
const BODY_LIMIT: usize = 25 * 1024 * 1024;
/// Prefixes of cross-region inference profiles.
pub(super) const PROFILE_PREFIXES: [&str; 8] = ["us", "us-gov", "eu", "apac", "au", "jp", "ca", "global"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answering {
    Whole,
    Streamed,
}

impl Answering {
    fn action(self) -> &'static str {
        match self {
            Self::Whole => "bedrock:InvokeModel",
            Self::Streamed => "bedrock:InvokeModelWithResponseStream",
        }
    }

    /// As the path ends.
    pub fn operation(self) -> &'static str {
        match self {
            Self::Whole => "converse",
            Self::Streamed => "converse-stream",
        }
    }

    fn is_whole(self) -> bool {
        self == Self::Whole
    }
}

pub struct BedrockApi {
    pub identity: Identity,
    pub region: String,
    pub playbook: Arc<Playbook>,
}

impl BedrockApi {
    /// `model` is the path's segment, decoded: a model or profile id, or an ARN.
    pub async fn converse(&self, request: Request, model: &str, answering: Answering) -> Response {
        self.try_converse(request, model, answering).await.unwrap_or_else(IntoResponse::into_response)
    }

    async fn try_converse(&self, request: Request, model: &str, answering: Answering) -> Result<Response, RestError> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, BODY_LIMIT).await.map_err(|error| invalid(&error.to_string()))?;
        let caller = self.identity.authenticate(&parts, &body)?;
        let resource = resource_arn(model, &self.region, &caller.account);
        self.identity.authorize(&caller, answering.action(), &resource, &[]).await?;
        self.answer(body, model, answering).await
    }

    /// The script's turn where it has one for the request, else the planner's.
    async fn answer(&self, body: Bytes, model: &str, answering: Answering) -> Result<Response, RestError> {
        let started = Instant::now();
        let (document, conversation) = parse(&body)?;
        let scripted = self.playbook.answer(&conversation);
        let read = body.len();
        let asked =
            Asked { model: model.into(), answering, body, scripted: scripted.as_ref().map(|it| (it.rule, it.step)) };
        let entry = self.playbook.log(asked);
        let Part { turn, pace, break_off } = scripted.map_or_else(|| Part::planned(&conversation), Part::from);
        tokio::time::sleep(pace.first_delay).await;
        if let Some(BreakOff { failure, .. }) = break_off.filter(|it| it.after_chunks.is_none() || answering.is_whole())
        {
            entry.end(Outcome::Failed);
            return Err(failure.into());
        }
        let call_ids = turn.calls.iter().map(|_| format!("tooluse_{}", uuid::Uuid::new_v4().simple())).collect();
        let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let cached = self.playbook.cache.pass(model, &document);
        let finished = Finished { turn, call_ids, read, cached, latency_ms };
        Ok(match answering {
            Answering::Whole => whole(&finished, entry),
            Answering::Streamed => streamed(&finished, &pace, break_off, entry),
        })
    }
}

/// What is said and how.
struct Part {
    turn: Turn,
    pace: Pace,
    break_off: Option<BreakOff>,
}

impl Part {
    fn planned(conversation: &ConverseRequest) -> Self {
        Self { turn: plan(conversation), pace: Pace::default(), break_off: None }
    }
}

impl From<Scripted> for Part {
    fn from(Scripted { turn, pace, break_off, .. }: Scripted) -> Self {
        Self { turn, pace, break_off }
    }
}

fn whole(finished: &Finished, entry: LogEntry) -> Response {
    entry.end(Outcome::Answered);
    respond("application/json", Body::from(finished.document().to_string()))
}

fn streamed(finished: &Finished, pace: &Pace, break_off: Option<BreakOff>, entry: LogEntry) -> Response {
    let frames = finished.frames(pace.chunk_characters);
    let (frames, outcome) = match break_off {
        None => (frames, Outcome::Answered),
        Some(BreakOff { failure, after_chunks }) => {
            (broken_off(frames, failure, after_chunks.unwrap_or_default()), Outcome::Failed)
        }
    };
    respond(event_stream::CONTENT_TYPE, Body::from_stream(paced(frames, pace.delay, entry, outcome)))
}

/// A stream that its reader drops ends where it stands: the entry then says so.
fn paced(
    frames: Vec<Frame>,
    delay: Duration,
    entry: LogEntry,
    outcome: Outcome,
) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
    async_stream::stream! {
        let mut chunks = 0_usize;
        for frame in frames {
            match frame {
                Frame::Mark(bytes) => yield Ok(bytes),
                Frame::Chunk(bytes) => {
                    if chunks > 0 && !delay.is_zero() {
                        tokio::time::sleep(delay).await;
                    }
                    chunks += 1;
                    yield Ok(bytes);
                }
            }
        }
        entry.end(outcome);
    }
}

fn respond(content_type: &'static str, body: Body) -> Response {
    let request_id = uuid::Uuid::new_v4().to_string();
    ([("content-type", content_type), ("x-amzn-requestid", &request_id)], body).into_response()
}

fn parse(body: &[u8]) -> Result<(Value, ConverseRequest), RestError> {
    let malformed = |error: serde_json::Error| invalid(&format!("The request is malformed: {error}"));
    let document: Value = serde_json::from_slice(body).map_err(malformed)?;
    let request = ConverseRequest::deserialize(&document).map_err(malformed)?;
    let forged = || forged(&document).map(|path| format!("{path}: Invalid `signature` in `thinking` block"));
    match conversation::fault(&request).or_else(forged) {
        Some(fault) => Err(invalid(&fault)),
        None => Ok((document, request)),
    }
}

/// What the permission is asked for: the profile in the source region, or the
/// foundation model.
fn resource_arn(model: &str, region: &str, account: &str) -> String {
    if model.starts_with("arn:") {
        return model.to_owned();
    }
    let prefix = model.split('.').next().unwrap_or_default();
    match PROFILE_PREFIXES.contains(&prefix) {
        true => format!("arn:aws:bedrock:{region}:{account}:inference-profile/{model}"),
        false => format!("arn:aws:bedrock:{region}::foundation-model/{model}"),
    }
}

fn invalid(message: &str) -> RestError {
    RestError::new(StatusCode::BAD_REQUEST, "ValidationException", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{backend::Backend, event_stream::tests::decode};
    use futures::{FutureExt, StreamExt};
    use http_body_util::BodyExt;
    use serde_json::json;

    struct World {
        api: BedrockApi,
        _folder: tempfile::TempDir,
    }

    fn world(rules: Value) -> World {
        let folder = tempfile::tempdir().unwrap();
        let backend = Backend::new("http://127.0.0.1:9", "us-east-1").unwrap();
        let identity = Identity::open(folder.path(), backend).unwrap();
        let playbook = Arc::<Playbook>::default();
        playbook.follow(json!({"rules": rules}).to_string().as_bytes()).unwrap();
        World { api: BedrockApi { identity, region: "us-east-1".into(), playbook }, _folder: folder }
    }

    impl World {
        async fn ask(&self, answering: Answering) -> Result<Response, RestError> {
            let body = json!({"messages": [{"role": "user", "content": [{"text": "q"}]}]});
            self.api.answer(body.to_string().into(), "m", answering).await
        }

        fn outcome(&self) -> Value {
            self.api.playbook.log_view()["requests"].as_array().unwrap().last().unwrap()["outcome"].clone()
        }
    }

    #[tokio::test]
    async fn a_failure_before_the_stream_is_an_http_error() {
        let world = world(json!([{"turns": [{"text": "x", "fail": {"code": "ThrottlingException", "times": 1}}]}]));
        let error = world.ask(Answering::Streamed).await.unwrap_err();
        assert_eq!((error.status.as_u16(), error.code.as_str()), (429, "ThrottlingException"));
        assert_eq!(error.into_response().headers()["x-amzn-errortype"], "ThrottlingException");
        assert_eq!(world.outcome(), "failed");
        assert!(world.ask(Answering::Streamed).await.is_ok());
    }

    #[tokio::test]
    async fn a_failure_in_mid_stream_is_its_last_frame() {
        let fail = json!({"code": "ModelStreamErrorException", "after_chunks": 1});
        let world = world(json!([{"turns": [{"text": "abcdef", "chunk_characters": 2, "fail": fail}]}]));
        let response = world.ask(Answering::Streamed).await.unwrap();
        let events = decode(&response.into_body().collect().await.unwrap().to_bytes());
        let names: Vec<_> = events.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["messageStart", "contentBlockDelta", "modelStreamErrorException"]);
        assert_eq!(world.outcome(), "failed");
        assert_eq!(world.ask(Answering::Whole).await.unwrap_err().status, 424);
    }

    #[tokio::test]
    async fn chunks_wait_for_their_time_and_end_with_their_reader() {
        let turn = json!({"text": "abcd", "chunk_characters": 2, "delay_ms": 600_000});
        let world = world(json!([{"turns": [turn]}]));
        let mut stream = world.ask(Answering::Streamed).await.unwrap().into_body().into_data_stream();
        for _ in 0..2 {
            stream.next().await.unwrap().unwrap();
        }
        assert!(stream.next().now_or_never().is_none(), "the second chunk came at once");
        assert_eq!(world.outcome(), "answering");
        drop(stream);
        assert_eq!(world.outcome(), "abandoned");
    }

    #[tokio::test]
    async fn nothing_is_answered_before_the_first_delay() {
        let world = world(json!([{"turns": [{"text": "x", "first_delay_ms": 600_000}]}]));
        assert!(world.ask(Answering::Streamed).now_or_never().is_none());
        assert_eq!(world.outcome(), "abandoned");
    }

    #[tokio::test]
    async fn an_answer_that_was_read_to_its_end_is_answered() {
        let world = world(json!([{"turns": [{"text": "x"}]}]));
        let response = world.ask(Answering::Streamed).await.unwrap();
        response.into_body().collect().await.unwrap();
        assert_eq!(world.outcome(), "answered");
        world.ask(Answering::Whole).await.unwrap();
        assert_eq!(world.outcome(), "answered");
    }

    #[test]
    fn a_profile_belongs_to_the_account_and_a_model_to_nobody() {
        assert_eq!(
            resource_arn("us.anthropic.claude-sonnet-4-6", "us-east-1", "000000000000"),
            "arn:aws:bedrock:us-east-1:000000000000:inference-profile/us.anthropic.claude-sonnet-4-6"
        );
        assert_eq!(
            resource_arn("anthropic.claude-sonnet-4-6", "us-east-1", "000000000000"),
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-6"
        );
    }

    #[test]
    fn unknown_members_are_tolerated_and_malformed_ones_are_not() {
        let unknown = br#"{"messages":[{"role":"user","content":[{"text":"x"},{"cachePoint":{"type":"default"}}]}],
            "system":[{"text":"s"}],"toolConfig":{"tools":[{"cachePoint":{"type":"default"}}]}}"#;
        assert!(parse(unknown).is_ok());
        for malformed in [&b"{"[..], br#"{"messages":"x"}"#, br#"{"messages":[]}"#, br#"{"messages":[{"role":"x"}]}"#] {
            assert_eq!(parse(malformed).err().unwrap().code, "ValidationException");
        }
    }
}
