// The login: by the token that a dialog asks for, or by the code in the address that window or terminal showed to a phone.

import { callApi } from "./api.js";
import { errorText, translate } from "./texts.js";

const FORBIDDEN = 403;
const UNLOCKED = "capture-station.unlocked";

const PAIRING = "#pair=";

const at = (id) => document.getElementById(id);

// Uses up the code in the page's address. Resolves with what went wrong, empty for nothing.
export async function pair() {
  addEventListener("hashchange", () => location.hash.startsWith(PAIRING) && location.reload()); // Another one.
  if (!location.hash.startsWith(PAIRING)) return "";
  const code = location.hash.slice(PAIRING.length);
  history.replaceState(null, "", location.pathname + location.search);
  try {
    await callApi("/pair", "POST", { code });
  } catch (error) {
    return error.code === FORBIDDEN ? translate("page.pairing-over") : errorText(error);
  }
  localStorage.setItem(UNLOCKED, "yes");
  return "";
}

export class Login {
  #dialog = at("locked");
  #waiting = null;
  #trouble;

  // trouble: what went wrong with the code in the page's address; empty for nothing.
  constructor(trouble) {
    this.#trouble = trouble;
    at("lock").hidden = !localStorage.getItem(UNLOCKED);
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    this.#dialog.addEventListener("close", () => this.#waiting && this.#dialog.showModal());
    at("token-shown").addEventListener("change", () => this.#show(at("token-shown").checked));
    at("unlock").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#try();
    });
  }

  get asks() {
    return this.#waiting !== null;
  }

  // Resolves after a successful login.
  unlocked() {
    if (!this.#waiting) {
      this.#waiting = deferred();
      for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
      this.#dialog.showModal();
      at("locked-trouble").textContent = this.takeTrouble();
    }
    return this.#waiting.promise;
  }

  // Returns what went wrong with the code, but only once. The dialog tells it, and on a page that needs no login a notice.
  takeTrouble() {
    const trouble = this.#trouble;
    this.#trouble = "";
    return trouble;
  }

  #show(shown) {
    at("token-shown").checked = shown;
    at("token").type = shown ? "text" : "password";
  }

  async #try() {
    try {
      await callApi("/login", "POST", { token: at("token").value.trim() });
    } catch (error) {
      at("locked-trouble").textContent = error.locked ? translate("page.wrong-token") : errorText(error);
      at("token").select();
      return;
    }
    localStorage.setItem(UNLOCKED, "yes");
    at("lock").hidden = false;
    at("token").value = "";
    this.#show(false);
    const { resolve } = this.#waiting;
    this.#waiting = null;
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
