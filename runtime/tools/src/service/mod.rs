//! What the eighteen service tools have in common: one question in, rows and
//! their completeness out.
//!
//! With `operation` a tool makes that read, or answers that one of its recipes.
//! Without, the words of the query choose a recipe: a fixed plan of reads with
//! joins in code. A question that no recipe answers gets the operations that come
//! nearest, so that the caller asks again with structure.

#[cfg(test)]
mod all_tools;
mod arguments;
mod ask;
mod choose;
mod cursor;
mod direct;
mod findings;
mod guide;
mod ledger;
mod marks;
mod metrics;
mod nearest;
pub(crate) mod nested;
pub(crate) mod policy;
mod principal;
mod problem;
mod question;
mod recipe;
#[cfg(test)]
mod reference;
mod regions;
mod render;
mod select;
mod spans;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod values;
mod way;
mod words;

use aws_read::{AllowedOperation, Budget};
use contract::tool_call::Problem;
use futures::future::BoxFuture;
use serde_json::Value;

use crate::answer::Outcome;
use crate::dispatch::{Clock, Tools};
use arguments::Asked;
use guide::Why;
use ledger::Ledger;
use regions::Wanted;
use way::Way;
use words::Words;

pub(crate) use ask::{Ask, Unread};
pub(crate) use findings::Findings;
pub(crate) use metrics::{Metric, Series, Statistic, valid_period};
pub(crate) use nearest::shortened;
pub(crate) use question::Question;

/// One of the eighteen tools.
pub(crate) struct ServiceTool {
    /// `ec2_read_operations`
    pub name: &'static str,
    /// What the answer calls the service: `ec2`.
    pub service: &'static str,
    /// Services whose operations it may call when asked by name, the main one first, as their models are called.
    pub services: &'static [&'static str],
    pub recipes: &'static [Recipe],
}

/// A question that users ask, with the fixed plan that answers it.
pub(crate) struct Recipe {
    /// Unique within its tool, for callers: `unattached-volumes`.
    pub name: &'static str,
    /// One sentence: what it answers, with the columns that matter.
    pub answers: &'static str,
    /// A question as a user asks it; a test sees that it leads here.
    pub example: &'static str,
    /// The query must hold a word of every group. Words are singular and lower case; `no` stands for every negation.
    pub topic: &'static [&'static [&'static str]],
    /// The query must hold none of these.
    pub not: &'static [&'static str],
    pub takes: &'static [Parameter],
    /// Every operation that it may call: `ec2:DescribeVolumes`. A read that is not here is refused in tests.
    pub reads: &'static [&'static str],
    pub scope: Scope,
    pub run: for<'a> fn(&'a Ask<'a>) -> BoxFuture<'a, Result<Findings, Unread>>,
}

/// What a caller may tell a recipe in `parameters`.
pub(crate) struct Parameter {
    pub name: &'static str,
    pub kind: Kind,
    /// What it means, with its unit and default.
    pub means: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    /// Texts: `["Owner", "Project"]`
    List,
}

/// How often a recipe runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Once for each region asked; its rows get a `region` column when there are several.
    Region,
    /// Once: IAM, Route 53, costs, the list of all buckets.
    Account,
}

/// One call of a tool: what it runs with, and what it has found out so far.
pub(crate) struct Session<'a> {
    pub tool: &'static ServiceTool,
    pub tools: &'a Tools<'a>,
    pub clock: Clock,
    pub ledger: &'a Ledger,
}

/// Answers one question.
pub(crate) async fn run(tool: &'static ServiceTool, arguments: &Value, clock: Clock, tools: &Tools<'_>) -> Outcome {
    let limits = &tools.settings.limits;
    let query = arguments["query"].as_str().unwrap_or_default();
    let user_query = nearest::repeatable(query).chars().take(limits.query_characters).collect();
    let outcome = match arguments::check(arguments, limits) {
        Ok(asked) => answer(tool, with_regions_of_the_query(asked), clock, tools).await,
        Err(problems) => Outcome::problems(problems),
    };
    Outcome { service: Some(tool.service.into()), user_query: Some(user_query), ..outcome }
}

async fn answer(tool: &'static ServiceTool, asked: Asked, clock: Clock, tools: &Tools<'_>) -> Outcome {
    let ledger = Ledger::default();
    let session = Session { tool, tools, clock, ledger: &ledger };
    let words = Question { query: asked.query.clone(), ..Question::default() }.words();
    match way::find(&asked, &words, &session) {
        Ok(Way::Recipe(recipe)) => match recipe::parameters(recipe, &asked.parameters) {
            Ok(parameters) => session.recipe(recipe, Asked { parameters, ..asked }).await,
            Err(problems) => Outcome { ran: Some(recipe.name.into()), ..Outcome::problems(problems) },
        },
        Ok(Way::Operation(operation)) => session.operation(operation, &asked).await,
        Ok(Way::Guide(why)) => session.guide(&asked, &words, why).await,
        Err(problem) => Outcome::problems(vec![*problem]),
    }
}

impl Session<'_> {
    async fn recipe(&self, recipe: &'static Recipe, asked: Asked) -> Outcome {
        let question = Question { query: asked.query.clone(), parameters: asked.parameters.clone() };
        let outcome = match self.ask(&question, asked.max_items).await {
            Ok(ask) => recipe::run(recipe, &asked, self, &ask).await,
            Err(problem) => Outcome::problems(vec![problem]),
        };
        Outcome { ran: Some(recipe.name.into()), ..outcome }
    }

    async fn operation(&self, operation: &'static AllowedOperation, asked: &Asked) -> Outcome {
        let question = Question::default();
        let outcome = match self.ask(&question, None).await {
            Ok(ask) => direct::run(operation, asked, self, &ask).await,
            Err(problem) => Outcome::problems(vec![problem]),
        };
        Outcome { ran: Some(operation.full_name()), ..outcome }
    }

    /// The model's answer where an environment has one, or how to ask with structure.
    async fn guide(&self, asked: &Asked, words: &Words, why: Why) -> Outcome {
        let model = self.tools.settings.nested_model.as_ref().zip(self.tools.model);
        let outcome = match model.filter(|_| why == Why::Unclear) {
            Some((settings, model)) => nested::run(asked, words, settings, model, self).await,
            None => None,
        };
        let ran = if outcome.is_some() { "model" } else { "guide" };
        let outcome = outcome.unwrap_or_else(|| guide::run(&asked.query, words, why, self));
        Outcome { completeness: Some(self.ledger.completeness()), ran: Some(ran.into()), ..outcome }
    }

    /// Reads in the function's own region. A caller that wants more rows than a
    /// read usually gives gets reads that are as long.
    async fn ask<'a>(&'a self, question: &'a Question, max_items: Option<usize>) -> Result<Ask<'a>, Problem> {
        let limits = &self.tools.settings.limits;
        let budget = Budget {
            begin_until: self.clock.begin_until,
            deadline: self.clock.deadline,
            max_items: limits.items.max(max_items.unwrap_or_default()),
            max_pages: limits.pages,
        };
        let region = self.tools.reader.home_region().await.map_err(|error| problem::of(&error))?;
        Ok(Ask::new(self.tools.reader, self.ledger, question, region, self.clock.now, budget))
    }
}

/// Regions in the query count where the arguments name none.
fn with_regions_of_the_query(asked: Asked) -> Asked {
    if asked.regions != Wanted::Unsaid {
        return asked;
    }
    let named = marks::regions(&asked.query);
    let regions = match () {
        () if marks::means_all_regions(&asked.query) => Wanted::All,
        () if named.is_empty() => Wanted::Unsaid,
        () => Wanted::Named(named),
    };
    Asked { regions, ..asked }
}
