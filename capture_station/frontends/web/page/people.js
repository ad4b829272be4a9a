// The dialog of the people on the list: how many have a portrait, and who does not.

import { callApi } from "./api.js";
import { describe } from "./search.js";
import { errorText, lack, time, translate } from "./texts.js";
import { fullName } from "./verdict.js";

const MOST = 200;
const NONE = { missing: "person.none-missing", review: "person.none-review", ok: "person.none-ok" };

const at = (id) => document.getElementById(id);

export class People {
  #dialog = at("people");
  #state = "missing";
  #more = at("people-more");
  #shown = 0;
  #wanted = MOST; // As many as the list is to show.
  #loads = 0;
  #opened = null; // Whose portrait was asked for last.
  #choose;
  #look;
  #remove;

  // choose: called with the id of the person who is photographed next. look: called with a portrait to open, and whether
  // to ask at once whose it is.
  // remove: called with a person whose pictures are to be deleted.
  constructor(choose, look, remove) {
    this.#choose = choose;
    this.#look = look;
    this.#remove = remove;
    at("open-people").addEventListener("click", () => {
      this.#dialog.showModal();
      this.#show("missing");
    });
    this.#dialog.addEventListener("close", () => (this.#opened = null));
    at("people-more-button").addEventListener("click", () => this.#load(this.#state, this.#shown + MOST));
    for (const button of at("people-states").children) button.addEventListener("click", () => this.#show(button.dataset.state));
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

  // Pictures were taken, deleted, or given to somebody else.
  refresh() {
    if (this.#dialog.open) this.#load(this.#state, this.#wanted);
  }

  #show(state) {
    at("people-list").scrollTo({ top: 0 });
    this.#load(state, MOST);
  }

  // Shows so many people of a state in place of those before. Only the newest call counts.
  async #load(state, wanted) {
    const load = ++this.#loads;
    this.#state = state;
    this.#wanted = wanted;
    for (const button of at("people-states").children) button.ariaPressed = String(button.dataset.state === state);
    at("people-csv").href = `api/v1/subjects.csv?state=${state}`;
    at("people-trouble").textContent = "";
    try {
      const [people, nameless] = [[], []];
      let page;
      do {
        page = await callApi(`/subjects?state=${state}&limit=${MOST}&start=${people.length}`);
        if (load !== this.#loads) return;
        people.push(...page.subjects);
        nameless.push(...page.nameless);
      } while (page.subjects.length > 0 && people.length < Math.min(wanted, page.total));
      this.#list(people, page.total, nameless);
      await this.#count(load);
    } catch (error) {
      if (load === this.#loads) at("people-trouble").textContent = errorText(error);
    }
  }

  // How long each list is, so that nobody looks for those whom another one has.
  async #count(load) {
    for (const { dataset: { state }, lastElementChild: count } of at("people-states").children) {
      const limit = state === "review" ? MOST : 1; // As many portraits without a name as the list has.
      const { total, nameless } = await callApi(`/subjects?state=${state}&limit=${limit}`);
      if (load !== this.#loads) return;
      count.textContent = total + nameless.length;
    }
  }

  #list(people, total, nameless) {
    const list = at("people-list");
    const { scrollTop } = list;
    this.#shown = people.length;
    while (list.firstChild !== this.#more) list.firstChild.remove(); // It keeps the focus.
    this.#more.before(...nameless.map((capture) => this.#nobodys(capture)), ...people.map((person) => this.#line(person)));
    at("people-none").hidden = total > 0 || nameless.length > 0;
    at("people-none").textContent = translate(NONE[this.#state]);
    at("people-csv").hidden = total === 0;
    const more = total - this.#shown;
    this.#more.hidden = more <= 0;
    at("people-more-button").textContent = translate("person.more", { count: more });
    list.scrollTop = scrollTop;
  }

  #bin(person) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "round";
    button.ariaLabel = button.title = translate("person.delete", { name: fullName(person) });
    button.innerHTML = '<svg><use href="page/icons/set.svg#delete"/></svg>';
    button.addEventListener("click", () => this.#remove(person));
    return button;
  }

  // A portrait of which nobody said whose it is.
  #nobodys(capture) {
    const [item, button, name, taken, todo] = ["li", "button", "strong", "span", "span"].map((tag) => document.createElement(tag));
    button.type = "button";
    name.textContent = translate("person.of-nobody");
    taken.className = "soft";
    taken.textContent = time(capture.taken_at);
    todo.className = "taken";
    todo.dataset.state = "review";
    todo.textContent = translate("person.say-whose");
    button.append(name, taken, todo);
    button.addEventListener("click", () => this.#look(capture, true));
    item.append(button);
    return item;
  }

  #line(person) {
    const [item, button] = ["li", "button"].map((tag) => document.createElement(tag));
    button.type = "button";
    const parts = describe(person);
    if (this.#state === "review" && person.must_agree) {
      parts.at(-1).textContent = lack("consent");
      parts.at(-1).classList.add("todo");
    }
    if (this.#state === "missing" && person.state === "missing" && !person.refused) parts.pop(); // The list says it once.
    button.append(...parts);
    button.addEventListener("click", () => (this.#state === "missing" ? this.#take(person) : this.#open(person)));
    item.append(button);
    if (person.has_captures) item.append(this.#bin(person));
    return item;
  }

  #take(person) {
    this.#dialog.close();
    this.#choose(person.id);
  }

  // The newest portrait that was kept: the one that counts.
  async #open(person) {
    at("people-trouble").textContent = "";
    this.#opened = person;
    try {
      const { captures } = await callApi(`/subjects/${encodeURIComponent(person.id)}`);
      if (this.#opened !== person) return;
      const counts = captures.find(({ kept }) => kept);
      if (counts) this.#look(counts);
      else at("people-trouble").textContent = translate("person.delete-none"); // Another booth has it.
    } catch (error) {
      if (this.#opened === person) at("people-trouble").textContent = errorText(error);
    }
  }
}
