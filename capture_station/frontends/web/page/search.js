// A field that finds a person by name, id or class, with the best fifty in a list below it that scrolls.

import { callApi } from "./api.js";
import { errorText, isolated, translate } from "./texts.js";

const DELAY_MS = 80;
const MOST = 50; // A class is seen as a whole.

export class PersonSearch {
  static takesUnknown = true; // Whether an id that nobody on the list has is taken, at least when somebody says so.
  #input;
  #list;
  #choose;
  #found = []; // What the list shows.
  #trouble = ""; // Why nobody could be looked for, which the list shows instead.
  #asked = ""; // The newest query.
  #answer = Promise.resolve(); // Resolves when the list shows what was found for it.
  #marked = -1;
  #timer = null;

  // prefix: of the ids of field and list. choose: called with the id of a person, or with what was typed instead.
  constructor(prefix, choose) {
    this.#input = document.getElementById(`${prefix}-query`);
    this.#list = document.getElementById(`${prefix}-found`);
    this.#choose = choose;
    this.#input.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#search(), DELAY_MS);
    });
    this.#input.addEventListener("keydown", (event) => this.#press(event));
    // Not "blur": a touch on the list takes the focus away before it is a click.
    this.#input.parentElement.addEventListener("focusout", ({ relatedTarget }) => {
      if (!this.#input.parentElement.contains(relatedTarget)) this.#show([]);
    });
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  focus() {
    this.#input.focus({ preventScroll: true });
  }

  clear() {
    clearTimeout(this.#timer);
    this.#input.value = "";
    this.#asked = "";
    this.#show([]);
  }

  #search() {
    clearTimeout(this.#timer);
    const query = this.#input.value.trim();
    if (query !== this.#asked) this.#answer = this.#find((this.#asked = query));
    return this.#answer;
  }

  async #find(query) {
    const path = `/subjects?limit=${MOST}&query=${encodeURIComponent(query)}`;
    const { subjects = [], error } = query ? await callApi(path).catch((error) => ({ error })) : {};
    if (this.#asked !== query) return;
    if (error) this.#asked = ""; // The next Enter tries again.
    this.#show(subjects, query !== "", error && errorText(error));
  }

  #show(found, searched = false, trouble = "") {
    this.#found = found;
    this.#trouble = trouble;
    const nobody = searched && found.length === 0;
    this.#list.replaceChildren(...(nobody ? [this.#nobody()] : found.map((person, index) => this.#option(person, index))));
    this.#list.hidden = !found.length && !nobody;
    this.#input.setAttribute("aria-expanded", String(!this.#list.hidden));
    this.#mark(-1);
  }

  #option(person, index) {
    const option = document.createElement("li");
    option.role = "option";
    option.id = `${this.#list.id}-${index}`;
    option.append(...describe(person));
    option.addEventListener("click", () => this.#take(person.id));
    return option;
  }

  #nobody() {
    const option = document.createElement("li");
    option.role = "option";
    const takes = PersonSearch.takesUnknown && !this.#trouble;
    option.className = takes ? "" : "nobody";
    option.ariaDisabled = String(!takes);
    option.textContent = this.#trouble || translate(takes ? "person.nobody" : "search.refused");
    option.addEventListener("click", () => this.#confirm());
    return option;
  }

  #mark(index) {
    this.#marked = index;
    const options = [...this.#list.children];
    for (const [place, option] of options.entries()) option.ariaSelected = String(place === index);
    if (index < 0) this.#input.removeAttribute("aria-activedescendant");
    else {
      this.#input.setAttribute("aria-activedescendant", options[index].id);
      options[index].scrollIntoView({ block: "nearest" });
    }
  }

  async #press(event) {
    const count = this.#found.length;
    if (["ArrowDown", "ArrowUp"].includes(event.key) && count) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.#mark(this.#marked < 0 ? (step > 0 ? 0 : count - 1) : (this.#marked + step + count) % count);
    } else if (event.key === "Escape" && (this.#input.value || count)) {
      // The first Escape clears the field. It must not close the dialog around it as well.
      event.preventDefault();
      event.stopPropagation();
      this.clear();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.#marked >= 0) return this.#take(this.#found[this.#marked].id);
      if (this.#list.hidden) this.#asked = ""; // It was emptied when the focus left, and an empty one would mean nobody.
      await this.#search();
      this.#confirm();
    }
  }

  // Enter without a mark: what was typed decides only if nobody else can be meant.
  #confirm() {
    const typed = this.#input.value.trim();
    const [first] = this.#found;
    if (!typed || this.#trouble || (!first && !PersonSearch.takesUnknown)) return;
    if (!first || first.id.toLowerCase() === typed.toLowerCase()) this.#take(first?.id ?? typed);
    else if (this.#found.length === 1) this.#take(first.id);
    else this.#mark(0);
  }

  #take(id) {
    this.clear();
    this.#choose(id);
  }
}

// Returns the parts of a line about a person: name, id, and whether there is a portrait.
export function describe(person) {
  const [name, id, state] = ["strong", "span", "span"].map((tag) => document.createElement(tag));
  name.textContent = person.name || person.id;
  id.className = "soft";
  id.textContent = person.on_roster ? underName(person) : translate("button.not-listed");
  state.className = "taken";
  state.dataset.state = person.refused ? "review" : (person.state ?? "");
  state.textContent = stateText(person);
  return [name, id, state];
}

// Returns what stands below a person's name: the id, and what tells the person apart from others of the same name.
export function underName({ id, name, detail }) {
  return [name && id, detail].filter(Boolean).map(isolated).join(" · ");
}

// Returns whether a person has a portrait or must not have one, in a few words; nothing where that is not known.
export function stateText({ state, station, refused }) {
  if (refused) return translate("person.not-permitted");
  if (station) return translate("person.elsewhere", { station });
  return state ? translate(STATES[state]) : "";
}

const STATES = { missing: "person.is-missing", ok: "person.is-ok", review: "person.is-review" };
