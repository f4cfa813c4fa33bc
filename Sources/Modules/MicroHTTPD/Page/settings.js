// Settings that may change while the server runs. A change waits until it is committed, and all that
// wait come into force together.

import { ask } from "/page/confirm.js";
import { button, field, h, show } from "/page/dom.js";
import { count } from "/page/format.js";
import { batch, call, can } from "/page/rpc.js";

/** Calls in one request. */
const CHUNK = 200;

/** The view. */
export function settings({ failed, tell }) {
  const mayEdit = can("cfg.set_delayed_int", "cfg.set_delayed_string", "cfg.commit", "cfg.rollback");
  const list = h("div", { class: "settings" });
  const waiting = h("div", { class: "waiting panel", role: "status", hidden: true });
  const search = h("input", { type: "search", placeholder: "Name or words of the help",
    on: { input: filter } });
  const empty = h("p", { class: "empty" });
  let known = [];

  async function load() {
    try {
      const names = (await call("cfg.list")).map((line) => line.split(": "));
      known = [];
      for (let start = 0; start < names.length; start += CHUNK) {
        const part = names.slice(start, start + CHUNK);
        const answers = await batch(Object.fromEntries(
          part.map(([group, name], place) => [place, ["cfg.help", { group, name }]])));
        part.forEach(([group, name], place) => {
          if (answers[place]) known.push({ group, name, ...answers[place] });
        });
      }
      // A value that somebody is about to type is not taken from under the hand.
      if (!list.querySelector("form")) draw();
      await loadWaiting();
    } catch (error) {
      failed(error);
    }
  }

  /** Shows what waits for a commit, whoever has changed it. */
  async function loadWaiting() {
    if (!can("cfg.diff")) return;
    const changes = await call("cfg.diff");
    waiting.hidden = changes.length === 0;
    show(waiting,
      h("h3", {}, `${count(changes.length, "change")} not in force yet`),
      h("ul", {}, changes.map((change) => h("li", {},
        `${change["group name"]}.${change["variable name"]}: `
        + `${change["old value"]} → ${change["new value"]}`))),
      mayEdit && h("div", { class: "actions" },
        button("Commit", commit, { kind: "main" }), button("Discard", discard)));
  }

  async function commit() {
    await change("cfg.commit", {}, "The changes are in force.");
    await load();
  }

  async function discard() {
    const words = h("p", {}, "What waits is forgotten, changes of others included.");
    if (!(await ask("Discard the changes?", words, { yes: "Discard" }))) return;
    await change("cfg.rollback", {}, "The changes were discarded.");
    await load();
  }

  /** Runs a command; whether it went well. */
  async function change(method, params, words) {
    try {
      await call(method, params);
      if (words) tell(words);
      return true;
    } catch (error) {
      failed(error);
      return false;
    }
  }

  function draw() {
    const groups = Map.groupBy(known, ({ group }) => group);
    show(list, [...groups].map(([group, members]) => h("section", { class: "group" },
      h("h3", {}, group), members.map((setting) => row(setting)))));
    filter();
  }

  function row(setting) {
    const place = h("div", { class: "setting", "data-words":
      `${setting.group}.${setting.name} ${setting.desc}`.toLowerCase() });
    const rest = () => {
      show(place, head(setting), mayEdit && button("Edit", edit, {
        label: `Edit ${setting.group}.${setting.name}`,
      }));
    };
    const edit = () => {
      show(place, head(setting), form(setting, async (value) => {
        const method = setting.type === "integer" ? "cfg.set_delayed_int" : "cfg.set_delayed_string";
        const { group, name } = setting;
        if (!(await change(method, { group, name, value }, null))) return;
        rest();
        await loadWaiting();
        waiting.querySelector("button")?.focus();
      }, () => {
        rest();
        place.querySelector("button").focus();
      }));
      place.querySelector("input, select").focus();
    };
    rest();
    return place;
  }

  function filter() {
    const words = search.value.trim().toLowerCase();
    let found = 0;
    for (const group of list.children) {
      let shown = 0;
      for (const place of group.querySelectorAll(".setting")) {
        place.hidden = !place.dataset.words.includes(words);
        if (!place.hidden) shown += 1;
      }
      group.hidden = shown === 0;
      found += shown;
    }
    empty.textContent = found === 0 ? "No setting fits." : "";
  }

  return {
    element: h("section", { "aria-label": "Settings" },
      h("h2", {}, "Settings"),
      h("form", { class: "filters", role: "search", on: { submit: (event) => event.preventDefault() } },
        field("Search", search)),
      waiting, empty, list),
    enter: load,
    event(kind) {
      // Another page or a command has changed one: values are read anew, unless one is being edited.
      if (kind === "setting" && !list.querySelector("form")) load();
    },
  };
}

/** Name, value and help of a setting. */
function head(setting) {
  const range = setting.cases ? `One of ${setting.cases.join(", ")}.`
    : setting.min !== undefined ? `From ${setting.min} to ${setting.max}.` : "";
  return h("div", { class: "about" },
    h("strong", {}, setting.name), " ", h("code", {}, shown(setting.value)),
    h("p", {}, `${setting.desc.replace(/\.?$/, ".")} ${range} Default ${shown(setting.default)}.`));
}

function shown(value) {
  return value === null ? "not set" : value === "" ? "empty" : String(value);
}

/** The form for a new value. */
function form(setting, save, cancel) {
  const input = setting.cases
    ? h("select", {}, setting.cases.map((word) =>
        h("option", { value: word, selected: word === setting.value }, word)))
    : setting.type === "integer"
      ? h("input", { type: "number", step: 1, required: true, min: setting.min, max: setting.max })
      : h("input", { type: "text" });
  if (!setting.cases) input.value = setting.value ?? "";
  return h("form", { class: "edit", on: {
    submit: (event) => {
      event.preventDefault();
      save(setting.type === "integer" ? Number(input.value) : input.value);
    },
    keydown: (event) => {
      if (event.key === "Escape") cancel();
    },
  } },
    field(`New value of ${setting.name}`, input),
    h("button", { type: "submit", class: "main" }, "Change"), button("Cancel", cancel));
}
