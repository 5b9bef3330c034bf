//! Which plan answers a query: decided by words, without a model. When in doubt
//! none: a wrong list would look like an answer.

use aws_read::Region;

use super::probe::Aspect;
use super::words::{marked_names, words};

#[derive(Debug, PartialEq)]
pub(super) enum Recipe {
    /// Name, creation date and region of every bucket.
    List {
        region: Option<Region>,
    },
    Inspect(Inspection),
}

/// Buckets and what to look at.
#[derive(Debug, PartialEq)]
pub(super) struct Inspection {
    pub aspects: Vec<Aspect>,
    /// Names that the query marks; empty: those it mentions, or all.
    pub marked: Vec<String>,
    /// Every word of the query that could be a bucket's name.
    pub mentioned: Vec<String>,
    pub region: Option<Region>,
}

/// Wishes that no bucket read fulfils, and topics that only an operation answers.
const NOT_ANSWERED: [&str; 54] = [
    "acceleration",
    "accelerate",
    "acl",
    "acls",
    "add",
    "analytics",
    "attach",
    "biggest",
    "change",
    "content",
    "contents",
    "copy",
    "cors",
    "cost",
    "costs",
    "create",
    "delete",
    "disable",
    "download",
    "empty",
    "enable",
    "event",
    "events",
    "file",
    "files",
    "folder",
    "folders",
    "grant",
    "inventory",
    "largest",
    "lock",
    "metrics",
    "move",
    "notification",
    "notifications",
    "object",
    "objects",
    "ownership",
    "payer",
    "permission",
    "permissions",
    "policies",
    "policy",
    "pricing",
    "put",
    "remove",
    "rename",
    "replicate",
    "replicated",
    "replication",
    "size",
    "update",
    "upload",
    "website",
];

const ASKING: [&str; 22] = [
    "all",
    "any",
    "are",
    "count",
    "describe",
    "display",
    "do",
    "enumerate",
    "exist",
    "find",
    "get",
    "give",
    "have",
    "how",
    "list",
    "many",
    "my",
    "names",
    "see",
    "show",
    "what",
    "which",
];

/// Settings' values, which a query may quote.
const VALUES: [&str; 12] =
    ["aes256", "aws", "disabled", "enabled", "false", "none", "null", "off", "on", "suspended", "true", "unknown"];

/// What a question about one bucket in general looks at.
const OVERVIEW: [Aspect; 5] =
    [Aspect::Location, Aspect::Encryption, Aspect::Versioning, Aspect::PublicAccess, Aspect::Tags];

pub(super) fn choose(query: &str) -> Option<Recipe> {
    let words = words(query);
    if words.iter().any(|word| NOT_ANSWERED.contains(&word.as_str())) {
        return None;
    }
    let region = words.iter().find_map(|word| Region::parse(word));
    let marked: Vec<_> = marked_names(query).into_iter().filter(|name| !is_vocabulary(name)).collect();
    let aspects: Vec<_> =
        Aspect::ALL.into_iter().filter(|aspect| words.iter().any(|word| aspect.is_meant(word))).collect();
    let is_about_buckets = words.iter().any(|word| ["bucket", "buckets"].contains(&word.as_str()));
    let is_asking = words.iter().any(|word| ASKING.contains(&word.as_str()));
    let mentioned = words.into_iter().filter(|word| !is_vocabulary(word)).collect();
    match (aspects.is_empty(), marked.is_empty()) {
        (false, _) if aspects != [Aspect::Location] || !marked.is_empty() || !is_about_buckets => {
            Some(Recipe::Inspect(Inspection { aspects, marked, mentioned, region }))
        }
        (true, false) => Some(Recipe::Inspect(Inspection { aspects: OVERVIEW.to_vec(), marked, mentioned, region })),
        _ if is_about_buckets && is_asking => Some(Recipe::List { region }),
        _ => None,
    }
}

/// A word of the recipes is not taken for a bucket of that name.
fn is_vocabulary(word: &str) -> bool {
    let is_aspect = Aspect::ALL.into_iter().any(|aspect| aspect.is_meant(word));
    is_aspect || ASKING.contains(&word) || VALUES.contains(&word) || ["bucket", "buckets", "s3"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aspects(query: &str) -> Vec<Aspect> {
        match choose(query) {
            Some(Recipe::Inspect(inspection)) => inspection.aspects,
            other => panic!("{query}: {other:?}"),
        }
    }

    #[test]
    fn questions_for_buckets_list_them() {
        for query in [
            "List my S3 buckets",
            "list all buckets",
            "Which buckets do I have?",
            "what buckets exist",
            "How many S3 buckets are there?",
            "show me the buckets",
            "In which regions are my buckets?",
        ] {
            assert_eq!(choose(query), Some(Recipe::List { region: None }), "{query}");
        }
        let region = Region::parse("eu-west-1");
        assert_eq!(choose("list the buckets in eu-west-1"), Some(Recipe::List { region }));
    }

    #[test]
    fn words_choose_the_aspects() {
        assert_eq!(aspects("Which buckets are not encrypted?"), [Aspect::Encryption]);
        assert_eq!(aspects("buckets without versioning or tags"), [Aspect::Versioning, Aspect::Tags]);
        assert_eq!(aspects("is any bucket publicly accessible?"), [Aspect::PublicAccess]);
        assert_eq!(aspects("which buckets have no lifecycle rules"), [Aspect::Lifecycle]);
        assert_eq!(aspects("where is bucket app-data-1?"), [Aspect::Location]);
    }

    #[test]
    fn a_marked_bucket_without_an_aspect_gets_an_overview() {
        let Some(Recipe::Inspect(inspection)) = choose("tell me about bucket app-data-1") else { panic!() };
        assert_eq!(inspection.aspects, OVERVIEW);
        assert_eq!(inspection.marked, ["app-data-1"]);
    }

    #[test]
    fn wishes_beyond_bucket_reads_get_no_recipe() {
        for query in [
            "delete bucket app-data-1",
            "enable versioning on bucket app-data-1",
            "which objects are in the buckets?",
            "which buckets have replication?",
            "show the bucket policy of app-data-1",
            "how are you?",
            "",
        ] {
            assert_eq!(choose(query), None, "{query}");
        }
    }

    #[test]
    fn a_quoted_value_is_no_bucket_name() {
        let Some(Recipe::Inspect(inspection)) = choose("buckets with versioning 'off'") else { panic!() };
        assert_eq!((inspection.marked, inspection.aspects), (Vec::new(), vec![Aspect::Versioning]));
    }

    #[test]
    fn words_of_the_recipe_are_no_bucket_names() {
        let Some(Recipe::Inspect(inspection)) = choose("is my bucket photos public?") else { panic!() };
        assert_eq!(inspection.mentioned, ["is", "photos"]);
    }
}
