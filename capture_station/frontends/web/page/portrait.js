// The dialog of one portrait: view, keep, retake, share, print, download, delete, and say whose it is.

import { callApi, fetchApi } from "./api.js";
import { PersonSearch } from "./search.js";
import { showShare } from "./share.js";
import { errorText, time, translate } from "./texts.js";
import { fullName, portraitText, portraitUrl, showVerdict, showWhose } from "./verdict.js";

const WIDTH_PX = 1200;
const UNUSED_MS = 60000; // As long as in the window.
const LOOK_EVERY_MS = 1000;
const EXTENSIONS = { "image/jpeg": "jpg", "image/png": "png" };

const at = (id) => document.getElementById(id);

export class Portrait {
  #dialog = at("portrait");
  #capture = null;
  #named = false;
  #required = false; // Names are.
  #current = null; // Who is checked in.
  #unknown = "";
  #usedMs = 0; // When the question whose it is was last touched; by the time of day, which goes on while the device sleeps.
  #asked = ""; // What is asked before it is done: "retake" or "delete".
  #search = new PersonSearch("assign", (id) => this.#try(() => this.assign(id)));
  #notice;
  #printer = false;
  #printing = new Set(); // The ids of portraits that are being sent to it.
  #sharing = false;

  // takeAnother: called with the portrait to replace; closes the dialog. remove: called with a person whose
  // pictures are all to be deleted.
  constructor(notice, takeAnother, remove) {
    this.#notice = notice;
    at("portrait-wrong").addEventListener("click", () => this.#ask(true));
    at("assign-take").addEventListener("click", () => this.#try(() => this.assign(this.#unknown, true)));
    at("assign-not").addEventListener("click", () => {
      this.#ask(false);
      at("portrait-wrong").focus();
    });
    at("assign-nobody").addEventListener("click", () => this.#try(() => this.assign(null)));
    at("portrait-keep").addEventListener("click", () => this.#try(() => this.#keep()));
    at("portrait-retake").addEventListener("click", () => {
      if (!this.#capture.subject && this.#required) this.#ask(true);
      else this.#confirm("retake"); // Whoever stands there now may be somebody else than in this portrait.
    });
    at("portrait-download").addEventListener("click", () => this.#try(() => this.#download()));
    at("portrait-share").addEventListener("click", () => this.#try(() => this.#share()));
    at("portrait-print").addEventListener("click", () => this.#try(() => this.#print()));
    at("portrait-delete").addEventListener("click", () => this.#confirm("delete"));
    at("sure-not").addEventListener("click", () => {
      const asked = this.#asked;
      this.#confirm("");
      at(`portrait-${asked}`).focus();
    });
    at("sure").addEventListener("click", () => this.#try(() => this.#delete()));
    at("sure-retake").addEventListener("click", () => {
      takeAnother(this.#capture);
    });
    at("sure-person").addEventListener("click", () => {
      const { subject } = this.#capture;
      this.#dialog.close();
      remove(subject);
    });
    for (const use of ["pointerdown", "keydown", "input"]) this.#dialog.addEventListener(use, () => (this.#usedMs = Date.now()));
    setInterval(() => this.#giveUp(), LOOK_EVERY_MS);
    this.#dialog.addEventListener("close", () => {
      this.#capture = null;
      this.#asked = "";
      this.#search.clear();
      at("assign").hidden = true;
    });
  }

  // Of the open portrait; undefined: none.
  get id() {
    return this.#capture?.id;
  }

  // The station's state; null while it does not respond.
  showState(state) {
    this.#printer = Boolean(state?.printing);
    this.#sharing = Boolean(state?.sharing);
    if (state) {
      this.#named = state.subjects.mode !== "off";
      this.#required = state.subjects.mode === "required";
      this.#current = state.subjects.current;
    }
    if (this.#asked === "retake") this.#askRetake();
    if (this.#capture) this.show(this.#capture);
  }

  // The station responds again, as it did not where the picture failed to load.
  found() {
    if (!this.#capture) return;
    const [picture, trouble] = [at("portrait-picture"), at("portrait-trouble")];
    if (!picture.hidden && picture.complete && !picture.naturalWidth) picture.src = portraitUrl(this.#capture, WIDTH_PX);
    if (trouble.textContent === translate("failure.0")) trouble.textContent = "";
  }

  // Whether the dialog asks whose portrait it is, so that a scanned code answers that.
  get asks() {
    return this.#capture !== null && !at("assign").hidden;
  }

  // asking: ask at once whose portrait it is.
  open(capture, asking = false) {
    this.show(capture);
    this.#confirm("");
    this.#ask(false);
    at("portrait-trouble").textContent = "";
    const picture = at("portrait-picture");
    picture.removeAttribute("src");
    picture.hidden = !capture.pictures.includes("portrait");
    if (!picture.hidden) picture.src = portraitUrl(capture, WIDTH_PX);
    if (!this.#dialog.open) this.#dialog.showModal();
    if (asking) this.#ask(true);
  }

  scan(code) {
    this.#search.clear();
    this.#try(() => this.assign(code));
  }

  // Record whose portrait it is; null: nobody's that is known. confirmed: somebody said that an id is right which is not on
  // the list.
  async assign(text, confirmed = false) {
    const { id } = this.#capture;
    try {
      const assigned = await callApi(`/captures/${id}/subject`, "PUT", { subject: text, confirmed });
      if (!this.#shows(id)) return;
      this.show(assigned);
      this.#ask(false);
      at("portrait-wrong").focus();
    } catch (error) {
      if (!this.#shows(id)) return;
      if (error.mayConfirm === undefined) throw error;
      this.#unknown = text;
      at("assign-unknown").hidden = false;
      at("assign-unknown-title").textContent = translate("banner.unknown", { id: text });
      at("assign-unknown-detail").textContent = translate(error.mayConfirm ? "banner.unknown-detail" : "banner.declined-detail");
      at("assign-take").hidden = !error.mayConfirm;
      if (error.mayConfirm) at("assign-take").focus();
    }
  }

  // A capture has changed. Only the open one is redrawn.
  update(capture) {
    if (!this.#shows(capture.id)) return;
    const [before, after] = [this.#capture, capture].map(({ kept, subject }) => `${kept} ${subject?.id}`);
    this.show(capture);
    if (this.#asked && before !== after) this.#confirm(""); // What was asked is true no longer.
  }

  show(capture) {
    this.#capture = capture;
    const taken = capture.taken_at ? time(capture.taken_at) : capture.id;
    at("portrait-title").textContent = taken;
    at("portrait-picture").alt = portraitText(capture, taken);
    showWhose("portrait", capture.subject);
    at("portrait-whose").hidden = !capture.subject && !this.#named;
    if (!capture.subject) at("portrait-name").textContent = translate("person.of-nobody");
    at("portrait-wrong").textContent = translate(capture.subject ? "person.wrong" : "person.say-whose");
    at("portrait-wrong").hidden = this.asks || !this.#named || capture.verdict === "damaged";
    showVerdict(capture, at("portrait-said"), at("portrait-reasons"), "page.is-not-kept");
    const damaged = capture.verdict === "damaged";
    at("portrait-keep").hidden = capture.kept || damaged;
    at("portrait-retake").hidden = !capture.kept || damaged;
    at("portrait-share").hidden = !this.#sharing || !capture.kept || damaged;
    at("portrait-print").hidden = !this.#printer || !capture.kept || damaged;
    at("portrait-download").hidden = !capture.pictures.includes("portrait");
  }

  // A capture was deleted, here or elsewhere.
  forget(id) {
    if (this.#shows(id)) this.#dialog.close();
  }

  // Whether a portrait is the open one. An answer may come after its dialog was closed and another portrait was opened.
  #shows(id) {
    return this.#capture?.id === id;
  }

  // Whoever asked has left: the next person's badge must not answer.
  #giveUp() {
    if (this.asks && Date.now() - this.#usedMs >= UNUSED_MS) this.#dialog.close();
  }

  #ask(asking) {
    this.#usedMs = Date.now();
    this.#search.clear();
    this.#unknown = "";
    at("assign-unknown").hidden = true;
    at("assign").hidden = !asking;
    at("assign-nobody").hidden = !this.#capture?.subject;
    if (this.#capture) this.show(this.#capture);
    if (asking) this.#search.focus();
  }

  // asked: "retake", "delete", or nothing.
  #confirm(asked) {
    this.#asked = asked;
    const { subject } = this.#capture;
    const name = subject?.name || subject?.id;
    if (asked === "delete") at("sure-text").textContent = translate("page.delete-sure");
    if (asked === "retake") this.#askRetake();
    at("sure").hidden = asked !== "delete";
    at("sure-retake").hidden = asked !== "retake";
    at("sure-person").hidden = asked !== "delete" || !subject;
    if (subject) at("sure-person").textContent = translate("person.delete", { name });
    at("portrait-sure").hidden = !asked;
    at("portrait-actions").hidden = Boolean(asked);
    if (asked) at("sure-not").focus();
    at("sure-older").textContent = "";
    if (asked === "delete" && subject) this.#try(() => this.#tellOlder(this.#capture));
  }

  #askRetake() {
    const { subject } = this.#capture;
    const sure = translate(subject ? "person.retake-sure" : "page.retake-sure", { name: subject?.name || subject?.id });
    const other = subject && this.#current && this.#current.id !== subject.id;
    const checkedIn = other && translate("person.retake-other", { person: fullName(this.#current) });
    at("sure-text").textContent = [checkedIn, sure].filter(Boolean).join(" ");
  }

  // An older portrait of the person counts again once this one is deleted.
  async #tellOlder({ id, subject }) {
    const { captures } = await callApi(`/subjects/${encodeURIComponent(subject.id)}`);
    const [newest, older] = captures.filter(({ kept }) => kept); // Newest first.
    if (newest?.id !== id || !older || !this.#shows(id)) return;
    const taken = older.taken_at ? time(older.taken_at) : older.id;
    at("sure-older").textContent = translate("person.counts-again", { name: subject.name || subject.id, time: taken });
  }

  // A newer portrait of the person counts, also after this one is kept.
  async #tellNewer({ id, subject }) {
    const { captures } = await callApi(`/subjects/${encodeURIComponent(subject.id)}`);
    const newest = captures.find(({ kept }) => kept);
    if (!newest || newest.id <= id || !this.#shows(id)) return;
    const taken = newest.taken_at ? time(newest.taken_at) : newest.id;
    at("portrait-trouble").textContent = translate("person.newer-counts", { name: subject.name || subject.id, time: taken });
  }

  async #try(action) {
    at("portrait-trouble").textContent = "";
    const { id } = this.#capture;
    try {
      await action();
    } catch (error) {
      if (this.#shows(id)) at("portrait-trouble").textContent = errorText(error);
    }
  }

  async #keep() {
    const focused = document.activeElement === at("portrait-keep");
    const { id } = this.#capture;
    const kept = await callApi(`/captures/${id}/keep`, "POST", undefined, true);
    if (!this.#shows(id)) return;
    this.show(kept);
    if (focused) at("portrait-retake").focus();
    if (kept.subject) await this.#tellNewer(kept);
  }

  async #share() {
    const { id } = this.#capture;
    const share = await callApi(`/captures/${id}/share`, "POST");
    if (this.#shows(id)) showShare(share);
  }

  async #print() {
    const { id } = this.#capture;
    if (this.#printing.has(id)) return; // A second tap asks for no second sheet.
    this.#printing.add(id);
    await callApi("/prints", "POST", { captures: [id] }).finally(() => this.#printing.delete(id));
    this.forget(id);
    this.#notice(translate("notice.printing"));
  }

  async #download() {
    const { id } = this.#capture;
    const picture = await (await fetchApi(`/captures/${id}/portrait`)).blob();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(picture);
    link.download = `${id}.${EXTENSIONS[picture.type] ?? "jpg"}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  async #delete() {
    const { id } = this.#capture;
    await callApi(`/captures/${id}`, "DELETE");
    this.forget(id);
    this.#notice(translate("page.deleted"));
  }
}
