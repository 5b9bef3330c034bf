// What tools did, in their order: called with what, how long, how much came back, whether it worked.

import { duration, element, size } from "/elements.js";

/** Names are `<target>___<tool>`; people know the tool. */
export const toolName = (name) => name.split("___").pop();

/** A list of calls. */
export class Timeline {
  constructor() {
    this.element = element("ol", { className: "timeline", "aria-label": "Tools" });
    this.calls = new Map();
  }

  /** A call by its id; a second start of the same id takes the place of the first. */
  start(id, name, input) {
    const call = new Call(name, input);
    const before = this.calls.get(id);
    if (before) before.element.replaceWith(call.element);
    else this.element.append(call.element);
    this.calls.set(id, call);
    return call;
  }

  get(id) {
    return this.calls.get(id);
  }

  /** What still ran when the answer ended has no outcome. */
  end() {
    for (const call of this.calls.values()) if (call.state === "running") call.is("stopped", "not finished");
  }
}

class Call {
  constructor(name, input) {
    this.name = name;
    this.outcome = element("span", { className: "outcome" });
    this.facts = element("dl", { className: "inside" }, ...fact("Full name", name));
    this.facts.append(
      element("dt", {}, "Input"),
      element("dd", {}, element("pre", { tabIndex: 0 }, element("code", {}, JSON.stringify(input, null, 2)))),
    );
    const summary = element("summary", {}, element("code", {}, toolName(name)), ...brief(input), this.outcome);
    this.element = element("li", { data: { tool: name } }, element("details", {}, summary, this.facts));
    this.is("running", "running");
  }

  is(state, text) {
    this.state = state;
    this.element.dataset.state = state;
    this.outcome.textContent = `· ${text}`;
  }

  finish({ success, duration_ms: time, bytes }) {
    this.facts.append(...fact("Duration", duration(time)), ...fact("Result", size(bytes)));
    this.is(success ? "done" : "failed", `${success ? "" : "failed, "}${duration(time)}, ${size(bytes)}`);
  }

  /** As a conversation remembers it: without times. */
  remember(success) {
    this.is(success ? "done" : "failed", success ? "done" : "failed");
  }

  /** Shows the question; `decided` gets true for yes. */
  askApproval(decided) {
    this.is("asks", "waits for your approval");
    const choose = (approved) => () => {
      box.remove();
      this.is(approved ? "running" : "declined", approved ? "approved" : "declined");
      decided(approved);
    };
    const tool = element("code", {}, toolName(this.name));
    const box = element(
      "div",
      { className: "approval", role: "group", "aria-label": `Approval of ${toolName(this.name)}` },
      element("p", {}, "The agent wants to run ", tool, " with the input above. Allow it?"),
      element(
        "div",
        { className: "row" },
        element("button", { type: "button", className: "primary", onclick: choose(true) }, "Run"),
        element("button", { type: "button", onclick: choose(false) }, "Decline"),
      ),
    );
    this.element.querySelector("details").open = true;
    this.element.append(box);
    return box;
  }
}

const fact = (name, value) => [element("dt", {}, name), element("dd", {}, value)];

/** The first words of an input that has any. */
function brief(input) {
  const values = Object.values(input ?? {}).filter((value) => typeof value === "string" && value !== "");
  if (values.length === 0) return [];
  const text = values.join(", ");
  return [element("span", { className: "brief" }, ` ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`)];
}
