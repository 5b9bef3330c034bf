//! Which turn answers which request, and which scripts are refused.

use super::*;
use serde_json::json;

fn script(rules: Value) -> Script {
    Script::parse(json!({"rules": rules}).to_string().as_bytes()).unwrap()
}

fn request(messages: Value) -> ConverseRequest {
    serde_json::from_value(json!({"messages": messages})).unwrap()
}

fn asks(question: &str) -> Value {
    json!({"role": "user", "content": [{"text": question}]})
}

fn after_tools(question: &str, result: &str) -> ConverseRequest {
    let framed = contract::tool_frame::frame("t", "id1", result);
    request(json!([
        asks("an earlier question"),
        {"role": "assistant", "content": [{"text": "an earlier answer"}]},
        asks(question),
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "id1", "name": "t", "input": {}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "id1", "content": [{"text": framed}]}}]},
    ]))
}

#[test]
fn the_first_rule_whose_text_the_question_holds_answers() {
    let script = script(json!([
        {"when": "alpha", "turns": [{"text": "a"}]},
        {"when": "alp", "turns": [{"text": "b"}]},
    ]));
    let text = |question: &str| script.answer(&request(json!([asks(question)]))).map(|it| it.turn.text);
    assert_eq!(text("is alpha there?"), Some("a".into()));
    assert_eq!(text("the alps"), Some("b".into()));
    assert_eq!(text("beta"), None);
}

#[test]
fn turns_follow_the_answers_since_the_question_and_the_last_one_stays() {
    let script = script(json!([{"turns": [{"calls": [{"tool": "t"}]}, {"text": "{{question}} gave {{results}}"}]}]));
    let first = script.answer(&request(json!([asks("q")]))).unwrap();
    assert_eq!((first.step, first.turn.stop_reason(), &first.turn.calls[0].input), (0, "tool_use", &json!({})));
    let second = script.answer(&after_tools("q", "12:00 {{question}}")).unwrap();
    assert_eq!((second.step, second.turn.text.as_str()), (1, "q gave 12:00 {{question}}"));
    let mut longer = after_tools("q", "r");
    longer.messages.extend(after_tools("q", "r").messages.split_off(3));
    assert_eq!(script.answer(&longer).unwrap().step, 1);
}

#[test]
fn placeholders_stand_in_tool_inputs_too() {
    let calls = json!([{"tool": "t", "input": {"query": "about {{question}}", "list": ["{{question}}", 1]}}]);
    let script = script(json!([{"turns": [{"calls": calls}]}]));
    let spoken = script.answer(&request(json!([asks("q")]))).unwrap().turn;
    assert_eq!(spoken.calls[0].input, json!({"query": "about q", "list": ["q", 1]}));
}

#[test]
fn a_turn_fails_as_often_as_it_says_and_then_answers() {
    let script = script(json!([{"turns": [{"text": "x", "fail":
        {"code": "ThrottlingException", "after_chunks": 1, "times": 2}}]}]));
    let fails = || script.answer(&request(json!([asks("q")]))).unwrap().break_off.is_some();
    assert_eq!([fails(), fails(), fails()], [true, true, false]);
}

#[test]
fn requests_for_a_summary_have_rules_of_their_own() {
    let script = script(json!([{"turns": [{"text": "answer"}]}, {"summary": true, "turns": [{"text": "sum"}]}]));
    let mut asked = request(json!([asks("q")]));
    assert_eq!(script.answer(&asked).unwrap().turn.text, "answer");
    asked.system = serde_json::from_value(json!([{"text": "Write a summary."}])).unwrap();
    assert_eq!(script.answer(&asked).unwrap().turn.text, "sum");
}

#[test]
fn bad_scripts_are_refused_with_what_is_wrong() {
    let refused =
        |turn: Value| Script::parse(json!({"rules": [{"turns": [turn]}]}).to_string().as_bytes()).unwrap_err();
    for (turn, part) in [
        (json!({"txt": "x"}), "txt"),
        (json!({}), "rules[0].turns[0].text: the turn says nothing"),
        (json!({"text": "x", "stop_reason": "bored"}), "turns[0].stop_reason: must be one of end_turn"),
        (json!({"text": "x", "chunk_characters": 0}), "chunk_characters: must be at least 1"),
        (json!({"text": "x", "delay_ms": 600_001}), "delay_ms: must be at most 600000"),
        (json!({"calls": [{"tool": "t", "input": [1]}]}), "calls[0].input: must be an object"),
        (json!({"fail": {"code": "Nonsense"}}), "fail: code must be one of ThrottlingException"),
        (json!({"fail": {"code": "AccessDeniedException", "after_chunks": 1}}), "cannot end a stream"),
    ] {
        assert!(refused(turn.clone()).contains(part), "{turn}: {}", refused(turn.clone()));
    }
    assert!(Script::parse(b"{\"rules\": [{\"turns\": []}]}").unwrap_err().contains("at least one turn"));
    assert!(Script::parse(b"{}").unwrap_err().contains("rules"));
}
