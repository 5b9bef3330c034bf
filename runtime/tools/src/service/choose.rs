//! Which recipe answers a query.

use super::Recipe;
use super::words::{Words, split};

/// What a query leads to.
#[derive(Clone, Copy)]
pub(crate) enum Choice {
    Recipe(&'static Recipe),
    /// None, or several equally well.
    Unclear,
}

/// How well a recipe fits: met groups of its topic, then what the query says of
/// its words, where the very form of a word counts twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fit {
    groups: usize,
    words: usize,
}

/// The recipe whose topic is met in every group and in none of its exclusions.
/// The most specific one wins; of two that are equally specific neither does.
pub(crate) fn choose(recipes: &'static [Recipe], words: &Words) -> Choice {
    let fitting = recipes.iter().filter_map(|recipe| Some((fit(recipe, words)?, recipe)));
    let mut fitting: Vec<_> = fitting.collect();
    fitting.sort_by_key(|(fit, _)| std::cmp::Reverse(*fit));
    match &fitting[..] {
        [(best, _), (second, _), ..] if best == second => Choice::Unclear,
        [(_, recipe), ..] => Choice::Recipe(recipe),
        [] => Choice::Unclear,
    }
}

fn fit(recipe: &Recipe, words: &Words) -> Option<Fit> {
    let excluded = recipe.not.iter().any(|word| words.has_exactly(word));
    let met = recipe.topic.iter().all(|group| group.iter().any(|word| words.has(word)));
    (met && !excluded && !recipe.topic.is_empty())
        .then(|| Fit { groups: recipe.topic.len(), words: said(recipe, words) })
}

/// The recipes that come nearest, best first: by the share of their topic that
/// the query meets, then by the words that it has in common with them.
pub(crate) fn nearest(recipes: &'static [Recipe], words: &Words, most: usize) -> Vec<&'static Recipe> {
    let rated = recipes.iter().map(|recipe| {
        let met = recipe.topic.iter().filter(|group| group.iter().any(|word| words.has(word))).count();
        let share = 1000 * met / recipe.topic.len().max(1);
        let mentioned = split(recipe.answers).iter().filter(|word| word.len() > 3 && words.has(word)).count();
        ((share, said(recipe, words), mentioned), recipe)
    });
    let mut rated: Vec<_> = rated.filter(|(rating, _)| *rating > (0, 0, 0)).collect();
    rated.sort_by_key(|(rating, _)| std::cmp::Reverse(*rating));
    rated.into_iter().take(most).map(|(_, recipe)| recipe).collect()
}

fn said(recipe: &Recipe, words: &Words) -> usize {
    let topic = recipe.topic.iter().flat_map(|group| group.iter());
    topic.map(|word| usize::from(words.has(word)) + usize::from(words.has_exactly(word))).sum()
}

/// Verbs that ask AWS to do something. Those in the second list are nouns as
/// well, and ask only in front of what they are done to.
const CHANGES: [&str; 38] = [
    "add",
    "allow",
    "apply",
    "associate",
    "attach",
    "authorize",
    "cancel",
    "configure",
    "create",
    "deactivate",
    "delete",
    "deploy",
    "deregister",
    "destroy",
    "detach",
    "disable",
    "drop",
    "enable",
    "encrypt",
    "fix",
    "grant",
    "invoke",
    "kill",
    "launch",
    "modify",
    "provision",
    "publish",
    "purge",
    "reboot",
    "remove",
    "rename",
    "resize",
    "restart",
    "revoke",
    "rotate",
    "send",
    "terminate",
    "upload",
];
const CHANGES_OR_NOUNS: [&str; 19] = [
    "back", "block", "change", "copy", "increase", "move", "open", "patch", "put", "release", "reset", "restore",
    "run", "scale", "set", "start", "stop", "tag", "update",
];
const COURTESY: [&str; 30] = [
    "please", "can", "could", "would", "will", "you", "i", "we", "want", "need", "to", "like", "d", "have", "must",
    "should", "go", "ahead", "and", "now", "then", "just", "kindly", "help", "me", "us", "let", "s", "ok", "hey",
];
const OBJECTS: [&str; 20] = [
    "the", "a", "an", "all", "my", "our", "this", "that", "these", "those", "it", "them", "each", "every", "any", "up",
    "down", "new", "another", "one",
];
const BACKWARD: [&str; 5] = ["it", "them", "these", "those", "that"];

/// True when a query asks for something to be done: `delete the bucket`, `find old
/// volumes and remove them`; not when it asks about such things (`deleted stacks`,
/// `who can delete the bucket`).
pub(crate) fn asks_for_change(query: &str) -> bool {
    let words = split(query);
    let first = words.iter().position(|word| !COURTESY.contains(&word.as_str())).unwrap_or(words.len());
    let starts = words.get(first).is_some_and(|verb| {
        let next = words.get(first + 1).map(String::as_str).unwrap_or_default();
        CHANGES.contains(&verb.as_str())
            || (CHANGES_OR_NOUNS.contains(&verb.as_str()) && (OBJECTS.contains(&next) || names_something(next)))
    });
    starts
        || words.windows(3).any(|part| {
            let [before, verb, object] = part else { return false };
            let is_change = CHANGES.contains(&verb.as_str()) || CHANGES_OR_NOUNS.contains(&verb.as_str());
            ["and", "then", "please"].contains(&before.as_str()) && is_change && BACKWARD.contains(&object.as_str())
        })
}

/// `stop instance`, `tag volumes`: a thing of AWS right behind the verb.
fn names_something(word: &str) -> bool {
    const THINGS: [&str; 14] = [
        "instance", "volume", "bucket", "function", "stack", "cluster", "service", "database", "task", "alarm",
        "queue", "topic", "role", "user",
    ];
    THINGS.iter().any(|thing| word.strip_suffix('s').unwrap_or(word) == *thing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::{Findings, Scope};

    const fn recipe(
        name: &'static str,
        topic: &'static [&'static [&'static str]],
        not: &'static [&'static str],
    ) -> Recipe {
        Recipe {
            name,
            answers: "Volumes with their size.",
            example: "",
            topic,
            not,
            takes: &[],
            reads: &[],
            scope: Scope::Region,
            run: |_| Box::pin(async { Ok(Findings::default()) }),
        }
    }

    static RECIPES: [Recipe; 4] = [
        recipe("all", &[&["volume"]], &[]),
        recipe("unused", &[&["volume"], &["unattached", "unused", "no"]], &["snapshot"]),
        recipe("encrypted", &[&["volume"], &["encrypted"]], &[]),
        recipe("groups", &[&["security group"], &["open", "public"]], &[]),
    ];

    fn chosen(query: &str) -> &'static str {
        match choose(&RECIPES, &Words::of(query)) {
            Choice::Recipe(recipe) => recipe.name,
            Choice::Unclear => "",
        }
    }

    #[test]
    fn the_most_specific_recipe_wins_and_a_tie_is_unclear() {
        assert_eq!(chosen("show my volumes"), "all");
        assert_eq!(chosen("unused EBS volumes"), "unused");
        assert_eq!(chosen("volumes with no snapshot"), "all");
        assert_eq!(chosen("open SGs"), "groups");
        assert_eq!(chosen("attached and encrypted disks"), "encrypted");
        assert_eq!(chosen("no encrypted volumes"), "");
        assert_eq!(chosen("what about it"), "");
    }

    #[test]
    fn the_nearest_come_best_first() {
        let names =
            |query: &str| nearest(&RECIPES, &Words::of(query), 2).iter().map(|recipe| recipe.name).collect::<Vec<_>>();
        assert_eq!(names("encrypted volumes"), ["encrypted", "all"]);
        assert_eq!(names("hello"), Vec::<&str>::new());
    }

    #[test]
    fn requests_for_changes_are_told_from_questions() {
        for query in [
            "Delete the bucket logs",
            "please terminate i-0123456789abcdef0",
            "Can you stop the instance web-1?",
            "I'd like to create a queue",
            "find unattached volumes and delete them",
            "stop instances with tag Env=dev",
            "Enable versioning on all buckets",
        ] {
            assert!(asks_for_change(query), "{query}");
        }
        for query in [
            "Which stacks were deleted last week?",
            "Who can delete the bucket?",
            "stopped instances",
            "Can you show instances that are stopped?",
            "tag compliance of instances",
            "update status of the stacks",
            "list roles that can create and delete tables",
            "start time of instances",
            "open security groups",
            "run time of functions",
        ] {
            assert!(!asks_for_change(query), "{query}");
        }
    }
}
