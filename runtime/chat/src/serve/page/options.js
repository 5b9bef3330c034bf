// What the user chose: the model's parameters and the colours. Kept by the browser for this address.

import * as api from "/api.js";
import { byId, element, errorBox } from "/elements.js";
import { toolName } from "/timeline.js";

const KEPT = "chat-options";
const dark = matchMedia("(prefers-color-scheme: dark)");

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}

const write = (changes) => localStorage.setItem(KEPT, JSON.stringify({ ...read(), ...changes }));

/** Fields of a question; what was left empty is left out. */
export function requestOptions() {
  const number = (id) => (byId(id).value === "" || !byId(id).validity.valid ? undefined : byId(id).valueAsNumber);
  return { temperature: number("temperature"), max_tokens: number("max-tokens"), use_tools: byId("use-tools").checked };
}

function showTheme() {
  const choice = read().theme ?? "system";
  const isDark = choice === "dark" || (choice === "system" && dark.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  byId("theme-choice").value = choice;
  byId("theme").textContent = isDark ? "Light" : "Dark";
  byId("theme").setAttribute("aria-label", `Switch to ${isDark ? "light" : "dark"} colours`);
}

function choose(theme) {
  write({ theme });
  showTheme();
}

export function switchTheme() {
  choose(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
}

/** Fetched when they are looked at. */
async function showTools() {
  const place = byId("tools-list");
  if (!byId("tools").open || place.dataset.shown) return;
  place.replaceChildren("Asking the agent");
  try {
    const { tools } = await api.tools();
    const line = ({ name, description }) =>
      element("p", {}, element("code", {}, toolName(name)), ` ${description.split("\n")[0]}`);
    place.replaceChildren(...tools.map(line));
    place.dataset.shown = "yes";
  } catch (error) {
    place.replaceChildren(errorBox(error, showTools));
  }
}

export function startOptions() {
  const kept = read();
  byId("temperature").value = kept.temperature ?? "";
  byId("max-tokens").value = kept.max_tokens ?? "";
  byId("use-tools").checked = kept.use_tools ?? true;
  byId("options").addEventListener("change", () => write(requestOptions()));
  byId("theme-choice").onchange = () => choose(byId("theme-choice").value);
  byId("theme").onclick = switchTheme;
  byId("tools").ontoggle = showTools;
  dark.onchange = showTheme;
  showTheme();
}
