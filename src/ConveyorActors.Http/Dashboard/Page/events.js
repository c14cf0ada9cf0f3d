// Reads the event stream. EventSource cannot send the API key, so the stream is read with fetch.

import { Refused, send } from "./api.js";

/** The longest time without data. The server sends a comment every 15 s. */
const silenceMs = 40_000;
const firstRetryMs = 500;
const lastRetryMs = 5_000;

/**
 * Follows the stream for as long as the page is open.
 * `on.event(kind, data)` gets the events, `on.state(state, text)` the state of the connection:
 * live, gone (the connection is retried) or locked (the key is missing or wrong; call `start` with another one).
 */
export async function follow(on) {
  let lastId = null;
  let wait = firstRetryMs;
  for (;;) {
    try {
      await read(lastId, {
        opened: () => on.state("live", "live"),
        event: (id, kind, data) => {
          lastId = id;
          wait = firstRetryMs;
          on.event(kind, JSON.parse(data));
        },
      });
      on.state("gone", "the server ended the connection; connecting again …");
    } catch (error) {
      if (error instanceof Refused && error.status === 401) {
        on.state("locked", "the API key is required");
        return;
      }
      on.state("gone", `${error instanceof Refused ? error.message : "the server cannot be reached"}; connecting again …`);
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(lastRetryMs, wait * 2);
  }
}

async function read(lastId, on) {
  const abort = new AbortController();
  let watch = setTimeout(() => abort.abort(), silenceMs);
  try {
    const reply = await send("v1/events", { signal: abort.signal, headers: lastId ? { "Last-Event-ID": lastId } : {} });
    on.opened();
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watch);
      watch = setTimeout(() => abort.abort(), silenceMs);
      const parts = (text + value).split("\n\n");
      text = parts.pop();
      for (const part of parts) deliver(part, on.event);
    }
  } finally {
    clearTimeout(watch);
    abort.abort();
  }
}

function deliver(part, event) {
  const fields = {};
  for (const line of part.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 2);
  }
  if (fields.event && fields.data) event(fields.id, fields.event, fields.data);
}
