//! Plain HTTP, one request at a time.

use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Sends what `request` makes of a client and reads the answer to its end.
pub fn send(request: impl FnOnce(&Client) -> RequestBuilder) -> Answer {
    wait_for(async |client| {
        let response = request(client).send().await.expect("the server answers");
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.text().await.expect("the answer is text") }
    })
}

/// Gives `work` a client of its own and waits for it.
pub(crate) fn wait_for<T>(work: impl AsyncFnOnce(&Client) -> T) -> T {
    // Several test threads come here; the first installs it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    runtime.block_on(async {
        let client = Client::builder().no_proxy().build().expect("a plain client can be built");
        work(&client).await
    })
}
