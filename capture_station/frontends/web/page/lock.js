// Asks for the station's token when the station does.

import { ask } from "./station.js";
import { refusal, say } from "./words.js";

const UNLOCKED = "capture-station.unlocked";

const at = (id) => document.getElementById(id);

export class Lock {
  #dialog = at("locked");
  #open = null;

  constructor() {
    at("lock").hidden = !localStorage.getItem(UNLOCKED);
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    this.#dialog.addEventListener("close", () => this.#open && this.#dialog.showModal());
    at("unlock").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#try();
    });
  }

  // Done when the station is open again.
  unlocked() {
    if (!this.#open) {
      this.#open = deferred();
      for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
      at("locked-trouble").textContent = "";
      this.#dialog.showModal();
    }
    return this.#open.promise;
  }

  async #try() {
    try {
      await ask("/login", "POST", { token: at("token").value.trim() });
    } catch (refused) {
      at("locked-trouble").textContent = refused.locked ? say("page.wrong-token") : refusal(refused);
      at("token").select();
      return;
    }
    localStorage.setItem(UNLOCKED, "yes");
    at("lock").hidden = false;
    at("token").value = "";
    const { resolve } = this.#open;
    this.#open = null;
    this.#dialog.close();
    at("capture").focus({ preventScroll: true });
    resolve();
  }
}

function deferred() {
  let resolve;
  const promise = new Promise((done) => (resolve = done));
  return { promise, resolve };
}
