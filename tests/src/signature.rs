//! SigV4 signatures of requests that no SDK makes.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

/// Adds date, body hash and signature; every header that is there is signed.
pub fn signed(
    mut request: http::Request<Vec<u8>>,
    service: &str,
    region: &str,
    credentials: &Credentials,
) -> http::Request<Vec<u8>> {
    let identity = credentials.clone().into();
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let parameters = v4::SigningParams::builder().identity(&identity).region(region).name(service);
    let parameters = parameters.time(SystemTime::now()).settings(settings).build().expect("nothing is left out").into();
    let uri = request.uri().to_string();
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().expect("plain text")));
    let body = SignableBody::Bytes(request.body());
    let signable = SignableRequest::new(request.method().as_str(), uri, headers, body).expect("the request is valid");
    let (instructions, _) = sign(signable, &parameters).expect("the request can be signed").into_parts();
    instructions.apply_to_request_http1x(&mut request);
    request
}
