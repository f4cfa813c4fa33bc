// The bindings of a location table, page by page, and how they are removed.

import { ask, inform } from "/page/confirm.js";
import { button, facts, field, h, show, table } from "/page/dom.js";
import { count, time } from "/page/format.js";
import { Pager } from "/page/pager.js";
import { call, can } from "/page/rpc.js";

/** Calls for one page of a search; each looks at some ten thousand bindings. */
const ROUNDS = 20;
/** Milliseconds after the last letter at which a search begins. */
const CALM = 250;

/** The view. */
export function registrations({ history, failed, tell }) {
  const search = h("input", {
    type: "search", placeholder: "AoR, contact, User-Agent or address", maxlength: 200,
    on: { input: later },
  });
  const size = h("select", { on: { change: restart } },
    [25, 50, 100, 250].map((value) => h("option", { value, selected: value === 50 }, value)));
  const domain = h("select", { on: { change: restart } });
  const total = h("p", { role: "status", class: "total" });
  const news = h("p", { class: "news", role: "status", hidden: true });
  const pager = new Pager(load, failed);
  let timer = null;
  let changes = 0;

  function later() {
    clearTimeout(timer);
    timer = setTimeout(restart, CALM);
  }

  function restart() {
    clearTimeout(timer);
    calm();
    return pager.restart();
  }

  function reload() {
    calm();
    return pager.reload();
  }

  function calm() {
    changes = 0;
    news.hidden = true;
  }

  /** Collects a page: the server looks at so much a call and says where to go on. */
  async function load(place, isWanted) {
    const rows = [];
    let after = place;
    for (let round = 0; round < ROUNDS && isWanted(); round += 1) {
      const page = await call("ul.list", {
        table: domain.value, limit: Number(size.value) - rows.length, filter: search.value, after,
      });
      for (const record of page.records) {
        for (const { Contact } of record.Contacts) rows.push({ aor: record.AoR, contact: Contact });
      }
      after = page.after;
      total.textContent =
        `${count(page.users, "user")} with ${count(page.contacts, "contact")} in all`;
      if (after === undefined || rows.length >= Number(size.value)) break;
    }
    return { shown: list(rows, after !== undefined), after };
  }

  function list(rows, hasMore) {
    const columns = ["AoR", "Contact", "User-Agent", "Expires", "Received", "Actions"];
    const empty = hasMore ? "Nothing found so far; Next looks further." : "Nothing found.";
    return table("Contacts", columns, rows.map(({ aor, contact }) => [
      aor, contact.Address, text(contact["User-Agent"]), expires(contact.Expires),
      text(contact.Received),
      h("span", { class: "actions" },
        button("Details", () => details(aor, contact), { label: `Details of ${contact.Address}` }),
        can("ul.rm_contact") && button("Remove", () => remove(aor, contact), {
          label: `Remove ${contact.Address}`, kind: "danger",
        })),
    ]), { empty });
  }

  function details(aor, contact) {
    const pairs = Object.entries(contact).map(([name, value]) =>
      [name, /^Last-/.test(name) ? time(value) : text(value)]);
    const actions = can("ul.rm")
      ? [["Remove all of this AoR", "danger", () => removeAll(aor)]] : [];
    inform(aor, facts(pairs), actions);
  }

  async function remove(aor, contact) {
    const what = h("p", {}, `${contact.Address} of ${aor} is no longer reached until it registers anew.`);
    if (!(await ask("Remove this contact?", what, { yes: "Remove" }))) return;
    await change("ul.rm_contact", { table: domain.value, aor, contact: contact.Address },
      `${contact.Address} was removed.`);
  }

  async function removeAll(aor) {
    const what = h("p", {}, `No phone of ${aor} is reached until it registers anew.`);
    if (!(await ask("Remove all contacts of this AoR?", what, { yes: "Remove all" }))) return;
    await change("ul.rm", { table: domain.value, aor }, `${aor} was removed.`);
  }

  async function change(method, params, words) {
    try {
      await call(method, params);
      tell(words);
    } catch (error) {
      failed(error);
    }
    await reload();
  }

  const element = h("section", { "aria-label": "Registrations" },
    h("h2", {}, "Registrations"),
    h("form", { class: "filters", role: "search", on: { submit: (event) => {
      event.preventDefault();
      restart();
    } } },
      field("Search", search), field("Table", domain), field("Contacts a page", size)),
    total, news, pager.element);

  return {
    element,
    enter() {
      const names = Object.keys(history.latest)
        .map((name) => name.match(/^usrloc\.(.+)_contacts$/)?.[1]).filter(Boolean);
      const chosen = domain.value;
      show(domain, (names.length ? names : ["location"]).map((name) =>
        h("option", { value: name, selected: name === chosen }, name)));
      return reload();
    },
    event(kind) {
      if (kind !== "registration" && kind !== "expiry") return;
      changes += 1;
      // Rows do not move under the hand that is about to press a button in one.
      show(news, `${count(changes, "change")} since. `, button("Show", reload, { label: "Show the changes" }));
      news.hidden = false;
    },
  };
}

/** What the server prints for a text that is not set is a gap here. */
function text(value) {
  return value === "[not set]" ? "" : String(value);
}

function expires(value) {
  return typeof value === "number" ? `${value} s` : value;
}
