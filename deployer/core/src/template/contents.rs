//! The resources of a template that have steps of their own.

use std::collections::BTreeMap;

use super::properties::Properties;
use super::{Document, Resolver, function, step_of, storage};
use crate::desired::Location;
use crate::plan::StepId;
use crate::resource::{FunctionPolicy, ManagedPolicies, Resource};

/// A template with all that decides about its meaning.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// YAML or JSON.
    pub text: &'a str,
    pub parameters: &'a BTreeMap<String, String>,
    /// Of the stack: they reach every resource that can be tagged.
    pub tags: &'a BTreeMap<String, String>,
    pub location: &'a Location,
}

/// What a template makes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contents {
    pub resources: BTreeMap<StepId, Resource>,
    /// Environment variables of functions that wait for a parameter's value:
    /// by step, the variable's name and the parameter's.
    pub inputs: BTreeMap<StepId, BTreeMap<String, String>>,
}

/// Reads a template. Resources without a step are left out, and so are those
/// whose name is not known.
///
/// Fails when the text is not YAML.
pub fn read(source: &Source) -> Result<Contents, serde_saphyr::Error> {
    let document = Document::parse(source.text)?;
    let resolver = Resolver { document: &document, parameters: source.parameters, location: source.location };
    let mut contents = Contents::default();
    for (logical_id, item) in &document.items {
        let Some(step) = step_of(logical_id, &item.resource_type) else { continue };
        let properties = Properties(resolver.resolve(&item.properties));
        let resource = match item.resource_type.as_str() {
            "AWS::DynamoDB::Table" => storage::table(&properties, source.tags).map(Resource::Table),
            "AWS::ECR::Repository" => storage::repository(&properties, source.tags).map(Resource::Repository),
            "AWS::Logs::LogGroup" => storage::log_group(&properties, source.tags).map(Resource::LogGroup),
            "AWS::IAM::ManagedPolicy" => contents.managed_policy(&properties),
            "AWS::IAM::Role" => storage::role(&properties, source.tags).map(Resource::Role),
            "AWS::Lambda::Url" => function::url(&properties).map(Resource::FunctionUrl),
            "AWS::Lambda::Function" => contents.function(step, &properties, source.tags),
            "AWS::Lambda::Permission" => contents.permission(logical_id, &properties, resolver.partition()),
            _ => None,
        };
        contents.resources.extend(resource.map(|resource| (step, resource)));
    }
    Ok(contents)
}

impl Contents {
    fn function(
        &mut self,
        step: StepId,
        properties: &Properties,
        stack_tags: &BTreeMap<String, String>,
    ) -> Option<Resource> {
        let (function, later) = function::function(properties, stack_tags)?;
        if !later.is_empty() {
            self.inputs.insert(step, later);
        }
        Some(Resource::Function(function))
    }

    /// The policies read so far, with one more.
    fn managed_policy(&mut self, properties: &Properties) -> Option<Resource> {
        let (name, policy) = storage::managed_policy(properties)?;
        let mut all = match self.resources.remove(&StepId::ReadPolicies) {
            Some(Resource::ManagedPolicies(all)) => all,
            _ => ManagedPolicies { name: common_name(&name), policies: BTreeMap::new() },
        };
        all.policies.insert(name, policy);
        Some(Resource::ManagedPolicies(all))
    }

    /// The policy read so far, with one more statement.
    fn permission(&mut self, logical_id: &str, properties: &Properties, partition: &str) -> Option<Resource> {
        let (function_name, statement) = function::permission(properties, partition)?;
        let mut policy = match self.resources.remove(&StepId::AgentUrlPolicy) {
            Some(Resource::FunctionPolicy(policy)) => policy,
            _ => FunctionPolicy { function_name, statements: BTreeMap::new() },
        };
        policy.statements.insert(logical_id.to_string(), statement);
        Some(Resource::FunctionPolicy(policy))
    }
}

/// `x-read` for `x-read-7`.
fn common_name(name: &str) -> String {
    name.trim_end_matches(|end: char| end.is_ascii_digit()).trim_end_matches('-').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn estate() -> BTreeMap<StepId, Resource> {
        samples::estate().resources
    }

    #[test]
    fn every_step_of_a_stacks_resource_has_its_resource() {
        let expected: Vec<_> = StepId::ALL.into_iter().filter(|id| id.stack().is_some()).collect();
        assert_eq!(estate().into_keys().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn no_intrinsic_is_left_over() {
        let text = serde_json::to_string(&estate()).unwrap();
        assert!(!text.contains("\"Ref\"") && !text.contains("Fn::") && !text.contains("${"), "{text}");
    }

    #[test]
    fn the_attributes_are_those_of_the_template() {
        let mut resources = estate();
        resources.remove(&StepId::ToolRole);
        resources.remove(&StepId::ReadPolicies);
        insta::assert_json_snapshot!(resources);
    }

    #[test]
    fn the_gateways_address_is_an_input_of_the_agent_alone() {
        let inputs = samples::estate().inputs;
        let variables = BTreeMap::from([("GATEWAY_URL".to_string(), "GatewayUrl".to_string())]);
        assert_eq!(inputs, BTreeMap::from([(StepId::AgentFunction, variables)]));
    }

    #[test]
    fn a_known_parameter_is_part_of_the_environment() {
        let desired = samples::estate();
        let parameters = BTreeMap::from([("GatewayUrl".to_string(), "https://gateway".to_string())]);
        let contents = read(&Source {
            text: &desired.application.template,
            parameters: &parameters,
            tags: &desired.application.tags,
            location: &desired.location,
        });
        let contents = contents.unwrap();
        let Resource::Function(agent) = &contents.resources[&StepId::AgentFunction] else { panic!() };
        assert_eq!(agent.environment["GATEWAY_URL"], "https://gateway");
        assert!(contents.inputs.is_empty());
    }

    #[test]
    fn an_account_may_call_as_its_root() {
        let Resource::FunctionPolicy(policy) = &estate()[&StepId::AgentUrlPolicy] else { panic!() };
        assert_eq!(policy.statements.len(), 2);
        assert!(policy.statements.values().all(|statement| statement.principal == "arn:aws:iam::111122223333:root"));
    }
}
