// What was published, and who watches whom.

import { inform } from "/page/confirm.js";
import { button, field, h, table } from "/page/dom.js";
import { time } from "/page/format.js";
import { Pager } from "/page/pager.js";
import { call, can } from "/page/rpc.js";

/** Records of a page. */
const SIZE = 50;

/** How the server numbers the states of a subscription. */
const STATES = { 1: "active", 2: "pending", 3: "terminated", 4: "waiting" };

/** The view. */
export function presence({ failed }) {
  if (!can("presence.presentity_list", "presence.watcher_list")) {
    return {
      element: h("section", { "aria-label": "Presence" }, h("h2", {}, "Presence"),
        h("p", { class: "empty" }, "The module presence is not loaded, or your role may not ask it.")),
    };
  }
  const search = h("input", { type: "search", placeholder: "sip:alice@example.com", maxlength: 200 });
  const pagers = [
    new Pager((after) => load("presence.presentity_list", publications, after), failed),
    new Pager((after) => load("presence.watcher_list", watchers, after), failed),
  ];

  async function load(method, draw, after) {
    const page = await call(method, {
      mode: "basic", presentity: search.value.trim() || "*", limit: SIZE, after,
    });
    return { shown: draw(page.records), after: page.after };
  }

  const enter = () => Promise.all(pagers.map((pager) => pager.restart()));

  async function openDocument(record) {
    try {
      const uri = address(record.user, record.domain);
      const found = await call("presence.presentity_list", {
        mode: "full", presentity: uri, event: record.event, limit: 100,
      });
      const body = found.records.find(({ etag }) => etag === record.etag)?.body;
      inform(`${uri}, ${record.event}`, h("pre", {}, body ?? "It is gone."));
    } catch (error) {
      failed(error);
    }
  }

  function publications(records) {
    const columns = ["Presentity", "Event", "Entity tag", "Until", "Actions"];
    return table("Publications", columns, records.map((record) => [
      address(record.user, record.domain), record.event, record.etag, time(record.expires),
      button("Document", () => openDocument(record), {
        label: `Document of ${address(record.user, record.domain)}`,
      }),
    ]), { empty: "Nobody has published." });
  }

  function watchers(records) {
    const columns = ["Presentity", "Watcher", "Event", "State", "Until", "User-Agent"];
    return table("Subscriptions", columns, records.map((record) => [
      record.pres_uri, address(record.watcher_user, record.watcher_domain), record.event,
      STATES[record.status] ?? record.status, time(record.expires), record.user_agent,
    ]), { empty: "Nobody watches." });
  }

  return {
    element: h("section", { "aria-label": "Presence" },
      h("h2", {}, "Presence"),
      h("form", { class: "filters", role: "search", on: { submit: (event) => {
        event.preventDefault();
        enter();
      } } }, field("Presentity", search), h("button", { type: "submit" }, "Show")),
      h("h3", {}, "Publications"), pagers[0].element,
      h("h3", {}, "Watchers"), pagers[1].element),
    enter,
  };
}

function address(user, host) {
  return user ? `sip:${user}@${host}` : `sip:${host}`;
}
