// Speaks to the local server. The key comes with the page's address and stays in this tab.

const KEPT = "chat-key";
const HEADER = "x-chat-key";

/** An error in the agent's own form: `detail` is `{code, message, hint}`. */
export class ApiError extends Error {
  constructor(detail) {
    super(detail.message);
    this.detail = detail;
  }
}

/** Takes the key, or the ticket for it, out of the address, so that it is neither in the history nor on a screen shot. */
export async function openDoor() {
  const shown = location.hash.slice(1);
  if (/^[\w-]{43}$/.test(shown)) {
    history.replaceState(null, "", location.pathname);
    const { key } = await json("POST", "/api/open", undefined, shown);
    sessionStorage.setItem(KEPT, key);
  }
}

async function call(method, path, { body, signal, key } = {}) {
  const headers = { [HEADER]: key ?? sessionStorage.getItem(KEPT) ?? "" };
  if (body !== undefined) headers["content-type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      signal,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "omit",
      redirect: "error",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError({
      code: "serve/unreachable",
      message: "reach the local server: it does not answer",
      hint: "`chat serve` may have ended: start it again and open the address that it prints",
    });
  }
  if (!response.ok) throw new ApiError(await detailOf(response));
  return response;
}

async function detailOf(response) {
  try {
    return (await response.json()).error;
  } catch {
    return { code: "serve/unexpected", message: `ask the local server: it answered ${response.status}` };
  }
}

async function json(method, path, body, key) {
  return (await call(method, path, { body, key })).json();
}

const at = (id) => `/api/conversations/${encodeURIComponent(id)}`;

export const session = () => json("GET", "/api/session");
export const health = () => json("GET", "/api/health");
export const tools = () => json("GET", "/api/tools");
export const conversations = (cursor) =>
  json("GET", `/api/conversations${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`);
export const conversation = (id, before) => json("GET", `${at(id)}${before === undefined ? "" : `?before=${before}`}`);
export const remove = (id) => json("DELETE", at(id));
export const clear = (id) => json("POST", `${at(id)}/clear`);

/** Asks; yields the answer's events as they come. Aborting `signal` ends the agent's turn. */
export async function* ask(request, signal) {
  const response = await call("POST", "/api/ask", { body: request, signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  let ended = false;
  for (;;) {
    const { done, value } = await read(reader);
    if (done) break;
    const events = (held + value).split("\n\n");
    held = events.pop();
    for (const text of events) {
      const data = text.split("\n").find((line) => line.startsWith("data: "));
      if (data === undefined) continue;
      const event = JSON.parse(data.slice(6));
      ended ||= event.type === "done" || event.type === "error";
      yield event;
    }
  }
  if (!ended) throw cut();
}

async function read(reader) {
  try {
    return await reader.read();
  } catch (error) {
    throw error.name === "AbortError" ? error : cut();
  }
}

const cut = () =>
  new ApiError({
    code: "serve/stream-cut",
    message: "read the answer: the local server broke off",
    hint: "what is shown is incomplete; the conversation is kept",
  });
