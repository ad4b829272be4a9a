// The portrait just taken, in place of the live picture: keep it or take another.

import { judge, pictureOf } from "./verdict.js";
import { say } from "./words.js";

const DELIBERATE_MS = 500; // Whoever still taps where the capture button was does not answer a question not yet read.
const WIDTH_PX = 1200;

const at = (id) => document.getElementById(id);

export class Review {
  #capture = null;
  #ready = 0;
  #timer = null;
  #notice;
  #again;

  // again: take another one instead of that of an id.
  constructor(notice, again) {
    this.#notice = notice;
    this.#again = again;
    at("keep").addEventListener("click", () => this.#keep());
    at("retake").addEventListener("click", () => this.#retake());
    for (const touch of ["pointerdown", "keydown"]) at("review").addEventListener(touch, () => this.#timer?.cancel());
  }

  // seconds: for so long, then it is kept, unless somebody touches it, for the next one is waiting; 0 for not at all.
  async show(capture, seconds) {
    this.#capture = capture;
    if (seconds === 0) return this.#keep();
    const picture = at("review-picture");
    picture.src = pictureOf(capture, WIDTH_PX);
    await picture.decode().catch(() => {}); // One that cannot be shown has a verdict all the same.
    if (this.#capture !== capture || document.querySelector("dialog[open]")) return;
    judge(capture, at("review-title"), at("review-reasons"));
    const lost = document.activeElement === document.body || at("bar").contains(document.activeElement);
    document.body.classList.add("reviewing");
    at("review").hidden = false;
    at("review").inert = true;
    this.#ready = setTimeout(() => {
      at("review").inert = false;
      if (lost) at("keep").focus({ preventScroll: true });
    }, DELIBERATE_MS);
    this.#timer = at("keep").animate([{ transform: "scaleX(0)" }, { transform: "scaleX(1)" }], {
      duration: seconds * 1000,
      pseudoElement: "::before",
    });
    this.#timer.finished.then(() => this.#keep(), () => {});
  }

  // It was deleted elsewhere.
  forget(id) {
    if (this.#capture?.id === id) this.close();
  }

  // Go back to the live picture; what was shown is kept.
  close() {
    if (!this.#capture) return;
    this.#capture = null;
    this.#timer?.cancel();
    clearTimeout(this.#ready);
    const lost = document.activeElement === document.body || at("review").contains(document.activeElement);
    document.body.classList.remove("reviewing");
    at("review").hidden = true;
    if (lost) at("capture").focus({ preventScroll: true });
  }

  #keep() {
    const capture = this.#capture;
    if (!capture) return;
    this.close();
    this.#notice(say("notice.kept"));
  }

  #retake() {
    const { id } = this.#capture;
    this.close();
    this.#again(id);
  }
}
