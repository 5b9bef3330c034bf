//! A change set held against the plan: CloudFormation may do what was shown, and
//! what follows from it, and nothing else.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::types::{
    ChangeAction, ChangeSource, EvaluationType, Replacement, ResourceChange, ResourceChangeDetail,
};
use deployer_core::plan::{ResourceChangeKind, StackDeployment};

/// A property that the local platform's CloudFormation shows as modified although
/// nothing changes. AWS is never excused.
struct FalseChange {
    resource_type: &'static str,
    property: &'static str,
}

const FALSE_CHANGES: [FalseChange; 3] = [
    // Compares the function's name in the template with the ARN that it keeps.
    FalseChange { resource_type: "AWS::Lambda::Url", property: "TargetFunctionArn" },
    // Gives the stack's tags to what cannot be tagged.
    FalseChange { resource_type: "AWS::Lambda::Permission", property: "Tags" },
    FalseChange { resource_type: "AWS::IAM::ManagedPolicy", property: "Tags" },
];

/// What a change set is held against.
pub struct Review<'a> {
    pub deployment: &'a StackDeployment,
    /// True where the local platform made the change set.
    pub local: bool,
}

impl Review<'_> {
    /// The changes that neither the plan expects nor an expected one causes:
    /// "ToolRole (AWS::IAM::Role) would be replaced for RoleName".
    pub fn excess(&self, changes: &[ResourceChange]) -> Vec<String> {
        let mut causes: BTreeSet<&str> = self.deployment.parameters.keys().map(String::as_str).collect();
        let (covered, mut open): (Vec<_>, Vec<_>) = changes.iter().partition(|change| self.covers(change));
        causes.extend(covered.into_iter().filter_map(ResourceChange::logical_resource_id));
        // A consequence may have consequences of its own.
        loop {
            let (follows, rest): (Vec<_>, Vec<_>) = open.into_iter().partition(|change| is_caused(change, &causes));
            open = rest;
            if follows.is_empty() {
                break;
            }
            causes.extend(follows.into_iter().filter_map(ResourceChange::logical_resource_id));
        }
        open.into_iter().map(describe).collect()
    }

    fn covers(&self, change: &ResourceChange) -> bool {
        let id = change.logical_resource_id();
        let mut expected = self.deployment.expected.iter().filter(|expected| Some(expected.logical_id.as_str()) == id);
        expected.any(|expected| allows(expected.change, change)) || self.is_false(change)
    }

    fn is_false(&self, change: &ResourceChange) -> bool {
        let modifies = change.action() == Some(&ChangeAction::Modify);
        let known = |property: Option<&str>| {
            let mut of_type = FALSE_CHANGES.iter().filter(|known| change.resource_type() == Some(known.resource_type));
            of_type.any(|known| property == Some(known.property))
        };
        self.local && modifies && !change.details().is_empty() && change.details().iter().map(property).all(known)
    }
}

/// A replacement that CloudFormation cannot rule out counts as none: it fails for
/// a resource with a name of its own, as all of ours, before it would replace it.
fn allows(expected: ResourceChangeKind, change: &ResourceChange) -> bool {
    let replaces = change.replacement() == Some(&Replacement::True);
    match change.action() {
        Some(ChangeAction::Add) => expected == ResourceChangeKind::Add,
        Some(ChangeAction::Remove) => expected == ResourceChangeKind::Remove,
        Some(ChangeAction::Modify) if replaces => expected == ResourceChangeKind::Replace,
        Some(ChangeAction::Modify) => matches!(expected, ResourceChangeKind::Modify | ResourceChangeKind::Replace),
        _ => false,
    }
}

/// True for a modification that is there only because its causes may get new values.
fn is_caused(change: &ResourceChange, causes: &BTreeSet<&str>) -> bool {
    let modifies = change.action() == Some(&ChangeAction::Modify) && change.replacement() != Some(&Replacement::True);
    let details = change.details();
    modifies && !details.is_empty() && details.iter().all(|detail| is_consequence(detail, details, causes))
}

fn is_consequence(detail: &ResourceChangeDetail, details: &[ResourceChangeDetail], causes: &BTreeSet<&str>) -> bool {
    let same_target = |other: &&ResourceChangeDetail| property(other) == property(detail);
    let dynamic = detail.evaluation() == Some(&EvaluationType::Dynamic);
    match detail.change_source() {
        // Stands beside a reference, for the property whose value will be known with it.
        Some(ChangeSource::DirectModification) => {
            dynamic && details.iter().filter(same_target).any(|other| refers(other, causes))
        }
        _ => dynamic && refers(detail, causes),
    }
}

/// True where the cause, "AgentFunction" or "AgentFunction.Arn", is one of those.
fn refers(detail: &ResourceChangeDetail, causes: &BTreeSet<&str>) -> bool {
    let reference = matches!(
        detail.change_source(),
        Some(ChangeSource::ResourceReference | ChangeSource::ResourceAttribute | ChangeSource::ParameterReference)
    );
    let cause = detail.causing_entity().and_then(|entity| entity.split('.').next());
    reference && cause.is_some_and(|cause| causes.contains(cause))
}

fn describe(change: &ResourceChange) -> String {
    let (id, kind) = (change.logical_resource_id().unwrap_or("a resource"), change.resource_type().unwrap_or_default());
    let verb = match (change.action(), change.replacement()) {
        (Some(ChangeAction::Add), _) => "added",
        (Some(ChangeAction::Remove), _) => "removed",
        (Some(ChangeAction::Import), _) => "imported",
        (_, Some(Replacement::True)) => "replaced",
        _ => "modified",
    };
    let properties: BTreeSet<&str> = change.details().iter().filter_map(property).collect();
    let properties: Vec<&str> = properties.into_iter().collect();
    match properties.is_empty() {
        true => format!("{id} ({kind}) would be {verb}"),
        false => format!("{id} ({kind}) would be {verb} for {}", properties.join(", ")),
    }
}

/// Name of the property, or `Tags`, `Metadata`, ... where it is about another attribute.
fn property(detail: &ResourceChangeDetail) -> Option<&str> {
    let target = detail.target()?;
    target.name().or_else(|| target.attribute().map(|attribute| attribute.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudformation::types::ResourceTargetDefinition;
    use deployer_core::plan::{self, StackMode, Value};

    fn deployment(expected: &[(&str, ResourceChangeKind)]) -> StackDeployment {
        let change = |(id, change): &(&str, ResourceChangeKind)| plan::ResourceChange {
            logical_id: id.to_string(),
            resource_type: "AWS::X::Y".into(),
            change: *change,
        };
        StackDeployment {
            name: "s".into(),
            mode: StackMode::Update,
            template: String::new(),
            parameters: [("ImageUri".to_string(), Value::Known("x".into()))].into(),
            tags: Default::default(),
            expected: expected.iter().map(change).collect(),
        }
    }

    fn change(id: &str, action: ChangeAction) -> ResourceChange {
        typed(id, "AWS::X::Y", action, Replacement::False)
    }

    fn typed(id: &str, kind: &str, action: ChangeAction, replacement: Replacement) -> ResourceChange {
        ResourceChange::builder()
            .logical_resource_id(id)
            .resource_type(kind)
            .action(action)
            .replacement(replacement)
            .build()
    }

    fn detail(source: ChangeSource, evaluation: EvaluationType, cause: Option<&str>) -> ResourceChangeDetail {
        ResourceChangeDetail::builder()
            .target(ResourceTargetDefinition::builder().name("Role").build())
            .change_source(source)
            .evaluation(evaluation)
            .set_causing_entity(cause.map(str::to_string))
            .build()
    }

    fn modified(id: &str, replacement: Replacement, details: &[ResourceChangeDetail]) -> ResourceChange {
        ResourceChange::builder()
            .logical_resource_id(id)
            .resource_type("AWS::X::Y")
            .action(ChangeAction::Modify)
            .replacement(replacement)
            .set_details(Some(details.to_vec()))
            .build()
    }

    fn excess(expected: &[(&str, ResourceChangeKind)], changes: &[ResourceChange]) -> Vec<String> {
        Review { deployment: &deployment(expected), local: false }.excess(changes)
    }

    #[test]
    fn each_kind_of_change_must_be_expected() {
        use ResourceChangeKind as Kind;
        let replace = typed("A", "AWS::X::Y", ChangeAction::Modify, Replacement::True);
        let conditional = typed("A", "AWS::X::Y", ChangeAction::Modify, Replacement::Conditional);
        let cases = [
            (Kind::Add, change("A", ChangeAction::Add), true),
            (Kind::Modify, change("A", ChangeAction::Add), false),
            (Kind::Remove, change("A", ChangeAction::Remove), true),
            (Kind::Modify, change("A", ChangeAction::Remove), false),
            (Kind::Modify, change("A", ChangeAction::Modify), true),
            (Kind::Replace, change("A", ChangeAction::Modify), true),
            (Kind::Add, change("A", ChangeAction::Modify), false),
            (Kind::Modify, conditional, true),
            (Kind::Modify, replace.clone(), false),
            (Kind::Replace, replace, true),
            (Kind::Add, change("A", ChangeAction::Import), false),
            (Kind::Modify, change("A", ChangeAction::Dynamic), false),
        ];
        for (expected, found, allowed) in cases {
            assert_eq!(excess(&[("A", expected)], std::slice::from_ref(&found)).is_empty(), allowed, "{found:?}");
            assert_eq!(excess(&[("B", expected)], &[found]).len(), 1, "another resource was expected");
        }
    }

    #[test]
    fn an_empty_expectation_allows_nothing() {
        assert_eq!(excess(&[], &[change("A", ChangeAction::Modify)]), ["A (AWS::X::Y) would be modified"]);
        assert!(excess(&[], &[]).is_empty());
    }

    #[test]
    fn consequences_of_expected_changes_are_allowed_through_any_number_of_resources() {
        let expected = [("A", ResourceChangeKind::Replace)];
        let of = |cause: &str| detail(ChangeSource::ResourceAttribute, EvaluationType::Dynamic, Some(cause));
        let beside = detail(ChangeSource::DirectModification, EvaluationType::Dynamic, None);
        let b = modified("B", Replacement::Conditional, &[of("A.Arn"), beside]);
        let c = modified("C", Replacement::False, &[of("B")]);
        let a = typed("A", "AWS::X::Y", ChangeAction::Modify, Replacement::True);
        assert!(excess(&expected, &[c.clone(), b.clone(), a]).is_empty());
        assert_eq!(excess(&[], &[c, b]).len(), 2, "nothing expected causes them");
    }

    #[test]
    fn what_is_more_than_a_consequence_is_refused() {
        let expected = [("A", ResourceChangeKind::Modify)];
        let caused = detail(ChangeSource::ResourceReference, EvaluationType::Dynamic, Some("A"));
        let fixed = detail(ChangeSource::ResourceReference, EvaluationType::Static, Some("A"));
        let direct = detail(ChangeSource::DirectModification, EvaluationType::Static, None);
        for details in [vec![fixed], vec![caused.clone(), direct], vec![]] {
            let b = modified("B", Replacement::False, &details);
            assert_eq!(excess(&expected, &[change("A", ChangeAction::Modify), b]).len(), 1, "{details:?}");
        }
        let replaced = modified("B", Replacement::True, &[caused]);
        let found = excess(&expected, &[change("A", ChangeAction::Modify), replaced]);
        assert_eq!(found, ["B (AWS::X::Y) would be replaced for Role"]);
    }

    #[test]
    fn a_parameter_may_be_the_cause() {
        let caused = detail(ChangeSource::ParameterReference, EvaluationType::Dynamic, Some("ImageUri"));
        assert!(excess(&[], &[modified("A", Replacement::False, &[caused])]).is_empty());
        let other = detail(ChangeSource::ParameterReference, EvaluationType::Dynamic, Some("Other"));
        assert_eq!(excess(&[], &[modified("A", Replacement::False, &[other])]).len(), 1);
    }

    #[test]
    fn false_changes_are_excused_on_the_local_platform_only() {
        let of = |kind: &str, action: ChangeAction, property: &str| {
            let target = ResourceTargetDefinition::builder().name(property).build();
            let detail = ResourceChangeDetail::builder().target(target).build();
            let change = ResourceChange::builder().logical_resource_id("X").resource_type(kind).action(action);
            change.details(detail).build()
        };
        let excess = |local, change| Review { deployment: &deployment(&[]), local }.excess(&[change]).len();
        for FalseChange { resource_type, property } in FALSE_CHANGES {
            assert_eq!(excess(true, of(resource_type, ChangeAction::Modify, property)), 0);
            assert_eq!(excess(false, of(resource_type, ChangeAction::Modify, property)), 1);
            assert_eq!(excess(true, of(resource_type, ChangeAction::Remove, property)), 1);
            assert_eq!(excess(true, of(resource_type, ChangeAction::Modify, "AuthType")), 1);
        }
    }
}
