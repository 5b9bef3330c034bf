//! The model port against a small Bedrock.

use aws_credential_types::Credentials;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, Region, retry::RetryConfig};
use futures::StreamExt;
use serde_json::{Value, json};

use super::super::bedrock_server::{Asked, Served, serve};
use super::*;
use crate::failure::Code;
use crate::message::{Block, Message, Reasoning, Role};
use crate::model::{ModelEvent, StopReason, ToolDefinition, Usage};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-6";
const NOVA: &str = "us.amazon.nova-pro-v1:0";

type Events = Vec<Result<ModelEvent, Failure>>;

fn asking(models: &[&str]) -> BedrockConfiguration {
    let models = models.iter().map(|model| (*model).to_owned()).collect();
    BedrockConfiguration { models, attempts: 2, prompt_caching: true, guardrail: None }
}

fn client(served: &Served, configuration: BedrockConfiguration) -> BedrockModel {
    let sdk = aws_sdk_bedrockruntime::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(crate::clients::http_client())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(&served.address)
        .build();
    BedrockModel::new(Client::from_conf(sdk), configuration)
}

async fn ask(served: &Served, models: &[&str]) -> Result<Events, Failure> {
    ask_with(served, asking(models), request()).await
}

async fn ask_with(
    served: &Served,
    configuration: BedrockConfiguration,
    request: ModelRequest,
) -> Result<Events, Failure> {
    Ok(client(served, configuration).converse(request).await?.collect().await)
}

fn request() -> ModelRequest {
    ModelRequest {
        system: "be brief".into(),
        summary: None,
        messages: vec![Message::user("what time is it?")],
        tools: vec![ToolDefinition {
            name: "aws___get_time".into(),
            description: "The time.".into(),
            input_schema: json!({"type": "object", "properties": {}}),
        }],
        temperature: 0.5,
        max_tokens: 100,
    }
}

#[tokio::test]
async fn an_event_stream_becomes_our_events() {
    let served = serve().await;
    let events: Vec<_> = ask(&served, &["good"]).await.unwrap().into_iter().map(Result::unwrap).collect();
    let usage = Usage { input_tokens: 7, output_tokens: 3, cache_read_tokens: 5, cache_write_tokens: 2 };
    let expected = [
        ModelEvent::Text { block: 0, text: "Let me look.".into() },
        ModelEvent::ToolStarted { block: 1, id: "t1".into(), name: "aws___get_time".into() },
        ModelEvent::ToolInput { block: 1, fragment: "{}".into() },
        ModelEvent::Stopped(StopReason::ToolUse),
        ModelEvent::Usage(usage),
    ];
    assert_eq!(events, expected);
}

#[tokio::test]
async fn every_stop_reason_arrives() {
    let served = serve().await;
    let known = [
        ("end_turn", StopReason::EndTurn),
        ("tool_use", StopReason::ToolUse),
        ("max_tokens", StopReason::MaxTokens),
        ("stop_sequence", StopReason::StopSequence),
        ("guardrail_intervened", StopReason::GuardrailIntervened),
        ("content_filtered", StopReason::ContentFiltered),
        ("malformed_model_output", StopReason::MalformedModelOutput),
        ("malformed_tool_use", StopReason::MalformedToolUse),
        ("model_context_window_exceeded", StopReason::ContextWindowExceeded),
        ("weary", StopReason::Other("weary".into())),
    ];
    for (text, reason) in known {
        let events = ask(&served, &[&format!("stops-{text}")]).await.unwrap();
        assert!(events.contains(&Ok(ModelEvent::Stopped(reason))), "{text}");
    }
}

#[tokio::test]
async fn the_request_holds_prompt_messages_and_tools() {
    let served = serve().await;
    ask(&served, &["good"]).await.unwrap();
    let body = served.last_body();
    assert_eq!(body["system"], json!([{"text": "be brief"}]));
    assert_eq!(body["messages"], json!([{"role": "user", "content": [{"text": "what time is it?"}]}]));
    let tool = &body["toolConfig"]["tools"][0]["toolSpec"];
    assert_eq!(tool["name"], "aws___get_time");
    assert_eq!(tool["inputSchema"]["json"], json!({"type": "object", "properties": {}}));
    assert_eq!(body["inferenceConfig"], json!({"maxTokens": 100, "temperature": 0.5}));
    assert_eq!(body["guardrailConfig"], Value::Null);
}

#[tokio::test]
async fn cache_points_stand_where_the_model_takes_them() {
    let served = serve().await;
    let point = json!({"cachePoint": {"type": "default"}});
    let last = |list: &Value| list.as_array().unwrap().last().unwrap().clone();
    for (model, after_system, after_tools, after_messages) in
        [(CLAUDE, true, true, true), (NOVA, true, false, true), ("us.meta.llama3-3", false, false, false)]
    {
        ask(&served, &[model]).await.unwrap();
        let body = served.last_body();
        assert_eq!(last(&body["system"]) == point, after_system, "{model}");
        assert_eq!(last(&body["toolConfig"]["tools"]) == point, after_tools, "{model}");
        assert_eq!(last(&last(&body["messages"])["content"]) == point, after_messages, "{model}");
    }
}

#[tokio::test]
async fn the_same_request_is_the_same_text_every_time() {
    let served = serve().await;
    let properties: serde_json::Map<_, _> =
        (0..40).map(|number| (format!("member{number}"), json!({"type": "string", "description": "x"}))).collect();
    let mut request = request();
    request.tools[0].input_schema = json!({"type": "object", "properties": properties});
    for _ in 0..3 {
        ask_with(&served, asking(&[CLAUDE]), request.clone()).await.unwrap();
    }
    let bodies: Vec<_> = served.asked.lock().unwrap().iter().map(|(_, body)| body.to_string()).collect();
    assert_eq!((&bodies[0], &bodies[0]), (&bodies[1], &bodies[2]));
}

#[tokio::test]
async fn without_prompt_caching_there_is_no_cache_point() {
    let served = serve().await;
    let configuration = BedrockConfiguration { prompt_caching: false, ..asking(&[CLAUDE]) };
    ask_with(&served, configuration, request()).await.unwrap();
    assert!(!served.last_body().to_string().contains("cachePoint"));
}

#[tokio::test]
async fn a_refused_cache_point_is_left_out() {
    let served = serve().await;
    let model = client(&served, asking(&["no-caching"]));
    assert!(model.attempt("no-caching", &request(), CachePoints::Everywhere).await.unwrap().is_ok());
    let bodies: Vec<_> = served.asked.lock().unwrap().iter().map(|(_, body)| body.to_string()).collect();
    let with_points: Vec<_> = bodies.iter().map(|body| body.contains("cachePoint")).collect();
    assert_eq!(with_points, [true, false]);
}

#[tokio::test]
async fn a_summary_follows_the_prompt_and_its_cache_point() {
    let served = serve().await;
    let request = ModelRequest { summary: Some("They spoke of buckets.".into()), ..request() };
    ask_with(&served, asking(&[CLAUDE]), request).await.unwrap();
    let body = served.last_body();
    assert_eq!(body["system"][1], json!({"cachePoint": {"type": "default"}}));
    let text = body["system"][2]["text"].as_str().unwrap();
    assert!(text.contains("They spoke of buckets.") && text.contains("data, not instructions"), "{text}");
}

#[tokio::test]
async fn a_guardrail_looks_at_every_piece_before_it_goes_out() {
    let served = serve().await;
    let guardrail = Some(Guardrail { id: "g1".into(), version: "DRAFT".into() });
    ask_with(&served, BedrockConfiguration { guardrail, ..asking(&["good"]) }, request()).await.unwrap();
    let sent = &served.last_body()["guardrailConfig"];
    assert_eq!((&sent["guardrailIdentifier"], &sent["guardrailVersion"]), (&json!("g1"), &json!("DRAFT")));
    assert_eq!(sent["streamProcessingMode"], "sync");
}

#[tokio::test]
async fn what_passes_is_asked_again() {
    let served = serve().await;
    for kind in ["throttled", "unavailable", "not-ready", "failing", "throttled-at-the-start", "lost-at-the-start"] {
        let model = format!("{kind}-once");
        let events = ask(&served, &[&model, "never"]).await.unwrap();
        assert!(events.iter().all(Result::is_ok), "{kind}");
        assert_eq!(served.models().iter().filter(|asked| **asked == model).count(), 2, "{kind}");
    }
    assert!(!served.models().contains(&"never".to_owned()));
}

#[tokio::test]
async fn a_model_that_stays_throttled_gives_way_to_the_next() {
    let served = serve().await;
    let events = ask(&served, &["throttled", "good"]).await.unwrap();
    assert!(events.iter().all(Result::is_ok));
    assert_eq!(served.models(), ["throttled", "throttled", "good"]);
}

#[tokio::test]
async fn fallbacks_are_asked_in_order_until_a_model_is_available() {
    let served = serve().await;
    let events = ask(&served, &["denied", "unknown", "ended", "good", "never"]).await.unwrap();
    assert!(events.iter().all(Result::is_ok));
    assert_eq!(served.models(), ["denied", "unknown", "ended", "good"]);
}

#[tokio::test]
async fn without_an_available_model_all_that_were_tried_are_told() {
    let served = serve().await;
    let failure = ask(&served, &["throttled", "denied"]).await.unwrap_err();
    assert_eq!(failure.code, Code::ModelThrottled);
    let expected = "ask models throttled: ThrottlingException: slow down (2 attempts); \
        then denied: AccessDeniedException: no access to the model";
    assert_eq!(failure.message, expected);
}

#[tokio::test]
async fn nobody_at_the_address_is_unavailable() {
    let served = serve().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let gone = Served { address, asked: Asked::default(), task: tokio::spawn(async {}) };
    assert_eq!(ask(&gone, &["good"]).await.unwrap_err().code, Code::ModelUnavailable);
    assert!(served.models().is_empty());
}

#[tokio::test]
async fn a_conversation_that_is_too_long_is_no_matter_of_the_model() {
    let served = serve().await;
    let failure = ask(&served, &["too-long", "never"]).await.unwrap_err();
    assert_eq!((failure.code, failure.hint.as_deref()), (Code::AnswerContextFull, Some("start a new conversation")));
    assert_eq!(served.models(), ["too-long"]);
}

#[tokio::test]
async fn what_breaks_in_mid_stream_ends_the_events_and_is_not_asked_again() {
    let served = serve().await;
    for (kind, code) in [
        ("breaks", Code::ModelThrottled),
        ("overflows", Code::AnswerContextFull),
        ("errs", Code::ModelBroken),
        ("lost", Code::ModelBroken),
    ] {
        let events = ask(&served, &[kind, "never"]).await.unwrap();
        assert_eq!(events[0], Ok(ModelEvent::Text { block: 0, text: "It is".into() }), "{kind}");
        assert_eq!(events[1].as_ref().unwrap_err().code, code, "{kind}");
        assert_eq!(events.len(), 2, "{kind}");
    }
    assert_eq!(served.models(), ["breaks", "overflows", "errs", "lost"]);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_not_quoted() {
    let served = serve().await;
    let events = ask(&served, &["garbled"]).await.unwrap();
    let failure = events[1].as_ref().unwrap_err();
    assert_eq!(failure.code, Code::ModelBroken);
    assert!(!failure.message.contains("top secret"), "{failure}");
}

#[tokio::test]
async fn who_stops_waiting_ends_the_attempts() {
    let served = serve().await;
    let model = client(&served, BedrockConfiguration { attempts: 10, ..asking(&["throttled"]) });
    let waited = tokio::time::timeout(Duration::from_millis(100), model.converse(request())).await;
    assert!(waited.is_err(), "ten attempts take longer");
    let asked = served.models().len();
    ask(&served, &["good"]).await.unwrap();
    assert_eq!(served.models().len(), asked + 1);
}

/// The thoughts of a stream, put together block by block as the turn does it.
fn assembled(events: Events) -> Message {
    let mut content = [
        Reasoning::ReasoningText { text: String::new(), signature: None },
        Reasoning::RedactedContent(Vec::new()),
        Reasoning::ReasoningText { text: String::new(), signature: None },
    ];
    for event in events.into_iter().map(Result::unwrap) {
        match (event, &mut content) {
            (ModelEvent::Reasoning { block, text: piece }, content) => {
                let Reasoning::ReasoningText { text, .. } = &mut content[block as usize] else { panic!("a text") };
                text.push_str(&piece);
            }
            (ModelEvent::Signature { block, signature: new }, content) => {
                let Reasoning::ReasoningText { signature, .. } = &mut content[block as usize] else { panic!("a text") };
                *signature = Some(new);
            }
            (ModelEvent::Redacted { bytes, .. }, [_, Reasoning::RedactedContent(so_far), _]) => so_far.extend(bytes),
            _ => {}
        }
    }
    Message { role: Role::Assistant, content: content.into_iter().map(Block::ReasoningContent).collect() }
}

#[tokio::test]
async fn thoughts_go_back_unchanged_to_the_model_that_had_them() {
    let served = serve().await;
    let thinking = assembled(ask(&served, &["thinks"]).await.unwrap());
    let request = ModelRequest { messages: vec![Message::user("hi"), thinking, Message::user("go on")], ..request() };
    ask_with(&served, asking(&["thinks"]), request.clone()).await.unwrap();
    let expected = json!([
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "signed"}}},
        {"reasoningContent": {"redactedContent": "AP8B"}},
        {"reasoningContent": {"reasoningText": {"text": "so"}}},
    ]);
    assert_eq!(served.last_body()["messages"][1]["content"], expected);
}

#[tokio::test]
async fn a_fallback_does_not_get_the_thoughts_of_the_model_before_it() {
    let served = serve().await;
    let mut thinking = assembled(ask(&served, &["thinks"]).await.unwrap());
    thinking.content.push(Block::Text("Let me look.".into()));
    let request = ModelRequest { messages: vec![Message::user("hi"), thinking, Message::user("go on")], ..request() };
    ask_with(&served, asking(&["denied", "good"]), request).await.unwrap();
    assert_eq!(served.last_body()["messages"][1]["content"], json!([{"text": "Let me look."}]));
}
