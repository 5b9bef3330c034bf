// What stands within a line of Markdown, as DOM nodes. Only http and https links become links.

import { element } from "/elements.js";

// Every repetition has an upper limit, so that no text, however odd, takes long.
const PIECES = [
  /\\(?<escaped>[!-/:-@[-`{-~])/,
  /(?<ticks>`{1,8})(?!`)(?<code>[^]{1,2000}?)(?<!`)\k<ticks>(?!`)/,
  /!?\[(?<label>[^\]\n]{0,400})\]\([ \t]*<?(?<target>[^\s<>()]{0,1000}(?:\([^\s<>()]{0,200}\)[^\s<>()]{0,200})?)>?(?:[ \t]+"[^"\n]{0,200}")?[ \t]*\)/,
  /<(?<angled>https?:\/\/[^\s<>]{1,1000})>/,
  /(?<bare>https?:\/\/[^\s<>"'`|]{1,1000})/,
  /\*\*(?=\S)(?<strong>[^]{1,600}?)(?<=\S)\*\*(?!\*)/,
  /(?<!\w)__(?=\S)(?<strong_>[^]{1,600}?)(?<=\S)__(?!\w)/,
  /~~(?=\S)(?<struck>[^]{1,600}?)(?<=\S)~~/,
  /\*(?=[^\s*])(?<stressed>[^*]{1,600}?)(?<=\S)\*(?!\*)/,
  /(?<!\w)_(?=[^\s_])(?<stressed_>[^_]{1,600}?)(?<=\S)_(?!\w)/,
  /(?<broken>(?: {2,}|\\)\n)/,
];
const PIECE = new RegExp(PIECES.map((piece) => piece.source).join("|"), "g");

/** Nodes of a text; `depth` bounds how often emphasis lies in emphasis. */
export function inline(text, depth = 0) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(PIECE)) {
    nodes.push(text.slice(from, match.index), ...piece(match, depth));
    from = match.index + match[0].length;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}

function piece(match, depth) {
  const found = match.groups;
  const within = (text) => (depth < 4 ? inline(text, depth + 1) : [text]);
  if (found.escaped !== undefined) return [found.escaped];
  if (found.code !== undefined) return [element("code", {}, codeText(found.code))];
  if (found.target !== undefined) return [link(found.target, within(found.label || found.target), match[0])];
  if (found.angled !== undefined) return [link(found.angled, [found.angled], match[0])];
  if (found.bare !== undefined) return bareLink(found.bare);
  const strong = found.strong ?? found.strong_;
  if (strong !== undefined) return [element("strong", {}, ...within(strong))];
  const stressed = found.stressed ?? found.stressed_;
  if (stressed !== undefined) return [element("em", {}, ...within(stressed))];
  if (found.struck !== undefined) return [element("s", {}, ...within(found.struck))];
  return [element("br")];
}

/** One blank on both sides only keeps a backtick apart from the fence. */
const codeText = (text) => (/^ [^]*\S[^]* $/.test(text) ? text.slice(1, -1) : text).replaceAll("\n", " ");

/** The target as an absolute http(s) address, or null. */
function safeAddress(target) {
  try {
    const address = new URL(target);
    return ["http:", "https:"].includes(address.protocol) ? address.href : null;
  } catch {
    return null;
  }
}

/** Anything but http(s) stays the text that it was. */
function link(target, label, source) {
  const address = safeAddress(target);
  if (address === null) return source;
  const properties = { href: address, rel: "noopener noreferrer", target: "_blank", title: address };
  return element("a", { ...properties, referrerPolicy: "no-referrer" }, ...unlinked(label));
}

/** A link within a link's label would nest: its text is enough. */
const unlinked = (nodes) => nodes.map((node) => (node instanceof HTMLAnchorElement ? node.textContent : node));

/** A sentence's punctuation behind an address is not part of it. */
function bareLink(text) {
  let address = text.replace(/[.,:;!?*_~]+$/, "");
  if (address.endsWith(")") && !address.includes("(")) address = address.slice(0, -1);
  return [link(address, [address], address), text.slice(address.length)];
}
