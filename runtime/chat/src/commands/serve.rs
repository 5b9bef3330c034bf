//! `chat serve`: the same conversation on a web page of this machine.

use std::io::{self, Write};

use super::{Outcome, closed};
use crate::{browser, failure::Failure, notices::Notices, serve::Server, settings::Settings, view::print_json};

/// What `chat serve` was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServeOptions {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Whether to open the page in the browser.
    pub open: bool,
}

/// Serves the page until Ctrl-C. The page's address goes to standard output.
///
/// # Errors
/// `serve/port`, and what goes wrong before the page can be served.
pub async fn serve(settings: &Settings, options: ServeOptions, notices: Notices) -> Result<Outcome, Failure> {
    let client = settings.client(notices.clone()).await?;
    let server = Server::bind(options.port, client, settings).await?;
    show(&server.address(), settings.json).map_err(closed)?;
    notices.show("The address holds the key to your session: give it to nobody. Ctrl-C ends.");
    if options.open {
        browser::open(server.ticket_address());
    }
    tokio::select! {
        ended = server.run() => ended.map(|()| Outcome::Succeeded),
        _ = tokio::signal::ctrl_c() => Ok(Outcome::Succeeded),
    }
}

fn show(address: &str, json: bool) -> io::Result<()> {
    if json {
        return print_json(&serde_json::json!({"url": address}));
    }
    let mut output = io::stdout();
    writeln!(output, "{address}")?;
    output.flush()
}
