// Building elements. Text becomes text nodes, never markup.

/**
 * An element. `properties` are set as they are, except `data` (dataset) and names with a dash (attributes).
 * Children are elements or text; null is left out.
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (name === "data") Object.assign(made.dataset, value);
    else if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** Tells screen readers what happened, once. */
export function announce(text) {
  byId("status").textContent = text;
}

/** `1.2 s`, `340 ms`, `2 min 5 s`. */
export function duration(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** `340 bytes`, `12.0 KB`; 1 KB is 1,000 bytes. */
export function size(bytes) {
  return bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(1)} KB`;
}

/** A moment (RFC 3339) as people write it, as short as it stays clear. */
export function moment(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text;
  const now = new Date();
  const clock = time.toLocaleTimeString([], { timeStyle: "short" });
  if (time.toDateString() === now.toDateString()) return clock;
  const year = time.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return `${time.toLocaleDateString([], { day: "numeric", month: "short", year })}, ${clock}`;
}

/** An error with its hint; `retry` is called by its button. */
export function errorBox(error, retry) {
  const detail = error.detail ?? { code: "page/error", message: String(error.message ?? error) };
  const button = retry ? element("button", { type: "button", onclick: retry }, "Try again") : null;
  return element(
    "div",
    { className: "error", role: "alert" },
    element("p", { className: "cause" }, detail.message),
    detail.hint ? element("p", {}, detail.hint) : null,
    element("p", { className: "code" }, detail.code),
    button,
  );
}
