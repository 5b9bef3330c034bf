//! The list of conversations, and what can be done with one.

use crate::page::Page;

#[test]
fn conversations_are_listed_switched_and_deleted() {
    let Some(page) = Page::open("conversations_are_listed_switched_and_deleted") else { return };
    page.ask("First: of the talk");
    let first = page.conversation();
    page.browser.click("#new");
    page.ask("Second: of the talk");
    let second = page.conversation();
    assert_ne!(first, second);

    let entry = |id: &str| format!("#list li[data-id=\"{id}\"]");
    assert!(page.text(&entry(&first)).contains("First: of the talk"));
    page.open_conversation(&first);
    page.wait_until("document.querySelectorAll('article').length === 2", "the first conversation is shown");
    assert_eq!(page.text(".from-user .text"), "First: of the talk");
    assert!(page.last_answer().contains("You asked: First: of the talk"));
    assert_eq!(page.value("document.activeElement.id"), "conversation-title");

    page.browser.click(&format!("{} .remove", entry(&first)));
    page.browser.click("#confirm-yes");
    page.wait_until(&format!("document.querySelector('{}') === null", entry(&first)), "it is not listed any more");
    page.visit();
    page.wait_until(&format!("document.querySelector('{}') !== null", entry(&second)), "the other one is kept");
    assert_eq!(page.count(&entry(&first)), 0);
}

#[test]
fn an_answer_goes_on_behind_another_conversation() {
    let Some(page) = Page::open("an_answer_goes_on_behind_another_conversation") else { return };
    page.send("Slowly: behind");
    page.wait_until("document.querySelector('.from-agent .markdown') !== null", "the beginning comes");
    page.browser.click("#new");
    let short = page.ask("Short: in front");
    assert!(short.contains("You asked: Short: in front"), "{short}");
    let named = "[...document.querySelectorAll('#list li')].find((item) => item.innerText.includes('Slowly: behind'))";
    page.wait_until(&format!("{named} !== undefined"), "the first one is listed when it has ended");
    page.browser.run(&format!("{named}.querySelector('.entry').click()"));
    page.wait_until("document.getElementById('log').innerText.includes('the end.')", "its answer is whole");
}

#[test]
fn a_conversation_is_exported_as_markdown_and_cleared() {
    let Some(page) = Page::open("a_conversation_is_exported_as_markdown_and_cleared") else { return };
    page.ask("Clock: for the export");
    page.browser.run(
        "const make = URL.createObjectURL; \
         URL.createObjectURL = (blob) => { blob.text().then((text) => { window.exported = text; }); return make(blob); };",
    );
    page.browser.click("#export");
    page.wait_until("window.exported !== undefined", "the file is made");
    let exported = page.value("window.exported");
    let exported = exported.as_str().expect("text");
    for part in
        ["# Clock: for the export\n", "## You, 20", "## Agent, 20", "- Tool `aws___get_time`", "\nIt is noon.\n"]
    {
        assert!(exported.contains(part), "`{part}` is not in:\n{exported}");
    }
    page.browser.click("#clear");
    page.browser.click("#confirm-yes");
    page.wait_until("document.querySelectorAll('article').length === 0", "the messages are gone");
}

#[test]
fn settings_go_with_the_next_question_and_are_kept() {
    let Some(page) = Page::open("settings_go_with_the_next_question_and_are_kept") else { return };
    page.browser.click("#show-options");
    page.browser.type_into("#temperature", "0.3");
    page.browser.type_into("#max-tokens", "900");
    page.browser.click("#use-tools");
    page.browser.click("#options button[type=submit]");
    page.browser.run(
        "const send = window.fetch; \
         window.fetch = (path, options) => { if (path === '/api/ask') window.asked = options.body; return send(path, options); };",
    );
    page.ask("Settings: are they used?");
    let asked: serde_json::Value =
        serde_json::from_str(page.value("window.asked").as_str().expect("text")).expect("JSON");
    assert_eq!((&asked["temperature"], &asked["max_tokens"]), (&0.3.into(), &900.into()));
    assert_eq!(asked["use_tools"], false);
    page.visit();
    assert_eq!(page.value("document.getElementById('max-tokens').value"), "900");
}
