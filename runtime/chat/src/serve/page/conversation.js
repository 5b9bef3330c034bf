// A conversation: what was said, what is being answered, and the way to ask on.

import * as api from "/api.js";
import { Answer, Question } from "/answer.js";
import { announce, element, errorBox } from "/elements.js";

const APPROVAL_REQUIRED = "approval_required";

export class Conversation {
  /** `changed` is called when the name, the state or the messages are others than before. */
  constructor(id, changed) {
    this.id = id;
    this.changed = changed;
    this.messages = [];
    this.earlier = undefined;
    this.working = null;
    this.element = element("section", {});
    this.earlierButton = element("button", { type: "button", hidden: true }, "Show earlier messages");
    this.earlierButton.onclick = () => this.showEarlier();
    this.element.append(this.earlierButton);
  }

  get busy() {
    return this.working !== null;
  }

  /** The first question's first line, once it is known. */
  get name() {
    const first = this.earlier === undefined ? this.messages.find((message) => message instanceof Question) : null;
    return first?.text.trim().split("\n")[0].slice(0, 80) ?? null;
  }

  async load() {
    try {
      const page = await api.conversation(this.id);
      this.messages = [];
      this.element.replaceChildren(this.earlierButton);
      this.add(page.history.map(remembered));
      this.keepEarlier(page.earlier);
      const waiting = page.approvals_required ?? [];
      if (waiting.length > 0) this.askApprovals(this.lastAnswer(), waiting);
    } catch (error) {
      this.element.replaceChildren(errorBox(error, () => this.load()));
    }
    this.changed(this);
  }

  async showEarlier() {
    const page = await api.conversation(this.id, this.earlier);
    const messages = page.history.map(remembered);
    this.messages.unshift(...messages);
    this.earlierButton.after(...messages.map((message) => message.element));
    this.keepEarlier(page.earlier);
    this.changed(this);
  }

  keepEarlier(earlier) {
    this.earlier = earlier;
    this.earlierButton.hidden = earlier === undefined;
  }

  add(messages) {
    this.messages.push(...messages);
    this.element.append(...messages.map((message) => message.element));
  }

  lastAnswer() {
    const last = this.messages.at(-1);
    if (last instanceof Answer) return last;
    const answer = new Answer(new Date().toISOString());
    this.add([answer]);
    return answer;
  }

  ask(text, options) {
    this.messages.forEach((message) => message.dropApprovals?.());
    const now = new Date().toISOString();
    const answer = new Answer(now);
    this.add([new Question(text, now), answer]);
    return this.run({ message: text, ...options }, answer);
  }

  askApprovals(answer, calls) {
    answer.askApprovals(calls, (approvals) => this.run({ approvals }, answer));
  }

  /** Sends and shows the answer as it comes. */
  async run(request, answer) {
    const controller = new AbortController();
    this.working = controller;
    answer.begin();
    this.changed(this);
    const began = performance.now();
    try {
      const ending = await this.receive(request, answer, controller.signal);
      answer.finish(performance.now() - began, ending);
    } catch (error) {
      if (controller.signal.aborted) this.stopped(answer, performance.now() - began);
      else answer.fail(error, () => this.again(request, answer));
    }
    this.working = null;
    this.changed(this);
  }

  /** Returns why the answer ended. */
  async receive(request, answer, signal) {
    const waiting = [];
    let ending = null;
    for await (const event of api.ask({ ...request, conversation_id: this.id ?? undefined }, signal)) {
      this.id = event.conversation_id ?? this.id;
      if (event.type === "error") throw new api.ApiError(event.error);
      if (event.type === "done") ending = event.stop_reason;
      if (event.type === "approval_required") waiting.push(event);
      answer.take(event);
      this.changed(this);
    }
    if (ending === APPROVAL_REQUIRED) this.askApprovals(answer, waiting);
    else announce(`The answer is finished. ${answer.text}`);
    return ending === APPROVAL_REQUIRED ? "waits for your approval" : ending;
  }

  stopped(answer, milliseconds) {
    answer.finish(milliseconds, "stopped");
    announce("The answer is stopped");
  }

  again(request, answer) {
    answer.rewind();
    return this.run(request, answer);
  }

  stop() {
    this.working?.abort();
  }

  /** The whole conversation as Markdown, earlier messages included. */
  async toMarkdown() {
    while (this.earlier !== undefined) await this.showEarlier();
    const title = `# ${this.name ?? "Conversation"}\n\nConversation ${this.id ?? "without an id"}\n`;
    return [title, ...this.messages.map((message) => message.toMarkdown())].join("\n");
  }
}

function remembered(message) {
  if (message.role === "user") return new Question(message.content, message.timestamp);
  const answer = new Answer(message.timestamp);
  answer.remember(message);
  return answer;
}
