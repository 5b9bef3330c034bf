//! Signature version 4.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::HeaderValue;

/// What a signature is valid for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// `s3`
    pub service: &'a str,
    pub region: &'a str,
    pub time: SystemTime,
    /// The path is signed as it is sent.
    pub disable_double_encoding: bool,
}

/// Adds the signature's headers; fails with the reason.
pub(crate) fn signed(
    mut request: http::Request<Bytes>,
    scope: Scope<'_>,
    credentials: &Credentials,
) -> Result<http::Request<Bytes>, String> {
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(scope.time)
        .settings(settings(scope))
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let headers = request.headers().iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let body = SignableBody::Bytes(request.body());
    let uri = request.uri().to_string();
    let signable = SignableRequest::new(request.method().as_str(), uri, headers, body);
    let output = sign(signable.map_err(|error| error.to_string())?, &parameters).map_err(|error| error.to_string())?;
    let (instructions, _signature) = output.into_parts();
    for header in instructions.into_parts().0 {
        let mut value = HeaderValue::from_str(header.value()).map_err(|error| error.to_string())?;
        value.set_sensitive(header.sensitive());
        request.headers_mut().insert(header.name(), value);
    }
    Ok(request)
}

/// The S3 family wants the body's hash as a header (S3 API reference, "Signature
/// calculations").
fn settings(scope: Scope<'_>) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if scope.disable_double_encoding {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    if ["s3", "s3express", "s3-outposts"].contains(&scope.service) {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Example "GET Bucket Lifecycle" of the S3 API reference, "Authenticating
    /// requests: using the Authorization header", with its published signature.
    #[test]
    fn the_signature_is_the_one_that_aws_publishes() {
        let request = http::Request::get("https://examplebucket.s3.amazonaws.com/?lifecycle").body(Bytes::new());
        // 2013-05-24T00:00:00Z
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_353_600);
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, None, None, "example");
        let scope = Scope { service: "s3", region: "us-east-1", time, disable_double_encoding: true };
        let request = signed(request.unwrap(), scope, &credentials).unwrap();
        let authorization = request.headers()["authorization"].to_str().unwrap();
        assert!(
            authorization.ends_with("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
            "{authorization}"
        );
    }
}
