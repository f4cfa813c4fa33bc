// Windows over the page. The browser's own <dialog> keeps the keyboard inside and Escape closes it.

import { button, h } from "/page/dom.js";

/** Shows a window with content and buttons until it is closed; resolves with its answer. */
export function ask(title, content, { yes, kind = "danger" }) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog", { "aria-labelledby": "dialog-title" },
      h("h2", { id: "dialog-title" }, title), content,
      h("div", { class: "actions" },
        // The harmless answer comes first and has the focus.
        button("Cancel", () => dialog.close()),
        button(yes, () => dialog.close("yes"), { kind })));
    open(dialog, () => resolve(dialog.returnValue === "yes"));
  });
}

/** Shows a window to read, with further buttons: `[text, kind, action]`. */
export function inform(title, content, actions = []) {
  const dialog = h(
    "dialog", { "aria-labelledby": "dialog-title" },
    h("h2", { id: "dialog-title" }, title), content,
    h("div", { class: "actions" },
      button("Close", () => dialog.close()),
      actions.map(([text, kind, action]) => button(text, () => {
        dialog.close();
        action();
      }, { kind }))));
  open(dialog, () => {});
}

function open(dialog, closed) {
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    // Back to where the keyboard was, if that is still there.
    if (before?.isConnected) before.focus();
    closed();
  });
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("button")?.focus();
}
