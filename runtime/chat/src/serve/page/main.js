// The page: one conversation is shown, others may still be answered behind it.

import * as api from "/api.js";
import { Conversation } from "/conversation.js";
import { announce, byId, element, errorBox } from "/elements.js";
import { ConversationList } from "/list.js";
import { requestOptions, startOptions, switchTheme } from "/options.js";

const EXAMPLES = ["What time is it?", "List my S3 buckets", "Which EC2 instances are running?"];

const log = byId("log");
const question = byId("question");
const narrow = matchMedia("(max-width: 52rem)");
const list = new ConversationList({ open, remove });

/** Conversations that are shown or still being answered. */
const live = new Set();
let shown = new Conversation(null, changed);

function show(conversation) {
  for (const other of live) if (!other.busy) live.delete(other);
  live.add(conversation);
  shown = conversation;
  log.replaceChildren(conversation.element);
  changed(conversation);
  toEnd();
}

function startNew() {
  const conversation = new Conversation(null, changed);
  conversation.element.append(welcome());
  show(conversation);
  toggleList(!narrow.matches);
  question.focus();
}

async function open(id) {
  const running = [...live].find((conversation) => conversation.id === id && conversation.busy);
  const conversation = running ?? new Conversation(id, changed);
  show(conversation);
  if (narrow.matches) toggleList(false);
  if (!running) await conversation.load();
  toEnd();
  byId("conversation-title").focus();
}

/** Follows the end of the text unless the reader has scrolled away from it. */
function changed(conversation) {
  list.note(conversation.id, conversation.name, shown.id);
  if (conversation !== shown) return void (conversation.busy || list.refresh());
  const { scrollHeight, scrollTop, clientHeight } = scroller();
  const atEnd = scrollHeight - scrollTop - clientHeight < 120;
  byId("conversation-title").textContent = shown.name ?? (shown.id ? "Conversation" : "New conversation");
  const wasBusy = !byId("stop").hidden;
  byId("stop").hidden = !shown.busy;
  byId("send").hidden = shown.busy;
  byId("export").disabled = shown.messages.length === 0;
  byId("clear").disabled = shown.messages.length === 0 || shown.busy || !shown.id;
  if (shown.busy && atEnd) requestAnimationFrame(toEnd);
  if (wasBusy && !shown.busy) settled(atEnd);
}

function settled(atEnd) {
  if (atEnd) requestAnimationFrame(toEnd);
  if (document.activeElement === document.body || document.activeElement === byId("stop")) question.focus();
  list.refresh();
}

/** In a low window the page scrolls as a whole. */
const scroller = () => (getComputedStyle(log).overflowY === "visible" ? document.scrollingElement : log);

function toEnd() {
  scroller().scrollTop = scroller().scrollHeight;
}

function send() {
  const text = question.value.trim();
  if (text === "" || shown.busy) return;
  question.value = "";
  shown.element.querySelector(".welcome")?.remove();
  shown.ask(text, requestOptions());
  announce("The question is sent");
  toEnd();
}

function welcome() {
  const example = (text) => element("li", {}, element("button", { type: "button", onclick: () => take(text) }, text));
  const take = (text) => {
    question.value = text;
    send();
  };
  return element(
    "div",
    { className: "welcome" },
    element("h3", {}, "What would you like to know about your AWS account?"),
    element("p", {}, "The agent looks, it changes nothing. Every answer says what was asked of AWS."),
    element("ul", { "aria-label": "Examples" }, ...EXAMPLES.map(example)),
  );
}

/** Resolves to true for yes. */
function confirm(title, text, yes) {
  byId("confirm-title").textContent = title;
  byId("confirm-text").textContent = text;
  byId("confirm-yes").textContent = yes;
  const dialog = byId("confirm");
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

async function remove(id, name) {
  if (!(await confirm("Delete this conversation?", name, "Delete"))) return;
  const running = [...live].find((conversation) => conversation.id === id);
  running?.stop();
  try {
    await api.remove(id);
    list.forget(id);
    announce("The conversation is deleted");
    if (shown.id === id) startNew();
    else list.focus(list.current);
  } catch (error) {
    byId("list-note").replaceChildren(errorBox(error));
  }
}

async function clear() {
  const { id } = shown;
  if (!(await confirm("Clear this conversation?", "Its messages are deleted, the conversation stays.", "Clear"))) return;
  try {
    await api.clear(id);
    await open(id);
    await list.refresh();
  } catch (error) {
    shown.element.append(errorBox(error, clear));
  }
}

async function exportMarkdown() {
  if (shown.messages.length === 0) return;
  const address = URL.createObjectURL(new Blob([await shown.toMarkdown()], { type: "text/markdown" }));
  element("a", { href: address, download: `${shown.id ?? "conversation"}.md` }).click();
  URL.revokeObjectURL(address);
  announce("The conversation is exported");
}

function toggleList(opened) {
  document.documentElement.dataset.list = opened ? "open" : "closed";
  byId("show-list").setAttribute("aria-expanded", String(opened));
}

function goToList() {
  toggleList(true);
  list.focus(shown.id);
}

const SHORTCUTS = {
  KeyQ: () => question.focus(),
  KeyN: startNew,
  KeyL: goToList,
  KeyX: exportMarkdown,
  KeyT: switchTheme,
  KeyK: () => byId("shortcuts").showModal(),
};

function onKey(event) {
  if (document.querySelector("dialog[open]") || event.isComposing) return;
  const { altKey, ctrlKey, metaKey, shiftKey } = event;
  if (altKey && !ctrlKey && !metaKey && !shiftKey && SHORTCUTS[event.code]) {
    event.preventDefault();
    SHORTCUTS[event.code]();
  } else if (event.key === "Escape" && shown.busy) {
    shown.stop();
  } else if (event.key === "Escape" && narrow.matches) {
    toggleList(false);
  } else if (event.key === "Enter" && event.target === question && !shiftKey && !altKey) {
    event.preventDefault();
    send();
  }
}

function listen() {
  byId("composer").onsubmit = (event) => {
    event.preventDefault();
    send();
  };
  byId("stop").onclick = () => shown.stop();
  byId("new").onclick = startNew;
  byId("clear").onclick = clear;
  byId("export").onclick = exportMarkdown;
  byId("show-list").onclick = () => toggleList(document.documentElement.dataset.list !== "open");
  byId("show-options").onclick = () => byId("options").showModal();
  byId("show-shortcuts").onclick = () => byId("shortcuts").showModal();
  document.addEventListener("keydown", onKey);
  narrow.onchange = () => toggleList(!narrow.matches);
}

/** Which agent this is; its model comes when it has answered. */
async function showPlace(session) {
  const name = session.environment || session.agent;
  document.title = `${name}: AWS operations agent`;
  byId("place").textContent = name;
  try {
    byId("place").textContent = `${name}, model ${(await api.health()).model}`;
  } catch {
    byId("place").textContent = `${name}, the agent does not answer`;
  }
}

async function start() {
  startOptions();
  toggleList(!narrow.matches);
  listen();
  try {
    await api.openDoor();
    const session = await api.session();
    showPlace(session);
    byId("login").hidden = session.logged_in;
    if (session.conversation) await open(session.conversation);
    else startNew();
    await list.refresh();
    byId("login").hidden = (await api.session()).logged_in;
  } catch (error) {
    log.replaceChildren(errorBox(error, start));
  }
}

start();
