//! Two sets of grants as sentences: what is new, what is gone.

use std::collections::{BTreeMap, BTreeSet};

use super::document::words;
use super::grant::{Grant, Grants, missing_from};
use super::names::Place;
use super::pattern::Term;
use crate::plan::AccessEffect;

/// What changes, and in which direction.
pub type Finding = (AccessEffect, String);

/// Actions named in one sentence; a role that may do more is summed up.
const NAMED_ACTIONS: usize = 12;

/// Condition of a statement about calls through a function URL with IAM.
pub const URL_AUTH_TYPE: (&str, &str, &str) = ("StringEquals", "lambda:FunctionUrlAuthType", "AWS_IAM");
/// Condition of the statement that belongs to it.
pub const VIA_URL: (&str, &str, &str) = ("Bool", "lambda:InvokedViaFunctionUrl", "true");

/// What `after` allows and `before` did not, and the reverse.
pub fn compare(before: &Grants, after: &Grants, place: &Place) -> Vec<Finding> {
    use AccessEffect::{Narrows, Widens};
    let new = missing_from(&after.allowed, &before.allowed);
    let gone = missing_from(&before.allowed, &after.allowed);
    let forbidden = missing_from(&after.denied, &before.denied);
    let freed = missing_from(&before.denied, &after.denied);
    let say = |grants: &[Grant], phrase: &str, lost: &[Grant]| sentences(grants, phrase, lost, place);
    let all = [
        (Widens, say(&new, "may now", &before.allowed)),
        (Widens, say(&freed, "is no longer forbidden to", &[])),
        (Narrows, say(&gone, "may no longer", &[])),
        (Narrows, say(&forbidden, "is now forbidden to", &[])),
    ];
    all.into_iter().flat_map(|(effect, texts)| texts.into_iter().map(move |text| (effect, text))).collect()
}

/// Actions by resource, and that by who holds them under which condition.
type Grouped = BTreeMap<(String, String), BTreeMap<String, BTreeSet<String>>>;

/// One sentence for each holder, condition and set of actions. `earlier` are
/// grants whose conditions may have been dropped.
fn sentences(grants: &[Grant], phrase: &str, earlier: &[Grant], place: &Place) -> Vec<String> {
    let mut grouped = Grouped::new();
    for grant in grants {
        let plain = without_url_terms(grant);
        let limit = limits(&plain, earlier, place);
        let thing = place.thing(&words(&plain.resource));
        let by_thing = grouped.entry((who(&plain, place), limit)).or_default();
        by_thing.entry(thing).or_default().insert(plain.spelled);
    }
    let mut sentences = Vec::new();
    for ((who, limit), by_thing) in grouped {
        for (actions, things) in by_actions(by_thing) {
            sentences.push(format!("{who} {phrase} {}{limit}", deed(&actions, &things.join(", "))));
        }
    }
    sentences
}

/// Things that the same actions are allowed on, together.
fn by_actions(by_thing: BTreeMap<String, BTreeSet<String>>) -> BTreeMap<Vec<String>, Vec<String>> {
    let mut by_actions: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for (thing, actions) in by_thing {
        by_actions.entry(actions.into_iter().collect()).or_default().push(thing);
    }
    by_actions
}

fn who(grant: &Grant, place: &Place) -> String {
    match &grant.who {
        Term::Matching(principal) => place.principal(principal),
        Term::AllBut(principals) => {
            let names: Vec<_> = principals.iter().map(|name| place.principal(name)).collect();
            format!("everyone but {}", names.join(", "))
        }
    }
}

fn limits(grant: &Grant, earlier: &[Grant], place: &Place) -> String {
    if !grant.condition.is_empty() {
        return format!(", where {}", grant.condition.words(place));
    }
    let dropped = earlier.iter().find(|old| old.is_about_the_same(grant) && !old.condition.is_empty());
    dropped.map(|old| format!(", no longer only where {}", old.condition.words(place))).unwrap_or_default()
}

/// A call through a function URL needs two grants, which are one thing to people.
fn without_url_terms(grant: &Grant) -> Grant {
    let is = |action: &str| grant.action == Term::Matching(action.into());
    let stripped = |(operator, key, value): (&str, &str, &str)| grant.condition.clone().without(operator, key, value);
    let condition = match () {
        () if is("lambda:invokefunctionurl") => stripped(URL_AUTH_TYPE),
        () if is("lambda:invokefunction") && stripped(VIA_URL) != grant.condition => stripped(VIA_URL),
        () => return grant.clone(),
    };
    let spelled = "lambda:InvokeFunctionUrl".to_string();
    Grant { spelled, condition, ..grant.clone() }
}

fn deed(actions: &[String], things: &str) -> String {
    match actions {
        [action] if action == "lambda:InvokeFunction" => format!("invoke {things}"),
        [action] if action == "lambda:InvokeFunctionUrl" => format!("use the URL of {things}"),
        [action] if action == "sts:AssumeRole" => format!("act as {things}"),
        actions => format!("do {} on {things}", listed(actions)),
    }
}

pub fn listed(actions: &[String]) -> String {
    let shown = actions.iter().take(NAMED_ACTIONS).map(String::as_str).collect::<Vec<_>>().join(", ");
    match actions.len().saturating_sub(NAMED_ACTIONS) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::{Attachment, grants};
    use super::*;
    use serde_json::{Value, json};

    const HERE: Place = Place { account: "111122223333", region: "us-east-1" };

    fn policy(statements: Value) -> Grants {
        grants(&json!({"Statement": statements}), Attachment { holder: "role x", resource: "*" })
    }

    fn between(before: Value, after: Value) -> Vec<Finding> {
        compare(&policy(before), &policy(after), &HERE)
    }

    fn allow(action: &str) -> Value {
        json!([{"Effect": "Allow", "Action": action, "Resource": "*"}])
    }

    #[test]
    fn a_grant_reads_as_a_sentence() {
        let after = json!([{"Effect": "Allow", "Action": ["dynamodb:Query", "dynamodb:PutItem"],
            "Resource": "arn:aws:dynamodb:us-east-1:111122223333:table/z"}]);
        let expected = "role x may now do dynamodb:PutItem, dynamodb:Query on table z";
        assert_eq!(between(json!([]), after), [(AccessEffect::Widens, expected.to_string())]);
    }

    #[test]
    fn what_was_covered_already_widens_nothing() {
        assert_eq!(
            between(allow("s3:*"), allow("s3:GetObject")),
            [(AccessEffect::Narrows, "role x may no longer do s3:* on everything".to_string())]
        );
    }

    #[test]
    fn a_dropped_condition_widens_and_is_named() {
        let before = json!([{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}]);
        let expected = "role x may now do s3:Get* on everything, no longer only where aws:SourceAccount is 1";
        assert_eq!(between(before, allow("s3:Get*")), [(AccessEffect::Widens, expected.to_string())]);
    }

    #[test]
    fn a_removed_deny_widens_and_a_new_one_narrows() {
        let deny = json!([{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]);
        let freed = "role x is no longer forbidden to do iam:* on everything".to_string();
        assert_eq!(between(deny.clone(), json!([])), [(AccessEffect::Widens, freed)]);
        let forbidden = "role x is now forbidden to do iam:* on everything".to_string();
        assert_eq!(between(json!([]), deny), [(AccessEffect::Narrows, forbidden)]);
    }

    #[test]
    fn everything_but_something_is_said_as_such() {
        let after = json!([{"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}]);
        let expected = "role x may now do everything but iam:* on everything".to_string();
        assert_eq!(between(json!([]), after), [(AccessEffect::Widens, expected)]);
    }
}
