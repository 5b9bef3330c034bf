//! Tools that wait for the user's yes.

use crate::page::Page;
use crate::stage::APPROVED;

fn waiting(test: &str) -> Option<Page> {
    let page = Page::open(test)?;
    page.send("Topics: which are there?");
    page.wait_until("document.querySelector('.approval') !== null", "the approval is asked for");
    page.wait_for_answer();
    let call = page.text(&format!(".timeline li[data-tool=\"{APPROVED}\"][data-state=\"asks\"]"));
    assert!(call.contains("List all topics") && call.contains("Run") && call.contains("Decline"), "{call}");
    Some(page)
}

/// The state of the call and the answer, once the model has gone on.
fn ended(page: &Page) -> (String, String) {
    page.wait_until("document.querySelector('.from-agent .markdown') !== null", "the model goes on");
    page.wait_for_answer();
    let state = page.value(&format!("document.querySelector('[data-tool=\"{APPROVED}\"]').dataset.state"));
    assert_eq!(page.count(".approval"), 0);
    (state.as_str().unwrap_or_default().to_owned(), page.last_answer())
}

#[test]
fn a_tool_runs_after_the_yes() {
    let Some(page) = waiting("a_tool_runs_after_the_yes") else { return };
    page.browser.click(".approval button.primary");
    let (state, answer) = ended(&page);
    assert!(state == "done" && answer.contains("Heard: "), "{state}: {answer}");
}

#[test]
fn a_declined_tool_does_not_run_and_the_model_hears_it() {
    let Some(page) = waiting("a_declined_tool_does_not_run") else { return };
    page.browser.click(".approval button:not(.primary)");
    let (state, answer) = ended(&page);
    assert!(state == "declined" && answer.contains("declined this call"), "{state}: {answer}");
}

#[test]
fn a_conversation_that_waits_reads_back_and_can_be_approved() {
    let Some(page) = waiting("a_conversation_that_waits_reads_back") else { return };
    let id = page.conversation();
    page.visit();
    page.open_conversation(&id);
    page.wait_until("document.querySelector('.approval') !== null", "the approval is asked for again");
    page.browser.click(".approval button.primary");
    let (state, answer) = ended(&page);
    assert!(state == "done" && answer.contains("Heard: "), "{state}: {answer}");
}
