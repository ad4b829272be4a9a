// The dialog of the people on the list: how many have a portrait, and who does not.

import { callApi } from "./api.js";
import { describe } from "./search.js";
import { errorText, translate } from "./texts.js";

const MOST = 200;
const NONE = { missing: "person.none-missing", review: "person.none-review", ok: "person.none-ok" };

const at = (id) => document.getElementById(id);

export class People {
  #dialog = at("people");
  #state = "missing";
  #choose;

  // choose: called with the id of the person who is photographed next.
  constructor(choose) {
    this.#choose = choose;
    at("open-people").addEventListener("click", () => {
      this.#dialog.showModal();
      this.#load("missing");
    });
    for (const button of at("people-states").children) button.addEventListener("click", () => this.#load(button.dataset.state));
  }

  // state: the station's state; null while it does not respond.
  show(state) {
    const subjects = state?.subjects;
    if (!subjects?.roster_size) return;
    const { photographed, roster_size: size } = subjects;
    at("people-title").textContent = translate("person.progress", { count: photographed ?? 0, size });
    at("people-progress").max = size;
    at("people-progress").value = photographed ?? 0;
  }

  async #load(state) {
    this.#state = state;
    for (const button of at("people-states").children) button.ariaPressed = String(button.dataset.state === state);
    at("people-csv").href = `api/v1/subjects.csv?state=${state}`;
    at("people-trouble").textContent = "";
    try {
      const { subjects, total } = await callApi(`/subjects?state=${state}&limit=${MOST}`);
      if (this.#state === state) this.#list(subjects, total);
    } catch (error) {
      at("people-trouble").textContent = errorText(error);
    }
  }

  #list(people, total) {
    at("people-list").replaceChildren(...people.map((person) => this.#line(person)));
    at("people-list").scrollTo({ top: 0 });
    at("people-none").hidden = total > 0;
    at("people-none").textContent = translate(NONE[this.#state]);
    at("people-csv").hidden = total === 0;
    at("people-more").textContent = total > people.length ? translate("person.more", { count: total - people.length }) : "";
  }

  #line(person) {
    const [item, button] = ["li", "button"].map((tag) => document.createElement(tag));
    button.type = "button";
    button.append(...describe(person));
    button.addEventListener("click", () => {
      this.#dialog.close();
      this.#choose(person.id);
    });
    item.append(button);
    return item;
  }
}
