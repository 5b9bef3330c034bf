//! Ways into an answer, in the few forms of JMESPath that paginators use:
//! `Member.Inner`, `List[-1].Member` and `One || Other`.

use serde_json::{Map, Value};

/// Alternatives, the first that is set counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path(Vec<Vec<Step>>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    /// `[-1]`
    Last,
}

impl Path {
    /// Fails on any other form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let alternatives = text.split("||").map(|alternative| {
            let steps = alternative.trim().split('.').map(|part| steps(part).ok_or_else(|| format!("path {text}")));
            steps.collect::<Result<Vec<_>, _>>().map(|steps| steps.into_iter().flatten().collect())
        });
        alternatives.collect::<Result<_, _>>().map(Self)
    }

    /// The member that the first alternative begins with.
    #[cfg(test)]
    pub fn head(&self) -> &str {
        match self.0.first().and_then(|steps| steps.first()) {
            Some(Step::Member(name)) => name,
            _ => "",
        }
    }

    /// The member that the path consists of, when it is one.
    pub fn only_member(&self) -> Option<&str> {
        match &self.0[..] {
            [steps] => match &steps[..] {
                [Step::Member(name)] => Some(name),
                _ => None,
            },
            _ => None,
        }
    }

    /// The value, unless it is absent or empty.
    pub fn find<'a>(&self, page: &'a Map<String, Value>) -> Option<&'a Value> {
        self.0.iter().find_map(|steps| {
            let (first, rest) = steps.split_first()?;
            let Step::Member(name) = first else { return None };
            let found = rest.iter().try_fold(page.get(name)?, |value, step| match step {
                Step::Member(name) => value.get(name),
                Step::Last => value.as_array()?.last(),
            });
            found.filter(|value| !is_empty(value))
        })
    }

    /// Takes the value out of the page. A path through a list leaves it there.
    pub fn take(&self, page: &mut Map<String, Value>) -> Option<Value> {
        let taken = self.0.iter().map(|steps| {
            let names: Option<Vec<_>> = steps.iter().map(Step::name).collect();
            let (last, outer) = names.as_deref()?.split_last()?;
            let inner = outer.iter().try_fold(&mut *page, |map, name| map.get_mut(*name)?.as_object_mut())?;
            inner.remove(*last)
        });
        taken.fold(None, |found, value| found.or(value))
    }

    /// The place of a joined value, made when it is not there.
    pub fn place<'a>(&self, page: &'a mut Map<String, Value>) -> Option<&'a mut Value> {
        let names: Option<Vec<_>> = self.0.first()?.iter().map(Step::name).collect();
        let (last, outer) = names.as_deref()?.split_last()?;
        let inner = outer.iter().try_fold(page, |map, name| {
            map.entry(*name).or_insert_with(|| Value::Object(Map::new())).as_object_mut()
        })?;
        Some(inner.entry(*last).or_insert(Value::Null))
    }
}

impl Step {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Member(name) => Some(name),
            Self::Last => None,
        }
    }
}

/// `Contents[-1]` or `Contents`.
fn steps(part: &str) -> Option<Vec<Step>> {
    let (name, last) = match part.strip_suffix("[-1]") {
        Some(name) => (name, Some(Step::Last)),
        None => (part, None),
    };
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| [Step::Member(name.into())].into_iter().chain(last).collect())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(path: &str, page: Value) -> Option<Value> {
        Path::parse(path).unwrap().find(page.as_object().unwrap()).cloned()
    }

    #[test]
    fn members_last_elements_and_alternatives_are_found() {
        let path = "NextMarker || Contents[-1].Key";
        assert_eq!(found(path, json!({"NextMarker": "m", "Contents": [{"Key": "a"}]})), Some(json!("m")));
        assert_eq!(found(path, json!({"NextMarker": "", "Contents": [{"Key": "a"}, {"Key": "b"}]})), Some(json!("b")));
        assert_eq!(found(path, json!({"Contents": []})), None);
        assert_eq!(found("A.B", json!({"A": {"B": 1}})), Some(json!(1)));
    }

    #[test]
    fn a_taken_value_is_gone_and_a_last_element_stays() {
        let mut page = json!({"A": {"B": "x", "C": 1}, "L": [{"K": "y"}]});
        let page = page.as_object_mut().unwrap();
        assert_eq!(Path::parse("A.B").unwrap().take(page), Some(json!("x")));
        assert_eq!(Path::parse("L[-1].K").unwrap().take(page), None);
        assert_eq!(Value::Object(page.clone()), json!({"A": {"C": 1}, "L": [{"K": "y"}]}));
    }

    #[test]
    fn other_forms_are_refused() {
        for path in ["", "A[0]", "A[*].B", "keys(A)", "A..B"] {
            assert!(Path::parse(path).is_err(), "{path}");
        }
    }
}
