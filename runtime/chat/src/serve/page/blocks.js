// Markdown's blocks: text in, a list of plain objects out. Each knows its source, so that a view can
// keep what did not change. HTML has no meaning here, it is text like any other.

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const RULE = /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:([ \t]+)(.*)|$)/;
const DELIMITERS = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const BLANK = /^[ \t]*$/;

/** How deep quotes and lists may lie in each other; what is deeper is text. */
const DEPTH = 12;

/** Kinds: code {language, text}, heading {level, text}, rule, quote {blocks}, list {start, loose, items}, table, paragraph {text}. */
export function parseBlocks(text, depth = 0) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    if (BLANK.test(lines[at])) {
      at += 1;
      continue;
    }
    const [block, next] = blockAt(lines, at, depth);
    block.source = lines.slice(at, next).join("\n");
    blocks.push(block);
    at = next;
  }
  return blocks;
}

function blockAt(lines, at, depth) {
  const line = lines[at];
  if (FENCE.test(line)) return code(lines, at);
  const heading = HEADING.exec(line);
  if (heading) return [{ kind: "heading", level: heading[1].length, text: heading[2] ?? "" }, at + 1];
  if (RULE.test(line)) return [{ kind: "rule" }, at + 1];
  if (depth < DEPTH && QUOTE.test(line)) return quote(lines, at, depth);
  if (depth < DEPTH && ITEM.test(line)) return list(lines, at, depth);
  if (startsTable(lines, at)) return table(lines, at);
  return paragraph(lines, at);
}

/** A fence that is not closed goes to the end: it may be closed by what is still to come. */
function code(lines, at) {
  const [, fence, language] = FENCE.exec(lines[at]);
  const closes = (line) => line.trim().startsWith(fence) && /^([`~])\1*$/.test(line.trim());
  let end = at + 1;
  while (end < lines.length && !closes(lines[end])) end += 1;
  const text = lines.slice(at + 1, end).join("\n");
  return [{ kind: "code", language: language.trim(), text }, Math.min(end + 1, lines.length)];
}

function quote(lines, at, depth) {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(QUOTE, ""));
  return [{ kind: "quote", blocks: parseBlocks(inner.join("\n"), depth + 1) }, end];
}

const ordered = (marker) => /\d/.test(marker);

function list(lines, at, depth) {
  const marker = ITEM.exec(lines[at])[2];
  const items = [];
  let loose = false;
  let end = at;
  while (end < lines.length) {
    const item = RULE.test(lines[end]) ? null : ITEM.exec(lines[end]);
    if (!item || ordered(item[2]) !== ordered(marker)) break;
    const next = itemEnd(lines, end, item);
    items.push(parseBlocks(itemLines(lines.slice(end, next), item).join("\n"), depth + 1));
    const following = skipBlank(lines, next);
    const more = following < lines.length && ITEM.test(lines[following]);
    loose ||= following > next && more;
    end = more ? following : next;
    if (!more) break;
  }
  const start = ordered(marker) ? Number.parseInt(marker, 10) : null;
  return [{ kind: "list", start, loose, items }, end];
}

function skipBlank(lines, at) {
  let next = at;
  while (next < lines.length && BLANK.test(lines[next])) next += 1;
  return next;
}

const indentOf = (line) => line.replaceAll("\t", "    ").search(/\S|$/);

/** Where the content of an item starts, in columns. */
const contentColumn = (item) => item[1].length + item[2].length + Math.min(item[3]?.length ?? 1, 4);

/** An item goes on with indented lines, also after blank ones, and with lines that only continue its paragraph. */
function itemEnd(lines, at, item) {
  const column = Math.min(contentColumn(item), item[1].length + 2);
  let end = at + 1;
  while (end < lines.length) {
    const line = lines[end];
    if (BLANK.test(line)) {
      const next = skipBlank(lines, end);
      if (next >= lines.length || indentOf(lines[next]) < column) break;
      end = next;
    } else if (indentOf(line) < column && (ITEM.test(line) || startsOther(lines, end))) {
      break;
    } else if (indentOf(line) < column && BLANK.test(lines[end - 1])) {
      break;
    } else {
      end += 1;
    }
  }
  return end;
}

function itemLines(lines, item) {
  const column = contentColumn(item);
  const rest = lines.slice(1).map((line) => {
    const wide = line.replaceAll("\t", "    ");
    return wide.slice(Math.min(column, indentOf(wide)));
  });
  return [item[4] ?? "", ...rest];
}

const startsOther = (lines, at) =>
  FENCE.test(lines[at]) || HEADING.test(lines[at]) || RULE.test(lines[at]) || QUOTE.test(lines[at]);

const startsTable = (lines, at) =>
  lines[at].includes("|") &&
  at + 1 < lines.length &&
  DELIMITERS.test(lines[at + 1]) &&
  lines[at + 1].includes("-") &&
  cells(lines[at]).length === cells(lines[at + 1]).length;

/** The cells of a row; `\|` is no border, nor is one within code. */
function cells(line) {
  const row = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  const parts = row.match(/(?:\\[\s\S]|`[^`]*`|[^|])+|(?<=\|)(?=\||$)|^(?=\|)/g) ?? [""];
  return parts.map((part) => part.trim().replaceAll("\\|", "|"));
}

function table(lines, at) {
  const head = cells(lines[at]);
  const sides = cells(lines[at + 1]).map((rule) => {
    if (rule.endsWith(":")) return rule.startsWith(":") ? "centre" : "right";
    return null;
  });
  let end = at + 2;
  while (end < lines.length && !BLANK.test(lines[end]) && lines[end].includes("|")) end += 1;
  const rows = lines.slice(at + 2, end).map((line) => {
    const row = cells(line);
    return head.map((_, index) => row[index] ?? "");
  });
  return [{ kind: "table", head, sides, rows }, end];
}

function paragraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && !BLANK.test(lines[end]) && !startsOther(lines, end) && !interrupts(lines[end])) end += 1;
  return [{ kind: "paragraph", text: lines.slice(at, end).join("\n") }, end];
}

/** A list may follow a paragraph without a blank line, unless it is a number that a sentence holds. */
function interrupts(line) {
  const item = ITEM.exec(line);
  return item !== null && item[4] !== undefined && (!ordered(item[2]) || Number.parseInt(item[2], 10) === 1);
}
