//! Secrets are planted in answers of every kind, and must not come out.

mod canaries;
mod everywhere;
mod sample;
mod texts;

use std::collections::BTreeSet;

use super::places;
use super::walk::is_paging;
use crate::allowlist;
use crate::model::{self, Kind, Service};

/// Shapes that a service's answers reach.
fn answer_shapes(service: &'static Service) -> BTreeSet<&'static str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&'static str> =
        service.operations.values().filter_map(|one| Some(one.output.as_ref()?.shape)).collect();
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            let shape = service.shape(name);
            open.extend(shape.members.iter().map(|(_, member)| member.shape));
            open.extend(shape.member.iter().chain(&shape.value).map(|part| part.shape));
        }
    }
    reached
}

#[test]
fn every_place_of_the_file_is_in_an_answer_of_the_model() {
    for (name, places) in places::all() {
        let service = model::service(name).unwrap_or_else(|| panic!("{name} is no service"));
        let shapes = answer_shapes(service);
        let has_member = |shape: &&str, member: &str| service.shape(shape).members.get(member).is_some();
        let exists = |place: &str| match *place.split('.').collect::<Vec<_>>() {
            [member] => shapes.iter().any(|shape| has_member(shape, member)),
            [shape, member] => shapes.contains(shape) && has_member(&shape, member),
            [shape, member, _] => {
                shapes.contains(shape)
                    && service
                        .shape(shape)
                        .members
                        .get(member)
                        .is_some_and(|member| service.shape(member.shape).kind == Kind::Map)
            }
            _ => false,
        };
        for place in places.hidden.iter().chain(&places.unless_identifier).chain(&places.identifiers) {
            assert!(exists(place), "{name}: {place}");
        }
        for place in &places.visible {
            let is_shape = shapes.contains(place.as_str()) && service.shape(place).sensitive;
            assert!(is_shape || exists(place), "{name}: {place}");
        }
    }
}

/// Members at the top of an answer that look like paging and therefore are left
/// as they are: each is a token of a page or an identifier of a request.
#[test]
fn nothing_but_paging_is_left_alone_at_the_top() {
    let expected: BTreeSet<&str> = [
        "ContinuationToken",
        "HostedZoneIdMarker",
        "KeyMarker",
        "Marker",
        "NextContinuationToken",
        "NextKeyMarker",
        "NextMarker",
        "NextPageToken",
        "NextToken",
        "NextUploadIdMarker",
        "NextVersionIdMarker",
        "TrafficPolicyIdMarker",
        "TrafficPolicyInstanceNameMarker",
        "TrafficPolicyInstanceTypeMarker",
        "TrafficPolicyVersionMarker",
        "UploadIdMarker",
        "VersionIdMarker",
        "clientRequestToken",
        "nextBackwardToken",
        "nextForwardToken",
        "nextToken",
        "position",
    ]
    .into();
    let mut found = BTreeSet::new();
    for allowed in model::SERVICES.iter().flat_map(|service| allowlist::operations(service)) {
        let service = model::service(allowed.service()).unwrap();
        let output = service.output(&service.operations[allowed.name()]);
        let members = output.into_iter().flat_map(|output| output.members.iter());
        let texts = members.filter(|(_, member)| service.shape(member.shape).kind == Kind::String);
        found.extend(texts.map(|(name, _)| name).filter(|name| is_paging(name)));
    }
    assert_eq!(found, expected);
}
