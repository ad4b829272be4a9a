// Who is photographed next: search, scan, unknown ids, consent, and the person before.

import { announce } from "./announcer.js";
import { callApi } from "./api.js";
import { debounce } from "./debounce.js";
import { Queue, nameLeaving } from "./queue.js";
import { PersonSearch, stateText, underName } from "./search.js";
import { stay } from "./stay.js";
import { errorText, language, translate } from "./texts.js";
import { fullName } from "./verdict.js";

const READ_MS = 1000; // A tap or key that was meant for what was there before must not agree.
const ASKED_MS = 60000; // As long as in the window.
const CORRECTABLE_MS = 60000; // As long as in the window.
const QUEUE_FULL = 75;

const at = (id) => document.getElementById(id);

export class WhoIsNext {
  #notice;
  #reviewed;
  #coming;
  #search = new PersonSearch("person", (id) => this.checkIn(id));
  #queue = new Queue((person) => this.#leave(person));
  #subjects = null;
  #heldBefore = true; // The code of the next state may have been held up long ago, when this page heard nothing.
  #shown = null; // Whose name is on the screen.
  #unknown = "";
  #isId = false; // It is the id itself, and no code with an id in it.
  #notPermitted = null;
  #besideField = false; // It came from the camera while somebody typed, who goes on.
  #readTimer;
  #left; // The timer of a question that nobody answers.
  #photographed = null; // How many people are, without the portrait that is being taken or looked at.
  #last = null; // The capture that was kept last, for a minute or until the next one is taken.
  #lastTimer;
  #toRead;
  #consentKey = "";
  #asked = null; // Who is asked to agree.

  // correct: called with a capture that shows another person than it says. reviewed: returns whose portrait is looked at.
  // coming: returns whose is about to be.
  constructor(notice, correct, reviewed, coming) {
    this.#notice = notice;
    this.#reviewed = reviewed;
    this.#coming = coming;
    at("person-leave").addEventListener("click", () => this.#leave(this.#subjects.current));
    at("unknown-cancel").addEventListener("click", () => this.#ask(""));
    at("unknown-take").addEventListener("click", () => this.checkIn(this.#unknown, true, null, this.#isId));
    at("last-wrong").addEventListener("click", () => correct(this.#last));
    at("consent-agree").addEventListener("click", () => this.#agree());
    at("consent-cancel").addEventListener("click", () => this.#leave(this.#subjects.current));
    // Who reads a long text has not left; scrolling does not bubble.
    for (const use of ["pointerdown", "keydown", "scroll"]) {
      at("consent").addEventListener(use, stay, { capture: true, passive: true });
    }
  }

  // Whether people are photographed by name here.
  get used() {
    return this.#subjects !== null && this.#subjects.mode !== "off";
  }

  // Whether codes may be meant for this page; so also before the station has said how it works.
  get takesCodes() {
    return this.#subjects === null || this.used;
  }

  // The page hears the station again.
  found() {
    this.#heldBefore = true;
  }

  // state: the station's state; null while it does not respond.
  show(state) {
    const before = this.#subjects?.current;
    const code = this.#subjects?.camera_code;
    const heldBefore = this.#heldBefore;
    if (state) [this.#subjects, this.#heldBefore] = [state.subjects, false];
    at("person").hidden = !this.used;
    const taking = state?.capturing || state?.countdown_left_s != null;
    const asks = state && !taking && this.#subjects.current?.must_agree; // A portrait under way is of somebody else, or nobody.
    document.body.classList.toggle("agreeing", Boolean(this.used && asks));
    if (!this.used) return this.#queue.show([]);
    PersonSearch.takesUnknown = this.#subjects.takes_unknown;
    const { current, waiting, roster_size: size } = this.#subjects;
    const first = taking ? state.capture_subject : this.#reviewed(); // It may be of somebody else than who is checked in.
    const taken = taking ? state.capture_subject : (this.#coming() ?? current);
    this.#queue.show((taking || first) && current && first?.id !== current.id ? [current, ...waiting] : waiting);
    at("person-now").hidden = !taken;
    at("person-find").hidden = Boolean(this.#unknown) && !this.#besideField;
    at("person-query").placeholder = translate(current ? "button.next" : "person.search-hint");
    at("open-people").hidden = size === null;
    if (size !== null) {
      if (!first || this.#photographed === null) this.#photographed = this.#subjects.photographed;
      const values = { count: this.#photographed ?? 0, size };
      at("progress").textContent = translate("person.progress", values);
      at("progress-short").textContent = translate("person.progress-short", values);
      at("open-people").ariaLabel = at("progress").textContent;
    }
    at("person-leave").hidden = taken?.id !== current?.id;
    if (taken?.id !== this.#shown?.id) debounce(at("person-leave"));
    if (current && before?.id !== current.id) this.#ask("");
    if (taken) this.#showPerson(taken);
    else if (before && at("person").contains(document.activeElement)) this.#search.focus();
    this.#shown = taken;
    this.#consent(asks ? current : null);
    at("last").hidden = !this.#last || Boolean(this.#unknown);
    if (!heldBefore) this.#codeHeldUp(code, this.#subjects.camera_code);
  }

  // A code before the camera has checked somebody in already, or asks the same as a scanned one.
  #codeHeldUp(before, code) {
    if (!code || code.number === before?.number) return;
    if (code.outcome === "unreadable") this.#notice(translate("notice.unreadable"));
    else if (code.outcome === "not-permitted") this.#ask(code.text, false, code, true);
    else if (!["checked-in", "waits"].includes(code.outcome)) {
      this.#isId = true;
      this.#ask(code.text, code.outcome === "ask", null, true);
    }
  }

  retranslate() {
    if (this.#unknown) this.#ask(this.#unknown, !at("unknown-take").hidden, this.#notPermitted, this.#besideField);
    this.#remember(this.#last);
    this.#consentKey = "";
  }

  // reviewed: who has looked at their portrait until now; a second scan of theirs asks for no other one.
  async checkIn(text, confirmed = false, reviewed = null, isId = false) {
    this.#search.clear();
    const waiting = this.#subjects?.waiting ?? [];
    try {
      const person = await callApi("/check-in", "PUT", { subject: text, confirmed, is_id: isId });
      this.#ask("");
      if (person.id === reviewed?.id) return this.#leave(person);
      if (!person.waits && this.#handsAreFree()) at("capture").focus({ preventScroll: true });
      if (!person.waits || !waiting.length) return;
      const said = waiting.some(({ id }) => id === person.id) ? "person.waits-already" : "person.waits";
      this.#queue.tell(translate(said, { person: fullName(person) }));
    } catch (error) {
      this.#isId = isId;
      if (error.code === QUEUE_FULL) this.#queue.tell(translate("notice.queue-full"));
      else if (error.notPermitted) this.#ask(text, false, error.notPermitted);
      else if (error.mayConfirm === undefined) {
        this.#ask("");
        this.#notice(error.code === 67 || error.code === 422 ? translate("notice.unreadable") : errorText(error));
      } else this.#ask(text, error.mayConfirm);
    }
  }

  // A portrait is kept, here or on another screen. For a while, the name can be corrected.
  filed(capture) {
    if (!this.used || !capture.subject) return;
    this.#remember(capture);
    clearTimeout(this.#lastTimer);
    this.#lastTimer = setTimeout(() => this.#remember(null), CORRECTABLE_MS);
  }

  // A portrait is kept here: the person in it may go.
  kept(capture) {
    if (!this.used || !capture.subject) return;
    this.filed(capture);
    const { current } = this.#subjects;
    if (current && current.id !== capture.subject.id) this.#notice(translate("person.kept", { name: fullName(capture.subject) }));
    this.letGo(capture);
  }

  // The person in a portrait goes, unless they have come again for another one meanwhile.
  letGo(capture) {
    if (!this.used || !capture.subject) return;
    const done = new URLSearchParams({ subject: capture.subject.id, capture: capture.id });
    callApi(`/check-in?${done}`, "DELETE", undefined, true).catch((error) => this.#notice(errorText(error)));
  }

  // A capture is new or has changed.
  update(capture) {
    if (this.#last?.id === capture.id) this.#remember(capture.subject && capture.kept ? capture : null);
    else if (this.#last?.id < capture.id) this.#remember(null); // No longer the last one.
  }

  forget(id) {
    if (this.#last?.id === id) this.#remember(null);
  }

  #showPerson(person) {
    at("person-name").textContent = person.name || person.id;
    nameLeaving(at("person-leave"), person);
    at("person-id").textContent = underName(person);
    for (const state of [at("person-state"), at("consent-state")]) {
      state.textContent = person.state === "missing" ? "" : stateText(person);
      state.dataset.state = person.refused ? "review" : (person.state ?? "");
    }
    if (this.#shown?.id !== person.id) announce(fullName(person));
  }

  // notPermitted: who must not be photographed, and what the list says; null where the id is not on the list. heldUp: it comes
  // from the camera, so that the keyboard may be in use for something else.
  #ask(id, mayTake = false, notPermitted = null, heldUp = false) {
    const asked = this.#unknown;
    this.#unknown = id;
    this.#notPermitted = notPermitted;
    this.#besideField = heldUp && (at("person-find").contains(document.activeElement) || at("person-query").value !== "");
    clearTimeout(this.#left);
    clearTimeout(this.#readTimer);
    at("unknown").hidden = !id;
    at("person-find").hidden = Boolean(id) && !this.#besideField;
    at("unknown-take").disabled = heldUp;
    if (!id) {
      if (asked && at("unknown").contains(document.activeElement)) this.#search.focus();
      return;
    }
    this.#left = setTimeout(() => this.#ask(""), ASKED_MS);
    at("last").hidden = true;
    const [title, detail] = notPermitted
      ? ["banner.not-permitted", "banner.not-permitted-detail"]
      : ["banner.unknown", mayTake ? "banner.unknown-detail" : "banner.declined-detail"];
    at("unknown-title").textContent = translate(title, notPermitted ?? { id });
    at("unknown-detail").textContent = translate(detail, notPermitted ?? {});
    at("unknown-take").hidden = !mayTake;
    at("unknown-cancel").textContent = translate(mayTake ? "button.cancel" : "button.ok");
    if (heldUp) this.#readTimer = setTimeout(() => (at("unknown-take").disabled = false), READ_MS);
    else at(mayTake ? "unknown-take" : "unknown-cancel").focus({ preventScroll: true });
  }

  #remember(capture) {
    this.#last = capture;
    if (capture) at("last-name").textContent = translate("person.kept", { name: fullName(capture.subject) });
    at("last").hidden = !capture || Boolean(this.#unknown);
  }

  async #consent(person) {
    const key = person ? `${person.id} ${language}` : "";
    const section = at("consent");
    const takesFocus = person && (section.hidden || section.contains(document.activeElement));
    section.hidden = !person;
    if (key === this.#consentKey) return;
    this.#consentKey = key;
    this.#asked = person;
    if (!person) return;
    clearTimeout(this.#toRead);
    section.inert = true;
    at("consent-title").textContent = fullName(person);
    at("consent-text").textContent = "";
    const { text, error } = await callApi(`/check-in/consent?language=${language}`).catch((error) => ({ error }));
    if (this.#consentKey !== key) return; // Somebody else has come up.
    if (error) {
      this.#consentKey = "";
      this.#notice(errorText(error));
    } else at("consent-text").textContent = text;
    this.#toRead = setTimeout(() => {
      section.inert = false;
      // The text, and not the button: a scanner's second Enter must not agree in somebody's place.
      // Whoever is typing goes on.
      if (takesFocus && !at("person-query").value) section.querySelector(".text").focus({ preventScroll: true });
    }, READ_MS);
  }

  async #agree() {
    if (!at("consent-text").textContent) return; // Nobody agrees to what is not shown.
    const focused = at("consent").contains(document.activeElement);
    try {
      await callApi("/check-in/consent", "PUT", { language, subject: this.#asked.id });
      if (focused) at("capture").focus({ preventScroll: true });
    } catch (error) {
      this.#notice(errorText(error));
    }
  }

  // Only who is meant is let go, and nobody who has come up meanwhile.
  async #leave({ id }) {
    await callApi(`/check-in?subject=${encodeURIComponent(id)}`, "DELETE").catch((error) => this.#notice(errorText(error)));
  }

  // Whether the focus may be moved to the capture button.
  #handsAreFree() {
    return document.activeElement === document.body || at("person").contains(document.activeElement);
  }
}
