// The line of who comes next, and the list of all who wait: whoever does not come after all is let go there.

import { announce } from "./announcer.js";
import { debounce } from "./debounce.js";
import { describe } from "./search.js";
import { language, translate } from "./texts.js";
import { fullName } from "./verdict.js";

const TOLD_MS = 4000;

const at = (id) => document.getElementById(id);

export class Queue {
  #people = [];
  #shown = "[]";
  #told = null; // The timer of what the line says instead for a moment.
  #letGo;

  // letGo: called with a person who does not come after all.
  constructor(letGo) {
    this.#letGo = letGo;
    at("following-leave").addEventListener("click", () => letGo(this.#people[0]));
    at("open-queue").addEventListener("click", () => at("queue").showModal());
  }

  // people: in the order in which they come.
  show(people) {
    const shown = JSON.stringify(people.length ? [language, people] : []);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const [next, ...others] = people;
    if (next?.id !== this.#people[0]?.id) debounce(at("following-leave"));
    const left = this.#people.some(({ id }, index) => id !== people[index]?.id);
    this.#people = people;
    // The focus is lost with its cross, and a second press of the space bar would take a portrait.
    if (!next && document.activeElement?.closest("#following, #queue")) debounce(at("bar"));
    at("following").hidden = !next;
    at("open-queue").hidden = !others.length;
    this.#list();
    if (left) debounce(at("queue-list")); // Other people are under the crosses now.
    if (!next) return;
    nameLeaving(at("following-leave"), next);
    at("open-queue").textContent = translate("person.following-more", { count: others.length });
    if (!this.#told) this.#line();
    announce([this.#following, others.length && at("open-queue").textContent].filter(Boolean).join(" \u00b7 "));
  }

  // Say something about somebody who waits, in the line that stands beside whatever else is shown.
  tell(text) {
    clearTimeout(this.#told);
    this.#told = setTimeout(() => {
      this.#told = null;
      this.#line();
    }, TOLD_MS);
    at("following-name").textContent = text;
    announce(text);
  }

  get #following() {
    return translate("person.following", { person: fullName(this.#people[0]) });
  }

  #line() {
    if (this.#people.length) at("following-name").textContent = this.#following;
  }

  #list() {
    const list = at("queue-list");
    const focused = list.contains(document.activeElement);
    list.replaceChildren(...this.#people.map((person) => this.#item(person)));
    if (!this.#people.length) at("queue").close();
    else if (focused) at("queue").querySelector("[data-closes]").focus(); // A second Enter sends nobody else away.
  }

  #item(person) {
    const [item, whom, button] = ["li", "p", "button"].map((tag) => document.createElement(tag));
    whom.className = "whom";
    for (const part of describe(person)) whom.append(part, " ");
    button.type = "button";
    button.className = "round";
    button.innerHTML = '<svg><use href="page/icons/set.svg#remove"/></svg>';
    nameLeaving(button, person);
    button.addEventListener("click", () => this.#letGo(person));
    item.append(whom, button);
    return item;
  }
}

export function nameLeaving(button, person) {
  button.ariaLabel = button.title = translate("person.let-go", { name: fullName(person) });
}
