//! One conversation of the load: asks, checks each answer, and at the end
//! compares what reads back with what was said.

use std::time::{Duration, Instant};

use contract::chat::{ChatEvent, EVENT_STREAM};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::script::{WORD, marker, markers};
use crate::agent_url::{AgentUrl, messages, parse_events, text};

/// How often a page of history is asked for when the platform is busy.
const READ_ATTEMPTS: usize = 5;

pub(super) struct Conversation {
    pub number: usize,
    pub id: String,
    pub agent: AgentUrl,
    pub http: Client,
    /// Mean pause before a question.
    pub think: Duration,
    pub until: Instant,
}

/// What became of one conversation.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Seconds from question to the end of its answer, and to its first text.
    pub seconds: Vec<f64>,
    /// Questions that were refused before an answer began.
    pub refused: Vec<String>,
    /// What was wrong; empty when all is well.
    pub faults: Vec<String>,
    /// Question and answer, as they were said.
    said: Vec<(String, String)>,
}

/// How one question ended.
enum Asked {
    Answered(String),
    Refused(String),
    Broken(String),
}

impl Conversation {
    pub(super) async fn hold(self) -> Held {
        let mut held = Held::default();
        sleep(self.think.mul_f64(fastrand::f64())).await;
        let mut turn = 0;
        while Instant::now() < self.until && held.faults.is_empty() {
            let question = format!("{WORD} {turn}: {}", marker(self.number, turn, fastrand::u64(..)));
            let started = Instant::now();
            match self.ask(&question).await {
                Asked::Answered(answer) => {
                    held.seconds.push(started.elapsed().as_secs_f64());
                    held.faults.extend(self.wrong_marker(&question, &answer));
                    held.said.push((question, answer));
                }
                Asked::Refused(why) => held.refused.push(why),
                Asked::Broken(why) => held.faults.push(format!("{}: {question}: {why}", self.id)),
            }
            turn += 1;
            sleep(self.think.mul_f64(0.5 + fastrand::f64())).await;
        }
        held.faults.extend(self.read_back(&held.said).await.err());
        held
    }

    async fn ask(&self, question: &str) -> Asked {
        let body = json!({"conversation_id": self.id, "message": question}).to_string();
        let response = match self.agent.request(&self.http, "POST", "stream", EVENT_STREAM, &body).send().await {
            Ok(response) => response,
            Err(error) => return Asked::Broken(format!("{error:?}")),
        };
        let status = response.status();
        let body = match response.text().await {
            Ok(body) => body,
            Err(error) => return Asked::Broken(format!("{error:?}")),
        };
        match status {
            StatusCode::OK => self.whole(&body).map_or_else(Asked::Broken, Asked::Answered),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Asked::Refused(body),
            _ => Asked::Broken(format!("{status}: {body}")),
        }
    }

    /// The answer's text, when the events are those of a whole answer in this conversation.
    fn whole(&self, body: &str) -> Result<String, String> {
        let events = parse_events(body)?;
        match (events.first(), events.last()) {
            (
                Some(ChatEvent::Started { conversation_id: first }),
                Some(ChatEvent::Done { conversation_id: last, tools_used, .. }),
            ) if *first == self.id && *last == self.id && tools_used.len() == 1 => Ok(text(&events)),
            _ => Err(format!("not a whole answer of this conversation: {body}")),
        }
    }

    fn wrong_marker(&self, question: &str, answer: &str) -> Option<String> {
        let found = markers(answer);
        (found != markers(question)).then(|| format!("{}: `{question}` was answered with {found:?}", self.id))
    }

    async fn read_back(&self, said: &[(String, String)]) -> Result<(), String> {
        let user_and_assistant = |(question, answer): &(String, String)| {
            [("user".to_owned(), question.clone()), ("assistant".to_owned(), answer.clone())]
        };
        let expected: Vec<_> = said.iter().flat_map(user_and_assistant).collect();
        let found = if said.is_empty() { Vec::new() } else { self.history().await? };
        if found == expected {
            return Ok(());
        }
        let at = found.iter().zip(&expected).position(|(one, other)| one != other).unwrap_or(found.len());
        let counts = format!("{} of {} messages read back", found.len(), expected.len());
        Err(format!("{}: {counts}; at {at}: {:?} instead of {:?}", self.id, found.get(at), expected.get(at)))
    }

    async fn history(&self) -> Result<Vec<(String, String)>, String> {
        let mut pages = Vec::new();
        let mut query = String::new();
        loop {
            let page = self.page(&query).await?;
            pages.push(messages(&page));
            match page["earlier"].as_u64() {
                Some(before) => query = format!("?before={before}"),
                None => return Ok(pages.into_iter().rev().flatten().collect()),
            }
        }
    }

    async fn page(&self, query: &str) -> Result<Value, String> {
        let path = format!("api/conversations/{}{query}", self.id);
        let mut last = String::new();
        for _ in 0..READ_ATTEMPTS {
            let request = self.agent.request(&self.http, "GET", &path, "application/json", "");
            let response = request.send().await.map_err(|error| format!("{}: {error:?}", self.id))?;
            let status = response.status();
            last = response.text().await.map_err(|error| format!("{}: {error:?}", self.id))?;
            match status {
                StatusCode::OK => return serde_json::from_str(&last).map_err(|error| format!("{error}: {last}")),
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => sleep(self.think).await,
                _ => return Err(format!("{}: {status}: {last}", self.id)),
            }
        }
        Err(format!("{}: could not be read: {last}", self.id))
    }
}
