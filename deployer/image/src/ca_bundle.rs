//! The certificate authorities that go into every image.
//!
//! They come from a crate rather than from the machine, so that the same
//! sources give the same digest everywhere.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Characters in a line of PEM (RFC 7468, section 2).
const LINE: usize = 64;

/// Mozilla's root certificates as one PEM file.
pub fn ca_bundle_pem() -> String {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|certificate| pem(certificate)).collect()
}

fn pem(certificate: &[u8]) -> String {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = STANDARD.encode(certificate);
    while !rest.is_empty() {
        let remainder = rest.split_off(LINE.min(rest.len()));
        text.push_str(&rest);
        text.push('\n');
        rest = remainder;
    }
    text + "-----END CERTIFICATE-----\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundle_holds_every_certificate_in_short_lines() {
        let bundle = ca_bundle_pem();
        let certificates = bundle.matches("-----BEGIN CERTIFICATE-----").count();
        assert_eq!(certificates, webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
        assert!(certificates > 50);
        assert!(bundle.lines().all(|line| line.len() <= LINE));
    }

    #[test]
    fn pem_decodes_to_the_certificate() {
        let certificate: Vec<u8> = (0..=255).collect();
        let body: String = pem(&certificate).lines().filter(|line| !line.starts_with('-')).collect();
        assert_eq!(STANDARD.decode(body).unwrap(), certificate);
    }
}
