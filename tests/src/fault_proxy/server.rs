//! The proxy as a server on a thread of its own.

use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::JoinHandle;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::sync::oneshot;
use tower::{BoxError, Service};

use super::answer;
use super::call::Call;
use super::fault::{Fault, FaultPoint, Rewriting};
use super::forward::Forwarder;
use super::switchboard::Switchboard;
use crate::Finished;

/// Stands between `deployer` and one local platform. Dropping it ends it.
pub struct FaultProxy {
    url: String,
    switchboard: Arc<Switchboard>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FaultProxy {
    /// `platform` is its address, `http://127.0.0.1:<port>`.
    pub fn start(platform: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket can be made non-blocking");
        let url = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
        let switchboard = Arc::new(Switchboard::default());
        let (stop, stopped) = oneshot::channel();
        let passage = Passage { switchboard: switchboard.clone(), forwarder: Forwarder::new(platform) };
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be made").block_on(async {
                tokio::select! {
                    () = serve(listener, passage) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { url, switchboard, stop: Some(stop), thread: Some(thread) }
    }

    /// Sends a command through the proxy, to its end. Calls are counted from its start.
    pub fn run(&self, command: &mut Command, faults: impl IntoIterator<Item = (FaultPoint, Fault)>) -> Finished {
        self.switchboard.set_victim(None);
        self.switchboard.arm(faults);
        let child = command
            .env("AWS_ENDPOINT_URL", &self.url)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("run {command:?}: {error}"));
        // Set long before the first call: the deployer reads files first.
        self.switchboard.set_victim(Some(child.id()));
        let output = child.wait_with_output().unwrap_or_else(|error| panic!("run {command:?}: {error}"));
        self.switchboard.set_victim(None);
        output.into()
    }

    /// From now on replaces a text in the bodies of an operation's requests, as a
    /// form spells it; None ends it. The platform's own key needs no valid signature.
    pub fn rewrite(&self, rewriting: Option<Rewriting>) {
        self.switchboard.rewrite(rewriting);
    }

    /// The calls of the last run, each once however often it was tried.
    pub fn log(&self) -> Vec<Call> {
        self.switchboard.log()
    }

    /// The faults that the last run met.
    pub fn met(&self) -> Vec<(FaultPoint, Fault)> {
        self.switchboard.met()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the proxy has shown itself in the test that used it.
            let _ = thread.join();
        }
    }
}

async fn serve(listener: TcpListener, passage: Passage) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("the runtime takes the socket");
    loop {
        // A client that is gone before it is accepted concerns nobody.
        let Ok((stream, _)) = listener.accept().await else { continue };
        stream.set_nodelay(true).ok();
        let passage = passage.clone();
        tokio::spawn(async move {
            let server = Builder::new(TokioExecutor::new());
            let connection = server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(passage));
            // An error ends the connection without an answer, which is what some faults want.
            let _ = connection.await;
        });
    }
}

#[derive(Clone)]
struct Passage {
    switchboard: Arc<Switchboard>,
    forwarder: Forwarder,
}

impl<B> Service<Request<B>> for Passage
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Response<Body>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let passage = self.clone();
        Box::pin(async move { passage.pass(request.map(Body::new)).await })
    }
}

impl Passage {
    /// An error closes the connection.
    async fn pass(&self, request: Request<Body>) -> io::Result<Response<Body>> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.map_err(io::Error::other)?;
        let call = Call::read(&parts, &body);
        let body = self.switchboard.rewritten(&call, body);
        let forward = self.forwarder.forward(parts, body);
        match self.switchboard.decide(&call) {
            None => forward.await,
            Some(Fault::Refused) => Ok(answer::refused(call.protocol)),
            Some(Fault::Denied) => Ok(answer::denied(call.protocol)),
            Some(Fault::Throttled) => Ok(answer::throttled(call.protocol)),
            Some(Fault::ServerError) => Ok(answer::server_error(call.protocol)),
            // Ends when the client closes the connection.
            Some(Fault::Hang) => pending().await,
            Some(Fault::AnswerLost) => forward.await.and_then(|_| Err(io::Error::other("the answer is lost"))),
            Some(Fault::KilledBefore) => {
                self.switchboard.kill();
                Err(io::Error::other("nobody is there to answer"))
            }
            Some(Fault::KilledAfter) => {
                let done = forward.await;
                self.switchboard.kill();
                done.and_then(|_| Err(io::Error::other("nobody is there to answer")))
            }
        }
    }
}
