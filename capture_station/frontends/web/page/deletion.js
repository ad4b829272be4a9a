// The dialog that deletes all pictures of one person, after it was said how many there are.

import { callApi } from "./api.js";
import { errorText, translate } from "./texts.js";
import { fullName } from "./verdict.js";

const at = (id) => document.getElementById(id);

export class PersonDeletion {
  #dialog = at("delete-person");
  #person = null;
  #deleting = new Set(); // The ids of people whose pictures are being deleted.
  #notice;
  #done;

  // done: called when pictures were deleted.
  constructor(notice, done) {
    this.#notice = notice;
    this.#done = done;
    at("delete-person-not").addEventListener("click", () => this.#dialog.close());
    at("delete-person-sure").addEventListener("click", () => this.#try(() => this.#delete()));
    this.#dialog.addEventListener("close", () => (this.#person = null));
  }

  async open(person) {
    this.#person = person;
    at("delete-person-title").textContent = fullName(person);
    at("delete-person-text").textContent = "";
    at("delete-person-sure").hidden = true;
    this.#dialog.showModal();
    at("delete-person-not").focus();
    await this.#try(async () => {
      const { captures } = await callApi(`/subjects/${encodeURIComponent(person.id)}`);
      if (this.#person !== person) return;
      const count = captures.length;
      at("delete-person-text").textContent = translate(count ? "person.delete-sure" : "person.delete-none", { count });
      at("delete-person-sure").hidden = count === 0;
    });
  }

  async #delete() {
    const person = this.#person;
    if (this.#deleting.has(person.id)) return; // A second tap would say that nothing was deleted.
    this.#deleting.add(person.id);
    const path = `/subjects/${encodeURIComponent(person.id)}`;
    const { removed } = await callApi(path, "DELETE").finally(() => this.#deleting.delete(person.id));
    if (this.#person === person) this.#dialog.close();
    this.#notice(translate("person.deleted", { count: removed }));
    this.#done();
  }

  async #try(action) {
    at("delete-person-trouble").textContent = "";
    const person = this.#person;
    try {
      await action();
    } catch (error) {
      if (this.#person === person) at("delete-person-trouble").textContent = errorText(error);
    }
  }
}
