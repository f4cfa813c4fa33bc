// Speaks with the server: JSON-RPC 2.0 over POST /RPC, and who may call what.

/** An error that a command answered with. */
export class Fault extends Error {
  constructor({ code, message }) {
    super(message);
    this.code = code;
  }
}

/** Credentials are missing or wrong; `ways` are those that the server takes. */
export class LoginNeeded extends Error {
  constructor(ways) {
    super("Please log in.");
    this.ways = ways;
  }
}

// A token is kept until the tab is closed, a password only as long as the page is not left.
const KEY = "roost.token";
let authorization = null;
let lastID = 0;

/** The user, the role and the commands that they may call; filled by `loadRights`. */
export const rights = { user: null, role: null, commands: new Set() };

/** Whether a command is there and may be called. */
export function can(...commands) {
  return commands.every((name) => rights.commands.has(name));
}

/** Takes up a token of before, if there is one. */
export function remember() {
  const token = sessionStorage.getItem(KEY);
  authorization = token === null ? null : `Bearer ${token}`;
}

/** Uses a token from now on. */
export function useToken(token) {
  authorization = `Bearer ${token}`;
  sessionStorage.setItem(KEY, token);
}

/** Uses a name and a password from now on (RFC 7617, UTF-8). */
export function usePassword(user, password) {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`;
  sessionStorage.removeItem(KEY);
}

/** Forgets who was logged in. */
export function forget() {
  authorization = null;
  sessionStorage.removeItem(KEY);
}

/** Whether somebody is logged in. */
export function isLoggedIn() {
  return authorization !== null;
}

/**
 * A request with our credentials and no others: with the browser's left out it asks for none with a
 * window of its own, and no other page can borrow them.
 */
export async function request(path, options = {}) {
  const headers = { ...options.headers };
  if (authorization !== null) headers.Authorization = authorization;
  const reply = await fetch(path, { ...options, headers, credentials: "omit", cache: "no-store" });
  if (reply.status === 401) throw new LoginNeeded(reply.headers.get("WWW-Authenticate") ?? "");
  if (reply.status === 429) {
    throw new Error(`Too many requests: wait ${reply.headers.get("Retry-After") ?? "some"} seconds.`);
  }
  return reply;
}

/** Asks who we are and what we may do. */
export async function loadRights() {
  const reply = await request("/rights");
  if (!reply.ok) throw new Error(`/rights: status ${reply.status}`);
  const answer = await reply.json();
  rights.user = answer.user;
  rights.role = answer.role;
  rights.commands = new Set(answer.commands);
}

async function post(body) {
  const reply = await request("/RPC", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  // 403 is a command that the role does not have; its body is JSON-RPC as well.
  if (!reply.ok && reply.status !== 403) throw new Error(`/RPC: status ${reply.status}`);
  return reply.json();
}

/** Calls a command; `params` by name or by position. */
export async function call(method, params = {}) {
  const answer = await post({ jsonrpc: "2.0", id: ++lastID, method, params });
  if (answer.error) throw new Fault(answer.error);
  return answer.result;
}

/**
 * Calls several commands in one request: `{name: [method, params]}` becomes `{name: result}`.
 *
 * A command that is not there, may not be called or fails is null in the result.
 */
export async function batch(calls) {
  const wanted = Object.entries(calls).filter(([, [method]]) => can(method));
  const results = Object.fromEntries(Object.keys(calls).map((name) => [name, null]));
  if (wanted.length === 0) return results;
  const names = new Map();
  const body = wanted.map(([name, [method, params = {}]]) => {
    names.set(++lastID, name);
    return { jsonrpc: "2.0", id: lastID, method, params };
  });
  for (const answer of await post(body)) {
    if (names.has(answer.id)) results[names.get(answer.id)] = answer.result ?? null;
  }
  return results;
}
