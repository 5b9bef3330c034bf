//! Answers made from the model, with every member filled.

use serde_json::{Map, Value, json};

use crate::model::{Kind, Service};

/// Text of every leaf where nothing is planted.
pub(super) const HARMLESS: &str = "plain";

/// What a text leaf is, for a test that chooses where to plant a secret.
pub(super) struct Leaf<'a> {
    /// Shapes and members from the top: `("DescribeStacksOutput", "Stacks")`, with
    /// `*` for the entry of a map and an empty name for the element of a list.
    pub path: &'a [(&'static str, &'static str)],
    /// Shape of the leaf itself.
    pub shape: &'static str,
}

/// An answer of the operation with one element in every list and map. `plant`
/// gives the text of a leaf, or nothing for a harmless one.
pub(super) fn answer(
    service: &'static Service,
    operation: &str,
    plant: &mut dyn FnMut(Leaf<'_>) -> Option<String>,
) -> Value {
    match &service.operations[operation].output {
        Some(output) => value(service, output.shape, &mut Vec::new(), plant),
        None => json!({}),
    }
}

fn value(
    service: &'static Service,
    name: &'static str,
    path: &mut Vec<(&'static str, &'static str)>,
    plant: &mut dyn FnMut(Leaf<'_>) -> Option<String>,
) -> Value {
    let shape = service.shape(name);
    let is_inside_itself = path.iter().any(|(above, _)| *above == name);
    let mut below = |member: &'static str, of: &'static str| {
        path.push((name, member));
        let value = value(service, of, path, plant);
        path.pop();
        value
    };
    match shape.kind {
        Kind::Structure if is_inside_itself => json!({}),
        Kind::Structure => {
            let members =
                shape.members.iter().map(|(member, reference)| (member.to_owned(), below(member, reference.shape)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Kind::List => json!([below("", shape.member.as_ref().unwrap().shape)]),
        Kind::Map => json!({"entry": below("*", shape.value.as_ref().unwrap().shape)}),
        Kind::String | Kind::Blob => plant(Leaf { path, shape: name }).unwrap_or_else(|| HARMLESS.to_owned()).into(),
        Kind::Timestamp => "2026-01-02T03:04:05Z".into(),
        Kind::Boolean => true.into(),
        Kind::Integer | Kind::Long | Kind::Float | Kind::Double => 7.into(),
    }
}
