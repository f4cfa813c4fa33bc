// Goes through a list that the server hands out page by page.

import { button, h, show } from "/page/dom.js";

/**
 * Steps through pages by the places that the server gives.
 *
 * `load(after)` fetches a page and returns `{shown, after}`: what to put on the screen, and the
 * place of the next page, or nothing behind the last. What was asked for last wins: an answer that
 * comes late is dropped.
 */
export class Pager {
  #load;
  #failed;
  #content = h("div", { "aria-live": "off" });
  #previous = button("Previous", () => this.#go(this.#places.slice(0, -1)));
  #next = button("Next", () => this.#go([...this.#places, this.#after]));
  #where = h("span", { role: "status" });
  /** Places of the pages up to this one; the first page has none. */
  #places = [""];
  #after = null;
  #turn = 0;

  constructor(load, failed) {
    this.#load = load;
    this.#failed = failed;
    this.element = h("div", {}, this.#content,
      h("div", { class: "pager" }, this.#previous, this.#where, this.#next));
    this.#enable(false);
  }

  /** Fetches from the first page on. */
  restart() {
    return this.#go([""]);
  }

  /** Fetches the page at hand again. */
  reload() {
    return this.#go(this.#places);
  }

  async #go(places) {
    const turn = ++this.#turn;
    this.#enable(false);
    this.#where.textContent = "Loading …";
    try {
      const { shown, after } = await this.#load(places.at(-1), () => turn === this.#turn);
      if (turn !== this.#turn) return;
      this.#places = places;
      this.#after = after ?? null;
      show(this.#content, shown);
      this.#where.textContent = `Page ${places.length}${this.#after === null ? ", the last" : ""}`;
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#where.textContent = "";
      this.#failed(error);
    }
    this.#enable(true);
  }

  #enable(isIdle) {
    this.#previous.disabled = !isIdle || this.#places.length === 1;
    this.#next.disabled = !isIdle || this.#after === null;
  }
}
