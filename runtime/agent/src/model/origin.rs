//! Which model a thought came from.
//!
//! A model's reasoning goes back to it unchanged while its tools run, but only to
//! itself: another model refuses its signature ("Invalid `signature` in `thinking`
//! block"), and within one turn a fallback may answer. So a signature leaves this
//! module with the model's id in front, and redacted content likewise; what does
//! not start with the id of the model that is asked stays out of the request. The
//! next model then thinks anew, which costs a few tokens and no failure.

/// `<model> <signature>`. Model ids hold no space. The signature is empty for models that sign nothing.
pub fn signed(model: &str, signature: &str) -> String {
    format!("{model} {signature}")
}

/// The signature as `model` gave it; none when the thought is another's.
pub fn own_signature<'a>(model: &str, signed: &'a str) -> Option<&'a str> {
    signed.strip_prefix(model)?.strip_prefix(' ')
}

/// What stands in front of redacted content.
pub fn mark(model: &str) -> Vec<u8> {
    signed(model, "").into_bytes()
}

/// Redacted content as `model` gave it; none when it is another's.
pub fn own_content<'a>(model: &str, marked: &'a [u8]) -> Option<&'a [u8]> {
    marked.strip_prefix(mark(model).as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_comes_back_to_its_model_alone() {
        let signed = signed("anthropic.claude-a", "c2lnbmVk");
        assert_eq!(own_signature("anthropic.claude-a", &signed), Some("c2lnbmVk"));
        assert_eq!(own_signature("anthropic.claude-b", &signed), None);
        assert_eq!(own_signature("anthropic.claude", &signed), None);
    }

    #[test]
    fn redacted_content_comes_back_to_its_model_alone() {
        let marked = [mark("a").as_slice(), &[0, 255, 32]].concat();
        assert_eq!(own_content("a", &marked), Some([0, 255, 32].as_slice()));
        assert_eq!(own_content("b", &marked), None);
    }
}
