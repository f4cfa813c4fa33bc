// The process and its databases.

import { facts, h, show, table } from "/page/dom.js";
import { bytes, duration, time } from "/page/format.js";
import { batch } from "/page/rpc.js";

/** What is asked for; what is not there stays out. */
const QUESTIONS = {
  info: ["core.info"], memory: ["core.shmmem"], threads: ["core.psx"],
  sockets: ["core.sockets_list"], modules: ["core.modules"], location: ["ul.status"],
  presence: ["presence.status"],
};

/** Members that are points in time. */
const TIMES = new Set(["since", "last_flush"]);

/** The view. */
export function server({ failed }) {
  const databases = h("div");
  const rest = h("div");

  async function load() {
    try {
      const found = await batch(QUESTIONS);
      show(rest,
        part("Location service", found.location && facts(status(found.location))),
        part("Presence service", found.presence && facts(status(found.presence))),
        part("Memory", found.memory && facts(Object.entries(found.memory).map(([name, value]) =>
          [name, name === "fragments" ? value : bytes(Number(value))]))),
        part("Threads", found.threads && table("Threads", ["Number", "Thread", "What it does"],
          found.threads.map((thread) => [thread.IDX, thread.PID, thread.DSC]))),
        part("Sockets", found.sockets && table("Sockets", ["Protocol", "Address", "Port"],
          found.sockets.map(({ socket }) => [socket.proto, socket.address, socket.port]))),
        part("Modules", found.modules && h("p", { class: "words" }, found.modules.join(", "))),
        part("Program", found.info && facts(Object.entries(found.info))));
    } catch (error) {
      failed(error);
    }
  }

  return {
    element: h("section", { "aria-label": "Server" }, h("h2", {}, "Server"),
      h("h3", {}, "Databases"), databases, rest),
    enter: load,
    update({ health }) {
      if (!health) return;
      const columns = ["Module", "State", "Since", "Loaded", "Changes that wait", "Oldest of them"];
      show(databases, table("Databases", columns, health.databases.map((one) => [
        one.module, one.state, time(one.since), one.loaded ? "yes" : "no", one.waiting,
        one.waiting ? duration(one.oldest_waiting) : "–",
      ]), { empty: "No module uses a database." }));
    },
  };
}

function part(title, content) {
  return content ? h("section", {}, h("h3", {}, title), content) : null;
}

function status(members) {
  return Object.entries(members).map(([name, value]) =>
    [name.replaceAll("_", " "), TIMES.has(name) ? time(value) : String(value)]);
}
