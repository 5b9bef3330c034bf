//! A successful rest-xml answer as JSON, by the operation's output shape.
//! Elements and headers that the model does not name are left out.

use serde_json::{Map, Value};

use super::xml::{self, Element};
use super::{Reply, scalar};
use crate::model::{Kind, Location, Operation, Reference, Service, Shape};
use crate::text;

pub(super) fn read(service: &Service, operation: &Operation, reply: &Reply) -> Result<Value, String> {
    let mut value = Map::new();
    let Some(output) = &operation.output else { return Ok(Value::Object(value)) };
    let output = service.shape(&output.shape);
    for (name, member) in located(output, Location::Header) {
        if let Some(text) = reply.header(member.location_name.as_deref().unwrap_or(name)) {
            value.insert(name.clone(), scalar::value(service.shape(&member.shape), text).map_err(at(name))?);
        }
    }
    if !reply.body.trim_ascii().is_empty() {
        let root = xml::parse(&reply.body)?;
        body(service, operation, output, &root, &mut value)?;
    }
    Ok(Value::Object(value))
}

fn located(shape: &Shape, location: Location) -> impl Iterator<Item = (&String, &Reference)> {
    shape.members.iter().filter(move |(_, member)| member.location == Some(location))
}

/// The root is a structure of members, the payload member, or with
/// `unwrappedOutput` the only member.
fn body(
    service: &Service,
    operation: &Operation,
    output: &Shape,
    root: &Element,
    value: &mut Map<String, Value>,
) -> Result<(), String> {
    let mut in_body = output.members.iter().filter(|(_, member)| member.location.is_none());
    let whole = match &output.payload {
        Some(payload) => output.members.get_key_value(payload),
        None if operation.unwrapped_output => in_body.next(),
        None => None,
    };
    match whole {
        Some((name, member)) => {
            let expected = member.location_name.as_deref().unwrap_or(name);
            if root.name != expected {
                return Err(format!("expected <{expected}>, found <{}>", text::short(&root.name)));
            }
            value.insert(name.clone(), element(service, service.shape(&member.shape), root).map_err(at(name))?);
        }
        None => {
            let read = members(service, output, root)?;
            // Another document than the one that was asked for must not pass for an empty answer.
            if read.is_empty() && !root.children.is_empty() {
                return Err(format!("expected other members, found <{}>", text::short(&root.name)));
            }
            value.extend(read);
        }
    }
    Ok(())
}

fn members(service: &Service, shape: &Shape, parent: &Element) -> Result<Map<String, Value>, String> {
    let mut value = Map::new();
    for (name, member) in shape.members.iter().filter(|(_, member)| member.location.is_none()) {
        if let Some(found) = self::member(service, name, member, parent).map_err(at(name))? {
            value.insert(name.clone(), found);
        }
    }
    Ok(value)
}

fn member(service: &Service, name: &str, member: &Reference, parent: &Element) -> Result<Option<Value>, String> {
    let shape = service.shape(&member.shape);
    let wire_name = member.location_name.as_deref().unwrap_or(name);
    if member.xml_attribute {
        return parent.attribute(wire_name).map(|text| scalar::value(shape, text)).transpose();
    }
    if shape.kind == Kind::List && (shape.flattened || member.flattened) {
        let item_name = shape.member.as_ref().and_then(|item| item.location_name.as_deref());
        let wire_name = member.location_name.as_deref().or(item_name).unwrap_or(name);
        let items: Vec<_> = parent.children.iter().filter(|child| child.name == wire_name).collect();
        return if items.is_empty() { Ok(None) } else { list(service, shape, items).map(Some) };
    }
    parent.child(wire_name).map(|child| element(service, shape, child)).transpose()
}

fn element(service: &Service, shape: &Shape, element: &Element) -> Result<Value, String> {
    match shape.kind {
        Kind::Structure => members(service, shape, element).map(Value::Object),
        Kind::List => list(service, shape, element.children.iter()),
        _ => scalar::value(shape, &element.text),
    }
}

fn list<'a>(service: &Service, shape: &Shape, items: impl IntoIterator<Item = &'a Element>) -> Result<Value, String> {
    let item = shape.member.as_ref().ok_or("the list has no element shape")?;
    let item = service.shape(&item.shape);
    let values = items.into_iter().enumerate();
    values.map(|(index, child)| element(service, item, child).map_err(at(&index.to_string()))).collect()
}

/// Puts a member's name before what is wrong below it: `Buckets.0.CreationDate: ...`.
fn at(name: &str) -> impl Fn(String) -> String {
    move |problem| {
        let separator = if problem.starts_with("expected") { ": " } else { "." };
        format!("{name}{separator}{problem}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model;
    use bytes::Bytes;
    use http::HeaderMap;
    use serde_json::json;

    const NAMESPACE: &str = r#"xmlns="http://s3.amazonaws.com/doc/2006-03-01/""#;

    fn answered(operation: &str, body: &str) -> Result<Value, String> {
        let service = model::service("s3").unwrap();
        let reply = Reply { status: 200, headers: HeaderMap::new(), body: Bytes::from(body.to_owned()) };
        read(service, &service.operations[operation], &reply)
    }

    #[test]
    fn a_wrapped_list_of_structures_is_read() {
        let body = format!(
            "<ListAllMyBucketsResult {NAMESPACE}><Buckets>
               <Bucket><Name>a</Name><CreationDate>2026-01-02T03:04:05.000Z</CreationDate><New>1</New></Bucket>
               <Bucket><Name>b&amp;c</Name><BucketRegion>eu-west-1</BucketRegion></Bucket>
             </Buckets><Owner><ID>o</ID></Owner></ListAllMyBucketsResult>"
        );
        let expected = json!({
            "Buckets": [{"Name": "a", "CreationDate": "2026-01-02T03:04:05Z"},
                        {"Name": "b&c", "BucketRegion": "eu-west-1"}],
            "Owner": {"ID": "o"}
        });
        assert_eq!(answered("ListBuckets", &body).unwrap(), expected);
    }

    #[test]
    fn an_empty_list_is_there_and_empty() {
        let body = format!("<ListAllMyBucketsResult {NAMESPACE}><Buckets/></ListAllMyBucketsResult>");
        assert_eq!(answered("ListBuckets", &body).unwrap(), json!({"Buckets": []}));
    }

    #[test]
    fn a_bucket_location_is_the_root_itself() {
        let body = format!("<LocationConstraint {NAMESPACE}>eu-west-1</LocationConstraint>");
        assert_eq!(answered("GetBucketLocation", &body).unwrap(), json!({"LocationConstraint": "eu-west-1"}));
        let body = format!("<LocationConstraint {NAMESPACE}/>");
        assert_eq!(answered("GetBucketLocation", &body).unwrap(), json!({"LocationConstraint": ""}));
    }

    #[test]
    fn a_payload_with_a_flattened_list_is_read_and_key_ids_are_redacted() {
        let body = format!(
            "<ServerSideEncryptionConfiguration {NAMESPACE}><Rule><ApplyServerSideEncryptionByDefault>
               <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>key-1</KMSMasterKeyID>
             </ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule>
             </ServerSideEncryptionConfiguration>"
        );
        let expected = json!({"ServerSideEncryptionConfiguration": {"Rules": [{
            "ApplyServerSideEncryptionByDefault": {"KMSMasterKeyID": "(redacted)", "SSEAlgorithm": "aws:kms"},
            "BucketKeyEnabled": true
        }]}});
        assert_eq!(answered("GetBucketEncryption", &body).unwrap(), expected);
    }

    #[test]
    fn attributes_with_prefix_are_read() {
        let body = r#"<AccessControlPolicy><AccessControlList><Grant>
            <Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group">
            <URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission>
            </Grant></AccessControlList></AccessControlPolicy>"#;
        let expected = json!({"Grants": [{
            "Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
            "Permission": "READ"
        }]});
        assert_eq!(answered("GetBucketAcl", body).unwrap(), expected);
    }

    #[test]
    fn hostile_tags_lose_their_control_characters() {
        let body =
            "<Tagging><TagSet><Tag><Key>k\u{9b}31m</Key><Value>a&#x7f;\u{202e}b</Value></Tag></TagSet></Tagging>";
        assert_eq!(answered("GetBucketTagging", body).unwrap(), json!({"TagSet": [{"Key": "k31m", "Value": "ab"}]}));
    }

    /// Example of the S3 API reference, GetBucketRequestPayment.
    #[test]
    fn a_structure_of_single_members_is_read() {
        let body =
            format!("<RequestPaymentConfiguration {NAMESPACE}><Payer>Requester</Payer></RequestPaymentConfiguration>");
        assert_eq!(answered("GetBucketRequestPayment", &body).unwrap(), json!({"Payer": "Requester"}));
    }

    #[test]
    fn another_document_than_the_one_asked_for_is_no_empty_answer() {
        let listing = format!("<ListBucketResult {NAMESPACE}><Name>b</Name><MaxKeys>1000</MaxKeys></ListBucketResult>");
        for operation in ["GetBucketPolicyStatus", "GetBucketVersioning", "GetBucketTagging", "GetBucketLocation"] {
            let error = answered(operation, &listing).unwrap_err();
            assert!(error.ends_with("found <ListBucketResult>"), "{operation}: {error}");
        }
        let unset = format!("<VersioningConfiguration {NAMESPACE}/>");
        assert_eq!(answered("GetBucketVersioning", &unset).unwrap(), json!({}));
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_named_with_its_path() {
        let body = "<R><Buckets><Bucket><CreationDate>soon</CreationDate></Bucket></Buckets></R>";
        assert_eq!(answered("ListBuckets", body).unwrap_err(), "Buckets.0.CreationDate: expected a time, found soon");
    }
}
