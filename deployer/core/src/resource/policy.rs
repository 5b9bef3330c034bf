//! One form for policy documents that mean the same, so that what a template
//! says can be compared with what IAM, ECR and Lambda answer.

use serde_json::Value;

/// Members of a statement whose value is one text or a list of texts, in any
/// order (IAM user guide, "Grammar of the IAM JSON policy language").
const LISTS: [&str; 4] = ["Action", "NotAction", "Resource", "NotResource"];

/// Members that hold lists one or two levels down: a principal's kinds and a
/// condition's operators and keys.
const NESTED: [&str; 3] = ["Principal", "NotPrincipal", "Condition"];

/// The document with sorted members, its statements as a list, lists of texts
/// sorted without duplicates, and lists of one as that one.
pub fn normal_policy(mut document: Value) -> Value {
    let Some(members) = document.as_object_mut() else { return document };
    if let Some(statements) = members.get_mut("Statement") {
        if statements.is_object() {
            *statements = Value::Array(vec![statements.take()]);
        }
        statements.as_array_mut().into_iter().flatten().for_each(normalize_statement);
    }
    document.sort_all_objects();
    document
}

fn normalize_statement(statement: &mut Value) {
    let Some(members) = statement.as_object_mut() else { return };
    for (name, value) in members.iter_mut() {
        match name.as_str() {
            name if LISTS.contains(&name) => normalize_list(value),
            name if NESTED.contains(&name) => normalize_below(value),
            _ => {}
        }
    }
}

fn normalize_below(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(normalize_below),
        // IAM compares texts; `true` and `"true"` are one condition value.
        Value::Bool(_) | Value::Number(_) => *value = Value::String(value.to_string()),
        list => normalize_list(list),
    }
}

fn normalize_list(value: &mut Value) {
    let Value::Array(items) = value else { return };
    items.sort_by_key(Value::to_string);
    items.dedup();
    if items.len() == 1 {
        *value = items.remove(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_that_mean_the_same_are_written_the_same() {
        let one = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": ["b:B", "a:A", "a:A"], "Resource": ["*"],
            "Principal": {"AWS": ["x"]}, "Condition": {"Bool": {"aws:SecureTransport": true}},
        }});
        let other = json!({"Statement": [{
            "Resource": "*", "Action": ["a:A", "b:B"], "Effect": "Allow",
            "Principal": {"AWS": "x"}, "Condition": {"Bool": {"aws:SecureTransport": ["true"]}},
        }], "Version": "2012-10-17"});
        assert_eq!(normal_policy(one).to_string(), normal_policy(other).to_string());
    }

    #[test]
    fn what_differs_in_meaning_stays_different() {
        let document = |action: Value| normal_policy(json!({"Statement": [{"Action": action, "Resource": "*"}]}));
        assert_ne!(document(json!(["a:A", "a:B"])), document(json!("a:A")));
        assert_eq!(normal_policy(json!("text")), json!("text"));
    }

    #[test]
    fn a_normal_document_stays_as_it_is() {
        let document = json!({"Statement": [{"Action": ["b:B", "a:A"], "Effect": "Allow"}], "Version": "2012-10-17"});
        let normal = normal_policy(document);
        assert_eq!(normal_policy(normal.clone()), normal);
    }
}
