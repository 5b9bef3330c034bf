//! A whole load: conversations and a sampler of memory beside them.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::conversation::{Conversation, Held};
use super::figures::{Figures, MemoryReport};
use super::script;
use crate::{AgentUrl, IssuerTokens, Memory, Place, PlatformProcesses, SandboxControl};

/// People among whom the conversations are dealt out.
const PEOPLE: usize = 8;
const MEMORY_INTERVAL: Duration = Duration::from_secs(5);

/// What is asked of the agent.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub conversations: usize,
    pub duration: Duration,
    /// Mean pause of a conversation before each question.
    pub think: Duration,
    /// What the scripted model takes for one answer.
    pub answer: Duration,
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    pub figures: Figures,
    pub memory: MemoryReport,
    /// Questions that were refused before their answer began, and why.
    pub refused: Vec<String>,
    /// Lost, crossed or broken answers; empty when all is well.
    pub faults: Vec<String>,
}

/// Holds the conversations on a place that is deployed.
///
/// Two threads are enough: nearly all that happens is waiting.
pub fn run(place: &Place, load: Load) -> Report {
    let _ = rustls::crypto::ring::default_provider().install_default();
    SandboxControl::of(place).script(script::WORD, script::turns(load.answer));
    let issuer = IssuerTokens::of(place);
    let agent = AgentUrl::of(place);
    let people: Vec<_> =
        (0..PEOPLE).map(|number| agent.with_token(&issuer.log_in(&format!("person-{number}@example.com")))).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    let processes = PlatformProcesses::of(place);
    runtime.block_on(async {
        let sampler = tokio::spawn(sample(processes, load.duration));
        let started = Instant::now();
        let held = hold_all(load, &people).await;
        let samples = sampler.await.expect("the sampler ends");
        report(held, started.elapsed().min(load.duration), &samples)
    })
}

async fn hold_all(load: Load, people: &[AgentUrl]) -> Vec<Held> {
    let http = reqwest::Client::builder().no_proxy().build().expect("a plain client can be built");
    let until = Instant::now() + load.duration;
    let run = fastrand::u32(..);
    let mut conversations = JoinSet::new();
    for number in 0..load.conversations {
        let conversation = Conversation {
            number,
            id: format!("load-{run:08x}-{number}"),
            agent: people[number % people.len()].clone(),
            http: http.clone(),
            think: load.think,
            until,
        };
        conversations.spawn(conversation.hold());
    }
    conversations.join_all().await
}

async fn sample(processes: PlatformProcesses, duration: Duration) -> Vec<(Duration, Memory)> {
    let started = Instant::now();
    let mut samples = Vec::new();
    while started.elapsed() < duration {
        samples.push((started.elapsed(), processes.memory()));
        tokio::time::sleep(MEMORY_INTERVAL.min(duration / 4)).await;
    }
    samples
}

fn report(held: Vec<Held>, duration: Duration, samples: &[(Duration, Memory)]) -> Report {
    let seconds: Vec<f64> = held.iter().flat_map(|one| one.seconds.iter().copied()).collect();
    let refused = held.iter().flat_map(|one| one.refused.iter().cloned()).collect();
    let faults = held.into_iter().flat_map(|one| one.faults).collect();
    Report { figures: Figures::of(seconds, duration), memory: MemoryReport::of(samples), refused, faults }
}
