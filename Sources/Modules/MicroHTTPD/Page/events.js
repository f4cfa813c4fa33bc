// Reads GET /events, server-sent events (WHATWG HTML 9.2).
//
// The browser's own EventSource cannot send an Authorization field, so the stream is read here. It
// comes back by itself after an interruption and says which event it saw last.

import { LoginNeeded, request } from "/page/rpc.js";

/** Longest time between two attempts, in milliseconds. */
const PATIENCE = 15000;

/**
 * Tells `listener(kind, data)` of events until `signal` aborts, and `state(isOpen)` of the stream.
 */
export async function follow(listener, state, signal) {
  let last = null;
  let pause = 500;
  while (!signal.aborted) {
    try {
      const headers = last === null ? {} : { "Last-Event-ID": last };
      const reply = await request("/events", { headers, signal });
      if (!reply.ok) throw new Error(`/events: status ${reply.status}`);
      state(true);
      pause = 500;
      last = await read(reply.body, listener, last);
    } catch (error) {
      if (error instanceof LoginNeeded) return;
    }
    state(false);
    if (signal.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(PATIENCE, 2 * pause);
  }
}

/** Reads one stream to its end; returns the id of the last event. */
async function read(body, listener, last) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return last;
      // An event ends with an empty line; what follows the last one is not complete yet.
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      for (const part of parts) last = tell(part, listener) ?? last;
    }
  } catch {
    return last;
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Tells of one event; returns its id, if it has one. */
function tell(text, listener) {
  let kind = "message";
  let id = null;
  const data = [];
  for (const line of text.split("\n")) {
    const [, name, value] = line.match(/^([a-z]+): ?(.*)$/) ?? [];
    if (name === "event") kind = value;
    else if (name === "id") id = value;
    else if (name === "data") data.push(value);
  }
  // A comment, which only keeps the connection alive, has no data.
  if (data.length === 0) return id;
  try {
    listener(kind, JSON.parse(data.join("\n")));
  } catch (error) {
    console.warn("an event that could not be read", error);
  }
  return id;
}
