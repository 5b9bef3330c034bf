//! How an operation pages: botocore's paginator, completed by
//! configs/aws-pagination.toml.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::path::Path;
use crate::model::{Kind, Operation, Service};

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../configs/aws-pagination.toml"))
        .expect("configs/aws-pagination.toml is compiled in and read by a test")
});

/// By service, then by operation; `*` stands for all operations of a service.
type Table = BTreeMap<String, BTreeMap<String, Entry>>;

/// Used when nobody says how large a page may be.
const BOUNDS: (i64, i64) = (1, 100);

/// Botocore's form and this project's additions; configs/aws-pagination.toml explains them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Entry {
    input_token: Option<Names>,
    output_token: Option<Names>,
    output_token_if: BTreeMap<String, String>,
    more_results: Option<String>,
    result_key: Option<Names>,
    beside: Vec<String>,
    limit_key: Option<String>,
    limit_bounds: Option<(i64, i64)>,
    no_limit: bool,
    no_limit_with: Vec<String>,
    but_with: Vec<String>,
    same_token_ends: bool,
    /// Botocore's list of members that the first page alone decides, as all do here.
    #[serde(rename = "non_aggregate_keys")]
    _first_page_only: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Several(Vec<String>),
}

/// Everything that reading page after page needs to know.
#[derive(Debug, Clone)]
pub(crate) struct Paginator {
    /// Input members that take the tokens, in the order of `outputs`.
    pub inputs: Vec<String>,
    outputs: Vec<Path>,
    /// Takes the place of `outputs` when the boolean parameter is true.
    output_if: Vec<(String, Path)>,
    pub more: Option<Path>,
    /// Where items are.
    pub lists: Vec<Path>,
    /// Lists that come along with the items.
    pub beside: Vec<Path>,
    pub limit: Option<Limit>,
    /// The last page repeats the token that asked for it.
    pub same_token_ends: bool,
}

/// The input member for the size of a page.
#[derive(Debug, Clone)]
pub(crate) struct Limit {
    pub member: String,
    least: i64,
    most: i64,
    is_text: bool,
    no_limit_with: Vec<String>,
    but_with: Vec<String>,
}

impl Paginator {
    /// None for an operation without paging. Fails when model and table do not fit
    /// together, which a test excludes.
    pub fn of(name: &str, service: &Service, operation: &Operation) -> Result<Option<Self>, String> {
        let entries = TABLE.get(name);
        let own = entries.and_then(|entries| entries.get(operation.name)).cloned().unwrap_or_default();
        let modelled = operation.pagination.as_ref().map(Entry::deserialize).transpose();
        let merged = own.over(modelled.map_err(|error| error.to_string())?.unwrap_or_default());
        let (Some(inputs), Some(outputs), Some(lists)) =
            (&merged.input_token, &merged.output_token, &merged.result_key)
        else {
            return Ok(None);
        };
        let general = entries.and_then(|entries| entries.get("*")).cloned().unwrap_or_default();
        let output_if = merged.output_token_if.iter().map(|(flag, path)| Ok((flag.clone(), Path::parse(path)?)));
        Ok(Some(Self {
            inputs: inputs.all().to_vec(),
            outputs: paths(outputs.all())?,
            output_if: output_if.collect::<Result<_, String>>()?,
            more: merged.more_results.as_deref().map(Path::parse).transpose()?,
            lists: paths(lists.all())?,
            beside: paths(&merged.beside)?,
            limit: Limit::of(&merged, general, service, operation),
            same_token_ends: merged.same_token_ends,
        }))
    }

    /// The member of the output that holds the items, when it is one, and at the top.
    pub fn only_list(&self) -> Option<&str> {
        let [path] = &self.lists[..] else { return None };
        path.only_member()
    }

    /// Where the tokens of an answer to these parameters are.
    pub fn outputs(&self, parameters: &Map<String, Value>) -> Vec<&Path> {
        let chosen = self.output_if.iter().find(|(flag, _)| parameters.get(flag) == Some(&Value::Bool(true)));
        chosen.map_or_else(|| self.outputs.iter().collect(), |(_, path)| vec![path])
    }

    /// Every token of any parameters, for taking them out of answers.
    pub fn all_outputs(&self) -> impl Iterator<Item = &Path> {
        self.outputs.iter().chain(self.output_if.iter().map(|(_, path)| path))
    }
}

impl Limit {
    fn of(entry: &Entry, general: Entry, service: &Service, operation: &Operation) -> Option<Self> {
        let member = entry.limit_key.clone().filter(|_| !entry.no_limit)?;
        let shape = service.shape(service.input(operation)?.members.get(&member)?.shape);
        let (least, most) = entry.limit_bounds.unwrap_or_else(|| {
            let usual = general.limit_bounds.unwrap_or(BOUNDS);
            (shape.min.unwrap_or(usual.0), shape.max.unwrap_or(usual.1))
        });
        let is_text = shape.kind == Kind::String;
        let (no_limit_with, but_with) = (general.no_limit_with, general.but_with);
        Some(Self { member, least, most: most.max(least), is_text, no_limit_with, but_with })
    }

    /// What goes into the member to get about `wanted` items.
    pub fn value(&self, wanted: usize) -> Value {
        let size = i64::try_from(wanted).unwrap_or(i64::MAX).clamp(self.least, self.most);
        if self.is_text { json!(size.to_string()) } else { json!(size) }
    }

    /// False when the parameters name the resources one by one.
    pub fn fits(&self, parameters: &Map<String, Value>) -> bool {
        !parameters.iter().any(|(name, value)| {
            let names_resources = self.no_limit_with.iter().any(|ending| name.ends_with(ending.as_str()));
            names_resources && value.is_array() && !self.but_with.contains(name)
        })
    }
}

impl Entry {
    /// What this entry says, and the rest from `other`.
    fn over(self, other: Self) -> Self {
        Self {
            input_token: self.input_token.or(other.input_token),
            output_token: self.output_token.or(other.output_token),
            more_results: self.more_results.or(other.more_results),
            result_key: self.result_key.or(other.result_key),
            limit_key: self.limit_key.or(other.limit_key),
            ..self
        }
    }
}

impl Names {
    fn all(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

fn paths(texts: &[String]) -> Result<Vec<Path>, String> {
    texts.iter().map(|text| Path::parse(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{self, Shape};

    fn paginator(operation: &str) -> Option<Paginator> {
        let (name, operation) = operation.split_once(':').unwrap();
        let service = model::service(name).unwrap();
        Paginator::of(name, service, &service.operations[operation]).unwrap()
    }

    fn limit(operation: &str) -> Limit {
        paginator(operation).unwrap().limit.unwrap()
    }

    /// Every operation with its input and output.
    fn reads() -> impl Iterator<Item = (&'static str, &'static Service, &'static Operation)> {
        model::SERVICES.iter().flat_map(|name| {
            let service = model::service(name).unwrap();
            service.operations.values().map(move |operation| (*name, service, operation))
        })
    }

    #[test]
    fn the_table_names_operations_of_the_models_only() {
        for (service, entries) in TABLE.iter() {
            let model = model::service(service).unwrap_or_else(|| panic!("{service}"));
            for operation in entries.keys().filter(|operation| *operation != "*") {
                assert!(model.operations.contains_key(operation.as_str()), "{service}:{operation} is no allowed read");
            }
        }
    }

    #[test]
    fn paginators_name_members_that_the_model_has() {
        let mut count = 0;
        for (name, service, operation) in reads() {
            let full = format!("{name}:{}", operation.name);
            let Some(found) = Paginator::of(name, service, operation).unwrap_or_else(|error| panic!("{full}: {error}"))
            else {
                continue;
            };
            count += 1;
            let has =
                |shape: Option<&Shape>, member: &str| shape.is_some_and(|shape| shape.members.get(member).is_some());
            let (input, output) = (service.input(operation), service.output(operation));
            let flags = found.output_if.iter().map(|(flag, _)| flag);
            for member in found.inputs.iter().chain(flags).chain(found.limit.iter().map(|limit| &limit.member)) {
                assert!(has(input, member), "{full}: input {member}");
            }
            for path in found.all_outputs().chain(&found.more).chain(&found.lists).chain(&found.beside) {
                assert!(has(output, path.head()), "{full}: output {path:?}");
            }
            let tokens = found.outputs(&Map::new()).len();
            assert_eq!(found.inputs.len(), tokens, "{full}: as many tokens in as out");
        }
        assert!(count > 650, "{count}");
    }

    #[test]
    fn no_read_takes_and_gives_a_token_without_paging() {
        let is_token = |name: &str| {
            let lower = name.to_lowercase();
            let parts =
                ["nexttoken", "nextpagetoken", "marker", "continuationtoken", "exclusivestart", "lastevaluated"];
            lower == "position" || parts.iter().any(|part| lower.contains(part))
        };
        let missing = reads().filter(|(name, service, operation)| {
            let gives = |shape: Option<&Shape>| {
                shape.is_some_and(|shape| {
                    shape.members.iter().any(|(member, reference)| {
                        let is_list = matches!(service.shape(reference.shape).kind, Kind::List | Kind::Boolean);
                        is_token(member) && !is_list
                    })
                })
            };
            let takes = gives(service.input(operation)) && gives(service.output(operation));
            takes && Paginator::of(name, service, operation).unwrap().is_none()
        });
        let missing: Vec<_> = missing.map(|(name, _, operation)| format!("{name}:{}", operation.name)).collect();
        assert!(missing.is_empty(), "not in configs/aws-pagination.toml: {}", missing.join(", "));
    }

    #[test]
    fn a_page_is_no_larger_than_wanted_within_what_aws_takes() {
        assert_eq!(limit("ec2:DescribeInstances").value(3), json!(5));
        assert_eq!(limit("ec2:DescribeInstances").value(5000), json!(1000));
        assert_eq!(limit("rds:DescribeDBInstances").value(1), json!(20));
        assert_eq!(limit("rds:DescribeDBInstances").value(1000), json!(100));
        assert_eq!(limit("iam:ListUsers").value(5000), json!(1000));
        assert_eq!(limit("elbv2:DescribeLoadBalancers").value(5000), json!(400));
        assert_eq!(limit("route53:ListResourceRecordSets").value(5000), json!("300"));
    }

    /// Cost Explorer API reference: "MaxResults: This field is only used when the SortBy
    /// value is provided in the request".
    #[test]
    fn a_limit_that_needs_another_parameter_is_not_set() {
        for operation in ["GetCostCategories", "GetDimensionValues", "GetTags"] {
            assert!(paginator(&format!("ce:{operation}")).unwrap().limit.is_none(), "{operation}");
        }
        assert_eq!(limit("ce:GetAnomalyMonitors").value(1000), json!(100));
    }

    #[test]
    fn explicit_ids_stand_against_a_limit_and_owners_do_not() {
        let fits = |given: Value| limit("ec2:DescribeSnapshots").fits(given.as_object().unwrap());
        assert!(!fits(json!({"SnapshotIds": ["snap-1"]})));
        assert!(fits(json!({"OwnerIds": ["self"]})) && fits(json!({})));
    }

    #[test]
    fn a_parameter_can_choose_the_token() {
        let paginator = paginator("logs:GetLogEvents").unwrap();
        let heads = |given: Value| {
            paginator.outputs(given.as_object().unwrap()).iter().map(|path| path.head().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(heads(json!({})), ["nextBackwardToken"]);
        assert_eq!(heads(json!({"startFromHead": true})), ["nextForwardToken"]);
    }
}
