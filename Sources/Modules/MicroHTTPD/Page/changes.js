// Who changed what: the server's record of commands that change something.

import { h, table } from "/page/dom.js";
import { time } from "/page/format.js";
import { Pager } from "/page/pager.js";
import { call, can } from "/page/rpc.js";

/** Entries of a page. */
const SIZE = 50;

/** The view. */
export function changes({ failed }) {
  const pager = new Pager(load, failed);

  async function load(before) {
    const params = { limit: SIZE };
    if (before !== "") params.before = before;
    const { entries } = await call("audit.list", params);
    const columns = ["Time", "Who", "From", "Command", "Parameters", "Result"];
    const shown = table("Changes, the newest first", columns, entries.map((entry) => [
      time(entry.time), entry.user ?? "–", `${entry.channel} ${entry.address}`, entry.method,
      entry.parameters, result(entry),
    ]), { empty: "Nothing was changed since the start." });
    return { shown, after: entries.length === SIZE ? entries.at(-1).number : undefined };
  }

  return {
    element: h("section", { "aria-label": "Changes" }, h("h2", {}, "Changes"),
      can("audit.list") ? pager.element
        : h("p", { class: "empty" }, "Your role may not read the record of changes.")),
    enter: () => (can("audit.list") ? pager.restart() : null),
  };
}

/** Old and new values, or why it was refused. */
function result(entry) {
  if (!entry.done) return `refused: ${entry.code} ${entry.message}`;
  return entry.changes.map(({ what, old, new: now }) =>
    `${what}: ${JSON.stringify(old)} → ${JSON.stringify(now)}`).join("; ") || "done";
}
