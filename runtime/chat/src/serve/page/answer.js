// One message on the page: a question as it was asked, or an answer as it comes.

import { announce, duration, element, errorBox, moment } from "/elements.js";
import { MarkdownView } from "/markdown.js";
import { Timeline, toolName } from "/timeline.js";

export class Question {
  constructor(text, timestamp) {
    this.text = text;
    this.timestamp = timestamp;
    const shown = element("div", { className: "text" }, text);
    this.element = element("article", { className: "message from-user" }, header("You", timestamp), shown);
  }

  toMarkdown() {
    return `## You, ${this.timestamp}\n\n${this.text}\n`;
  }
}

/** An answer: pieces of text and what tools did, in the order in which they came. */
export class Answer {
  constructor(timestamp) {
    this.timestamp = timestamp;
    this.body = element("div", { className: "body" });
    this.element = element("article", { className: "message from-agent" }, header("Agent", timestamp), this.body);
    this.parts = [];
    this.usage = null;
    this.milliseconds = 0;
    this.waiting = element("p", { className: "waiting" }, "Working");
  }

  get text() {
    return this.parts.filter((part) => part.view).map((part) => part.text).join("\n\n");
  }

  /** Starts, or goes on after approvals. */
  begin() {
    this.element.setAttribute("aria-busy", "true");
    this.footer?.remove();
    this.begun = this.parts.length;
    this.body.append(this.waiting);
  }

  /** Takes back what came since it last began. */
  rewind() {
    this.box?.remove();
    this.parts.splice(this.begun).forEach((part) => (part.view ?? part.timeline).element.remove());
  }

  /** Takes an event of the stream; `done` and `error` are the conversation's to handle. */
  take(event) {
    if (event.type === "text") this.addText(event.text);
    else if (event.type === "tool_started") this.startTool(event);
    else if (event.type === "tool_finished") this.finishTool(event);
    else if (event.type === "approval_required") this.calls().start(event.id, event.name, event.input).is("asks", "waits");
    else if (event.type === "usage") this.usage = sum(this.usage, event);
    this.body.append(this.waiting);
  }

  addText(text) {
    let part = this.parts.at(-1);
    if (!part?.view) {
      part = { view: new MarkdownView(), text: "" };
      this.parts.push(part);
      this.body.append(part.view.element);
    }
    part.text += text;
    if (part.scheduled) return;
    part.scheduled = true;
    // A background tab draws no frames, but it does run timers.
    setTimeout(() => this.draw(part), 40);
  }

  draw(part) {
    part.scheduled = false;
    part.view.update(part.text);
  }

  /** The timeline that is being added to: the last one, unless text came after it. */
  calls() {
    const last = this.parts.at(-1);
    if (last?.timeline) return last.timeline;
    const timeline = new Timeline();
    this.parts.push({ timeline });
    this.body.append(timeline.element);
    return timeline;
  }

  /** A call that waited for its approval goes on where it stands. */
  startTool({ id, name, input }) {
    const holder = this.parts.find((part) => part.timeline?.get(id))?.timeline ?? this.calls();
    holder.start(id, name, input);
    announce(`${toolName(name)} is running`);
  }

  finishTool(event) {
    const call = this.find(event.id);
    if (call && call.state !== "declined") call.finish(event);
  }

  find(id) {
    return this.parts.map((part) => part.timeline?.get(id)).find((call) => call !== undefined);
  }

  /** As a conversation remembers it. */
  remember({ content, tools = [] }) {
    tools.forEach((tool, index) => this.calls().start(index, tool.name, tool.input).remember(tool.success));
    if (content !== "") this.addText(content);
    this.settle();
  }

  /** Calls that wait for a yes; `decided` gets `[{id, approved}]` when there is a word on each. */
  askApprovals(calls, decided) {
    const words = [];
    this.boxes = calls.map(({ id, name, input }) => {
      const call = this.find(id) ?? this.calls().start(id, name, input);
      return call.askApproval((approved) => {
        call.element.querySelector("summary").focus();
        words.push({ id, approved });
        if (words.length === calls.length) decided(words);
      });
    });
    announce(`Waits for your approval: ${calls.map(({ name }) => toolName(name)).join(", ")}`);
  }

  /** Another question was asked instead: that declines what waited. */
  dropApprovals() {
    this.boxes?.forEach((box) => box.remove());
    this.boxes = [];
    for (const part of this.parts) {
      for (const call of part.timeline?.calls.values() ?? []) if (call.state === "asks") call.is("declined", "declined");
    }
  }

  settle() {
    this.waiting.remove();
    this.element.removeAttribute("aria-busy");
    for (const part of this.parts) {
      if (part.view) this.draw(part);
      else part.timeline.end();
    }
  }

  /** What the answer cost, and how it ended when that was not by itself. */
  finish(milliseconds, ending) {
    this.settle();
    this.milliseconds += milliseconds;
    const words = [duration(this.milliseconds)];
    if (this.usage) words.push(...figures(this.usage));
    if (ending && ending !== "end_turn") words.unshift(ending.replaceAll("_", " "));
    const copy = element("button", { type: "button", className: "quiet" }, "Copy");
    copy.onclick = async () => {
      await navigator.clipboard.writeText(this.text);
      announce("The answer is copied");
    };
    const spans = words.map((word) => element("span", {}, word));
    this.footer = element("footer", { className: "figures" }, ...spans, this.text === "" ? null : copy);
    this.body.append(this.footer);
  }

  fail(error, retry) {
    this.settle();
    this.box = errorBox(error, retry);
    this.body.append(this.box);
  }

  toMarkdown() {
    const parts = this.parts.map((part) => (part.view ? part.text : toolLines(part.timeline)));
    return `## Agent, ${this.timestamp}\n\n${parts.join("\n\n")}\n`;
  }
}

const figures = ({ input_tokens: input, output_tokens: output, cache_read_tokens: cached }) => [
  `${input.toLocaleString()} tokens in${cached > 0 ? ` and ${cached.toLocaleString()} cached` : ""}`,
  `${output.toLocaleString()} tokens out`,
];

/** An answer that waited for approvals has the figures of all its parts. */
function sum(before, event) {
  const fields = ["input_tokens", "output_tokens", "cache_read_tokens"];
  return Object.fromEntries(fields.map((field) => [field, (before?.[field] ?? 0) + (event[field] ?? 0)]));
}

function toolLines(timeline) {
  const line = (call) => `- Tool \`${call.name}\` ${call.outcome.textContent}`;
  return [...timeline.calls.values()].map(line).join("\n");
}

function header(name, timestamp) {
  const time = element("time", { dateTime: timestamp }, moment(timestamp));
  return element("header", {}, element("h3", {}, name), time);
}
