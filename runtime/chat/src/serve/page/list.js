// The list of conversations, newest first.

import * as api from "/api.js";
import { byId, element, errorBox, moment } from "/elements.js";

export class ConversationList {
  /** `open(id)` and `remove(id, name)` are called by the buttons. */
  constructor({ open, remove }) {
    this.open = open;
    this.remove = remove;
    this.summaries = [];
    /** First questions, of the conversations that were opened. */
    this.names = new Map();
    this.current = null;
    byId("more").onclick = () => this.load(this.cursor);
  }

  refresh() {
    return this.load(undefined);
  }

  /** One page; the first takes the place of all. */
  async load(cursor) {
    try {
      const page = await api.conversations(cursor);
      this.summaries = cursor === undefined ? page.conversations : [...this.summaries, ...page.conversations];
      this.cursor = page.next_cursor;
      byId("list-note").replaceChildren(this.summaries.length === 0 ? "None yet." : "");
    } catch (error) {
      byId("list-note").replaceChildren(errorBox(error, () => this.load(cursor)));
    }
    byId("more").hidden = !this.cursor;
    this.draw();
  }

  /** What is known of a conversation that is open. */
  note(id, name, current) {
    this.current = current;
    if (id && name) this.names.set(id, name);
    this.draw();
  }

  forget(id) {
    this.summaries = this.summaries.filter((summary) => summary.conversation_id !== id);
    this.draw();
  }

  /** Draws only what changed, so that the focus stays where it is. */
  draw() {
    const state = JSON.stringify([this.summaries, [...this.names], this.current]);
    if (state === this.drawn) return;
    this.drawn = state;
    const focused = document.activeElement?.closest?.("#list li")?.dataset.id;
    byId("list").replaceChildren(...this.summaries.map((summary) => this.entry(summary)));
    if (focused) this.focus(focused);
  }

  focus(id) {
    const entries = [...byId("list").children];
    const entry = entries.find((item) => item.dataset.id === id) ?? entries[0];
    (entry?.querySelector(".entry") ?? byId("new")).focus();
  }

  entry({ conversation_id: id, updated_at: updated, message_count: count, title }) {
    const when = moment(updated);
    const name = this.names.get(id) ?? title ?? when;
    const detail = `${name === when ? "" : `${when}, `}${count} ${count === 1 ? "message" : "messages"}`;
    const isOpen = id === this.current;
    const open = element(
      "button",
      { type: "button", className: "entry", "aria-current": isOpen ? "true" : null, onclick: () => this.open(id) },
      element("span", { className: "name" }, name),
      element("span", { className: "detail" }, detail),
    );
    const label = `Delete: ${name}`;
    const remove = { type: "button", className: "remove", "aria-label": label, onclick: () => this.remove(id, name) };
    return element("li", { data: { id, ...(isOpen && { open: "" }) } }, open, element("button", remove, "Delete"));
  }
}
