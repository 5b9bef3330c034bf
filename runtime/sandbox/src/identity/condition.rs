//! Condition blocks, as far as resource policies and trust policies use them.

use serde_json::Value;

/// Whether a statement's conditions hold. What we cannot evaluate is its own
/// value: it must neither allow nor keep a Deny from applying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Met,
    NotMet,
    Unknown,
}

/// All operators and keys of a `Condition` block together; `context` holds the
/// request's condition keys, which compare without regard to case.
pub(super) fn evaluate(block: Option<&Value>, context: &[(&str, &str)]) -> Verdict {
    let Some(block) = block else { return Verdict::Met };
    let Some(operators) = block.as_object() else { return Verdict::Unknown };
    let verdicts = operators.iter().flat_map(|(operator, keys)| match keys.as_object() {
        Some(keys) => keys.iter().map(|(key, expected)| single(operator, key, expected, context)).collect(),
        None => vec![Verdict::Unknown],
    });
    verdicts.fold(Verdict::Met, all)
}

/// Not met outweighs unknown: such a statement cannot apply.
fn all(left: Verdict, right: Verdict) -> Verdict {
    match (left, right) {
        (Verdict::NotMet, _) | (_, Verdict::NotMet) => Verdict::NotMet,
        (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
        (Verdict::Met, Verdict::Met) => Verdict::Met,
    }
}

fn single(operator: &str, key: &str, expected: &Value, context: &[(&str, &str)]) -> Verdict {
    let actual = context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| *value);
    let (Some(actual), Some(expected)) = (actual, strings(expected)) else { return Verdict::Unknown };
    let matches: fn(&str, &str) -> bool = match operator {
        "StringEquals" => |expected, actual| expected == actual,
        "StringEqualsIgnoreCase" => |expected, actual| expected.eq_ignore_ascii_case(actual),
        "StringLike" => like,
        "ArnEquals" | "ArnLike" => arn_like,
        "Bool" => |expected, actual| expected.eq_ignore_ascii_case(actual),
        _ => return Verdict::Unknown,
    };
    if expected.iter().any(|expected| matches(expected, actual)) { Verdict::Met } else { Verdict::NotMet }
}

/// One string or a list of them; None for anything else.
pub(super) fn strings(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// Each of an ARN's six parts matches on its own, so that `*` does not cross a colon.
fn arn_like(pattern: &str, arn: &str) -> bool {
    let (pattern, arn): (Vec<_>, Vec<_>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    pattern.len() == 6 && arn.len() == 6 && pattern.iter().zip(arn).all(|(pattern, part)| like(pattern, part))
}

/// `*` stands for any run of characters, `?` for one.
pub(super) fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to resume when a later literal fails: after the last star, one character further on.
    let mut resume: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                resume = Some((p, t));
                p += 1;
            }
            Some(&wanted) if wanted == '?' || wanted == text[t] => (p, t) = (p + 1, t + 1),
            _ => {
                let Some((star, from)) = resume else { return false };
                resume = Some((star, from + 1));
                (p, t) = (star + 1, from + 1);
            }
        }
    }
    pattern[p..].iter().all(|&rest| rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const CONTEXT: &[(&str, &str)] = &[
        ("aws:SourceAccount", "111122223333"),
        ("aws:SourceArn", "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/ops-abc"),
    ];

    #[test]
    fn stars_match_within_one_part_of_an_arn_only() {
        let matches = |pattern: &str| arn_like(pattern, CONTEXT[1].1);
        assert!(matches("arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/ops-*"));
        assert!(matches("arn:aws:bedrock-agentcore:*:111122223333:gateway/???-abc"));
        assert!(!matches("arn:aws:*:gateway/ops-*"));
        assert!(!matches("arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/ops"));
    }

    #[test]
    fn every_condition_must_hold() {
        let block = json!({
            "StringEquals": {"aws:sourceaccount": ["999999999999", "111122223333"]},
            "ArnLike": {"aws:SourceArn": "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/*"}
        });
        assert_eq!(evaluate(Some(&block), CONTEXT), Verdict::Met);
        let via_url = json!({"Bool": {"lambda:InvokedViaFunctionUrl": "true"}});
        assert_eq!(evaluate(Some(&via_url), &[("lambda:InvokedViaFunctionUrl", "true")]), Verdict::Met);
        assert_eq!(evaluate(Some(&via_url), &[("lambda:InvokedViaFunctionUrl", "false")]), Verdict::NotMet);
        let other = json!({"StringEquals": {"aws:SourceAccount": "999999999999"}});
        assert_eq!(evaluate(Some(&other), CONTEXT), Verdict::NotMet);
        assert_eq!(evaluate(None, CONTEXT), Verdict::Met);
    }

    #[test]
    fn unknown_operators_and_keys_are_unknown() {
        for block in [
            json!({"DateLessThan": {"aws:SourceAccount": "111122223333"}}),
            json!({"StringEquals": {"aws:SourceOrgID": "o-1"}}),
            json!({"StringEquals": {"aws:SourceAccount": 5}}),
            json!("StringEquals"),
        ] {
            assert_eq!(evaluate(Some(&block), CONTEXT), Verdict::Unknown, "{block}");
        }
    }
}
