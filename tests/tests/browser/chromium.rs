//! A headless Chromium behind chromedriver: the dozen calls of the WebDriver protocol
//! (<https://www.w3.org/TR/webdriver2/>) that the tests need, and Chromium's own DevTools commands.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use test_requirements::have_program;
use tokio::runtime::Runtime;

/// Key under which the protocol gives a reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Keys as WebDriver writes them.
pub mod key {
    pub const TAB: &str = "\u{e004}";
    pub const ENTER: &str = "\u{e007}";
    pub const SHIFT: &str = "\u{e008}";
    pub const ALT: &str = "\u{e00a}";
    pub const ESCAPE: &str = "\u{e00c}";
}

/// One browser with a profile of its own; dropping it ends it.
pub struct Chromium {
    runtime: Runtime,
    http: Client,
    driver: Child,
    session: String,
}

impl Chromium {
    /// None, and the test counted as skipped, where a program is missing.
    pub fn start(test: &str) -> Option<Self> {
        if !(have_program("chromium", test) && have_program("chromedriver", test)) {
            return None;
        }
        // Several test threads come here; the first installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        let http = Client::builder().no_proxy().build().expect("a plain client can be built");
        let (driver, port) = start_driver();
        let mut browser = Self { runtime, http, driver, session: format!("http://127.0.0.1:{port}/session") };
        let started = browser.call(Method::POST, "", &capabilities());
        let id = started["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {started}"));
        browser.session = format!("{}/{id}", browser.session);
        Some(browser)
    }

    pub fn visit(&self, address: &str) {
        self.call(Method::POST, "/url", &json!({"url": address}));
    }

    pub fn address(&self) -> String {
        self.call(Method::GET, "/url", &Value::Null).as_str().expect("an address").to_owned()
    }

    /// Runs a function body in the page.
    pub fn run(&self, script: &str) -> Value {
        self.call(Method::POST, "/execute/sync", &json!({"script": script, "args": []}))
    }

    pub fn click(&self, selector: &str) {
        let path = format!("/element/{}/click", self.element(selector));
        self.call(Method::POST, &path, &json!({}));
    }

    pub fn type_into(&self, selector: &str, text: &str) {
        let path = format!("/element/{}/value", self.element(selector));
        self.call(Method::POST, &path, &json!({"text": text}));
    }

    /// Presses keys wherever the focus is; modifiers are held up to the end.
    pub fn press(&self, keys: &str) {
        let focused = self.call(Method::GET, "/element/active", &Value::Null);
        let path = format!("/element/{}/value", reference(&focused));
        self.call(Method::POST, &path, &json!({"text": keys}));
    }

    /// A command of the DevTools protocol (<https://chromedevtools.github.io/devtools-protocol/>).
    pub fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.call(Method::POST, "/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// What came to a log, `browser` (the console) or `performance`, since it was last read.
    pub fn log(&self, kind: &str) -> Vec<Value> {
        let Value::Array(entries) = self.call(Method::POST, "/se/log", &json!({"type": kind})) else {
            return Vec::new();
        };
        entries
    }

    fn element(&self, selector: &str) -> String {
        reference(&self.call(Method::POST, "/element", &json!({"using": "css selector", "value": selector})))
    }

    fn call(&self, method: Method, path: &str, body: &Value) -> Value {
        let address = format!("{}{path}", self.session);
        let mut answer: Value = self.runtime.block_on(async {
            let request = self.http.request(method.clone(), &address);
            let request = if body.is_null() { request } else { request.json(body) };
            request.send().await.expect("chromedriver answers").json().await.expect("chromedriver answers with JSON")
        });
        let value = answer["value"].take();
        assert!(value.get("error").is_none_or(Value::is_null), "{method} {path} {body}: {value}");
        value
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let end = self.http.delete(&self.session).send();
        let _ = self.runtime.block_on(end);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// As root, and in most containers, Chromium cannot make its sandbox; it opens nothing but this
/// project's page. No name but loopback's is looked up, so that nothing leaves the machine.
fn capabilities() -> Value {
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--window-size=1280,900",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ];
    json!({"capabilities": {"alwaysMatch": {
        "browserName": "chrome",
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        "goog:chromeOptions": {"args": arguments},
    }}})
}

/// On a free port, which it says itself.
fn start_driver() -> (Child, u16) {
    let mut command = Command::new("chromedriver");
    command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut driver = command.spawn().expect("chromedriver starts");
    let lines = BufReader::new(driver.stdout.take().expect("stdout is piped")).lines();
    let port = lines
        .map_while(Result::ok)
        .find_map(|line| line.split("started successfully on port ").nth(1)?.trim_end_matches('.').parse().ok());
    (driver, port.expect("chromedriver says its port"))
}

fn reference(element: &Value) -> String {
    element[ELEMENT].as_str().unwrap_or_else(|| panic!("no element: {element}")).to_owned()
}
