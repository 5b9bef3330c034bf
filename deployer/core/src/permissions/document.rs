//! The policies, as IAM takes them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::model::{Caller, PlannedCall};
use super::scope::ATTACHED_POLICY;
use super::table::calls;
use crate::desired::Location;
use crate::settings::Settings;

/// Characters of a managed policy, whitespace not counted (IAM and STS quotas).
const LIMIT: usize = 6_144;

/// Statements on `*`, and why: AWS has no ARN for what they call.
pub const WITHOUT_ARN: [(&str, &str); 4] = [
    ("RegistryLogin", "a login to the registry is for the whole account"),
    ("GatewayList", "a list of gateways names none"),
    ("ModelAvailability", "whether an account may use a model is asked of the account"),
    ("LogAccountSettings", "resource policies of CloudWatch Logs are the account's"),
];

/// Who needs which policies. Each list is the policy, cut where it is too long for one.
#[derive(Debug, Clone, PartialEq)]
pub struct Policies {
    pub deployer: Vec<Value>,
    /// For the role that the settings name for CloudFormation; None without one.
    pub cloudformation: Option<Vec<Value>>,
}

pub fn policies(settings: &Settings, location: &Location) -> Policies {
    let calls = calls(settings, location);
    let of = |caller| calls.iter().filter(move |call| call.caller == caller);
    match settings.aws.cloudformation_role {
        Some(_) => Policies {
            deployer: documents(statements(of(Caller::Deployer))),
            cloudformation: Some(documents(statements(of(Caller::CloudFormation)))),
        },
        None => Policies { deployer: documents(statements(calls.iter())), cloudformation: None },
    }
}

/// The deployer's own policy in one document, whatever its length.
pub fn policy(settings: &Settings, location: &Location) -> Value {
    let policies = policies(settings, location);
    let statements =
        policies.deployer.iter().flat_map(|document| document["Statement"].as_array().into_iter().flatten());
    document(statements.cloned().collect())
}

/// One for each Sid, in the order of the table.
fn statements<'a>(calls: impl Iterator<Item = &'a PlannedCall>) -> Vec<Value> {
    let mut order = Vec::new();
    let mut by_sid: BTreeMap<&str, Parts> = BTreeMap::new();
    for call in calls {
        let Some(sid) = call.statement else { continue };
        let parts = by_sid.entry(sid).or_insert_with(|| {
            order.push(sid);
            Parts::default()
        });
        parts.actions.insert(call.action);
        parts.resources.insert(&call.resource);
        parts.context.extend(call.context.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    }
    order.into_iter().map(|sid| by_sid[sid].statement(sid)).collect()
}

#[derive(Default)]
struct Parts<'a> {
    actions: BTreeSet<&'a str>,
    resources: BTreeSet<&'a str>,
    context: BTreeMap<&'a str, &'a str>,
}

impl Parts<'_> {
    fn statement(&self, sid: &str) -> Value {
        let mut statement = json!({"Sid": sid, "Effect": "Allow", "Action": one_or_many(&self.actions), "Resource": one_or_many(&self.resources)});
        if !self.context.is_empty() {
            statement["Condition"] = self.condition();
        }
        statement
    }
}

impl Parts<'_> {
    /// By operator; ARNs are compared with wildcards.
    fn condition(&self) -> Value {
        let mut operators: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        for (key, value) in &self.context {
            let operator = if *key == ATTACHED_POLICY { "ArnLike" } else { "StringEquals" };
            operators.entry(operator).or_default().insert(key, value);
        }
        json!(operators)
    }
}

fn one_or_many(values: &BTreeSet<&str>) -> Value {
    match values.iter().collect::<Vec<_>>()[..] {
        [only] => json!(only),
        _ => json!(values),
    }
}

/// As few documents as the limit allows, statements kept in order.
fn documents(statements: Vec<Value>) -> Vec<Value> {
    let mut documents: Vec<Vec<Value>> = vec![vec![]];
    for statement in statements {
        let last = documents.last_mut().expect("there is always one");
        last.push(statement);
        if last.len() > 1 && length(&document(last.clone())) > LIMIT {
            let statement = last.pop().expect("it was just pushed");
            documents.push(vec![statement]);
        }
    }
    documents.into_iter().map(document).collect()
}

fn document(statements: Vec<Value>) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn length(document: &Value) -> usize {
    document.to_string().chars().filter(|character| !character.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use crate::settings::{SecretSource, TokenSource};

    fn location() -> Location {
        Location { account: "111122223333".into(), region: "us-east-1".into() }
    }

    fn everything() -> Settings {
        let mut settings = samples::settings();
        settings.smoke.token = TokenSource::ClientCredentials {
            client_id: "smoke".into(),
            secret: SecretSource::SecretsManager("smoke".into()),
            scopes: vec![],
        };
        settings.project.permissions_boundary = Some("arn:aws:iam::111122223333:policy/boundary".into());
        settings.aws.cloudformation_role = Some("arn:aws:iam::111122223333:role/cloudformation".into());
        settings
    }

    fn all_statements(policies: &Policies) -> Vec<Value> {
        let documents = policies.deployer.iter().chain(policies.cloudformation.iter().flatten());
        documents.flat_map(|document| document["Statement"].as_array().unwrap().clone()).collect()
    }

    fn statement(documents: &[Value], sid: &str) -> Option<Value> {
        let mut all = documents.iter().flat_map(|document| document["Statement"].as_array().unwrap());
        all.find(|statement| statement["Sid"] == sid).cloned()
    }

    fn allows(statement: &Value, action: &str) -> bool {
        match &statement["Action"] {
            Value::Array(actions) => actions.iter().any(|found| found == action),
            found => found == action,
        }
    }

    #[test]
    fn every_document_fits_into_a_managed_policy() {
        for settings in [samples::settings(), everything()] {
            let policies = policies(&settings, &location());
            for document in policies.deployer.iter().chain(policies.cloudformation.iter().flatten()) {
                assert!(length(document) <= LIMIT, "{} characters", length(document));
            }
        }
    }

    #[test]
    fn a_star_stands_only_where_aws_has_no_arn() {
        for settings in [samples::settings(), everything()] {
            for statement in all_statements(&policies(&settings, &location())) {
                let sid = statement["Sid"].as_str().unwrap().to_string();
                let open = WITHOUT_ARN.iter().any(|(listed, _)| *listed == sid);
                assert_eq!(statement["Resource"] == "*", open, "{statement}");
                assert!(!statement["Action"].to_string().contains('*'), "{statement}");
            }
        }
    }

    #[test]
    fn roles_are_passed_only_to_the_services_that_run_as_them() {
        for settings in [samples::settings(), everything()] {
            let all = all_statements(&policies(&settings, &location()));
            let passing: Vec<_> = all.iter().filter(|statement| allows(statement, "iam:PassRole")).collect();
            assert!(passing.len() >= 2);
            for statement in passing {
                assert!(statement["Condition"]["StringEquals"]["iam:PassedToService"].is_string(), "{statement}");
            }
        }
    }

    #[test]
    fn a_boundary_is_a_condition_of_making_roles() {
        let all = policies(&everything(), &location());
        let boundary = "arn:aws:iam::111122223333:policy/boundary";
        for documents in [&all.deployer, all.cloudformation.as_ref().unwrap()] {
            let statement = statement(documents, "RolesWithinBoundary").unwrap();
            assert_eq!(statement["Condition"]["StringEquals"]["iam:PermissionsBoundary"], boundary);
            for action in ["iam:CreateRole", "iam:PutRolePolicy"] {
                assert!(allows(&statement, action), "{statement}");
            }
        }
        let without = policies(&samples::settings(), &location());
        assert!(statement(&without.deployer, "RolesWithinBoundary").unwrap()["Condition"].is_null());
    }

    #[test]
    fn what_aws_asks_beside_the_named_call_is_the_deployers_own_too() {
        let all = policies(&everything(), &location());
        let functions = statement(&all.deployer, "Functions").unwrap();
        assert!(allows(&functions, "lambda:ListTags"), "GetFunction gives tags only with it");
        let repositories = statement(&all.deployer, "Repositories").unwrap();
        assert!(allows(&repositories, "ecr:GetDownloadUrlForLayer"), "a function of an image is made only with it");
        let versions = statement(&all.deployer, "FunctionVersions").unwrap();
        assert!(versions["Resource"].to_string().contains(":*"), "{versions}");
    }

    #[test]
    fn no_role_may_lose_its_boundary() {
        let roles = |settings: &Settings| statement(&policies(settings, &location()).deployer, "Roles").unwrap();
        assert!(!allows(&roles(&everything()), "iam:DeleteRolePermissionsBoundary"));
        assert!(allows(&roles(&samples::settings()), "iam:DeleteRolePermissionsBoundary"));
    }

    #[test]
    fn a_role_of_its_own_takes_what_cloudformation_needs() {
        let all = policies(&everything(), &location());
        // Only a handler reads this; the deployer has no call of its own for it.
        let reads = |documents: &[Value]| {
            let functions = statement(documents, "Functions").unwrap();
            allows(&functions, "lambda:GetFunctionRecursionConfig")
        };
        assert!(!reads(&all.deployer) && reads(all.cloudformation.as_ref().unwrap()));
        assert!(statement(&all.deployer, "PassToCloudFormation").is_some());
        let without = policies(&samples::settings(), &location());
        assert!(reads(&without.deployer) && statement(&without.deployer, "PassToCloudFormation").is_none());
    }

    #[test]
    fn the_secret_is_read_only_where_the_smoke_test_uses_it() {
        let secret = |settings: &Settings| statement(&policies(settings, &location()).deployer, "SmokeSecret");
        assert_eq!(secret(&samples::settings()), None);
        let resource = secret(&everything()).unwrap()["Resource"].clone();
        assert_eq!(resource, "arn:aws:secretsmanager:us-east-1:111122223333:secret:smoke-??????");
    }

    #[test]
    fn sids_are_unique_and_letters() {
        let all = policies(&samples::settings(), &location());
        let sids: Vec<String> =
            all_statements(&all).iter().map(|statement| statement["Sid"].as_str().unwrap().to_string()).collect();
        assert_eq!(sids.iter().collect::<BTreeSet<_>>().len(), sids.len());
        assert!(sids.iter().all(|sid| sid.chars().all(|character| character.is_ascii_alphanumeric())));
    }
}
