//! Keyboard, screen reader, colours, small windows.

use serde_json::{Value, json};

use crate::chromium::key;
use crate::page::Page;

/// Roles that people operate (WAI-ARIA 1.2, "widget roles"); each needs a name.
const CONTROLS: [&str; 8] =
    ["button", "link", "textbox", "checkbox", "combobox", "spinbutton", "DisclosureTriangle", "option"];

/// Nodes of the accessibility tree as `(role, name)`.
fn tree(page: &Page) -> Vec<(String, String)> {
    let tree = page.browser.devtools("Accessibility.getFullAXTree", json!({}));
    let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
    let text = |node: &Value, field: &str| node[field]["value"].as_str().unwrap_or_default().to_owned();
    nodes.iter().filter(|node| node["ignored"] != true).map(|node| (text(node, "role"), text(node, "name"))).collect()
}

fn assert_controls_have_names(page: &Page, least: usize) {
    let controls: Vec<_> = tree(page).into_iter().filter(|(role, _)| CONTROLS.contains(&role.as_str())).collect();
    assert!(controls.len() >= least, "{controls:?}");
    assert!(controls.iter().all(|(_, name)| !name.trim().is_empty()), "{controls:?}");
}

#[test]
fn every_control_has_a_name_and_the_page_its_landmarks() {
    let Some(page) = Page::open("every_control_has_a_name") else { return };
    page.ask("Clock: for the tree");
    page.ask("Table: for the tree");
    page.conversation();
    assert_controls_have_names(&page, 10);
    let tree = tree(&page);
    let has = |role: &str, name: &str| tree.iter().any(|node| node.0 == role && node.1.contains(name));
    for (role, name) in
        [("banner", ""), ("main", ""), ("navigation", "Conversations"), ("log", "Messages"), ("status", "")]
    {
        assert!(has(role, name), "no {role} `{name}` in {tree:?}");
    }
    assert!(has("textbox", "Your question") && has("heading", "AWS operations agent") && has("list", "Tools"));
    for (button, dialog, controls) in [("#show-options", "Settings", 6), ("#show-shortcuts", "Keyboard shortcuts", 1)] {
        page.browser.click(button);
        assert!(self::tree(&page).iter().any(|node| node.0 == "dialog" && node.1 == dialog), "{dialog}");
        assert_controls_have_names(&page, controls);
        page.browser.press(key::ESCAPE);
        assert_eq!(page.count("dialog[open]"), 0);
    }
}

/// Contrast of every text with what lies behind it (WCAG 2.2, 1.4.3); only opaque colours are used.
const CONTRAST: &str = "
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, index) => sum + c * [0.2126, 0.7152, 0.0722][index], 0);
    const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = channels(getComputedStyle(at).backgroundColor);
            if (colour.length === 3 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const faults = [];
    let count = 0;
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (walker.currentNode.data.trim() === '' || element.closest(':disabled, noscript') || !element.checkVisibility()) continue;
        const [one, other] = [light(channels(getComputedStyle(element).color)), light(behind(element))];
        const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        count += 1;
        if (ratio < 4.5) faults.push(`${ratio.toFixed(2)}: ${walker.currentNode.data.trim().slice(0, 40)}`);
    }
    return { count, faults };";

#[test]
fn colours_follow_the_system_or_the_switch_and_have_contrast() {
    let Some(page) = Page::open("colours_follow_the_system_or_the_switch") else { return };
    page.ask("Clock: in colours");
    page.ask("Table: in colours");
    page.send("Topics: in colours");
    page.wait_until("document.querySelector('.approval') !== null", "the approval is asked for");
    let theme = "document.documentElement.dataset.theme";
    for colours in ["dark", "light"] {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": colours}]});
        page.browser.devtools("Emulation.setEmulatedMedia", media);
        page.wait_until(&format!("{theme} === '{colours}'"), "the page follows the system");
        page.wait_until("document.getAnimations().length === 0", "colours have settled");
        let contrast = page.browser.run(CONTRAST);
        assert!(contrast["count"].as_u64() > Some(30), "{contrast}");
        assert_eq!(contrast["faults"], json!([]), "{colours}");
    }
    page.browser.click("#theme");
    assert_eq!(page.value(theme), "dark");
    page.visit();
    assert_eq!(page.value(theme), "dark", "the choice is kept");
}

#[test]
fn the_keyboard_is_enough() {
    let Some(page) = Page::open("the_keyboard_is_enough") else { return };
    let focused = |selector: &str| page.value(&format!("document.activeElement.matches('{selector}')")) == true;
    assert!(focused("#question"), "the question has the focus from the start");
    page.browser.press(&format!("one{}{}", key::SHIFT, key::ENTER));
    page.browser.press(&format!("two{}", key::ENTER));
    page.wait_until("document.querySelector('.from-user') !== null", "the question is sent");
    assert_eq!(page.text(".from-user .text"), "one\ntwo");
    page.wait_for_answer();
    let id = page.conversation();

    page.browser.press(&format!("{}n", key::ALT));
    page.wait_until("document.querySelector('.welcome') !== null", "a new conversation is shown");
    page.browser.press(&format!("{}l", key::ALT));
    assert!(focused("#list .entry"), "the list has the focus");
    page.browser.run(&format!("document.querySelector('#list li[data-id=\"{id}\"] .entry').focus()"));
    page.browser.press(key::ENTER);
    page.wait_until("document.querySelectorAll('article').length === 2", "the conversation is shown");
    page.browser.press(&format!("{}k", key::ALT));
    page.wait_until("document.getElementById('shortcuts').open", "the shortcuts are shown");
    page.browser.press(key::ESCAPE);
    page.browser.press(&format!("{}q", key::ALT));
    assert!(focused("#question"), "the question has the focus");
}

#[test]
fn tab_reaches_every_control_in_turn_and_the_focus_is_seen() {
    let Some(page) = Page::open("tab_reaches_every_control") else { return };
    page.browser.run("document.getElementById('show-list').focus()");
    page.browser.press(&format!("{}{}", key::SHIFT, key::TAB));
    let mut reached = vec![page.value("document.activeElement.className").as_str().unwrap_or_default().to_owned()];
    while reached.last().is_none_or(|last| last != "send") {
        assert!(reached.len() < 200, "the end is never reached: {reached:?}");
        page.browser.press(key::TAB);
        let outline = page.value("getComputedStyle(document.activeElement).outlineStyle");
        assert_eq!(outline, "solid", "after {reached:?}");
        let name = page.value("document.activeElement.id || document.activeElement.className");
        reached.push(name.as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(reached.first().map(String::as_str), Some("skip"));
    for control in ["show-list", "theme", "show-options", "new", "log", "question"] {
        assert!(reached.iter().any(|name| name == control), "{control} is not among {reached:?}");
    }
}

/// 320 pixels are what is left of 1280 at 400% zoom (WCAG 2.2, 1.4.10); 640 by 450 is 1280 by 900 at 200%.
#[test]
fn small_windows_need_no_sideways_scrolling() {
    let Some(page) = Page::open("small_windows_need_no_sideways_scrolling") else { return };
    page.ask("Table: in a small window");
    page.ask("Clock: in a small window");
    page.browser.run("document.querySelectorAll('details').forEach((element) => { element.open = true; })");
    for (width, height) in [(320, 640), (640, 450), (640, 300)] {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        page.browser.devtools("Emulation.setDeviceMetricsOverride", size);
        page.wait_until(&format!("innerWidth === {width}"), "the window is small");
        assert_eq!(page.value("document.documentElement.scrollWidth <= innerWidth"), true, "{width}");
        let cut = page.value(
            "[...document.querySelectorAll('header *, main *')].filter((element) => element.checkVisibility() \
             && !element.closest('.table, pre') && element.getBoundingClientRect().right > innerWidth + 1) \
             .map((element) => element.outerHTML.slice(0, 80))",
        );
        assert_eq!(cut, json!([]), "{width}");
    }
    page.browser.run("document.getElementById('show-list').click()");
    page.wait_until("document.getElementById('new').checkVisibility()", "the list is shown");
    page.browser.click("#new");
    page.wait_until("!document.getElementById('new').checkVisibility()", "the list makes room again");
}

#[test]
fn nothing_moves_for_those_who_want_it_so() {
    let Some(page) = Page::open("nothing_moves_for_those_who_want_it_so") else { return };
    let media = json!({"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]});
    page.browser.devtools("Emulation.setEmulatedMedia", media);
    page.send("Slowly: and calm");
    page.wait_until("document.querySelector('.from-agent .markdown') !== null", "the beginning comes");
    page.browser.click("#theme");
    assert_eq!(page.value("document.getAnimations().length"), 0);
    page.wait_for_answer();
}
