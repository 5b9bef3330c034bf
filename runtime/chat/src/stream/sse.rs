//! An incremental parser of server-sent events (WHATWG HTML, section 9.2.6).
//! Pure: bytes in, events out, however the bytes are cut.

/// One dispatched event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SseEvent {
    /// `message` when the stream names none.
    pub name: String,
    pub data: String,
}

/// Holds what has arrived of an unfinished line and event.
#[derive(Debug, Default)]
pub struct SseParser {
    line: Vec<u8>,
    name: String,
    data: Option<String>,
    after_carriage_return: bool,
    past_first_line: bool,
}

impl SseParser {
    /// Takes the next bytes; returns the events that they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<SseEvent> {
        let mut events = Vec::new();
        for &byte in bytes {
            let ends_crlf = std::mem::take(&mut self.after_carriage_return) && byte == b'\n';
            match byte {
                _ if ends_crlf => {}
                b'\n' | b'\r' => {
                    self.after_carriage_return = byte == b'\r';
                    events.extend(self.end_line());
                }
                _ => self.line.push(byte),
            }
        }
        events
    }

    /// Bytes held for an event that is not complete yet.
    pub fn pending_bytes(&self) -> usize {
        self.line.len() + self.data.as_ref().map_or(0, String::len)
    }

    fn end_line(&mut self) -> Option<SseEvent> {
        let bytes = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&bytes);
        let first = !std::mem::replace(&mut self.past_first_line, true);
        let line = if first { text.strip_prefix('\u{feff}').unwrap_or(&text) } else { &text };
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        self.field(field, value.strip_prefix(' ').unwrap_or(value));
        None
    }

    /// An empty field name is a comment; `id` and `retry` mean nothing here.
    fn field(&mut self, field: &str, value: &str) {
        match (field, &mut self.data) {
            ("event", _) => self.name = value.into(),
            ("data", Some(data)) => {
                data.push('\n');
                data.push_str(value);
            }
            ("data", none) => *none = Some(value.into()),
            _ => {}
        }
    }

    fn dispatch(&mut self) -> Option<SseEvent> {
        let name = std::mem::take(&mut self.name);
        let data = self.data.take()?;
        Some(SseEvent { name: if name.is_empty() { "message".into() } else { name }, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "\u{feff}: a comment\nevent: text\ndata: {\"text\":\"Grüße 🦀\"}\nid: 7\n\n\
                          data: one\r\ndata:two\r\n\r\n\
                          event: lonely\n\n\
                          event: done\rdata: end\r\r\
                          data\n\ndata: never dispatched";

    fn event(name: &str, data: &str) -> SseEvent {
        SseEvent { name: name.into(), data: data.into() }
    }

    fn expected() -> Vec<SseEvent> {
        vec![
            event("text", "{\"text\":\"Grüße 🦀\"}"),
            event("message", "one\ntwo"),
            event("done", "end"),
            event("message", ""),
        ]
    }

    #[test]
    fn events_do_not_depend_on_where_the_bytes_are_cut() {
        let bytes = STREAM.as_bytes();
        for cut in 0..=bytes.len() {
            let mut parser = SseParser::default();
            let mut events = parser.push(&bytes[..cut]);
            events.extend(parser.push(&bytes[cut..]));
            assert_eq!(events, expected(), "cut at byte {cut}");
        }
    }

    #[test]
    fn single_bytes_give_the_same_events() {
        let mut parser = SseParser::default();
        let events: Vec<_> = STREAM.bytes().flat_map(|byte| parser.push(&[byte])).collect();
        assert_eq!(events, expected());
        assert_eq!(parser.pending_bytes(), "data: never dispatched".len());
    }

    #[test]
    fn an_event_without_data_is_dropped_with_its_name() {
        let mut parser = SseParser::default();
        assert_eq!(parser.push(b"event: a\n\ndata: x\n\n"), vec![event("message", "x")]);
    }
}
