//! The claims of a token (RFC 7519), unverified.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// Header and claims of a JWT. Debug is left out: claims are about a person.
pub struct Claims {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

/// Why a token cannot be looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Not three parts with dots between them: a key to the issuer's own records.
    Opaque,
    Malformed,
}

impl Claims {
    /// Reads a token without checking its signature.
    pub fn read(token: &str) -> Result<Self, Unreadable> {
        let parts: Vec<&str> = token.trim().split('.').collect();
        let [header, claims, _signature] = parts[..] else { return Err(Unreadable::Opaque) };
        Ok(Self { header: object(header)?, claims: object(claims)? })
    }

    pub fn algorithm(&self) -> &str {
        self.header.get("alg").and_then(Value::as_str).unwrap_or("none")
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// A list, or one value as a list of one.
    pub fn list(&self, name: &str) -> Vec<&str> {
        match self.get(name) {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        }
    }

    /// Seconds since 1970; some issuers write fractions.
    pub fn time(&self, name: &str) -> Option<i64> {
        let value = self.get(name)?;
        value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
    }
}

fn object(part: &str) -> Result<Map<String, Value>, Unreadable> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).map_err(|_| Unreadable::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Unreadable::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opaque_token_is_told_from_a_malformed_one() {
        assert_eq!(Claims::read("ya29.opaque").err(), Some(Unreadable::Opaque));
        assert_eq!(Claims::read("a.b.c").err(), Some(Unreadable::Malformed));
        assert_eq!(Claims::read("").err(), Some(Unreadable::Opaque));
    }
}
