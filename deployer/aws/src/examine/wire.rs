//! A stand-in for AWS on a loopback port, for calls that the emulator has no
//! faithful answer for: a request is answered by the beginning of its line.

use std::sync::{Arc, Mutex};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::Clients;

#[derive(Debug, Clone)]
struct Answer {
    /// "GET /foundation-models/"
    begins: &'static str,
    status: u16,
    /// AWS's error code, for a refusal.
    error: Option<&'static str>,
    body: String,
}

#[derive(Default)]
struct Served {
    answers: Vec<Answer>,
    requests: Mutex<Vec<String>>,
}

pub struct Wire {
    address: String,
    served: Arc<Served>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Wire {
    /// Answers with these bodies.
    pub async fn answering<const N: usize>(answers: [(&'static str, u16, String); N]) -> Self {
        let answers = answers.map(|(begins, status, body)| Answer { begins, status, error: None, body });
        Self::serve(answers.to_vec()).await
    }

    /// Refuses with these error codes.
    pub async fn refusing<const N: usize>(answers: [(&'static str, u16, &'static str, &str); N]) -> Self {
        let answers = answers.map(|(begins, status, error, body)| Answer {
            begins,
            status,
            error: Some(error),
            body: body.to_string(),
        });
        Self::serve(answers.to_vec()).await
    }

    async fn serve(answers: Vec<Answer>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let served = Arc::new(Served { answers, ..Served::default() });
        let router = axum::Router::new().fallback(answer).with_state(served.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, served, task }
    }

    pub async fn clients(&self) -> Clients {
        self.clients_of("arn:aws:iam::111122223333:root").await
    }

    /// Clients of this caller.
    pub async fn clients_of(&self, principal: &str) -> Clients {
        let settings = crate::samples::settings().on_local_platform(&self.address);
        Clients::of_test(&settings, principal).await
    }

    /// Line, headers and body of every request.
    pub fn requests(&self) -> Vec<String> {
        self.served.requests.lock().unwrap().clone()
    }
}

async fn answer(State(served): State<Arc<Served>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let line = format!("{} {}", parts.method, parts.uri.path());
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let headers: String = parts
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    served.requests.lock().unwrap().push(format!("{line}\n{headers}\n{}", String::from_utf8_lossy(&body)));
    let found = served.answers.iter().find(|answer| line.starts_with(answer.begins)).cloned();
    let Some(found) = found else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = (StatusCode::from_u16(found.status).unwrap(), found.body).into_response();
    if let Some(error) = found.error {
        response.headers_mut().insert("x-amzn-errortype", error.parse().unwrap());
    }
    response
}
