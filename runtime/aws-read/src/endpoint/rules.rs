//! Endpoint rule sets: which host a request goes to and for whom it is signed,
//! as data of the service (Smithy 2.0, "Rules engine specification"; the files are
//! botocore's, one a service).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::functions::Function;
use super::template::Template;

/// What an evaluation is given, by the rule set's own parameter names.
pub(crate) type Parameters = BTreeMap<String, Value>;

#[derive(Debug, Deserialize)]
pub(crate) struct RuleSet {
    parameters: BTreeMap<String, Parameter>,
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
struct Parameter {
    #[serde(default)]
    default: Option<Value>,
    #[serde(default)]
    required: bool,
    #[serde(default, rename = "builtIn")]
    built_in: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Rule {
    #[serde(default)]
    conditions: Vec<Condition>,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Outcome {
    Endpoint { endpoint: Target },
    Error { error: Expression },
    Tree { rules: Vec<Rule> },
}

#[derive(Debug, Deserialize)]
struct Condition {
    #[serde(flatten)]
    call: FunctionCall,
    /// The name that the rest of the rule knows the result by.
    assign: Option<String>,
}

#[derive(Debug, Deserialize)]
struct FunctionCall {
    #[serde(rename = "fn")]
    function: Function,
    argv: Vec<Expression>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Expression {
    Call(FunctionCall),
    Reference {
        #[serde(rename = "ref")]
        name: String,
    },
    Flag(bool),
    Number(u64),
    Text(Template),
}

#[derive(Debug, Deserialize)]
struct Target {
    url: Expression,
    #[serde(default)]
    headers: BTreeMap<String, Vec<Expression>>,
    #[serde(default)]
    properties: Properties,
}

/// What is said beside the address; only the signature matters here.
#[derive(Debug, Default, Deserialize)]
struct Properties {
    #[serde(default, rename = "authSchemes")]
    schemes: Vec<SchemeTemplate>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SchemeTemplate {
    name: String,
    signing_name: Option<Template>,
    signing_region: Option<Template>,
    #[serde(default)]
    disable_double_encoding: bool,
}

/// The result of a rule set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuledEndpoint {
    pub url: String,
    pub headers: Vec<(String, String)>,
    /// In order of preference; none when the service's defaults apply.
    pub schemes: Vec<Scheme>,
}

/// One way to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scheme {
    /// `sigv4`
    pub name: String,
    pub signing_name: Option<String>,
    pub signing_region: Option<String>,
    pub disable_double_encoding: bool,
}

/// Parameters and what conditions assigned; later ones come last.
pub(super) struct Scope<'a>(Vec<(&'a str, Value)>);

impl Scope<'_> {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

impl RuleSet {
    pub fn parse(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    /// The parameters that the client itself knows, with what they stand for:
    /// `("Region", "AWS::Region")`.
    pub fn built_ins(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().filter_map(|(name, parameter)| Some((name.as_str(), parameter.built_in.as_deref()?)))
    }

    /// The endpoint for these parameters; fails with the rule set's own sentence.
    pub fn resolve(&self, given: &Parameters) -> Result<RuledEndpoint, String> {
        let mut scope = Scope(Vec::with_capacity(self.parameters.len() + 8));
        for (name, parameter) in &self.parameters {
            match given.get(name).or(parameter.default.as_ref()) {
                Some(value) => scope.0.push((name, value.clone())),
                None if parameter.required => return Err(format!("endpoint parameter {name} is missing")),
                None => {}
            }
        }
        first(&self.rules, &mut scope).unwrap_or_else(|| Err("no endpoint rule fits".into()))
    }
}

/// The outcome of the first rule whose conditions hold.
fn first<'a>(rules: &'a [Rule], scope: &mut Scope<'a>) -> Option<Result<RuledEndpoint, String>> {
    rules.iter().find_map(|rule| {
        let depth = scope.0.len();
        let outcome = if holds(&rule.conditions, scope) { rule.outcome.reach(scope) } else { None };
        scope.0.truncate(depth);
        outcome
    })
}

fn holds<'a>(conditions: &'a [Condition], scope: &mut Scope<'a>) -> bool {
    conditions.iter().all(|condition| {
        let value = condition.call.value(scope);
        let is_met = !matches!(value, Value::Null | Value::Bool(false));
        if let Some(name) = &condition.assign {
            scope.0.push((name, value));
        }
        is_met
    })
}

impl Outcome {
    fn reach<'a>(&'a self, scope: &mut Scope<'a>) -> Option<Result<RuledEndpoint, String>> {
        match self {
            Self::Endpoint { endpoint } => Some(endpoint.filled(scope)),
            Self::Error { error } => Some(Err(error.text(scope).unwrap_or_else(|problem| problem))),
            Self::Tree { rules } => first(rules, scope),
        }
    }
}

impl FunctionCall {
    fn value(&self, scope: &Scope<'_>) -> Value {
        let arguments: Vec<_> = self.argv.iter().map(|argument| argument.value(scope)).collect();
        self.function.call(&arguments)
    }
}

impl Expression {
    /// Null for what is not set.
    fn value(&self, scope: &Scope<'_>) -> Value {
        match self {
            Self::Call(call) => call.value(scope),
            Self::Reference { name } => scope.get(name).cloned().unwrap_or_default(),
            Self::Text(template) => template.fill(scope).map(Value::String).unwrap_or_default(),
            Self::Flag(flag) => json!(flag),
            Self::Number(number) => json!(number),
        }
    }

    fn text(&self, scope: &Scope<'_>) -> Result<String, String> {
        match self.value(scope) {
            Value::String(text) => Ok(text),
            other => Err(format!("an endpoint rule gave {other} where text belongs")),
        }
    }
}

impl Target {
    fn filled(&self, scope: &Scope<'_>) -> Result<RuledEndpoint, String> {
        let headers = self.headers.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
        let headers = headers.map(|(name, value)| Ok((name.clone(), value.text(scope)?)));
        let schemes = self.properties.schemes.iter().map(|scheme| scheme.filled(scope));
        Ok(RuledEndpoint {
            url: self.url.text(scope)?,
            headers: headers.collect::<Result<_, String>>()?,
            schemes: schemes.collect::<Result<_, String>>()?,
        })
    }
}

impl SchemeTemplate {
    fn filled(&self, scope: &Scope<'_>) -> Result<Scheme, String> {
        let fill = |template: &Option<Template>| template.as_ref().map(|template| template.fill(scope)).transpose();
        Ok(Scheme {
            name: self.name.clone(),
            signing_name: fill(&self.signing_name)?,
            signing_region: fill(&self.signing_region)?,
            disable_double_encoding: self.disable_double_encoding,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(rules: Value) -> RuleSet {
        let set = json!({"version": "1.0", "rules": rules, "parameters": {
            "Region": {"type": "string", "required": true, "builtIn": "AWS::Region"},
            "UseFIPS": {"type": "boolean", "default": false}
        }});
        RuleSet::parse(&set.to_string()).unwrap()
    }

    fn resolved(set: Value, region: &str) -> Result<RuledEndpoint, String> {
        rules(set).resolve(&Parameters::from([("Region".into(), json!(region))]))
    }

    #[test]
    fn the_first_rule_whose_conditions_hold_decides() {
        let set = json!([
            {"type": "error", "error": "no {Region}",
             "conditions": [{"fn": "stringEquals", "argv": [{"ref": "Region"}, "x"]}]},
            {"type": "endpoint", "endpoint": {"url": "https://a.{Region}"}}
        ]);
        assert_eq!(resolved(set.clone(), "x").unwrap_err(), "no x");
        assert_eq!(resolved(set, "y").unwrap().url, "https://a.y");
    }

    #[test]
    fn what_a_rule_assigned_is_gone_in_the_next_rule() {
        let assign = json!({"fn": "aws.partition", "argv": [{"ref": "Region"}], "assign": "P"});
        let never = json!({"fn": "booleanEquals", "argv": [{"ref": "UseFIPS"}, true]});
        let set = json!([
            {"type": "endpoint", "conditions": [assign, never], "endpoint": {"url": "https://first"}},
            {"type": "endpoint", "conditions": [{"fn": "isSet", "argv": [{"ref": "P"}]}],
             "endpoint": {"url": "https://leaked"}},
            {"type": "endpoint", "conditions": [], "endpoint": {"url": "https://clean"}}
        ]);
        assert_eq!(resolved(set, "us-east-1").unwrap().url, "https://clean");
    }

    #[test]
    fn a_required_parameter_must_be_given() {
        let error = rules(json!([])).resolve(&Parameters::new()).unwrap_err();
        assert_eq!(error, "endpoint parameter Region is missing");
    }

    #[test]
    fn without_a_fitting_rule_there_is_no_endpoint() {
        assert_eq!(resolved(json!([]), "x").unwrap_err(), "no endpoint rule fits");
    }
}
