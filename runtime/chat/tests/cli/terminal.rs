//! The prompt and the answers on a terminal.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use test_requirements::have_program;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::Semaphore,
    time::timeout,
};

use crate::{
    agent::{Piece, Reply, TestAgent, done, noon, piece, text},
    approvals::asks_for_leave,
    client::{Home, connection},
    issuer::TestIssuer,
};

/// No screen is waited for longer than this.
const PATIENCE: Duration = Duration::from_secs(60);

/// A terminal with `chat` on it.
struct Screen {
    child: Child,
    keys: ChildStdin,
    output: ChildStdout,
    /// What was shown since the last wait ended.
    shown: String,
}

impl Screen {
    fn open(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let (keys, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, keys, output, shown: String::new() }
    }

    async fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).await.unwrap();
        self.keys.flush().await.unwrap();
    }

    /// Waits until this text is on the screen; returns all up to and with it.
    async fn wait_for(&mut self, wanted: &str) -> String {
        loop {
            if let Some(position) = self.shown.find(wanted) {
                return self.shown.drain(..position + wanted.len()).collect();
            }
            let mut bytes = [0; 4096];
            let read = timeout(PATIENCE, self.output.read(&mut bytes)).await;
            let count = read.map_or(0, Result::unwrap);
            assert!(count > 0, "{wanted:?} was never shown: {:?}", self.shown);
            self.shown.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    }

    async fn end(mut self) -> i32 {
        let waited = timeout(PATIENCE, async {
            let mut rest = Vec::new();
            let _ = self.output.read_to_end(&mut rest).await;
            self.child.wait().await.unwrap()
        });
        waited.await.expect("it ends").code().unwrap()
    }
}

struct Stage {
    agent: TestAgent,
    _issuer: TestIssuer,
    home: Home,
}

async fn stage(replies: Vec<Reply>) -> Stage {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(replies).await);
    let home = Home::with(&connection(&agent, &issuer));
    Stage { agent, _issuer: issuer, home }
}

/// `None`, said once, where the machine lacks `script`.
async fn at_the_prompt(test: &str, replies: Vec<Reply>) -> Option<(Stage, Screen)> {
    if !have_program("script", test) {
        return None;
    }
    let stage = stage(replies).await;
    let mut screen = Screen::open(stage.home.terminal(&["--env", "local"]));
    screen.wait_for("you> ").await;
    Some((stage, screen))
}

fn message(stage: &Stage, index: usize) -> String {
    stage.agent.seen()[index].json()["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn ctrl_c_stops_the_answer_and_keeps_the_session() {
    let held = vec![piece(&text("It is ")), Piece::Hold(Arc::new(Semaphore::new(0)))];
    let replies = vec![Reply::pieces(held), Reply::events(&noon())];
    let Some((stage, mut screen)) = at_the_prompt("Ctrl-C at the prompt", replies).await else { return };
    screen.press("time?\r").await;
    screen.wait_for("It is").await;
    screen.press("\u{3}").await;
    screen.wait_for("stopped; the session goes on").await;
    screen.wait_for("you> ").await;
    screen.press("again?\r").await;
    screen.wait_for("noon.").await;
    screen.wait_for("you> ").await;
    screen.press("/quit\r").await;
    assert_eq!((screen.end().await, message(&stage, 1).as_str()), (0, "again?"));
}

#[tokio::test]
async fn a_call_that_waits_is_asked_about_at_the_prompt() {
    let replies = vec![Reply::events(&asks_for_leave()), Reply::events(&noon())];
    let Some((stage, mut screen)) = at_the_prompt("approval at the prompt", replies).await else { return };
    screen.press("stop it\r").await;
    screen.wait_for("run aws___stop {\"id\":\"i-1\"}? [y/N] ").await;
    screen.press("y\r").await;
    screen.wait_for("noon.").await;
    assert_eq!(stage.agent.seen()[1].json()["approvals"], json!([{"id": "t7", "approved": true}]));
}

#[tokio::test]
async fn a_call_that_waits_is_asked_about_after_one_question() {
    if !have_program("script", "approval after one question") {
        return;
    }
    let stage = stage(vec![Reply::events(&asks_for_leave()), Reply::events(&noon())]).await;
    let mut screen = Screen::open(stage.home.terminal(&["--env", "local", "stop it"]));
    screen.wait_for("[y/N] ").await;
    screen.press("\r").await;
    screen.wait_for("noon.").await;
    assert_eq!(screen.end().await, 0);
    assert_eq!(stage.agent.seen()[1].json()["approvals"], json!([{"id": "t7", "approved": false}]));
}

#[tokio::test]
async fn text_may_have_several_lines() {
    let replies = vec![Reply::events(&noon()), Reply::events(&noon())];
    let Some((stage, mut screen)) = at_the_prompt("several lines at the prompt", replies).await else { return };
    screen.press("one \\\rtwo\r").await;
    screen.wait_for("conversation c1").await;
    screen.wait_for("you> ").await;
    screen.press("\u{1b}[200~three\nfour\u{1b}[201~\r").await;
    screen.wait_for("conversation c1").await;
    assert_eq!((message(&stage, 0).as_str(), message(&stage, 1).as_str()), ("one \ntwo", "three\nfour"));
}

#[tokio::test]
async fn tab_completes_commands_and_conversations() {
    let conversation = json!({"conversation_id": "chat_77", "updated_at": "2026-01-02", "message_count": 4});
    let list = json!({"conversations": [conversation], "count": 1});
    let replies = vec![Reply::events(&noon()), Reply::json(200, list)];
    let Some((_stage, mut screen)) = at_the_prompt("completion at the prompt", replies).await else { return };
    screen.press("time?\r").await;
    screen.wait_for("conversation c1").await;
    screen.wait_for("you> ").await;
    screen.press("/co\t chat_\t\r").await;
    screen.wait_for("conversation chat_77").await;
}

#[tokio::test]
async fn markdown_is_formatted_while_it_streams() {
    if !have_program("script", "markdown on a terminal") {
        return;
    }
    let permits = Arc::new(Semaphore::new(0));
    let pieces = vec![
        piece(&text("There are **two** big\u{1b}(B ")),
        Piece::Hold(permits.clone()),
        piece(&text("*buckets*.\n\n| a |\n|---|\n| b |\n")),
        piece(&done()),
    ];
    let stage = stage(vec![Reply::pieces(pieces)]).await;
    let mut screen = Screen::open(stage.home.terminal(&["--env", "local", "buckets?"]));
    screen.wait_for("There are \u{1b}[1mtwo\u{1b}[0m big(B").await;
    permits.add_permits(1);
    screen.wait_for("\u{1b}[3mbuckets\u{1b}[0m.").await;
    screen.wait_for("───").await;
    assert_eq!(screen.end().await, 0);
}

#[tokio::test]
async fn no_color_and_plain_leave_the_text_as_the_model_writes_it() {
    if !have_program("script", "plain text on a terminal") {
        return;
    }
    let answer = || Reply::events(&[text("There are **two**.\n"), done()]);
    let stage = stage(vec![answer(), answer()]).await;
    let mut without_colour = stage.home.terminal(&["--env", "local", "buckets?"]);
    without_colour.env("NO_COLOR", "1");
    Screen::open(without_colour).wait_for("There are **two**.").await;
    Screen::open(stage.home.terminal(&["--env", "local", "--plain", "buckets?"])).wait_for("There are **two**.").await;
}
