//! Documents in a form in which their differences read well.

use serde_json::{Map, Value as Json};

/// Members by which the items of a list are known.
const ITEM_NAMES: [&str; 5] = ["PolicyName", "Sid", "IndexName", "AttributeName", "Key"];

/// Lists of named things as maps by their names, so that only what differs in them is shown.
pub fn readable(value: &Json) -> Json {
    match value {
        Json::Object(members) => members.iter().map(|(key, value)| (key.clone(), readable(value))).collect(),
        Json::Array(items) => named(items).unwrap_or_else(|| value.clone()),
        plain => plain.clone(),
    }
}

fn named(items: &[Json]) -> Option<Json> {
    let key = ITEM_NAMES.into_iter().find(|key| items.iter().all(|item| item[key].is_string()))?;
    let by_name: Map<String, Json> = items.iter().map(|item| under_name(item, key)).collect();
    (by_name.len() == items.len() && !items.is_empty()).then_some(Json::Object(by_name))
}

fn under_name(item: &Json, key: &str) -> (String, Json) {
    let name = item[key].as_str().unwrap_or_default().to_string();
    let rest = members(item).filter(|member| *member != key).map(|member| (member.clone(), readable(&item[member])));
    let rest: Map<String, Json> = rest.collect();
    // A tag is its value.
    let value = rest.get("Value").filter(|_| rest.len() == 1).cloned();
    (name, value.unwrap_or(Json::Object(rest)))
}

fn members(value: &Json) -> impl Iterator<Item = &String> {
    value.as_object().into_iter().flat_map(|members| members.keys())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_of_named_things_are_maps() {
        let policies = json!([{"PolicyName": "p", "PolicyDocument": {"Statement": [{"Sid": "S", "Effect": "Allow"}]}}]);
        let expected = json!({"p": {"PolicyDocument": {"Statement": {"S": {"Effect": "Allow"}}}}});
        assert_eq!(readable(&policies), expected);
        assert_eq!(readable(&json!([{"Key": "Owner", "Value": "ops"}])), json!({"Owner": "ops"}));
    }

    #[test]
    fn other_lists_stay_lists() {
        for list in [
            json!(["a", "b"]),
            json!([]),
            json!([{"Sid": "S"}, {"Effect": "Allow"}]),
            json!([{"Sid": "S"}, {"Sid": "S"}]),
        ] {
            assert_eq!(readable(&list), list);
        }
    }
}
