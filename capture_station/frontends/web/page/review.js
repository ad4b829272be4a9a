// Shows a new portrait instead of the live picture: keep it or retake it.

import { callApi } from "./api.js";
import { errorText, translate } from "./texts.js";
import { portraitUrl, showVerdict } from "./verdict.js";

const INPUT_DELAY_MS = 500; // Taps meant for the capture button must not hit the buttons that replace it.
const WIDTH_PX = 1200;

const at = (id) => document.getElementById(id);

export class Review {
  #capture = null;
  #sure = false;
  #ready = 0;
  #timer = null;
  #notice;
  #takeAnother;

  // takeAnother: called with the id of the portrait to replace.
  constructor(notice, takeAnother) {
    this.#notice = notice;
    this.#takeAnother = takeAnother;
    at("keep").addEventListener("click", () => this.#keep());
    at("retake").addEventListener("click", () => this.#retake());
    for (const touch of ["pointerdown", "keydown"]) at("review").addEventListener(touch, () => this.#timer?.cancel());
  }

  // seconds: keep the portrait after this time unless somebody touches it; 0: do not show it.
  async show(capture, seconds) {
    this.#capture = capture;
    if (seconds === 0 && capture.kept) return this.#keep();
    this.#sure = false;
    this.#label();
    const picture = at("review-picture");
    picture.src = portraitUrl(capture, WIDTH_PX);
    await picture.decode().catch(() => {}); // A broken picture still has a verdict to show.
    if (this.#capture !== capture || document.querySelector("dialog[open]")) return;
    showVerdict(capture, at("review-title"), at("review-reasons"));
    const takesFocus = document.activeElement === document.body || at("bar").contains(document.activeElement);
    document.body.classList.add("reviewing");
    at("review").hidden = false;
    at("review").inert = true;
    this.#ready = setTimeout(() => {
      at("review").inert = false;
      if (takesFocus) at("keep").focus({ preventScroll: true });
    }, INPUT_DELAY_MS);
    if (!capture.kept) return;
    this.#timer = at("keep").animate([{ transform: "scaleX(0)" }, { transform: "scaleX(1)" }], {
      duration: seconds * 1000,
      pseudoElement: "::before",
    });
    this.#timer.finished.then(() => this.#keep(), () => {});
  }

  // A capture was deleted elsewhere.
  forget(id) {
    if (this.#capture?.id === id) this.close();
  }

  // Return to the live picture. The shown portrait is kept.
  close() {
    if (!this.#capture) return;
    this.#capture = null;
    this.#timer?.cancel();
    clearTimeout(this.#ready);
    const takesFocus = document.activeElement === document.body || at("review").contains(document.activeElement);
    document.body.classList.remove("reviewing");
    at("review").hidden = true;
    if (takesFocus) at("capture").focus({ preventScroll: true });
  }

  #keep() {
    const capture = this.#capture;
    if (!capture) return;
    if (!capture.kept && !this.#sure) {
      this.#sure = true; // A doubtful portrait takes a second touch.
      this.#label();
      return;
    }
    this.close();
    if (capture.kept) this.#notice(translate("notice.kept"));
    else this.#keepDoubtful(capture.id);
  }

  #keepDoubtful(id) {
    callApi(`/captures/${id}/keep`, "POST").then(
      () => this.#notice(translate("notice.kept")),
      (error) => this.#notice(errorText(error)),
    );
  }

  // A doubtful portrait: retake is the primary button, and keep has to be touched twice.
  #label() {
    const kept = this.#capture.kept;
    at("keep").classList.toggle("primary", kept);
    at("retake").classList.toggle("primary", !kept);
    at("keep").firstElementChild.textContent = translate(kept ? "button.keep" : this.#sure ? "button.keep-sure" : "button.keep-anyway");
  }

  #retake() {
    const { id } = this.#capture;
    this.close();
    this.#takeAnother(id);
  }
}
