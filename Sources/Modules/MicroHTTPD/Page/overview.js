// How the server does: figures, what they were during the last minutes, and what happens now.

import { chart } from "/page/chart.js";
import { h, show } from "/page/dom.js";
import { duration, number, time } from "/page/format.js";
import { sum } from "/page/history.js";

/** Events that stay on the screen. */
const SHOWN = 30;

/** SIP methods with a line of their own; the others are one line together. */
const METHODS = ["register", "subscribe", "publish", "invite"];

const stat = (name) => (values) => values[name] ?? 0;
const publications = (values) => sum(values, /^presence\..+_publications$/);
const watchers = (values) => sum(values, /^presence\.(?!.*winfo).+_active$/);
const contacts = (values) => sum(values, /^usrloc\..+_contacts$/);

/** The charts: title, unit, and the lines with how each is read from the history. */
const CHARTS = [
  ["Requests received", "/s", [
    ...METHODS.map((name) =>
      [name.toUpperCase(), (history) => history.rates(stat(`core.rcv_requests_${name}`))]),
    ["others", (history) => history.rates((values) => METHODS.reduce(
      (left, name) => left - stat(`core.rcv_requests_${name}`)(values),
      stat("core.rcv_requests")(values)))],
  ]],
  ["Replies sent, by class", "/s", [2, 3, 4, 5].map((digit) =>
    [`${digit}xx`, (history) => history.rates(stat(`sl.${digit}xx_replies`))])],
  ["Registered", "", [
    ["contacts", (history) => history.levels(contacts)],
    ["users", (history) => history.levels(stat("usrloc.registered_users"))],
  ]],
  ["Registrations and notifications", "/s", [
    ["accepted", (history) => history.rates(stat("registrar.accepted_regs"))],
    ["rejected", (history) => history.rates(stat("registrar.rejected_regs"))],
    ["NOTIFY sent", (history) => history.rates((values) => sum(values, /_notify_sent$/))],
  ]],
];

/** The view. */
export function overview({ history }) {
  const tiles = h("div", { class: "tiles" });
  const charts = CHARTS.map(([title, unit, lines]) => ({ drawing: chart(title, unit), lines }));
  const recent = h("ol", { class: "events" });
  const none = h("p", { class: "empty" }, "Nothing has happened since the page was opened.");
  const element = h("section", { "aria-label": "Overview" },
    h("h2", {}, "Overview"), tiles,
    h("div", { class: "charts" }, charts.map(({ drawing }) => drawing.element)),
    h("h3", {}, "As it happens"), none, recent);

  return {
    element,
    update({ health, transactions }) {
      const values = history.latest;
      const rate = history.rates(stat("core.rcv_requests")).at(-1)?.value;
      const figures = [
        ["Users", number(values["usrloc.registered_users"])],
        ["Contacts", "usrloc.registered_users" in values ? number(contacts(values)) : "–"],
        ["Requests a second", number(rate)],
        ["Transactions", number(transactions?.current)],
        ["Publications", "presence.publish_accepted" in values ? number(publications(values)) : "–"],
        ["Active watchers", "presence.publish_accepted" in values ? number(watchers(values)) : "–"],
        ["Up for", health ? duration(health.uptime) : "–"],
      ];
      show(tiles, figures.map(([name, value]) =>
        h("div", { class: "tile" }, h("span", {}, name), h("strong", {}, value))));
      for (const { drawing, lines } of charts) {
        drawing.update(lines.map(([name, read]) => ({ name, points: read(history) })));
      }
    },
    event(kind, data) {
      none.hidden = true;
      recent.prepend(h("li", {}, h("time", {}, time(data.time)), " ",
        h("span", { class: "kind" }, kind), " ", describe(kind, data)));
      while (recent.children.length > SHOWN) recent.lastChild.remove();
    },
  };
}

/** An event in words; all of it is text that strangers may have sent. */
function describe(kind, data) {
  switch (kind) {
    case "registration":
    case "expiry":
      return `${data.change}: ${data.aor} at ${data.contact}`
        + (data.user_agent ? ` (${data.user_agent})` : "");
    case "presence":
      return [data.change, data.presentity, data.event, data.watcher].filter(Boolean).join(" ");
    case "setting":
      return `${data.group}.${data.name}: ${data.old} → ${data.new}`;
    default:
      return JSON.stringify(data);
  }
}
