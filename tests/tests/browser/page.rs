//! The page in a browser: what a person does with it and sees of it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::chromium::{Chromium, key};
use crate::stage::Served;

const DEADLINE: Duration = Duration::from_secs(60);

pub struct Page {
    pub browser: Chromium,
    pub served: Served,
}

impl Page {
    /// Opens the page; None where there is no browser and tests may be skipped.
    pub fn open(test: &str) -> Option<Self> {
        let browser = Chromium::start(test)?;
        let page = Self { browser, served: Served::start() };
        page.visit();
        Some(page)
    }

    /// Opens the printed address anew and waits until the page can be used.
    pub fn visit(&self) {
        self.browser.visit("about:blank");
        self.browser.visit(&self.served.address);
        self.wait_until("document.querySelector('.welcome') !== null", "the page is ready");
        self.wait_until("document.getElementById('place').textContent.includes('model')", "the agent is known");
    }

    /// The value of an expression.
    pub fn value(&self, expression: &str) -> Value {
        self.browser.run(&format!("return ({expression});"))
    }

    #[track_caller]
    pub fn wait_until(&self, condition: &str, what: &str) {
        let start = Instant::now();
        while self.value(condition) != true {
            assert!(start.elapsed() < DEADLINE, "{what}: `{condition}` never held; the page says:\n{}", self.whole());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Text of the first element that fits, as it is shown.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        let text = self.value(&format!("document.querySelector({})?.innerText", json!(selector)));
        text.as_str().unwrap_or_else(|| panic!("no {selector}; the page says:\n{}", self.whole())).to_owned()
    }

    pub fn count(&self, selector: &str) -> u64 {
        self.value(&format!("document.querySelectorAll({}).length", json!(selector))).as_u64().unwrap_or_default()
    }

    /// Types a question and sends it with the keyboard.
    pub fn send(&self, question: &str) {
        self.browser.type_into("#question", question);
        self.browser.type_into("#question", key::ENTER);
        self.wait_until("document.querySelector('.from-agent') !== null", "the question is sent");
    }

    #[track_caller]
    pub fn wait_for_answer(&self) {
        self.wait_until("document.getElementById('stop').hidden", "the answer has ended");
    }

    /// Asks and gives the text of the last answer.
    #[track_caller]
    pub fn ask(&self, question: &str) -> String {
        self.send(question);
        self.wait_for_answer();
        self.last_answer()
    }

    pub fn last_answer(&self) -> String {
        self.text("#log section > article:last-of-type .body")
    }

    /// Id of the conversation that is shown, once the list has it.
    #[track_caller]
    pub fn conversation(&self) -> String {
        self.wait_until("document.querySelector('#list li[data-open]') !== null", "the conversation is listed");
        let id = self.value("document.querySelector('#list li[data-open]').dataset.id");
        id.as_str().expect("an id").to_owned()
    }

    /// Opens a conversation from the list.
    #[track_caller]
    pub fn open_conversation(&self, id: &str) {
        let entry = format!("#list li[data-id=\"{id}\"] .entry");
        self.wait_until(&format!("document.querySelector('{entry}') !== null"), "the conversation is listed");
        self.browser.click(&entry);
    }

    /// Errors on the console since it was last looked at, a refusal by the content policy among them.
    pub fn console_errors(&self) -> Vec<String> {
        let entries = self.browser.log("browser").into_iter();
        entries.filter(|entry| entry["level"] == "SEVERE").map(|entry| entry["message"].to_string()).collect()
    }

    fn whole(&self) -> String {
        self.value("document.body.innerText").as_str().unwrap_or_default().to_owned()
    }
}
