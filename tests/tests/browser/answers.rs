//! Questions and their answers.

use crate::chromium::key;
use crate::page::Page;
use crate::stage::{TIME, mend};

#[test]
fn an_answer_is_shown_while_it_is_written() {
    let Some(page) = Page::open("an_answer_is_shown_while_it_is_written") else { return };
    page.send("Slowly: count");
    page.wait_until(
        "document.querySelector('.from-agent .markdown')?.innerText.includes('word3')",
        "the beginning comes",
    );
    let begun = page.last_answer();
    assert!(!begun.contains("the end."), "{begun}");
    assert_eq!(page.value("document.querySelector('.from-agent').ariaBusy"), "true");
    page.wait_for_answer();
    let whole = page.last_answer();
    assert!(whole.contains("word80 the end."), "{whole}");
    let figures = page.text(".figures");
    assert!(figures.contains("tokens in") && figures.contains("tokens out") && figures.contains(" s"), "{figures}");
    let told = page.value("document.getElementById('status').textContent");
    assert!(told.as_str().is_some_and(|told| told.starts_with("The answer is finished. word1 ")), "{told}");
    assert_eq!(page.console_errors(), [""; 0]);
}

#[test]
fn tools_are_shown_with_what_they_were_called_with_and_how_they_ended() {
    let Some(page) = Page::open("tools_are_shown") else { return };
    let answer = page.ask("Clock: what time is it?");
    assert!(answer.contains("It is noon."), "{answer}");
    let call = format!(".timeline li[data-tool=\"{TIME}\"][data-state=\"done\"]");
    let brief = page.text(&format!("{call} summary"));
    assert!(brief.starts_with("get_time") && brief.contains("ms") && brief.contains("bytes"), "{brief}");
    page.browser.click(&format!("{call} summary"));
    let opened = page.text(&call);
    for fact in [TIME, "Input", "{}", "Duration", "Result"] {
        assert!(opened.contains(fact), "`{fact}` is not in:\n{opened}");
    }
}

#[test]
fn the_escape_key_and_the_button_stop_an_answer() {
    let Some(page) = Page::open("the_escape_key_and_the_button_stop_an_answer") else { return };
    for by_key in [true, false] {
        page.send("Slowly: count");
        let last = "document.querySelector('#log section > article:last-of-type .body').innerText";
        page.wait_until(&format!("{last}.includes('word2')"), "the beginning comes");
        if by_key {
            page.browser.press(key::ESCAPE)
        } else {
            page.browser.click("#stop")
        }
        page.wait_for_answer();
        let answer = page.last_answer();
        assert!(answer.contains("stopped") && !answer.contains("the end."), "{answer}");
    }
    assert!(page.ask("Go on").contains("You asked: Go on"));
}

#[test]
fn markdown_becomes_elements() {
    let Some(page) = Page::open("markdown_becomes_elements") else { return };
    page.ask("Table: of the buckets");
    assert_eq!(page.text(".markdown h4"), "Buckets");
    assert_eq!((page.text(".markdown strong"), page.text(".markdown p code")), ("two".into(), "s3".into()));
    assert_eq!((page.count(".markdown th"), page.count(".markdown td.right")), (2, 2));
    assert_eq!(page.count(".markdown ol > li > ul > li"), 1);
    assert_eq!((page.text(".markdown blockquote"), page.text(".markdown pre")), ("quoted".into(), "aws s3 ls".into()));
    let link = page.value("(({href, rel}) => `${href} ${rel}`)(document.querySelector('.markdown a'))");
    assert_eq!(link, "https://docs.example/s3 noopener noreferrer");
}

#[test]
fn an_error_is_shown_and_the_question_can_be_asked_again() {
    let Some(page) = Page::open("an_error_is_shown") else { return };
    page.ask("Broken: is it?");
    let error = page.text(".error[role=alert]");
    assert!(error.contains("Try again") && page.text(".error .code").contains('/'), "{error}");
    mend();
    page.browser.click(".error button");
    page.wait_until("document.querySelector('.error') === null", "the error is gone");
    page.wait_for_answer();
    assert!(page.last_answer().contains("It works."), "{}", page.last_answer());
}

#[test]
fn a_server_that_has_ended_is_told() {
    let Some(Page { browser, served }) = Page::open("a_server_that_has_ended_is_told") else { return };
    let address = served.origin().to_owned();
    drop(served);
    browser.type_into("#question", "Hello");
    browser.type_into("#question", key::ENTER);
    let start = std::time::Instant::now();
    let told = loop {
        let text = browser.run("return document.querySelector('.error')?.innerText ?? ''");
        let text = text.as_str().unwrap_or_default().to_owned();
        if !text.is_empty() {
            break text;
        }
        assert!(start.elapsed().as_secs() < 60, "nothing is told about {address}");
        std::thread::sleep(std::time::Duration::from_millis(30));
    };
    assert!(told.contains("chat serve") && told.contains("serve/unreachable"), "{told}");
}
