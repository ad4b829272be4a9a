// Shows a new portrait instead of the live picture: keep it or retake it.

import { portraitUrl, showVerdict } from "./verdict.js";
import { translate } from "./texts.js";

const INPUT_DELAY_MS = 500; // Taps meant for the capture button must not hit the buttons that replace it.
const WIDTH_PX = 1200;

const at = (id) => document.getElementById(id);

export class Review {
  #capture = null;
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
    if (seconds === 0) return this.#keep();
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
    this.close();
    this.#notice(translate("notice.kept"));
  }

  #retake() {
    const { id } = this.#capture;
    this.close();
    this.#takeAnother(id);
  }
}
