//! The arguments of a service tool, checked completely: all faults of a call at
//! once, each with its place and what should stand there.

use std::sync::LazyLock;

use contract::tool_arguments::Read;
use contract::tool_call::Problem;
use contract::tool_settings::Limits;
use serde_json::{Map, Value};

use super::nearest::{nearest, shortened};
use super::regions::{self, Wanted};
use super::select::Select;

/// A call's arguments, each checked by itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Asked {
    pub query: String,
    /// Name of an operation or a recipe, as it was given.
    pub operation: Option<String>,
    pub parameters: Map<String, Value>,
    pub regions: Wanted,
    pub select: Option<Select>,
    pub max_items: Option<usize>,
    /// Not read yet: whether it fits depends on the rest.
    pub cursor: Option<String>,
    pub format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Format {
    #[default]
    Json,
    Tsv,
}

/// Members that the schema declares, so that code and schema cannot name different ones.
static MEMBERS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let schema = contract::schema::of::<Read>();
    schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
});

/// Longest name of an operation that is looked at, in characters.
const LONGEST_NAME: usize = 128;

/// Longest text of parameters, in bytes.
const LONGEST_PARAMETERS: usize = 64 * 1024;

/// Checks what a model or a person sent. `null` and empty texts count as absent.
pub(crate) fn check(arguments: &Value, limits: &Limits) -> Result<Asked, Vec<Problem>> {
    let Some(given) = arguments.as_object() else {
        let problem =
            Problem::new("arguments/form", format!("arguments: expected an object, found {}", kind(arguments)));
        return Err(vec![problem.expected("an object with query")]);
    };
    let mut check = Check { given, problems: Vec::new() };
    check.members();
    let asked = Asked {
        query: check.query(limits),
        operation: check.operation(),
        parameters: check.parameters(),
        regions: check.regions(),
        select: check.select(),
        max_items: check.max_items(limits),
        cursor: check.text("cursor").map(str::to_owned),
        format: check.format(),
    };
    if check.problems.is_empty() { Ok(asked) } else { Err(check.problems) }
}

struct Check<'a> {
    given: &'a Map<String, Value>,
    problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    fn members(&mut self) {
        for name in self.given.keys().filter(|name| !MEMBERS.contains(name)).take(10) {
            let name = shortened(name);
            let problem = Problem::new("arguments/unknown", format!("{name} is not an argument")).at(&name);
            let nearest = nearest(&name, MEMBERS.iter().map(String::as_str));
            self.problems.push(problem.nearest(nearest).expected(MEMBERS.join(", ")));
        }
    }

    fn present(&self, name: &str) -> Option<&'a Value> {
        self.given.get(name).filter(|value| !value.is_null())
    }

    /// A text that is not empty.
    fn text(&mut self, name: &str) -> Option<&'a str> {
        match self.present(name)? {
            Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            other => {
                self.wrong_kind(name, "a text", other);
                None
            }
        }
    }

    fn query(&mut self, limits: &Limits) -> String {
        let query = self.text("query").unwrap_or_default();
        let length = query.chars().count();
        let missing = self.present("query").is_none() || (query.is_empty() && self.present("operation").is_none());
        if length > limits.query_characters {
            let most = limits.query_characters;
            let message = format!("query: has {length} characters, at most {most} are read");
            self.problems.push(Problem::new("arguments/query", message).at("query").hint("ask a shorter question"));
        } else if missing && self.problems.iter().all(|problem| problem.path.as_deref() != Some("query")) {
            let problem = Problem::new("arguments/query", "query: is required").at("query");
            self.problems.push(problem.expected("what the user wants to know, in plain words"));
        }
        aws_read::cleaned(query)
    }

    fn operation(&mut self) -> Option<String> {
        let name = self.text("operation")?;
        if name.chars().count() > LONGEST_NAME {
            let message = format!("operation: is longer than {LONGEST_NAME} characters");
            self.problems.push(Problem::new("arguments/operation", message).at("operation"));
        }
        Some(shortened(name))
    }

    /// A JSON object, or one in a text: models send either.
    fn parameters(&mut self) -> Map<String, Value> {
        let text = match self.present("parameters") {
            None => return Map::new(),
            Some(Value::Object(members)) => return members.clone(),
            Some(Value::String(text)) if text.trim().is_empty() => return Map::new(),
            Some(Value::String(text)) => text,
            Some(other) => {
                self.wrong_kind("parameters", "a JSON object, as it is or in a text", other);
                return Map::new();
            }
        };
        if text.len() > LONGEST_PARAMETERS {
            let message = format!("parameters: are longer than {LONGEST_PARAMETERS} bytes");
            self.problems.push(Problem::new("arguments/parameters", message).at("parameters"));
            return Map::new();
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => return members,
            Ok(other) => self.wrong_kind("parameters", "a JSON object", &other),
            Err(error) => self.problems.push(no_json(text, &error)),
        }
        Map::new()
    }

    /// A list, or one text with commas between names. The word `all` anywhere means all.
    fn regions(&mut self) -> Wanted {
        let names: Vec<&str> = match self.present("regions") {
            None => return Wanted::Unsaid,
            Some(Value::String(text)) => text.split([',', ' ']).collect(),
            Some(Value::Array(items)) => {
                if let Some(other) = items.iter().find(|item| !item.is_string()) {
                    self.wrong_kind("regions", "a list of texts", other);
                }
                items.iter().filter_map(Value::as_str).collect()
            }
            Some(other) => {
                self.wrong_kind("regions", "a list of texts", other);
                return Wanted::Unsaid;
            }
        };
        let names: Vec<String> =
            names.into_iter().map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty()).collect();
        if names.iter().any(|name| name == "all" || name == "*") {
            return Wanted::All;
        }
        let mut found = Vec::new();
        for (index, name) in names.iter().enumerate() {
            match regions::known(name) {
                Some(region) if found.contains(&region) => {}
                Some(region) => found.push(region),
                None => self.unknown_region(index, name),
            }
        }
        if found.is_empty() { Wanted::Unsaid } else { Wanted::Named(found) }
    }

    fn unknown_region(&mut self, index: usize, name: &str) {
        const MOST: usize = 10;
        if index < MOST {
            let name = shortened(name);
            let problem = Problem::new("arguments/region", format!("regions: {name} is no region of AWS"));
            let problem = problem.at(format!("regions[{index}]")).expected("a region such as us-east-1, or all");
            self.problems.push(problem.nearest(regions::nearest(&name)));
        }
    }

    fn select(&mut self) -> Option<Select> {
        match Select::parse(self.text("select")?) {
            Ok(select) => Some(select),
            Err(problem) => {
                self.problems.push(*problem);
                None
            }
        }
    }

    fn max_items(&mut self, limits: &Limits) -> Option<usize> {
        let given = self.present("max_items")?;
        let most = limits.most_items;
        let whole =
            given.as_f64().filter(|number| number.fract() == 0.0).or_else(|| given.as_str()?.trim().parse().ok());
        match whole {
            Some(number) if number >= 1.0 && number <= most as f64 => Some(number as usize),
            _ => {
                let message = format!("max_items: expected a whole number from 1 to {most}");
                let problem = Problem::new("arguments/max-items", message).at("max_items");
                self.problems.push(problem.expected(format!("a whole number from 1 to {most}")));
                None
            }
        }
    }

    fn format(&mut self) -> Format {
        let Some(name) = self.text("format") else { return Format::Json };
        match name.to_lowercase().as_str() {
            "json" => return Format::Json,
            "tsv" => return Format::Tsv,
            _ => {}
        }
        let name = shortened(name);
        let problem = Problem::new("arguments/format", format!("format: {name} is neither json nor tsv")).at("format");
        self.problems.push(problem.expected("json or tsv").nearest(nearest(&name, ["json", "tsv"])));
        Format::Json
    }

    fn wrong_kind(&mut self, name: &str, expected: &str, found: &Value) {
        let message = format!("{name}: expected {expected}, found {}", kind(found));
        self.problems.push(Problem::new("arguments/type", message).at(name).expected(expected));
    }
}

fn no_json(text: &str, error: &serde_json::Error) -> Problem {
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let offset = (before + error.column().saturating_sub(1)).min(text.len());
    let position = text.char_indices().take_while(|(index, _)| *index < offset).count();
    // The library's own text ends with its place; ours is the same place in characters.
    let cause = error.to_string();
    let cause = cause.rsplit_once(" at line ").map_or(cause.as_str(), |(cause, _)| cause);
    Problem::new("arguments/parameters", format!("parameters: are no JSON: {cause} at character {position}"))
        .at("parameters")
        .position(position)
        .expected("a JSON object with AWS's own member names")
}

pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn checked(arguments: Value) -> Result<Asked, Vec<Problem>> {
        check(&arguments, &Limits::default())
    }

    fn codes(arguments: Value) -> Vec<(String, String)> {
        let problems = checked(arguments).unwrap_err().into_iter();
        problems.map(|problem| (problem.code, problem.path.unwrap_or_default())).collect()
    }

    #[test]
    fn parameters_are_an_object_or_one_in_a_text() {
        for parameters in [json!({"A": [1]}), json!(r#"{"A": [1]}"#), json!("\n {\"A\":[1]} ")] {
            let asked = checked(json!({"query": "q", "parameters": parameters})).unwrap();
            assert_eq!(asked.parameters["A"], json!([1]));
        }
        for absent in [json!(null), json!(""), json!("{}")] {
            assert!(checked(json!({"query": "q", "parameters": absent})).unwrap().parameters.is_empty());
        }
    }

    #[test]
    fn bad_json_is_told_with_its_place_in_characters() {
        let problem = &checked(json!({"query": "q", "parameters": "{\"ü\": 1,\n \"b\" 2}"})).unwrap_err()[0];
        assert_eq!((problem.path.as_deref(), problem.position), (Some("parameters"), Some(14)), "{problem:?}");
        assert!(!problem.message.contains("line"), "{}", problem.message);
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let arguments = json!({"query": 5, "operation": [], "parameters": "[1]", "regions": "us-eats-1", "select": "a[",
            "max_items": 0, "format": "xml", "region": "eu-west-1"});
        let expected = [
            ("arguments/unknown", "region"),
            ("arguments/type", "query"),
            ("arguments/type", "operation"),
            ("arguments/type", "parameters"),
            ("arguments/region", "regions[0]"),
            ("arguments/select", "select"),
            ("arguments/max-items", "max_items"),
            ("arguments/format", "format"),
        ];
        let found = codes(arguments);
        assert_eq!(found, expected.map(|(code, path)| (code.to_owned(), path.to_owned())));
    }

    #[test]
    fn an_unknown_argument_comes_with_the_nearest() {
        let problem = &checked(json!({"query": "q", "region": "us-east-1"})).unwrap_err()[0];
        assert_eq!(problem.nearest[0], "regions");
    }

    #[test]
    fn regions_are_a_list_or_a_text_and_all_is_a_word() {
        let regions = |given: Value| checked(json!({"query": "q", "regions": given})).unwrap().regions;
        let named = |names: &[&str]| Wanted::Named(names.iter().filter_map(|name| regions::known(name)).collect());
        assert_eq!(regions(json!("us-east-1, EU-west-1")), named(&["us-east-1", "eu-west-1"]));
        assert_eq!(regions(json!(["us-east-1", "us-east-1"])), named(&["us-east-1"]));
        assert_eq!(regions(json!(["all"])), Wanted::All);
        assert_eq!(regions(json!("All")), Wanted::All);
        assert_eq!(regions(json!([])), Wanted::Unsaid);
    }

    #[test]
    fn a_query_is_required_and_bounded() {
        assert_eq!(codes(json!({})), [("arguments/query".to_owned(), "query".to_owned())]);
        assert_eq!(codes(json!({"query": " "})).len(), 1);
        assert_eq!(codes(json!({"query": "ü".repeat(4_001)})).len(), 1);
        assert!(checked(json!({"query": "ü".repeat(4_000)})).is_ok());
        assert!(checked(json!({"query": "", "operation": "DescribeVolumes"})).is_ok());
    }

    #[test]
    fn a_number_of_items_may_come_as_text() {
        let items = |given: Value| checked(json!({"query": "q", "max_items": given}));
        assert_eq!(items(json!(20)).unwrap().max_items, Some(20));
        assert_eq!(items(json!("20")).unwrap().max_items, Some(20));
        assert_eq!(items(json!(20.0)).unwrap().max_items, Some(20));
        for wrong in [json!(0), json!(-1), json!(1.5), json!(20_001), json!("many"), json!(true), json!(1e300)] {
            assert!(items(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn hostile_text_is_not_repeated_raw() {
        let hostile = "\u{1b}[31m\u{202e}evil\u{0}";
        let problems = checked(json!({"query": "q", hostile: 1, "regions": [hostile], "format": hostile})).unwrap_err();
        let told = format!("{}", serde_json::to_value(&problems).unwrap());
        assert!(!told.contains("\\u001b") && !told.contains('\u{202e}') && told.contains("evil"), "{told}");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let name = prop_oneof![proptest::sample::select(MEMBERS.clone()), ".{0,6}"];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((name, inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_arguments_are_taken_or_told_what_is_wrong(arguments in any_json()) {
            if let Err(problems) = checked(arguments) {
                prop_assert!(problems.iter().all(|problem| !problem.code.is_empty() && !problem.message.is_empty()));
            }
        }
    }
}
