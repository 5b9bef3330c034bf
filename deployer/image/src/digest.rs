//! Content digests as OCI writes them: `sha256:<64 hex digits>`.

use sha2::{Digest, Sha256};

const PREFIX: &str = "sha256:";

/// The digest of the bytes.
pub fn sha256_digest(bytes: &[u8]) -> String {
    let mut digester = Digester::default();
    digester.update(bytes);
    digester.finish()
}

/// A digest that is fed piece by piece.
#[derive(Default)]
pub struct Digester(Sha256);

impl Digester {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> String {
        format!("{PREFIX}{}", hex::encode(self.0.finalize()))
    }
}

/// The hexadecimal part, by which an image layout names its files. `None` for
/// anything else, so that a digest from a file can never leave its folder.
pub(crate) fn hexadecimal(digest: &str) -> Option<&str> {
    let hexadecimal = digest.strip_prefix(PREFIX)?;
    let valid = hexadecimal.len() == 64 && hexadecimal.bytes().all(|byte| byte.is_ascii_hexdigit());
    valid.then_some(hexadecimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_is_the_known_one_of_nothing() {
        assert_eq!(sha256_digest(b""), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn only_a_sha256_digest_names_a_file() {
        assert!(hexadecimal(&sha256_digest(b"x")).is_some());
        assert_eq!(hexadecimal("sha256:../../etc/passwd"), None);
        assert_eq!(hexadecimal("md5:d41d8cd98f00b204e9800998ecf8427e"), None);
    }
}
