//! Decoders against bytes that nobody chose and against documents that broke on
//! the way.

use bytes::Bytes;
use http::HeaderMap;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::Reply;
use crate::fuzzing;
use crate::model;

/// A valid answer of each protocol.
const ANSWERS: [(&str, &str, &str); 5] = [
    (
        "ec2",
        "DescribeInstances",
        "<?xml version=\"1.0\"?><DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <requestId>r</requestId><reservationSet><item><reservationId>r-1</reservationId><instancesSet><item>\
         <instanceId>i-1</instanceId><launchTime>2026-01-02T03:04:05.000Z</launchTime><instanceState><code>16</code>\
         <name>running</name></instanceState><tagSet><item><key>Name</key><value>a&amp;b&#x41;<![CDATA[<c>]]></value>\
         </item></tagSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>",
    ),
    (
        "iam",
        "GetRole",
        "<GetRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRoleResult><Role><RoleName>r</RoleName>\
         <CreateDate>2026-01-02T03:04:05Z</CreateDate><AssumeRolePolicyDocument>%7B%22a%22%3A1%7D\
         </AssumeRolePolicyDocument><MaxSessionDuration>3600</MaxSessionDuration></Role></GetRoleResult>\
         <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetRoleResponse>",
    ),
    (
        "ecs",
        "DescribeServices",
        "{\"services\": [{\"serviceName\": \"a\\u0042\", \"desiredCount\": 2, \"createdAt\": 1.7e9, \
         \"tags\": [{\"key\": \"k\", \"value\": null}], \"other\": {\"x\": [1, 2]}}], \"failures\": []}",
    ),
    (
        "lambda",
        "GetFunctionConfiguration",
        "{\"FunctionName\": \"f\", \"Timeout\": 3, \"LastModified\": \"2026-01-02T03:04:05.000+0000\", \
         \"Environment\": {\"Variables\": {\"A\": \"b\"}}}",
    ),
    (
        "s3",
        "GetBucketAcl",
        "<AccessControlPolicy><Owner><ID>o</ID></Owner><AccessControlList><Grant>\
         <Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\"><URI>u</URI></Grantee>\
         <Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>",
    ),
];

fn answered(service: &str, operation: &str, body: &[u8]) -> Result<Value, String> {
    let service = model::service(service).unwrap();
    let reply = Reply { status: 200, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body) };
    super::answer(service, &service.operations[operation], &reply)
}

#[test]
fn a_document_that_was_cut_off_anywhere_is_an_error() {
    for (service, operation, whole) in ANSWERS {
        assert!(answered(service, operation, whole.as_bytes()).is_ok(), "{operation}");
        for end in 0..whole.len() {
            let cut = answered(service, operation, &whole.as_bytes()[..end]);
            assert!(cut.is_err(), "{operation} cut at {end}: {cut:?}");
        }
    }
}

#[test]
fn an_answer_of_another_operation_is_an_error() {
    for (service, operation, _) in ANSWERS {
        for (other, _, body) in ANSWERS.iter().filter(|(other, ..)| *other != service) {
            let answer = answered(service, operation, body.as_bytes());
            assert!(answer.is_err(), "{operation} takes the answer of {other}: {answer:?}");
        }
    }
}

#[test]
fn every_fuzz_target_takes_its_seeds() {
    for data in seeds() {
        decode_all(&data);
    }
}

/// What a fuzzer would begin with: each answer as a target takes it.
fn seeds() -> impl Iterator<Item = Vec<u8>> {
    let bodies = ANSWERS.iter().map(|(.., body)| body.as_bytes());
    let more: [&[u8]; 4] = [b"", b"{}", b"<a/>", b"{\"Filters\": [{\"Name\": \"x\", \"Values\": [\"y\"]}]}"];
    bodies.chain(more).map(|body| [b"\x10\x02\x00", body].concat())
}

fn decode_all(data: &[u8]) {
    for target in [fuzzing::ec2, fuzzing::query, fuzzing::json, fuzzing::rest_json, fuzzing::rest_xml] {
        target(data);
    }
    fuzzing::parameters(data);
}

/// A valid answer with bytes replaced, left out or put in.
fn broken_answer() -> impl Strategy<Value = (usize, Vec<u8>)> {
    let change = (any::<prop::sample::Index>(), 0..3_u8, any::<u8>());
    (0..ANSWERS.len(), vec(change, 1..8)).prop_map(|(chosen, changes)| {
        let mut body = ANSWERS[chosen].2.as_bytes().to_vec();
        for (place, kind, byte) in changes {
            let at = place.index(body.len());
            match kind {
                0 => body[at] = byte,
                1 => drop(body.remove(at)),
                _ => body.insert(at, byte),
            }
        }
        (chosen, body)
    })
}

fn any_json() -> impl Strategy<Value = Value> {
    let names =
        prop::sample::select(vec!["Filters", "Name", "Values", "Bucket", "Filter", "And", "MaxResults", "x\u{1b}"]);
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(Value::from),
    ];
    scalar.prop_recursive(6, 40, 5, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((names.clone(), inner), 0..4).prop_map(|members| Value::Object(
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn no_decoder_panics_on_any_bytes(data in vec(any::<u8>(), 0..300)) {
        decode_all(&data);
    }

    #[test]
    fn no_decoder_panics_on_any_text_with_the_right_marks(choice in any::<[u8; 3]>(), body in "[<>/a-z&;!\\[\\]{}\":,0-9 ]{0,200}") {
        decode_all(&[choice.as_slice(), body.as_bytes()].concat());
    }

    #[test]
    fn a_broken_answer_is_read_or_refused((chosen, body) in broken_answer()) {
        let (service, operation, _) = ANSWERS[chosen];
        let _read_or_refused = answered(service, operation, &body);
    }

    #[test]
    fn parameters_of_any_shape_are_taken_or_refused(choice in any::<[u8; 2]>(), given in any_json()) {
        fuzzing::parameters(&[choice.as_slice(), given.to_string().as_bytes()].concat());
    }
}
