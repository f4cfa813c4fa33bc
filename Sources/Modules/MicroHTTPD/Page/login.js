// Asks who is there, by the ways that the server offers.

import { field, h } from "/page/dom.js";
import { forget, loadRights, LoginNeeded, usePassword, useToken } from "/page/rpc.js";

/** A form; `done` is called once the server knows the caller. */
export function login(ways, done) {
  const takesPassword = /basic/i.test(ways);
  const takesToken = /bearer/i.test(ways);
  const way = h("select", { name: "way" },
    takesPassword && h("option", { value: "password" }, "Name and password"),
    takesToken && h("option", { value: "token" }, "Token"));
  const user = h("input", { name: "user", autocomplete: "username", autocapitalize: "none" });
  const secret = h("input", { name: "secret", type: "password", autocomplete: "current-password" });
  const userField = field("Name", user);
  const secretField = field("Password", secret);
  const problem = h("p", { role: "alert", class: "problem" });
  const submit = h("button", { type: "submit", class: "main" }, "Log in");

  const choose = () => {
    const isToken = way.value === "token";
    userField.hidden = isToken;
    secretField.querySelector("label").textContent = isToken ? "Token" : "Password";
  };
  way.addEventListener("change", choose);
  choose();

  const enter = async (event) => {
    event.preventDefault();
    submit.disabled = true;
    problem.textContent = "";
    if (way.value === "token") useToken(secret.value.trim());
    else usePassword(user.value, secret.value);
    try {
      await loadRights();
      done();
    } catch (error) {
      forget();
      problem.textContent =
        error instanceof LoginNeeded ? "The server does not know these." : error.message;
      secret.value = "";
      secret.focus();
    }
    submit.disabled = false;
  };
  return h("form", { class: "login panel", on: { submit: enter } },
    h("h2", {}, "Log in"),
    takesPassword && takesToken ? field("With", way) : null,
    userField, secretField, problem, submit);
}
