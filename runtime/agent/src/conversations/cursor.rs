//! Where a listing goes on.
//!
//! A cursor names the last conversation of a page by the parts of the table's
//! key: base64url of JSON. It says nothing that its reader was not told, and
//! carries a digest of its owner, so that another owner's is refused.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ConversationId;
use crate::failure::{Code, Failure};
use crate::identity::Owner;

/// The last conversation of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// As the listing writes it.
    pub updated_at: String,
    pub conversation_id: String,
    owner: String,
}

impl Cursor {
    pub fn new(owner: &Owner, updated_at: &str, conversation_id: &str) -> Self {
        Self { updated_at: updated_at.into(), conversation_id: conversation_id.into(), owner: digest(owner) }
    }

    /// As text for the client.
    pub fn written(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_string(self).unwrap_or_default())
    }

    /// Reads what [`Self::written`] gave. Fails with `RequestInvalid` on everything else.
    pub fn read(text: &str, owner: &Owner) -> Result<Self, Failure> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let cursor = bytes.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        cursor.filter(|cursor| cursor.is_good(owner)).ok_or_else(|| {
            Failure::new(Code::RequestInvalid, "cursor is none of this listing")
                .hint("take next_cursor of the page before as it is, or leave cursor out for the first page")
        })
    }

    fn is_good(&self, owner: &Owner) -> bool {
        self.owner == digest(owner)
            && (1..=40).contains(&self.updated_at.len())
            && ConversationId::parse(&self.conversation_id).is_ok()
    }
}

fn digest(owner: &Owner) -> String {
    hex::encode(&Sha256::digest(owner.as_str())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_for_its_owner_alone() {
        let owner = Owner::stored("user:ada");
        let cursor = Cursor::new(&owner, "2026-01-02T03:04:05.678Z", "chat_1");
        assert_eq!(Cursor::read(&cursor.written(), &owner).unwrap(), cursor);
        let other = Cursor::read(&cursor.written(), &Owner::stored("user:eve")).unwrap_err();
        assert_eq!(other.code, Code::RequestInvalid);
    }

    #[test]
    fn whatever_else_is_called_a_cursor_is_refused() {
        let owner = Owner::stored("user:ada");
        let odd = Cursor::new(&owner, "2026-01-02T03:04:05.678Z", "not an id").written();
        for text in ["", "1", "%%%", &BASE64_URL_SAFE_NO_PAD.encode("{}"), &BASE64_URL_SAFE_NO_PAD.encode("[1]"), &odd]
        {
            assert_eq!(Cursor::read(text, &owner).unwrap_err().code, Code::RequestInvalid, "{text}");
        }
    }

    #[test]
    fn a_cursor_does_not_hold_its_owner() {
        let written = Cursor::new(&Owner::stored("user:ada"), "2026-01-02T03:04:05.678Z", "chat_1").written();
        let plain = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(written).unwrap()).unwrap();
        assert!(!plain.contains("ada"), "{plain}");
    }
}
