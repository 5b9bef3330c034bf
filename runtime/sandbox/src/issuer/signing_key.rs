//! The RSA key that signs tokens, made once and kept.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rsa::RsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use rsa::rand_core::OsRng;
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::state_file::{self, StateError};

const BITS: usize = 2048;

/// Signs with RS256. Has no Debug, so that no log can show the key.
pub(super) struct SigningKey {
    id: String,
    key: EncodingKey,
    /// Base64url, as a JWK holds them.
    modulus: String,
    exponent: String,
}

impl SigningKey {
    /// Reads `<state_dir>/issuer/signing-key.pem`, or makes the key.
    pub(super) fn open(state_dir: &Path) -> Result<Self, StateError> {
        let path = state_dir.join("issuer/signing-key.pem");
        let understood = |error: &dyn std::fmt::Display| StateError::new("understand", &path, error);
        let private = match state_file::read(&path)? {
            Some(pem) => RsaPrivateKey::from_pkcs8_pem(&pem).map_err(|error| understood(&error))?,
            None => generate(&path)?,
        };
        // The encoder reads PKCS#8 in PEM form only.
        let pem = private.to_pkcs8_pem(LineEnding::LF).map_err(|error| understood(&error))?;
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|error| understood(&error))?;
        let modulus = URL_SAFE_NO_PAD.encode(private.n().to_bytes_be());
        let exponent = URL_SAFE_NO_PAD.encode(private.e().to_bytes_be());
        Ok(Self { id: thumbprint(&modulus, &exponent), key, modulus, exponent })
    }

    pub(super) fn sign(&self, claims: &Value) -> Result<String, jsonwebtoken::errors::Error> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.id.clone());
        encode(&header, claims, &self.key)
    }

    /// The public half as a JWK set (RFC 7517).
    pub(super) fn public_keys(&self) -> Value {
        json!({"keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id, "n": self.modulus, "e": self.exponent
        }]})
    }
}

fn generate(path: &Path) -> Result<RsaPrivateKey, StateError> {
    let failed = |error: &dyn std::fmt::Display| StateError::new("generate", path, error);
    let private = RsaPrivateKey::new(&mut OsRng, BITS).map_err(|error| failed(&error))?;
    let pem = private.to_pkcs8_pem(LineEnding::LF).map_err(|error| failed(&error))?;
    state_file::write(path, pem.as_bytes())?;
    Ok(private)
}

/// The key's id is its thumbprint (RFC 7638): members in alphabetical order.
fn thumbprint(modulus: &str, exponent: &str) -> String {
    let members = format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_key_is_made_once_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let first = SigningKey::open(folder.path()).unwrap();
        let again = SigningKey::open(folder.path()).unwrap();
        assert_eq!(first.public_keys(), again.public_keys());
        let file = folder.path().join("issuer/signing-key.pem");
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
