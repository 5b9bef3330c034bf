//! What long work says while it runs. Libraries report, only the view writes.

/// One piece of news about a line of work; `key` tells lines apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Started {
        key: String,
        label: String,
    },
    /// Replaces the line's earlier detail: "waiting for IAM", "compiling tokio".
    Detail {
        key: String,
        text: String,
    },
    Finished {
        key: String,
        summary: String,
    },
    Failed {
        key: String,
        cause: String,
    },
    /// Belongs to no line.
    Note {
        text: String,
    },
}

/// Takes events; must not block.
pub trait Reporter: Send + Sync {
    fn report(&self, event: Event);
}

/// Convenience for the common events.
impl dyn Reporter + '_ {
    pub fn started(&self, key: &str, label: impl Into<String>) {
        self.report(Event::Started { key: key.into(), label: label.into() });
    }

    pub fn detail(&self, key: &str, text: impl Into<String>) {
        self.report(Event::Detail { key: key.into(), text: text.into() });
    }

    pub fn finished(&self, key: &str, summary: impl Into<String>) {
        self.report(Event::Finished { key: key.into(), summary: summary.into() });
    }

    pub fn failed(&self, key: &str, cause: impl Into<String>) {
        self.report(Event::Failed { key: key.into(), cause: cause.into() });
    }
}

/// Hears nothing; for tests and for commands that print only a result.
pub struct Silent;

impl Reporter for Silent {
    fn report(&self, _event: Event) {}
}
