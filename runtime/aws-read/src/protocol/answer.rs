//! A successful answer as JSON, by the operation's output shape. Elements,
//! fields and headers that the model does not name are left out.

use aws_smithy_json::codec::{JsonCodec, JsonCodecSettings};
use aws_smithy_runtime_api::http::{Response, StatusCode};
use aws_smithy_schema::codec::Codec;
use aws_smithy_schema::http_protocol::http_output_deserializer;
use aws_smithy_schema::serde::{SerdeError, ShapeDeserializer};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use serde_json::{Map, Value};

use super::collect::{Collector, said};
use super::xml_reader::XmlReader;
use super::{Reply, quirks};
use crate::model::{Kind, Location, Operation, Protocol, Service, Shape, Side};

/// Reads a successful answer; fails with what the model does not describe.
pub(crate) fn read(service: &Service, operation: &Operation, reply: &Reply) -> Result<Value, String> {
    let Some(output) = &operation.output else { return Ok(Value::Object(Map::new())) };
    let answer = Answer { service, operation, shape: output.shape, reply };
    let value = answer.read().map_err(|error| said(&error))?;
    Ok(quirks::decoded_keys(service, value))
}

struct Answer<'a> {
    service: &'a Service,
    operation: &'a Operation,
    /// Of the output.
    shape: &'static str,
    reply: &'a Reply,
}

impl Answer<'_> {
    fn read(&self) -> Result<Value, SerdeError> {
        if self.streams_events() {
            return Err(SerdeError::unsupported("answers in the form of event streams are not read"));
        }
        let body = &self.reply.body;
        if body.trim_ascii().is_empty() && self.has_members_in_body() {
            return Err(SerdeError::invalid_input("the answer is empty"));
        }
        match self.service.protocol {
            Protocol::Json => self.collected(&mut json_codec().create_deserializer(body)),
            Protocol::RestJson => self.bound(json_codec().create_deserializer(body)),
            Protocol::RestXml => self.bound(self.rest_xml()?),
            Protocol::Query => self.collected(&mut self.query()?),
            // Each answer has its request id beside the members.
            Protocol::Ec2 => self.collected(&mut XmlReader::root(body)?.passing_over("requestId")),
        }
    }

    /// Without members in the body or a structure as payload the body is not XML.
    fn rest_xml(&self) -> Result<XmlReader<'_>, SerdeError> {
        let body = &self.reply.body;
        let is_xml = !body.is_empty() && (self.may_have_members_in_body() || self.has_structured_payload());
        match () {
            () if !is_xml => XmlReader::document(b""),
            () if quirks::is_unwrapped(self.service, self.operation) => XmlReader::document(body),
            () => XmlReader::root(body),
        }
    }

    fn query(&self) -> Result<XmlReader<'_>, SerdeError> {
        let reader = XmlReader::root(&self.reply.body)?;
        match self.operation.output.as_ref().and_then(|output| output.result_wrapper) {
            Some(wrapper) => reader.into_child(wrapper),
            None => Ok(reader.passing_over("ResponseMetadata")),
        }
    }

    /// Members from headers and status, and from the body by its own reader.
    fn bound<D: ShapeDeserializer>(&self, body: D) -> Result<Value, SerdeError> {
        let (response, nothing) = (self.response()?, ConfigBag::base());
        let schema = self.service.structure(self.shape, Side::Answer).schema;
        let mut reader = http_output_deserializer(body, &response, schema, &nothing);
        self.collected(&mut *reader)
    }

    fn collected(&self, reader: &mut dyn ShapeDeserializer) -> Result<Value, SerdeError> {
        Collector { service: self.service }.answer(self.shape, reader)
    }

    /// The reply as smithy's bindings take it. Headers that are no text are left out.
    fn response(&self) -> Result<Response, SerdeError> {
        let status = StatusCode::try_from(self.reply.status).map_err(|_| SerdeError::custom("no HTTP status"))?;
        let mut response = Response::new(status, SdkBody::from(self.reply.body.clone()));
        for (name, value) in &self.reply.headers {
            if let Ok(value) = value.to_str() {
                response.headers_mut().append(name.clone(), value.to_owned());
            }
        }
        Ok(response)
    }

    fn payload(&self) -> Option<&Shape> {
        let output = self.service.shape(self.shape);
        output.payload.map(|payload| self.service.shape(output.members[payload].shape))
    }

    /// True when an empty body is no answer. Members that requests have in the
    /// address may be left out of answers' bodies.
    fn has_members_in_body(&self) -> bool {
        let mut members = self.service.shape(self.shape).members.iter();
        match self.service.protocol {
            Protocol::RestJson | Protocol::RestXml => {
                self.payload().is_none() && members.any(|(_, member)| member.location.is_none())
            }
            _ => members.next().is_some(),
        }
    }

    fn may_have_members_in_body(&self) -> bool {
        let is_in_body = |location| matches!(location, None | Some(Location::Uri | Location::QueryString));
        let mut members = self.service.shape(self.shape).members.iter();
        self.payload().is_none() && members.any(|(_, member)| is_in_body(member.location))
    }

    fn has_structured_payload(&self) -> bool {
        self.payload().is_some_and(|payload| payload.kind == Kind::Structure)
    }

    fn streams_events(&self) -> bool {
        let members = self.service.shape(self.shape).members.iter();
        members.into_iter().any(|(_, member)| self.service.shape(member.shape).eventstream)
    }
}

/// Any wrong or short document is an error. Numbers may be written as `1E9`, as
/// some services do for whole numbers.
fn json_codec() -> JsonCodec {
    let settings = JsonCodecSettings::builder()
        .use_json_name(true)
        .default_timestamp_format(Format::EpochSeconds)
        .enforce_strictness(true)
        .allow_integral_float_numbers(true);
    JsonCodec::new(settings.build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model;
    use http::HeaderMap;
    use serde_json::json;

    fn answered(service: &str, operation: &str, body: &str) -> Result<Value, String> {
        let service = model::service(service).unwrap();
        let reply = Reply { status: 200, headers: HeaderMap::new(), body: body.to_owned().into() };
        read(service, &service.operations[operation], &reply)
    }

    #[test]
    fn a_page_of_ec2_is_read_with_its_lists_times_and_tags() {
        let body = "<DescribeInstancesResponse><requestId>r</requestId><reservationSet><item><groupSet/><instancesSet>\
            <item><instanceId>i-1</instanceId><launchTime>2026-01-02T03:04:05.000Z</launchTime><newThing>1</newThing>\
            <tagSet><item><key>Name</key><value>a&amp;b</value></item></tagSet></item></instancesSet></item>\
            </reservationSet></DescribeInstancesResponse>";
        let instance = json!({"InstanceId": "i-1", "LaunchTime": "2026-01-02T03:04:05Z",
            "Tags": [{"Key": "Name", "Value": "a&b"}]});
        let expected = json!({"Reservations": [{"Groups": [], "Instances": [instance]}]});
        assert_eq!(answered("ec2", "DescribeInstances", body).unwrap(), expected);
        let empty = "<DescribeInstancesResponse><requestId>r</requestId></DescribeInstancesResponse>";
        assert_eq!(answered("ec2", "DescribeInstances", empty).unwrap(), json!({}));
    }

    #[test]
    fn a_bucket_location_is_the_root_itself() {
        let namespace = r#"xmlns="http://s3.amazonaws.com/doc/2006-03-01/""#;
        let body = format!("<LocationConstraint {namespace}>eu-west-1</LocationConstraint>");
        assert_eq!(answered("s3", "GetBucketLocation", &body).unwrap(), json!({"LocationConstraint": "eu-west-1"}));
        let body = format!("<LocationConstraint {namespace}/>");
        assert_eq!(answered("s3", "GetBucketLocation", &body).unwrap(), json!({"LocationConstraint": ""}));
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
        assert_eq!(answered("s3", "GetBucketAcl", body).unwrap(), expected);
    }

    #[test]
    fn a_payload_with_a_flattened_list_is_read() {
        let body = "<ServerSideEncryptionConfiguration><Rule><BucketKeyEnabled>true</BucketKeyEnabled></Rule>\
            <Rule><BucketKeyEnabled>FALSE</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>";
        let rules = json!([{"BucketKeyEnabled": true}, {"BucketKeyEnabled": false}]);
        let expected = json!({"ServerSideEncryptionConfiguration": {"Rules": rules}});
        assert_eq!(answered("s3", "GetBucketEncryption", body).unwrap(), expected);
    }

    #[test]
    fn hostile_text_loses_its_control_characters_in_every_protocol() {
        let tagging =
            "<Tagging><TagSet><Tag><Key>k\u{9b}31m</Key><Value>a&#x7f;\u{202e}b</Value></Tag></TagSet></Tagging>";
        let expected = json!({"TagSet": [{"Key": "k31m", "Value": "ab"}]});
        assert_eq!(answered("s3", "GetBucketTagging", tagging).unwrap(), expected);
        let tags = r#"{"Tags": {"k\u001b[0m": "a\u202eb"}}"#;
        assert_eq!(answered("lambda", "ListTags", tags).unwrap(), json!({"Tags": {"k[0m": "ab"}}));
    }

    #[test]
    fn policies_of_iam_are_decoded() {
        let body = "<GetRoleResponse><GetRoleResult><Role><RoleName>r</RoleName>\
            <AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%7D</AssumeRolePolicyDocument></Role>\
            </GetRoleResult></GetRoleResponse>";
        let answer = answered("iam", "GetRole", body).unwrap();
        assert_eq!(answer["Role"]["AssumeRolePolicyDocument"], r#"{"Version":"2012-10-17"}"#);
    }

    #[test]
    fn blobs_are_text_or_base64() {
        let report = |content: &str| {
            let body = format!(
                "<GetCredentialReportResponse><GetCredentialReportResult><Content>{content}</Content>\
                 </GetCredentialReportResult></GetCredentialReportResponse>"
            );
            answered("iam", "GetCredentialReport", &body).unwrap()["Content"].clone()
        };
        assert_eq!(report("dXNlcixhcm4="), "user,arn");
        assert_eq!(report("/wA="), "/wA=");
    }

    #[test]
    fn a_query_answer_without_its_result_is_an_error() {
        let body = "<GetRoleResponse><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetRoleResponse>";
        let error = answered("iam", "GetRole", body).unwrap_err();
        assert_eq!(error, "expected <GetRoleResult> in <GetRoleResponse>, found none");
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_named_with_its_path_and_not_repeated() {
        let body = "<R><Buckets><Bucket><CreationDate>secret</CreationDate></Bucket></Buckets></R>";
        let error = answered("s3", "ListBuckets", body).unwrap_err();
        assert_eq!(error, "Buckets.0.CreationDate: expected a time, found other text");
        let error = answered("ecs", "DescribeServices", r#"{"services": [{"desiredCount": "two"}]}"#).unwrap_err();
        assert!(error.starts_with("services.0.desiredCount: ") && !error.contains("two"), "{error}");
    }

    #[test]
    fn an_answer_deeper_than_the_limit_is_an_error() {
        let deep = format!(r#"{{"ResultsByTime": {}{}}}"#, "[".repeat(200), "]".repeat(200));
        assert!(answered("ce", "GetCostAndUsage", &deep).is_err());
        let deep = format!("<R><Buckets>{}{}</Buckets></R>", "<Bucket>".repeat(5000), "</Bucket>".repeat(5000));
        assert!(answered("s3", "ListBuckets", &deep).is_ok(), "unknown elements are passed over, however deep");
    }

    #[test]
    fn event_streams_are_refused_in_words() {
        let model = r#"{"metadata": {"protocol": "rest-xml"}, "operations": {"Tail": {"name": "Tail", "http": {},
            "output": {"shape": "Out"}}}, "shapes": {"Events": {"type": "structure", "eventstream": true, "members": {}},
            "Out": {"type": "structure", "members": {"Stream": {"shape": "Events"}}, "payload": "Stream"}}}"#;
        let service = Service::parse(model.into()).unwrap();
        let reply = Reply { status: 200, headers: HeaderMap::new(), body: "<x/>".into() };
        let error = read(&service, &service.operations["Tail"], &reply).unwrap_err();
        assert!(error.contains("event streams"), "{error}");
    }
}
