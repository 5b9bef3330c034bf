//! What a hostile answer, another tab or a look over the shoulder may not do.

use serde_json::Value;

use crate::page::Page;

#[test]
fn hostile_text_in_an_answer_stays_text() {
    let Some(page) = Page::open("hostile_text_in_an_answer_stays_text") else { return };
    let answer = page.ask("Hostile: <img src=x onerror='window.ran = 1'>");
    assert!(answer.contains("<script>window.ran = 1</script>"), "{answer}");
    assert_eq!(page.text(".from-user .text"), "Hostile: <img src=x onerror='window.ran = 1'>");
    assert_eq!(page.count("#log script, #log img, #log svg, #log iframe, #log b, #log [onerror], #log [onload]"), 0);
    let links = page.value("[...document.querySelectorAll('#log a')].map((link) => link.protocol)");
    assert_eq!(links, serde_json::json!(["http:"]), "only the picture's address, as a link");
    let id = page.conversation();
    page.visit();
    page.open_conversation(&id);
    page.wait_until("document.querySelectorAll('article').length === 2", "it reads back");
    assert_eq!(page.value("window.ran === undefined"), true);
    assert_eq!(page.console_errors(), [""; 0]);
}

#[test]
fn the_page_asks_nobody_but_its_own_server() {
    let Some(page) = Page::open("the_page_asks_nobody_but_its_own_server") else { return };
    page.ask("Hostile: with addresses");
    page.ask("Table: with a link");
    page.browser.click("#show-options");
    page.browser.click("#tools summary");
    page.wait_until("document.getElementById('tools-list').innerText.includes('get_time')", "the tools are listed");
    let asked = requested(&page);
    assert!(asked.iter().any(|address| address.ends_with("/api/ask")), "{asked:?}");
    let own = format!("{}/", page.served.origin());
    let others: Vec<_> =
        asked.iter().filter(|address| !address.starts_with(&own) && *address != "about:blank").collect();
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(page.console_errors(), [""; 0]);
}

/// Addresses of all requests so far, from the browser's own records.
fn requested(page: &Page) -> Vec<String> {
    let messages = page.browser.log("performance").into_iter().filter_map(|entry| {
        let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
        let sent = event["message"]["method"] == "Network.requestWillBeSent";
        sent.then(|| event["message"]["params"]["request"]["url"].as_str().map(str::to_owned))?
    });
    messages.collect()
}

#[test]
fn the_key_leaves_the_address_and_survives_a_reload() {
    let Some(page) = Page::open("the_key_leaves_the_address_and_survives_a_reload") else { return };
    let key = page.served.address.split('#').nth(1).expect("the address has a key").to_owned();
    assert_eq!(page.browser.address(), format!("{}/", page.served.origin()));
    assert_eq!(page.value("document.documentElement.outerHTML.includes(sessionStorage.getItem('chat-key'))"), false);
    page.browser.visit(page.served.origin());
    assert!(page.ask("Again: after a reload").contains("You asked: Again"));
    assert!(requested(&page).iter().all(|address| !address.contains(&key) || *address == page.served.address));
}

#[test]
fn without_the_key_the_page_is_empty_and_says_so() {
    let Some(page) = Page::open("without_the_key_the_page_is_empty_and_says_so") else { return };
    page.browser.run("sessionStorage.clear(); location.reload();");
    page.wait_until("document.querySelector('.error') !== null", "the page says it");
    let error = page.text(".error");
    assert!(error.contains("serve/key") && error.contains("printed"), "{error}");
    assert_eq!(page.count("#list li"), 0);
}
