//! What endpoint rules are given: values that the client knows, that the
//! operation fixes and that its parameters hold.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::rules::{Parameters, RuleSet};
use crate::model::{Operation, Service};

/// By the rules engine's names: `AWS::Region`.
pub(super) type BuiltIns = BTreeMap<&'static str, Value>;

/// A value of the operation wins over one of the client.
pub(super) fn parameters(
    rules: &RuleSet,
    service: &Service,
    operation: &Operation,
    given: &Map<String, Value>,
    built_ins: &BuiltIns,
) -> Parameters {
    let known = rules.built_ins().filter_map(|(name, built_in)| Some((name, built_ins.get(built_in)?.clone())));
    let members = service.input(operation).into_iter().flat_map(|input| input.members.iter());
    let members = members.filter_map(|(member, reference)| {
        let value = given.get(member).filter(|value| !value.is_null())?;
        Some((reference.context_param.as_ref()?.name, value.clone()))
    });
    let paths = operation.operation_context_params.iter();
    let paths = paths.map(|(name, path)| (*name, at(given, path.path)));
    let fixed = operation.static_context_params.iter().map(|(name, fixed)| (*name, fixed.value.clone()));
    known.chain(members).chain(paths).chain(fixed).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The texts at a path. Models use two forms of JMESPath here: `keys(Member)` and
/// `Member[*].Inner.Name`.
fn at(given: &Map<String, Value>, path: &str) -> Value {
    if let Some(member) = path.strip_prefix("keys(").and_then(|rest| rest.strip_suffix(')')) {
        let map = given.get(member).and_then(Value::as_object);
        return map.into_iter().flat_map(Map::keys).cloned().collect();
    }
    let (member, inner) = path.split_once("[*].").unwrap_or((path, ""));
    let elements = given.get(member).and_then(Value::as_array).into_iter().flatten();
    let found = elements.filter_map(|element| inner.split('.').try_fold(element, |value, name| value.get(name)));
    json!(found.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model;

    #[test]
    fn keys_and_inner_members_are_found() {
        let given = json!({"Items": {"a": {}, "b": {}}, "List": [{"Get": {"Name": "x"}}, {"Put": {}}]});
        let given = given.as_object().unwrap();
        assert_eq!(at(given, "keys(Items)"), json!(["a", "b"]));
        assert_eq!(at(given, "List[*].Get.Name"), json!(["x"]));
        assert_eq!(at(given, "keys(Gone)"), json!([]));
    }

    #[test]
    fn the_models_use_no_other_form_of_path() {
        let services = model::SERVICES.iter().map(|name| model::service(name).unwrap());
        let operations = services.flat_map(|service| service.operations.values());
        for path in operations.flat_map(|operation| operation.operation_context_params.values()) {
            let is_keys = path.path.starts_with("keys(") && path.path.ends_with(')');
            let is_projection = path.path.matches("[*].").count() == 1 && !path.path.contains('(');
            assert!(is_keys || is_projection, "{}", path.path);
        }
    }
}
