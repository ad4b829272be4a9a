// Shows a new portrait instead of the live picture: keep it or retake it.

import { announce } from "./announcer.js";
import { callApi } from "./api.js";
import { debounce } from "./debounce.js";
import { drawRanges } from "./ranges.js";
import { stay } from "./stay.js";
import { errorText, translate } from "./texts.js";
import { uncovered } from "./timing.js";
import { fullName, portraitUrl, showVerdict, showWhose } from "./verdict.js";

const INPUT_DELAY_MS = 500; // Taps meant for the capture button must not hit the buttons that replace it.
const WIDTH_PX = 1200;
const SMALL_WIDTH_PX = 400;
const LOOK_EVERY_MS = 1000;

// For how long a doubtful portrait waits for an answer; as in the window.
export const UNDECIDED_S = 60;

const at = (id) => document.getElementById(id);

// Whose retake came to nothing, in words.
export function notRetaken(subject) {
  return subject ? translate("banner.not-retaken", { person: fullName(subject) }) : translate("notice.stays");
}

export class Review {
  #capture = null;
  #coming = false; // Its picture is on the way.
  #retaken = null; // The id of the portrait under review here that is being taken again, on whatever screen.
  #failure = ""; // Why no new portrait came of its retake.
  #sent = null; // The doubtful one that somebody keeps here, until the station knows or something newer happens.
  #older = false; // It is shown only for that, and was filed before.
  #sure = false;
  #ready = 0;
  #timer = null;
  #untilMs = 0; // Until when a doubtful one waits; by the time of day, which goes on while the device sleeps.
  #notice;
  #takeAnother;
  #onKept;
  #onFiled;
  #onUndecided;
  #onChange;

  // takeAnother: called with the portrait to replace. onKept: called with a portrait that somebody keeps.
  // onFiled: called with one that another screen has filed. onUndecided: called with a doubtful one that nobody has answered
  // for. correct: called with a portrait of another person than it says. onChange: called when another portrait is looked
  // at, or none any more.
  constructor(notice, takeAnother, onKept, onFiled, onUndecided, correct, onChange) {
    this.#notice = notice;
    this.#takeAnother = takeAnother;
    this.#onKept = onKept;
    this.#onFiled = onFiled;
    this.#onUndecided = onUndecided;
    this.#onChange = onChange;
    at("review-wrong").addEventListener("click", () => {
      const capture = this.#capture;
      this.close();
      if (capture.kept) this.#onKept(capture);
      correct(capture);
    });
    at("keep").addEventListener("click", () => this.#keep());
    at("retake").addEventListener("click", () => this.#retake());
    const previous = at("review-previous"); // It may be deleted meanwhile.
    previous.firstElementChild.addEventListener("error", () => (previous.hidden = true));
    for (const touch of ["pointerdown", "keydown"]) at("review").addEventListener(touch, () => this.#touched());
    setInterval(() => this.#giveUp(), LOOK_EVERY_MS);
  }

  // Of the portrait that is looked at or being kept; undefined: none.
  get id() {
    return (this.#capture ?? this.#sent)?.id;
  }

  // Whose portrait is looked at or about to be; null: nobody's.
  get subject() {
    const shown = this.#coming || !at("review").hidden;
    return (shown && this.#capture?.subject) || null;
  }

  // Whose new portrait is looked at, and not one whose retake came to nothing; null: nobody's.
  get newOf() {
    return this.#failure ? null : this.subject;
  }

  // Whether a kept portrait is looked at whose retake came to nothing.
  get isFromBefore() {
    return Boolean(this.#failure && this.#capture?.kept);
  }

  // Whether a portrait is about to be shown.
  get isComing() {
    return this.#coming;
  }

  // seconds: keep the portrait after this time unless somebody touches it, or give up asking about a doubtful one; 0: do not
  // show a good one. replacedId: of the portrait that this one replaces, which is shown beside it; null: none that is known.
  // failure: why no new portrait came of its retake; empty: it is new itself.
  async show(capture, seconds, replacedId, failure = "") {
    if (this.#capture?.id === capture.id) return;
    this.#sent = null;
    this.#failure = failure;
    this.#older = failure !== "" && this.#retaken !== capture.id;
    this.#retaken = null;
    this.#timer?.cancel(); // It would keep this one.
    clearTimeout(this.#ready);
    this.#lookAt(capture, true);
    if (seconds === 0 && capture.kept) return this.#keep();
    this.#untilMs = Date.now() + seconds * 1000;
    this.#sure = false;
    this.#label();
    this.#tellFailure();
    // Until a picture has loaded, its image shows the one before, which may be somebody else's.
    for (const beside of at("review").querySelectorAll(".beside img")) beside.removeAttribute("src");
    const picture = at("review-picture");
    picture.src = portraitUrl(capture, WIDTH_PX);
    const decoded = picture.decode().catch(() => {}); // A broken picture still has a verdict to show.
    const [before] = await Promise.all([this.#before(capture, replacedId), decoded]);
    if (picture.naturalHeight) picture.style.setProperty("--aspect", picture.naturalWidth / picture.naturalHeight);
    if (this.#capture !== capture) return;
    // Behind a dialog, nobody can answer for it here.
    if (document.querySelector("dialog[open]")) {
      this.#lookAt(capture);
      await uncovered();
      if (this.#capture !== capture) return;
    }
    at("review-ranges").hidden = !capture.placement;
    if (capture.placement) {
      at("review-ranges").querySelector("img").src = portraitUrl(capture, SMALL_WIDTH_PX);
      drawRanges(at("review-ranges"), capture.placement);
    }
    at("review-previous").hidden = before === null;
    if (before !== null) at("review-previous").firstElementChild.src = portraitUrl({ id: before }, SMALL_WIDTH_PX);
    showWhose("review", capture.subject);
    showVerdict(capture, at("review-title"), at("review-reasons"), "review.undecided");
    const takesFocus = document.activeElement === document.body || at("bar").contains(document.activeElement);
    document.body.classList.add("reviewing");
    at("review").hidden = false;
    at("review").inert = true;
    this.#lookAt(capture);
    this.#ready = setTimeout(() => {
      at("review").inert = false;
      // What is doubtful has to be chosen: no answer may look chosen already, and a stray Enter gives none.
      if (takesFocus) at(capture.kept ? "keep" : "review").focus({ preventScroll: true });
    }, INPUT_DELAY_MS);
    if (!capture.kept) return;
    this.#timer = at("keep").animate([{ transform: "scaleX(0)" }, { transform: "scaleX(1)" }], {
      duration: seconds * 1000,
      pseudoElement: "::before",
    });
    this.#timer.finished.then(() => this.#keep(), () => {});
  }

  // Resolves with the id of what this portrait replaces, else of the one that counts for its person until now; null: none.
  async #before({ id, subject }, replacedId) {
    if (replacedId !== null || !subject) return replacedId;
    const { captures } = await callApi(`/subjects/${encodeURIComponent(subject.id)}`).catch(() => ({ captures: [] }));
    return captures.find((one) => one.kept && one.id < id)?.id ?? null;
  }

  // The next person is here, so a good portrait is kept. Returns false while a doubtful one waits for an answer: it takes
  // a touch then, since a key that is pressed now may be meant for the next person.
  finish() {
    if (this.#capture && !this.#capture.kept) {
      const { subject } = this.#capture;
      const key = subject ? "banner.undecided" : "banner.undecided-nameless";
      this.#tellFirst(translate(key, { person: subject && fullName(subject) }), translate("banner.undecided-detail"));
      if (at("review").contains(document.activeElement)) document.activeElement.blur();
      this.#touched();
      return false;
    }
    this.#keep();
    return true;
  }

  retranslate() {
    if (!this.#capture) return;
    this.#label();
    this.#tellFailure();
    showVerdict(this.#capture, at("review-title"), at("review-reasons"), "review.undecided");
  }

  // A capture has changed. Whoever has kept it or taken it again elsewhere need not be asked here.
  update(capture) {
    if (this.#sent?.id === capture.id) Object.assign(this.#sent, capture);
    if (this.#capture?.id !== capture.id) return;
    const decided = capture.kept !== this.#capture.kept;
    Object.assign(this.#capture, capture);
    showWhose("review", capture.subject);
    showVerdict(capture, at("review-title"), at("review-reasons"), "review.undecided");
    if (!decided) return;
    this.close();
    if (!capture.kept) return;
    this.#notice(translate("notice.kept"));
    this.#onFiled(capture);
  }

  // Somebody was let go: another screen has filed their good portrait, unless a touch holds it here.
  left(id) {
    const capture = this.#capture;
    const held = !at("review").hidden && this.#timer?.playState !== "running";
    if (!capture?.kept || capture.subject?.id !== id || held) return;
    this.close();
    this.#onFiled(capture);
  }

  // A capture has begun. replacedId: of the portrait that it is to replace; null for none.
  interrupt(replacedId) {
    this.#sent = null;
    if (this.#capture && this.#capture.id === replacedId) this.#retaken = replacedId;
    this.close();
  }

  // A capture was deleted elsewhere.
  forget(id) {
    if (this.#sent?.id === id) this.#sent = null;
    if (this.#capture?.id === id) this.close();
  }

  // Return to the live picture. The shown portrait is kept.
  close() {
    if (!this.#capture) return;
    this.#capture = null;
    this.#coming = false;
    this.#timer?.cancel();
    clearTimeout(this.#ready);
    const takesFocus = document.activeElement === document.body || at("review").contains(document.activeElement);
    // They are where Keep was; on a phone, the strip is.
    if (!at("review").hidden) for (const covered of ["#bar", ".strip"]) debounce(document.querySelector(covered));
    document.body.classList.remove("reviewing");
    at("review").hidden = true;
    this.#onChange();
    if (takesFocus) at("capture").focus({ preventScroll: true });
  }

  #lookAt(capture, coming = false) {
    this.#capture = capture;
    this.#coming = coming;
    this.#onChange();
  }

  // Somebody looks or decides, and the station lets nobody go meanwhile.
  #touched() {
    this.#timer?.cancel();
    this.#untilMs = Date.now() + UNDECIDED_S * 1000;
    stay();
  }

  // Whoever left without an answer is asked no more: the next person must not retake it under their name.
  #giveUp() {
    const capture = this.#capture;
    if (!capture || capture.kept || Date.now() < this.#untilMs) return;
    this.close();
    this.#onUndecided(capture);
  }

  #tellFailure() {
    at("review-first").hidden = true;
    if (this.#failure) this.#tellFirst(notRetaken(this.#capture.subject), this.#failure);
  }

  // Tell something that is more important than the portrait.
  #tellFirst(title, detail = "") {
    at("review-first-title").textContent = title;
    at("review-first-detail").textContent = detail;
    at("review-first").hidden = false;
    at("review-first").scrollIntoView({ block: "nearest" });
    announce([title, detail].filter(Boolean).join(" \u00b7 "));
  }

  #keep() {
    const capture = this.#capture;
    if (!capture) return;
    if (!capture.kept && !this.#sure) {
      this.#sure = true; // A doubtful portrait takes a second touch.
      this.#label();
      debounce(at("keep"));
      return;
    }
    this.close();
    if (capture.kept) return this.#filed(capture);
    this.#sent = capture;
    callApi(`/captures/${capture.id}/keep`, "POST", undefined, true).then(
      (kept) => this.#filed(kept),
      (error) => this.#notSent(capture, error),
    );
  }

  // Without an answer, the portrait asks again for the rest of its minute, unless the station has told that it is kept.
  #notSent(capture, error) {
    if (capture.kept) return this.#filed(capture);
    if (this.#sent !== capture) return this.#notice(errorText(error));
    this.show(capture, (this.#untilMs - Date.now()) / 1000, null);
    this.#tellFirst(errorText(error)); // Only the answer may be lost, so nobody knows whether it is kept.
  }

  #filed(capture) {
    if (this.#sent?.id === capture.id) this.#sent = null;
    if (this.#older) return this.#notice(translate("notice.stays"));
    this.#notice(translate("notice.kept"));
    this.#onKept(capture);
  }

  // A doubtful portrait: retake is the primary button, and keep has to be touched twice.
  #label() {
    const kept = this.#capture.kept;
    at("keep").classList.toggle("primary", kept);
    at("retake").classList.toggle("primary", !kept);
    at("keep").firstElementChild.textContent = translate(kept ? "button.keep" : this.#sure ? "button.keep-sure" : "button.keep-anyway");
  }

  #retake() {
    const capture = this.#capture;
    this.interrupt(capture.id);
    this.#takeAnother(capture);
  }
}
