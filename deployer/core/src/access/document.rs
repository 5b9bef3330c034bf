//! Reads policy documents (IAM user guide, "Grammar of the IAM JSON policy
//! language") into grants.
//!
//! Principals take the form `AWS:<arn>`, `AWS:<account>`, `Service:<name>`,
//! `Federated:<arn>` or `*`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::condition::{Condition, texts};
use super::grant::{Grant, Grants};
use super::names::account_of;
use super::pattern::Term;

/// What a document leaves to its place: an identity policy's holder, a
/// resource policy's resource.
#[derive(Debug, Clone, Copy)]
pub struct Attachment<'a> {
    /// Holds what a statement without principal allows.
    pub holder: &'a str,
    /// What a statement without resource is about.
    pub resource: &'a str,
}

/// Every combination of principal, action and resource of every statement.
pub fn grants(document: &Value, attached: Attachment) -> Grants {
    let mut grants = Grants::default();
    match &document["Statement"] {
        Value::Array(statements) => statements.iter().for_each(|statement| add(&mut grants, statement, attached)),
        Value::Null => {}
        statement => add(&mut grants, statement, attached),
    }
    grants
}

fn add(grants: &mut Grants, statement: &Value, attached: Attachment) {
    let list = match statement["Effect"] == "Deny" {
        true => &mut grants.denied,
        false => &mut grants.allowed,
    };
    let condition = Condition::of(&statement["Condition"]);
    for who in principals(statement, attached.holder) {
        for spelled in terms(statement, "Action", "NotAction", "*") {
            for resource in terms(statement, "Resource", "NotResource", attached.resource) {
                list.push(Grant {
                    who: who.clone(),
                    action: lower_case(&spelled),
                    resource,
                    condition: condition.clone(),
                    spelled: words(&spelled),
                });
            }
        }
    }
}

fn terms(statement: &Value, named: &str, all_but: &str, otherwise: &str) -> Vec<Term> {
    if !statement[all_but].is_null() {
        return vec![Term::AllBut(texts(&statement[all_but]))];
    }
    match &statement[named] {
        Value::Null => vec![Term::Matching(otherwise.into())],
        value => texts(value).into_iter().map(Term::Matching).collect(),
    }
}

fn principals(statement: &Value, holder: &str) -> Vec<Term> {
    if !statement["NotPrincipal"].is_null() {
        return vec![Term::AllBut(principal_names(&statement["NotPrincipal"]))];
    }
    match &statement["Principal"] {
        Value::Null => vec![Term::Matching(holder.into())],
        value => principal_names(value).into_iter().map(Term::Matching).collect(),
    }
}

fn principal_names(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(kinds) => {
            kinds.iter().flat_map(|(kind, ids)| texts(ids).into_iter().map(|id| principal(kind, &id))).collect()
        }
        // A plain text other than `*` is how Lambda's own calls name a principal.
        value => texts(value).iter().map(|id| plain_principal(id)).collect(),
    }
}

/// An account is the same by its number and by its root's ARN.
fn principal(kind: &str, id: &str) -> String {
    match (kind, id) {
        ("AWS", "*") => "*".into(),
        ("AWS", id) => format!("AWS:{}", account_of(id).unwrap_or(id)),
        (kind, id) => format!("{kind}:{id}"),
    }
}

/// Of a principal without its kind: an ARN, an account, a service or `*`.
pub fn plain_principal(id: &str) -> String {
    match id {
        "*" => "*".into(),
        id if id.ends_with(".amazonaws.com") => principal("Service", id),
        id => principal("AWS", id),
    }
}

fn lower_case(term: &Term) -> Term {
    match term {
        Term::Matching(text) => Term::Matching(text.to_lowercase()),
        Term::AllBut(texts) => Term::AllBut(texts.iter().map(|text| text.to_lowercase()).collect()),
    }
}

/// "s3:GetObject", "everything but iam:*"
pub fn words(term: &Term) -> String {
    match term {
        Term::Matching(text) => text.clone(),
        Term::AllBut(texts) => {
            format!("everything but {}", texts.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ROLE: Attachment = Attachment { holder: "role x", resource: "*" };

    #[test]
    fn lists_are_taken_apart() {
        let document =
            json!({"Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": ["a", "b"]}]});
        assert_eq!(grants(&document, ROLE).allowed.len(), 4);
    }

    #[test]
    fn an_account_is_the_same_by_number_and_by_root() {
        let document = |principal: Value| json!({"Statement": {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}});
        let by_number = grants(&document(json!({"AWS": "111122223333"})), ROLE);
        let by_root = grants(&document(json!({"AWS": ["arn:aws:iam::111122223333:root"]})), ROLE);
        assert_eq!(by_number, by_root);
        assert_eq!(grants(&document(json!("*")), ROLE), grants(&document(json!({"AWS": "*"})), ROLE));
    }

    #[test]
    fn a_deny_is_no_grant() {
        let document = json!({"Statement": [{"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}]});
        let grants = grants(&document, ROLE);
        assert!(grants.allowed.is_empty());
        assert_eq!(grants.denied[0].spelled, "everything but iam:*");
    }

    #[test]
    fn actions_are_compared_without_case() {
        let document = |action| json!({"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]});
        let (one, other) = (grants(&document("s3:getobject"), ROLE), grants(&document("s3:GetObject"), ROLE));
        assert!(one.allowed[0].covers(&other.allowed[0]));
    }
}
