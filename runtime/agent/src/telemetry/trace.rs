//! The trace that a request belongs to, passed on to whoever is called for it.
//!
//! Lambda gives each invocation a tracing header whose `Parent` is the
//! function's own segment (AWS X-Ray developer guide, "Tracing header"). What
//! is called gets it as it came, and the same trace as W3C Trace Context.

use axum::http::Extensions;

/// Name of X-Ray's tracing header.
const XRAY_HEADER: &str = "x-amzn-trace-id";

/// A request's place in its trace; empty for a request without one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TraceContext(Option<Trace>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Trace {
    /// Seconds of the trace's start, 8 hexadecimal digits.
    start: String,
    /// 24 hexadecimal digits.
    unique: String,
    /// The calling segment, 16 hexadecimal digits.
    parent: Option<String>,
    sampled: Option<bool>,
}

impl TraceContext {
    /// Of what Lambda says about a request's invocation. The request's own header counts for nothing: a
    /// caller cannot put calls into somebody's trace.
    pub fn of(extensions: &Extensions) -> Self {
        let context = extensions.get::<lambda_http::Context>();
        context.and_then(|context| context.xray_trace_id.as_deref()).map_or_else(Self::default, Self::parse)
    }

    /// Reads `Root=1-<8>-<24>;Parent=<16>;Sampled=<0 or 1>`; what does not follow the form is no trace.
    pub fn parse(header: &str) -> Self {
        Self(Trace::parse(header))
    }

    /// Headers for an outgoing request: `x-amzn-trace-id`, and `traceparent` for the same trace when there
    /// is a segment to name as its parent (W3C Trace Context, "traceparent header").
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let Some(trace) = &self.0 else { return Vec::new() };
        let parent = trace.w3c().map(|value| ("traceparent", value));
        [(XRAY_HEADER, trace.xray())].into_iter().chain(parent).collect()
    }
}

impl Trace {
    /// Fields of other names are passed over: Lambda adds `Lineage`, and others may come.
    fn parse(header: &str) -> Option<Self> {
        let (mut root, mut parent, mut sampled) = (None, None, None);
        for field in header.split(';') {
            let (name, value) = field.trim().split_once('=')?;
            match name {
                "Root" => root = Some(value),
                "Parent" => parent = Some(hexadecimal(value, 16)?),
                "Sampled" => sampled = Some(decision(value)?),
                _ => {}
            }
        }
        let (start, unique) = root?.strip_prefix("1-")?.split_once('-')?;
        let (start, unique) = (hexadecimal(start, 8)?, hexadecimal(unique, 24)?);
        Some(Self { start, unique, parent, sampled: sampled.flatten() })
    }

    fn xray(&self) -> String {
        let parent = self.parent.as_ref().map(|parent| format!(";Parent={parent}")).unwrap_or_default();
        let sampled = self.sampled.map(|sampled| format!(";Sampled={}", u8::from(sampled))).unwrap_or_default();
        format!("Root=1-{}-{}{parent}{sampled}", self.start, self.unique)
    }

    fn w3c(&self) -> Option<String> {
        let flags = u8::from(self.sampled == Some(true));
        self.parent.as_ref().map(|parent| format!("00-{}{}-{parent}-{flags:02x}", self.start, self.unique))
    }
}

/// That many hexadecimal digits, not all of them zero, in lower case as W3C wants them.
fn hexadecimal(text: &str, digits: usize) -> Option<String> {
    let good = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (good && text.bytes().any(|byte| byte != b'0')).then(|| text.to_ascii_lowercase())
}

/// `1`, `0`, or `?` for a decision that is yet to be made.
fn decision(text: &str) -> Option<Option<bool>> {
    match text {
        "1" => Some(Some(true)),
        "0" => Some(Some(false)),
        "?" => Some(None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "Root=1-5759e988-bd862e3fe1be46a994272793";

    fn headers(text: &str) -> Vec<(&'static str, String)> {
        TraceContext::parse(text).headers()
    }

    #[test]
    fn a_trace_is_passed_on_in_both_forms() {
        let header = format!("{ROOT};Parent=53995c3f42cd8ad8;Sampled=1");
        let traceparent = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01".to_owned();
        let expected = [("x-amzn-trace-id", header.clone()), ("traceparent", traceparent)];
        assert_eq!(headers(&header), expected);
        assert_eq!(headers(&format!("{header};Lineage=1:a87bd80c:0")), expected);
    }

    #[test]
    fn a_trace_that_is_not_sampled_says_so() {
        let headers = headers(&format!("{ROOT};Parent=53995c3f42cd8ad8;Sampled=0"));
        assert!(headers[0].1.ends_with(";Sampled=0") && headers[1].1.ends_with("-00"), "{headers:?}");
    }

    #[test]
    fn without_a_segment_there_is_no_traceparent() {
        assert_eq!(headers(ROOT), [("x-amzn-trace-id", ROOT.to_owned())]);
        assert_eq!(headers(&format!("{ROOT};Sampled=?")), [("x-amzn-trace-id", ROOT.to_owned())]);
    }

    #[test]
    fn what_does_not_follow_the_form_is_no_trace() {
        let parents = ["53995c3f42cd8ad", "53995c3f42cd8adg", "0000000000000000", ""];
        let roots =
            ["2-5759e988-bd862e3fe1be46a994272793", "1-5759e988", "1-00000000-bd862e3fe1be46a994272793", "1-x-y"];
        let broken = parents.iter().map(|parent| format!("{ROOT};Parent={parent}"));
        let broken = broken.chain(roots.iter().map(|root| format!("Root={root};Parent=53995c3f42cd8ad8")));
        let others =
            ["", "Root", "Parent=53995c3f42cd8ad8", &format!("{ROOT};Sampled=yes"), &format!("{ROOT};x\r\ny: z")];
        for text in broken.chain(others.iter().map(|text| (*text).to_owned())) {
            assert_eq!(headers(&text), [], "{text}");
        }
    }

    #[test]
    fn the_trace_is_the_invocations() {
        let mut extensions = Extensions::new();
        assert_eq!(TraceContext::of(&extensions), TraceContext::default());
        let mut context = lambda_http::Context::default();
        context.xray_trace_id = Some(ROOT.into());
        extensions.insert(context);
        assert_eq!(TraceContext::of(&extensions), TraceContext::parse(ROOT));
    }
}
