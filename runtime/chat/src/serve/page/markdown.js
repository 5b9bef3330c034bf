// Markdown as elements: blocks are built node by node, so no text can become markup or script.

import { parseBlocks } from "/blocks.js";
import { element } from "/elements.js";
import { inline } from "/inline.js";

/** Shows a text that grows. What is already there stays the same element. */
export class MarkdownView {
  constructor() {
    this.element = element("div", { className: "markdown" });
    this.shown = [];
  }

  update(text) {
    const blocks = parseBlocks(text);
    let same = 0;
    while (same < this.shown.length && same < blocks.length && this.shown[same] === blocks[same].source) same += 1;
    while (this.element.children.length > same) this.element.lastElementChild.remove();
    this.element.append(...blocks.slice(same).map(render));
    this.shown = blocks.map((block) => block.source);
  }
}

const RENDERERS = {
  code: ({ text }) => element("pre", { tabIndex: 0 }, element("code", {}, text)),
  // The page's own headings end at the third level.
  heading: ({ level, text }) => element(`h${Math.min(level + 2, 6)}`, {}, ...inline(text)),
  rule: () => element("hr"),
  quote: ({ blocks }) => element("blockquote", {}, ...blocks.map(render)),
  list,
  table,
  paragraph: ({ text }) => element("p", {}, ...inline(text)),
};

function render(block) {
  return RENDERERS[block.kind](block);
}

function list({ start, loose, items }) {
  const made = start === null ? element("ul") : element("ol", { start });
  made.append(...items.map((blocks) => element("li", {}, ...itemNodes(blocks, loose))));
  return made;
}

/** In a list without blank lines the items are plain text, not paragraphs. */
function itemNodes(blocks, loose) {
  const paragraphs = blocks.filter((block) => block.kind === "paragraph").length;
  const plain = (block) => block.kind === "paragraph" && !loose && paragraphs === 1;
  return blocks.flatMap((block) => (plain(block) ? inline(block.text) : [render(block)]));
}

function table({ head, sides, rows }) {
  const cell = (tag, text, index) => element(tag, { className: sides[index] }, ...inline(text));
  const header = element("tr", {}, ...head.map((text, index) => cell("th", text, index)));
  header.querySelectorAll("th").forEach((column) => (column.scope = "col"));
  const body = rows.map((row) => element("tr", {}, ...row.map((text, index) => cell("td", text, index))));
  const whole = element("table", {}, element("thead", {}, header), element("tbody", {}, ...body));
  return element("div", { className: "table", tabIndex: 0, role: "region", "aria-label": "Table" }, whole);
}
