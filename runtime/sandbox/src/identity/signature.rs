//! Signature Version 4 in the Authorization header: parse it, recompute it.

use hmac::{Hmac, Mac};
use http::HeaderMap;
use http::request::Parts;
use sha2::Sha256;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use super::canonical::{canonical_request, hash};
use super::{Credentials, Denied};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const AMZ_DATE: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");
/// How far a request's date may be from ours.
const CLOCK_TOLERANCE: Duration = Duration::minutes(5);

/// What a signature was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialScope {
    pub access_key_id: String,
    /// `YYYYMMDD`
    pub date: String,
    pub region: String,
    /// The signing name: `lambda`, `bedrock-agentcore`, ...
    pub service: String,
}

impl CredentialScope {
    fn parse(credential: &str) -> Option<Self> {
        let mut fields = credential.rsplitn(5, '/');
        let terminator = fields.next()?;
        let service = fields.next()?.to_string();
        let region = fields.next()?.to_string();
        let date = fields.next()?.to_string();
        let access_key_id = fields.next()?.to_string();
        (terminator == "aws4_request").then_some(Self { access_key_id, date, region, service })
    }

    /// Refuses a signature that was made for another service or region.
    pub fn check(&self, service: &str, region: &str) -> Result<(), Denied> {
        let wrong = |message: String| Err(Denied::new("InvalidSignatureException", message));
        if self.service != service {
            return wrong(format!("Credential should be scoped to correct service: '{service}'."));
        }
        if self.region != region {
            return wrong(format!("Credential should be scoped to a valid region, not '{}'.", self.region));
        }
        Ok(())
    }

    fn text(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }
}

/// The scope that a request claims; nothing of it is verified.
pub fn credential_scope(headers: &HeaderMap) -> Option<CredentialScope> {
    Some(SignedWith::parse(headers)?.scope)
}

/// The fields of an Authorization header.
pub(super) struct SignedWith {
    pub(super) scope: CredentialScope,
    signed_headers: Vec<String>,
    signature: String,
}

impl SignedWith {
    pub(super) fn parse(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
        let fields = text.strip_prefix(ALGORITHM)?;
        let field = |name: &str| {
            fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('=')).map(str::to_string)
        };
        Some(Self {
            scope: CredentialScope::parse(&field("Credential")?)?,
            signed_headers: field("SignedHeaders")?.split(';').map(str::to_string).collect(),
            signature: field("Signature")?,
        })
    }

    /// Whether `credentials` made this signature of this request, now.
    pub(super) fn verify(&self, signed: &Signed<'_>, credentials: &Credentials) -> Result<(), Denied> {
        let words = Words::of(&self.scope.service);
        let date = self.date(signed.parts).ok_or_else(|| words.incomplete("a valid X-Amz-Date"))?;
        words.check_date(date, signed.now)?;
        if !self.signed_headers.iter().any(|name| name == "host") {
            return Err(words.mismatch("'Host' must be a 'SignedHeader' in the AWS Authorization."));
        }
        let payload_hash = self.payload_hash(signed).ok_or_else(|| words.mismatch(WRONG_SIGNATURE))?;
        let names: Vec<&str> = self.signed_headers.iter().map(String::as_str).collect();
        let canonical =
            canonical_request(signed.parts, &names, &payload_hash).ok_or_else(|| words.mismatch(WRONG_SIGNATURE))?;
        if self.is_signed(&canonical, date, credentials) { Ok(()) } else { Err(words.mismatch(WRONG_SIGNATURE)) }
    }

    /// The request's own date, when it is of the scope's day.
    fn date(&self, parts: &Parts) -> Option<OffsetDateTime> {
        let text = parts.headers.get("x-amz-date")?.to_str().ok()?;
        let date = PrimitiveDateTime::parse(text, AMZ_DATE).ok()?.assume_utc();
        text.starts_with(&self.scope.date).then_some(date)
    }

    /// None when the body is not the one that the header announces.
    fn payload_hash(&self, signed: &Signed<'_>) -> Option<String> {
        let actual = hash(signed.body);
        let Some(announced) = signed.parts.headers.get("x-amz-content-sha256") else { return Some(actual) };
        let announced = announced.to_str().ok()?;
        (announced == "UNSIGNED-PAYLOAD" || announced.eq_ignore_ascii_case(&actual)).then(|| announced.to_string())
    }

    fn is_signed(&self, canonical: &str, date: OffsetDateTime, credentials: &Credentials) -> bool {
        let Ok(date) = date.format(AMZ_DATE) else { return false };
        let text = format!("{ALGORITHM}\n{date}\n{}\n{}", self.scope.text(), hash(canonical.as_bytes()));
        let key = signing_key(&credentials.secret_access_key, &self.scope);
        let Ok(claimed) = hex::decode(&self.signature) else { return false };
        keyed(&key).chain_update(text).verify_slice(&claimed).is_ok()
    }
}

/// What a signature covers, and when it is looked at.
pub(super) struct Signed<'a> {
    pub(super) parts: &'a Parts,
    pub(super) body: &'a [u8],
    pub(super) now: OffsetDateTime,
}

fn signing_key(secret: &str, scope: &CredentialScope) -> Vec<u8> {
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [scope.date.as_str(), &scope.region, &scope.service, "aws4_request"] {
        key = keyed(&key).chain_update(part).finalize().into_bytes().to_vec();
    }
    key
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

const WRONG_SIGNATURE: &str = "The request signature we calculated does not match the signature you provided. Check \
                               your AWS Secret Access Key and signing method. Consult the service documentation for \
                               details.";

/// Error codes of the two families of services: those with a query protocol
/// and those with JSON name the same faults differently.
pub(super) struct Words {
    missing: &'static str,
    unknown_key: &'static str,
    mismatch: &'static str,
    expired: &'static str,
}

impl Words {
    pub(super) fn of(service: &str) -> Self {
        match service {
            "iam" | "sts" | "cloudformation" | "ec2" | "sns" | "sqs" | "rds" | "monitoring" => Self {
                missing: "MissingAuthenticationToken",
                unknown_key: "InvalidClientTokenId",
                mismatch: "SignatureDoesNotMatch",
                expired: "ExpiredToken",
            },
            _ => Self {
                missing: "MissingAuthenticationTokenException",
                unknown_key: "UnrecognizedClientException",
                mismatch: "InvalidSignatureException",
                expired: "ExpiredTokenException",
            },
        }
    }

    pub(super) fn missing(&self) -> Denied {
        Denied::new(self.missing, "Missing Authentication Token")
    }

    pub(super) fn unknown_key(&self) -> Denied {
        Denied::new(self.unknown_key, "The security token included in the request is invalid.")
    }

    pub(super) fn expired_token(&self) -> Denied {
        Denied::new(self.expired, "The security token included in the request is expired")
    }

    fn incomplete(&self, what: &str) -> Denied {
        Denied::new("IncompleteSignatureException", format!("Authorization header requires existence of {what}."))
    }

    fn mismatch(&self, message: &str) -> Denied {
        Denied::new(self.mismatch, message)
    }

    fn check_date(&self, date: OffsetDateTime, now: OffsetDateTime) -> Result<(), Denied> {
        let text = |moment: OffsetDateTime| moment.format(AMZ_DATE).unwrap_or_default();
        let (ours, sent) = (text(now), text(date));
        if date < now - CLOCK_TOLERANCE {
            let limit = text(now - CLOCK_TOLERANCE);
            let message = format!("Signature expired: {sent} is now earlier than {limit} ({ours} - 5 min.)");
            return Err(self.mismatch(&message));
        }
        if date > now + CLOCK_TOLERANCE {
            let limit = text(now + CLOCK_TOLERANCE);
            let message = format!("Signature not yet current: {sent} is still later than {limit} ({ours} + 5 min.)");
            return Err(self.mismatch(&message));
        }
        Ok(())
    }
}
