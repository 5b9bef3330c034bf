//! The local server itself: where it listens, what it routes.

use std::{sync::Arc, time::Instant};

use axum::{Router, middleware, routing::post};
use tokio::net::TcpListener;

use super::{
    api::{self, Desk, SessionInfo},
    door::Door,
    guard, page,
};
use crate::{agent_client::AgentClient, failure::Failure, settings::Settings};

/// Bound to 127.0.0.1 and ready to run.
pub struct Server {
    listener: TcpListener,
    port: u16,
    door: Arc<Door>,
    desk: Arc<Desk>,
}

impl Server {
    /// Port 0 takes a free one.
    ///
    /// # Errors
    /// `serve/port` when the port is taken.
    pub async fn bind(port: u16, client: AgentClient, settings: &Settings) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::new("serve/port", format!("listen at 127.0.0.1:{port}"), error)
                .hint("another program may use this port: choose one with --port, or leave it out to take a free one")
        };
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let desk = Arc::new(Desk { client, session: session(settings) });
        Ok(Self { listener, port, door: Arc::new(Door::new()), desk })
    }

    /// The page's address with the key, to be printed.
    pub fn address(&self) -> String {
        self.address_with(self.door.key().expose())
    }

    /// The page's address with a ticket, good for one use within a minute.
    pub fn ticket_address(&self) -> String {
        self.address_with(&self.door.ticket(Instant::now()))
    }

    /// Answers until it is dropped.
    ///
    /// # Errors
    /// `serve/failed` when it cannot go on.
    pub async fn run(self) -> Result<(), Failure> {
        let router = router(self.port, self.door, self.desk);
        axum::serve(self.listener, router).await.map_err(|error| Failure::new("serve/failed", "serve the page", error))
    }

    fn address_with(&self, key: &str) -> String {
        format!("http://127.0.0.1:{}/#{key}", self.port)
    }
}

fn router(port: u16, door: Arc<Door>, desk: Arc<Desk>) -> Router {
    let keyed = api::router(desk).layer(middleware::from_fn_with_state(door.clone(), guard::keyed));
    Router::new()
        .route("/api/open", post(guard::open))
        .with_state(door)
        .nest("/api", keyed)
        .fallback(page::file)
        .layer(middleware::from_fn_with_state(port, guard::guarded))
}

fn session(settings: &Settings) -> SessionInfo {
    let url = url::Url::parse(&settings.connection.function_url).ok();
    SessionInfo {
        environment: settings.connection.environment.clone(),
        agent: url.and_then(|url| url.host_str().map(Into::into)).unwrap_or_default(),
        version: env!("CARGO_PKG_VERSION"),
        conversation: settings.conversation.clone(),
        logged_in: false,
    }
}
