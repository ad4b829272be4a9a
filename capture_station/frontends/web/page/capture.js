// The capture button: requests a portrait, shows progress, reports failures.

import { callApi } from "./api.js";
import { errorText, translate } from "./texts.js";
import { pause } from "./timing.js";

const DEBOUNCE_MS = 400; // Two presses within this time count as one.
const POLL_INTERVAL_MS = 300;
const NOT_FOUND = 404;
const NO_CAMERA = { code: 66 };
const NO_PERSON = { code: 67 };
const NO_RESPONSE = { code: 0 };
const NOT_SAVED = { code: 73 };
const DISK_FULL = { code: 74 };

// Whether somebody has to be named, or to agree, before a portrait is taken.
export function needsPerson({ subjects: { mode, current } }) {
  return (mode === "required" && !current) || Boolean(current?.must_agree);
}

export class CaptureButton {
  #button = document.getElementById("capture");
  #text = document.getElementById("capture-text");
  #notice;
  #reviews;
  #state = null;
  #request = null;
  #asking = false; // A request is on its way, and its capture may arrive before the answer.
  #endedEarly = false; // It did, or it failed.
  #lastActionMs = -Infinity;
  replacedId = null; // The portrait that the newest request is to replace.

  // reviews: returns whether a portrait is about to be shown, which may be of somebody else than who is checked in.
  constructor(notice, reviews) {
    this.#notice = notice;
    this.#reviews = reviews;
    this.#button.addEventListener("click", () => this.#press());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.counting && !document.querySelector("dialog[open]")) this.#cancel();
    });
  }

  get counting() {
    return this.#state?.countdown_left_s != null;
  }

  // Whether a capture is in progress, from the countdown until the portrait is saved.
  get busy() {
    return this.counting || Boolean(this.#state?.capturing);
  }

  // state: the station's state; null while it does not respond.
  show(state) {
    const [before, wasCounting, wasBusy] = [this.#state, this.counting, this.busy];
    this.#state = state;
    const failed = before && state && state.failures > before.failures;
    if (this.busy && !this.#asking) this.replacedId = state.capture_retakes; // It may be somebody else's request.
    if (this.counting !== wasCounting) this.#lastActionMs = performance.now();
    if (this.#asking) this.#endedEarly ||= failed || (wasBusy && !this.busy);
    else if (state && !this.busy && this.#request) this.#finishRequest();
    else if (failed && !this.#request) this.#notice(translate("notice.failed"));
    this.redraw();
  }

  redraw() {
    const state = this.#state;
    this.#text.textContent = translate(this.counting ? "button.cancel" : "button.capture");
    this.#button.classList.toggle("primary", !this.counting);
    this.#button.setAttribute("aria-disabled", String(this.#reasonNotToCapture() !== null && !this.counting));
    this.#button.setAttribute("aria-busy", String(Boolean(state?.capturing)));
  }

  // replacedId: a portrait that the new one replaces once it is kept. Resolves with why nothing is taken, in words; empty:
  // something is.
  async capture(replacedId = null) {
    const reason = this.#reasonNotToCapture(replacedId !== null);
    if (reason) return errorText(reason);
    this.#lastActionMs = performance.now();
    this.replacedId = replacedId;
    this.#asking = true;
    this.#endedEarly = false;
    try {
      const { id } = await callApi("/captures", "POST", { retakes: replacedId });
      this.#request = id;
    } catch (error) {
      return errorText(error);
    } finally {
      this.#asking = false;
    }
    if (this.#endedEarly && this.#request) this.#finishRequest();
    return "";
  }

  #press() {
    // The second press of a double click would cancel the first. Other refusals are always shown.
    const acts = this.busy || this.#reasonNotToCapture() === null;
    if (acts && performance.now() - this.#lastActionMs < DEBOUNCE_MS) return;
    if (this.counting) this.#cancel();
    else this.capture().then((refused) => refused && this.#notice(refused));
  }

  async #cancel() {
    this.#lastActionMs = performance.now();
    await callApi("/cancel", "POST").catch((error) => this.#notice(errorText(error)));
  }

  // retakes: whether it is a portrait of the same person again, who need not be checked in.
  #reasonNotToCapture(retakes = false) {
    const state = this.#state;
    if (!state) return NO_RESPONSE;
    if (state.state !== "running") return state.state === "stopping" ? { code: 69 } : NO_CAMERA;
    if (state.archive_away) return NOT_SAVED;
    if (state.disk_low) return DISK_FULL;
    if (!retakes && needsPerson(state)) return NO_PERSON;
    return this.busy || (!retakes && this.#reviews()) ? { code: 75 } : null;
  }

  async #finishRequest() {
    const id = this.#request;
    this.#request = null;
    let response;
    while ((response = await this.#requestStatus(id)).status === "pending") await pause(POLL_INTERVAL_MS);
    if (response.status === "failed") this.#notice(errorText(response.error));
  }

  #requestStatus(requestId) {
    return callApi(`/requests/${requestId}`).catch((error) => ({
      status: "failed",
      error: error.code === NOT_FOUND ? {} : error, // A station that was started anew knows of no request, nor of a portrait.
    }));
  }
}
