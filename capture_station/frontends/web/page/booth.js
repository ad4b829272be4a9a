// Taking a portrait: the big button, what became of it, and what it shows meanwhile.

import { ask } from "./station.js";
import { pause } from "./waiting.js";
import { refusal, say } from "./words.js";

const DEBOUNCE_MS = 400; // Two presses closer than this are one.
const LOOK_MS = 300;
const NO_CAMERA = { code: 66 };
const NO_ANSWER = { code: 0 };
const NOT_SAVED = { code: 73 };
const DISK_FULL = { code: 74 };

export class Booth {
  #button = document.getElementById("capture");
  #text = document.getElementById("capture-text");
  #notice;
  #state = null;
  #order = null;
  #acted = -Infinity;
  #awaiting = false; // An exposure was seen, or asked for, and its portrait was not seen yet.

  constructor(notice) {
    this.#notice = notice;
    this.#button.addEventListener("click", () => this.#press());
    this.#button.addEventListener("keydown", (event) => event.repeat && event.preventDefault()); // Held is pressed once.
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.counting && !document.querySelector("dialog[open]")) this.#cancel();
    });
  }

  get counting() {
    return this.#state?.countdown_left_s != null;
  }

  // Whether somebody is being taken, from the countdown to the saved portrait.
  get busy() {
    return this.counting || Boolean(this.#state?.capturing);
  }

  // Take up a state of the station; null while it does not answer.
  show(state) {
    const [before, wasCounting] = [this.#state, this.counting];
    this.#state = state;
    this.#awaiting = state !== null && (this.#awaiting || state.capturing);
    if (this.counting !== wasCounting) this.#acted = performance.now();
    if (state && !this.busy && this.#order) this.#settle();
    else if (before && state && state.failures > before.failures && !this.#order) this.#notice(say("notice.failed"));
    this.#text.textContent = say(this.counting ? "button.cancel" : "button.capture");
    this.#button.classList.toggle("primary", !this.counting);
    this.#button.setAttribute("aria-disabled", String(this.#refusal() !== null && !this.counting));
    this.#button.setAttribute("aria-busy", String(Boolean(state?.capturing)));
  }

  // Whether a capture that was just told of is the one whose exposure was seen.
  claims() {
    const claimed = this.#awaiting;
    this.#awaiting = false;
    return claimed;
  }

  // instead: the id of a portrait to mark as not kept as soon as the new one is saved, and not before.
  async capture(instead = null) {
    const refused = this.#refusal();
    if (refused) return this.#notice(refusal(refused));
    this.#acted = performance.now();
    try {
      const { id } = await ask("/captures", "POST", {});
      this.#order = { id, instead };
      this.#awaiting = true;
    } catch (refused) {
      this.#notice(refusal(refused));
    }
  }

  #press() {
    // The second of two would undo the first, or hear that it is under way. What else is refused is always told.
    const acts = this.busy || this.#refusal() === null;
    if (acts && performance.now() - this.#acted < DEBOUNCE_MS) return;
    if (this.counting) this.#cancel();
    else this.capture();
  }

  async #cancel() {
    this.#acted = performance.now();
    await ask("/cancel", "POST").catch((refused) => this.#notice(refusal(refused)));
  }

  #refusal() {
    const state = this.#state;
    if (!state) return NO_ANSWER;
    if (state.state !== "running") return state.state === "stopping" ? { code: 69 } : NO_CAMERA;
    if (state.archive_away) return NOT_SAVED;
    if (state.disk_low) return DISK_FULL;
    return this.busy ? { code: 75 } : null;
  }

  async #settle() {
    const { id, instead } = this.#order;
    this.#order = null;
    let answer;
    while ((answer = await this.#became(id)).status === "pending") await pause(LOOK_MS);
    if (answer.status === "failed") this.#notice(refusal(answer.error));
    if (answer.status !== "done" || instead === null) return;
    await ask(`/captures/${instead}/retake`, "POST").catch((refused) => this.#notice(refusal(refused)));
  }

  #became(order) {
    return ask(`/requests/${order}`).catch((error) => ({ status: "failed", error }));
  }
}
