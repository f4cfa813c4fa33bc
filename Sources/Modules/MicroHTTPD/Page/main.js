// Puts the page together: who is there, which part is shown, and what is asked for again and again.

import { changes } from "/page/changes.js";
import { button, show } from "/page/dom.js";
import { follow } from "/page/events.js";
import { duration } from "/page/format.js";
import { History, INTERVAL } from "/page/history.js";
import { login } from "/page/login.js";
import { overview } from "/page/overview.js";
import { presence } from "/page/presence.js";
import { registrations } from "/page/registrations.js";
import {
  batch, can, forget, isLoggedIn, loadRights, LoginNeeded, remember, request, rights,
} from "/page/rpc.js";
import { server } from "/page/server.js";
import { settings } from "/page/settings.js";

/** The parts of the page by their place in the address. */
const PARTS = { overview, registrations, presence, settings, changes, "server-state": server };

const at = (id) => document.getElementById(id);
const history = new History();
/** The parts that were made for who is logged in. */
let views = {};
let health = null;
let transactions = null;
/** Ends the event stream of who was logged in before. */
let leaving = new AbortController();
let hasEvents = false;
let noticeTimer = null;

/** What every part may use. */
const context = { history, failed, tell };

/** Shows an error; one about credentials leads to the login. */
function failed(error) {
  if (error instanceof LoginNeeded) return enterLogin(error.ways);
  notice(error.message, "problem");
}

/** Shows that something went well. */
function tell(words) {
  notice(words, "good");
}

function notice(words, kind) {
  clearTimeout(noticeTimer);
  const place = at("notice");
  place.className = kind;
  show(place, words, " ", button("Close", () => { place.hidden = true; }, { label: "Close the notice" }));
  place.hidden = false;
  if (kind === "good") noticeTimer = setTimeout(() => { place.hidden = true; }, 6000);
}

/** The part that the address names. */
function current() {
  const name = location.hash.slice(1);
  return Object.hasOwn(PARTS, name) ? name : "overview";
}

function showPart() {
  const name = current();
  views[name] ??= PARTS[name](context);
  for (const link of at("places").children) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  show(at("main"), views[name].element);
  views[name].update?.({ health, transactions });
  return views[name].enter?.();
}

function showState() {
  const words = health === null ? "The server does not answer."
    : `${health.status}, up ${duration(health.uptime)}${hasEvents ? "" : ", no events"}`;
  const place = at("state");
  place.className = health === null ? "bad" : health.status === "ok" ? "good" : "warn";
  if (place.textContent !== words) place.textContent = words;
}

/** Asks for the figures; a page that nobody looks at asks for nothing. */
async function poll() {
  if (document.hidden) return;
  try {
    const reply = await request("/health");
    health = await reply.json();
    const found = await batch({ stats: ["stats.fetchn", ["all"]], transactions: ["tm.stats"] });
    if (found.stats) history.add(found.stats, performance.now());
    transactions = found.transactions;
    views[current()]?.update?.({ health, transactions });
  } catch (error) {
    if (error instanceof LoginNeeded) return failed(error);
    health = null;
  }
  showState();
}

/** Asks at once and then again and again, until somebody else logs in. */
async function pollUntil(signal) {
  while (!signal.aborted) {
    await poll();
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
}

function enterLogin(ways) {
  leaving.abort();
  forget();
  views = {};
  at("places").hidden = true;
  show(at("who"));
  show(at("main"), login(ways, enter));
  at("main").querySelector("input, select")?.focus();
}

/** Shows the page to who has come in. */
async function enter() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  views = {};
  at("places").hidden = false;
  show(at("who"), ...(rights.user === null ? [] : [
    `${rights.user} (${rights.role}) `,
    isLoggedIn() && button("Log out", () => {
      forget();
      location.reload();
    }),
  ]));
  const { version } = await batch({ version: ["core.version"] });
  show(at("server"), version ?? "");
  // The first figures say which tables there are; then the part is shown.
  await poll();
  if (signal.aborted) return;
  views.overview = overview(context);
  await showPart();
  if (!can("stats.fetchn")) tell("Figures need the module kex, and a role that may read them.");
  follow(
    (kind, data) => {
      if (kind === "ready") return;
      if (kind === "gap") return views[current()]?.enter?.();
      for (const view of new Set([views.overview, views[current()]])) view?.event?.(kind, data);
    },
    (isOpen) => {
      hasEvents = isOpen;
      showState();
    }, signal);
  pollUntil(signal);
}

addEventListener("hashchange", () => {
  if (at("places").hidden) return;
  showPart();
  at("main").focus();
});
document.addEventListener("visibilitychange", poll);

remember();
try {
  await loadRights();
  await enter();
} catch (error) {
  failed(error);
}
