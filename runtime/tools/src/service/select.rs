//! JMESPath expressions that pick from an operation's output.

use aws_read::ItemMap;
use contract::tool_call::Problem;
use jmespath::ast::Ast;
use jmespath::{Expression, Variable};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Longest expression, in characters.
const LONGEST: usize = 2_000;

/// Deepest nesting of brackets: the parser and the interpreter call themselves for each level.
const DEEPEST: usize = 32;

/// Most operators, for the same reason.
const MOST_OPERATORS: usize = 200;

/// Longest number: the interpreter's slices overflow on steps near the largest number of 32 bits.
const MOST_DIGITS: usize = 6;

/// How often an expression may repeat what it is given, as `[@, @] | [@, @]` does.
const MOST_REPEATS: usize = 1_000;

/// Largest picked value, in characters and about 16 for each member.
const LARGEST: usize = 32 * 1024 * 1024;

/// A checked expression.
#[derive(Clone, Debug)]
pub(crate) struct Select {
    text: String,
    expression: Arc<Expression<'static>>,
}

impl PartialEq for Select {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Select {
    /// Fails with the place of the fault, in characters from 0.
    pub fn parse(text: &str) -> Result<Self, Box<Problem>> {
        let fault = |message: String| Problem::new("arguments/select", format!("select: {message}")).at("select");
        if text.chars().count() > LONGEST {
            return Err(fault(format!("is longer than {LONGEST} characters")).into());
        }
        if let Some((position, what)) = excess(text) {
            return Err(fault(format!("has {what} at character {position}")).position(position).into());
        }
        let expression = jmespath::compile(text).map_err(|error| {
            let position = text.char_indices().take_while(|(index, _)| *index < error.offset).count();
            let found = text.chars().nth(position).map_or_else(|| "its end".to_owned(), |found| format!("`{found}`"));
            fault(format!("is no JMESPath expression: unexpected at character {position}, near {found}"))
                .position(position)
                .expected("a JMESPath expression such as Reservations[].Instances[].InstanceId")
        })?;
        if repeats(expression.as_ast()) > MOST_REPEATS {
            return Err(fault("repeats its input too often".into()).into());
        }
        Ok(Self { text: text.into(), expression: Arc::new(expression) })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the expression picks. Objects keep the order in which the expression names their members.
    ///
    /// Fails where a function of the expression gets what it cannot take.
    pub fn pick(&self, output: &Value) -> Result<Value, Box<Problem>> {
        let fault = |cause: &dyn std::fmt::Display| misfit(format!("select: does not fit the output: {cause}"));
        let picked = self.expression.search(output).map_err(|error| fault(&error.reason))?;
        if size(&picked, LARGEST) > LARGEST {
            return Err(misfit("select: picks more than fits into memory").into());
        }
        let mut picked = serde_json::to_value(&*picked).map_err(|error| fault(&error))?;
        if let Some(columns) = columns(self.expression.as_ast()) {
            reorder(&mut picked, &columns);
        }
        Ok(picked)
    }

    /// The expression for one item of this list, when picking from the whole list
    /// gives the same as picking from each of its items: long lists then are made
    /// small page by page. What it gives for an item is a list.
    pub fn for_items_of(&self, list: &str) -> Option<ItemMap> {
        if !is_by_item(self.expression.as_ast(), list) {
            return None;
        }
        let (select, list) = (self.clone(), list.to_owned());
        Some(ItemMap::new(move |item| match select.pick(&json!({ list.as_str(): [item] })) {
            Ok(picked) => picked,
            Err(problem) => Value::String(problem.message),
        }))
    }

    /// What [`Self::for_items_of`] gave for all items, as one list.
    ///
    /// Fails with the first fault among the items.
    pub fn joined(&self, items: Value) -> Result<Value, Box<Problem>> {
        let mut joined = Vec::new();
        let Value::Array(items) = items else { return Ok(joined.into()) };
        for item in items {
            match item {
                Value::Array(picked) => joined.extend(picked),
                Value::String(message) => return Err(misfit(message).into()),
                _ => {}
            }
        }
        Ok(joined.into())
    }
}

/// An expression and an output that do not fit together.
fn misfit(message: impl Into<String>) -> Problem {
    Problem::new("arguments/select", message).at("select")
}

/// True for `List[]`, `List[?...]`, `List[*].a[].{b: c}`: projections that start at the list.
fn is_by_item(ast: &Ast, list: &str) -> bool {
    match ast {
        Ast::Projection { lhs, .. } => is_by_item(lhs, list) || is_list(lhs, list),
        Ast::Flatten { node, .. } => is_by_item(node, list) || is_list(node, list),
        _ => false,
    }
}

fn is_list(ast: &Ast, list: &str) -> bool {
    matches!(ast, Ast::Field { name, .. } if name == list)
}

/// The members that the outermost projection or object names, in their order.
fn columns(ast: &Ast) -> Option<Vec<String>> {
    match ast {
        Ast::Projection { rhs, .. } | Ast::Subexpr { rhs, .. } => columns(rhs),
        Ast::Condition { then, .. } => columns(then),
        Ast::MultiHash { elements, .. } => Some(elements.iter().map(|pair| pair.key.clone()).collect()),
        _ => None,
    }
}

fn reorder(value: &mut Value, columns: &[String]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| reorder(item, columns)),
        Value::Object(members) if members.len() == columns.len() => {
            let ordered = columns.iter().filter_map(|name| Some((name.clone(), members.remove(name)?)));
            let ordered: Map<_, _> = ordered.collect();
            members.extend(ordered);
        }
        _ => {}
    }
}

/// Where the expression has more than the parser and the interpreter can bear, and what that is.
fn excess(text: &str) -> Option<(usize, &'static str)> {
    let (mut depth, mut operators, mut digits, mut quote) = (0_usize, 0_usize, 0_usize, None);
    let mut escaped = false;
    for (position, character) in text.chars().enumerate() {
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => continue,
            (None, '"' | '\'' | '`') => quote = Some(character),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        digits = if character.is_ascii_digit() { digits + 1 } else { 0 };
        operators += usize::from("!&|.[".contains(character));
        match () {
            () if depth > DEEPEST => return Some((position, "too many brackets within each other")),
            () if operators > MOST_OPERATORS => return Some((position, "too many operators")),
            () if digits > MOST_DIGITS && quote.is_none() => return Some((position, "too long a number")),
            () => {}
        }
    }
    None
}

/// At most how often what goes in comes out again.
fn repeats(ast: &Ast) -> usize {
    let sum = |asts: &mut dyn Iterator<Item = &Ast>| asts.map(repeats).fold(0, usize::saturating_add).max(1);
    match ast {
        Ast::Subexpr { lhs, rhs, .. } | Ast::Projection { lhs, rhs, .. } => repeats(lhs).saturating_mul(repeats(rhs)),
        Ast::Condition { then, .. } => repeats(then),
        Ast::And { lhs, rhs, .. } | Ast::Or { lhs, rhs, .. } => repeats(lhs).max(repeats(rhs)),
        Ast::Flatten { node, .. } | Ast::ObjectValues { node, .. } => repeats(node),
        Ast::Expref { ast, .. } => repeats(ast),
        Ast::MultiList { elements, .. } => sum(&mut elements.iter()),
        Ast::MultiHash { elements, .. } => sum(&mut elements.iter().map(|pair| &pair.value)),
        Ast::Function { args, .. } => args.iter().map(repeats).fold(1, usize::saturating_mul),
        _ => 1,
    }
}

/// The size of a value; counting ends soon after `most`.
fn size(value: &Variable, most: usize) -> usize {
    let add = |sum: usize, next: &Variable| if sum > most { sum } else { sum.saturating_add(size(next, most - sum)) };
    match value {
        Variable::String(text) => text.len() + 16,
        Variable::Array(items) => items.iter().fold(16, |sum, item| add(sum, item)),
        Variable::Object(members) => members.iter().fold(16, |sum, (name, member)| add(sum + name.len(), member)),
        _ => 16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn picked(text: &str, output: Value) -> Value {
        Select::parse(text).unwrap().pick(&output).unwrap()
    }

    #[test]
    fn a_fault_is_told_with_its_place_in_characters() {
        let problem = Select::parse("\"Zürich\"[?a=='b'").unwrap_err();
        assert_eq!((problem.code.as_str(), problem.path.as_deref()), ("arguments/select", Some("select")));
        assert_eq!(problem.position, Some(16), "{problem:?}");
        assert_eq!(Select::parse("a b").unwrap_err().position, Some(2));
    }

    #[test]
    fn members_come_in_the_order_of_the_expression() {
        let output = json!({"Volumes": [{"Id": "v", "Size": 1}]});
        let text = picked("Volumes[].{size: Size, id: Id, gone: Gone}", output).to_string();
        assert_eq!(text, r#"[{"size":1,"id":"v","gone":null}]"#);
    }

    #[test]
    fn hostile_expressions_are_refused_before_they_are_parsed() {
        let nested = [
            "(".repeat(5_000),
            "[".repeat(1_500),
            "!".repeat(1_900),
            format!("a{}", ".a".repeat(900)),
            format!("@{}", "|[@,@]".repeat(30)),
        ];
        for text in nested {
            assert_eq!(Select::parse(&text).unwrap_err().code, "arguments/select");
        }
    }

    #[test]
    fn a_step_that_would_overflow_is_refused_and_long_numbers_in_quotes_are_not() {
        assert_eq!(Select::parse("a[1::2147483647]").unwrap_err().position, Some(11));
        assert!(Select::parse("a[?id == '123456789012'].{x: \"[1234567]\"}").is_ok());
    }

    #[test]
    fn a_function_that_does_not_fit_is_an_error_and_no_panic() {
        let select = Select::parse("sort_by(Volumes, &Size)").unwrap();
        let problem = select.pick(&json!({"Volumes": "none"})).unwrap_err();
        assert!(problem.message.starts_with("select: does not fit the output"), "{}", problem.message);
    }

    fn reservations() -> impl Strategy<Value = Vec<Value>> {
        let instance = (0..4_u8, proptest::option::of("[ab]"))
            .prop_map(|(size, name)| json!({"Id": format!("i-{size}"), "Size": size, "Name": name}));
        let reservation = proptest::collection::vec(instance, 0..3).prop_map(|found| json!({"Instances": found}));
        proptest::collection::vec(reservation, 0..5)
    }

    proptest! {
        #[test]
        fn picking_item_by_item_gives_what_picking_from_the_whole_gives(items in reservations()) {
            for text in [
                "Reservations[]",
                "Reservations[].Instances[].Id",
                "Reservations[*].Instances[]",
                "Reservations[].Instances[?Size > `1`]",
                "Reservations[].Instances[?Size > `1`][].{id: Id, name: Name}",
                "Reservations[?Instances]",
            ] {
                let select = Select::parse(text).unwrap();
                let map = select.for_items_of("Reservations").unwrap();
                let by_item = items.iter().map(|item| map.apply(item.clone())).collect();
                prop_assert_eq!(select.joined(by_item).unwrap(), select.pick(&json!({"Reservations": items})).unwrap());
            }
        }

        #[test]
        fn no_expression_makes_it_panic(text in "[a-zA-Z@&|!<>=.,*?(){}\\[\\]:`'\"0-9 -]{0,60}") {
            if let Ok(select) = Select::parse(&text) {
                let _ = select.pick(&json!({"a": [{"b": 1}, "c"], "d": {"e": null}}));
            }
        }
    }

    #[test]
    fn what_needs_the_whole_list_is_not_picked_item_by_item() {
        for text in ["length(Volumes)", "Volumes[0]", "Volumes[:2]", "Volumes[].Id | [0]", "Other[].Id", "@"] {
            assert!(Select::parse(text).unwrap().for_items_of("Volumes").is_none(), "{text}");
        }
    }
}
