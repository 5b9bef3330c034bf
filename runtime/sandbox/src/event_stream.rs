//! Frames of AWS's event stream encoding (`application/vnd.amazon.eventstream`),
//! as Lambda's response streaming and Bedrock's ConverseStream answer with.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::{Bytes, BytesMut};
use serde_json::Value;

pub const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";

/// One event whose payload is JSON.
pub fn json_event(event_type: &'static str, payload: &Value) -> Bytes {
    event(event_type, "application/json", payload.to_string().into())
}

/// The exception that ends a stream, with its JSON.
pub fn json_exception(exception_type: &'static str, payload: &Value) -> Bytes {
    let headers = [(":message-type", "exception"), (":exception-type", exception_type)];
    frame(headers, "application/json", payload.to_string().into())
}

/// One event.
pub fn event(event_type: &'static str, content_type: &'static str, payload: Bytes) -> Bytes {
    frame([(":message-type", "event"), (":event-type", event_type)], content_type, payload)
}

/// Headers are at most a few words, so that encoding cannot fail: its only
/// errors are header lengths over their limits.
fn frame(kind: [(&'static str, &'static str); 2], content_type: &'static str, payload: Bytes) -> Bytes {
    let message =
        kind.into_iter().fold(Message::new(payload), |message, (name, value)| message.add_header(text(name, value)));
    let message = message.add_header(text(":content-type", content_type));
    let mut frame = BytesMut::new();
    write_message_to(&message, &mut frame).expect("short headers always fit a frame");
    frame.freeze()
}

fn text(name: &'static str, value: &'static str) -> Header {
    Header::new(name, HeaderValue::String(value.into()))
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};

    /// Event or exception types and payloads of a whole stream.
    pub fn decode(stream: &[u8]) -> Vec<(String, Bytes)> {
        let (mut decoder, mut rest, mut events) = (MessageFrameDecoder::new(), stream, Vec::new());
        while let DecodedFrame::Complete(message) = decoder.decode_frame(&mut rest).unwrap() {
            let is_type = |name: &str| matches!(name, ":event-type" | ":exception-type");
            let header = message.headers().iter().find(|header| is_type(header.name().as_str())).unwrap();
            events.push((header.value().as_string().unwrap().as_str().to_owned(), message.payload().clone()));
        }
        events
    }

    #[test]
    fn a_frame_is_read_back_by_the_sdk_decoder() {
        let mut stream = event("PayloadChunk", "application/octet-stream", Bytes::from_static(b"\x00\xff")).to_vec();
        stream.extend(json_event("InvokeComplete", &serde_json::json!({})));
        let events = decode(&stream);
        assert_eq!(events[0], ("PayloadChunk".into(), Bytes::from_static(b"\x00\xff")));
        assert_eq!(events[1], ("InvokeComplete".into(), Bytes::from_static(b"{}")));
    }
}
