// The dialog of one portrait: view, keep, retake, print, download, delete.

import { callApi, fetchApi } from "./api.js";
import { errorText, time, translate } from "./texts.js";
import { portraitUrl, showVerdict, verdictWord } from "./verdict.js";

const WIDTH_PX = 1200;
const EXTENSIONS = { "image/jpeg": "jpg", "image/png": "png" };

const at = (id) => document.getElementById(id);

export class Portrait {
  #dialog = at("portrait");
  #capture = null;
  #notice;
  #printer = false;

  // takeAnother: called with the id of the portrait to replace.
  constructor(notice, takeAnother) {
    this.#notice = notice;
    at("portrait-keep").addEventListener("click", () => this.#try(() => this.#keep()));
    at("portrait-retake").addEventListener("click", () => {
      const { id } = this.#capture;
      this.#dialog.close();
      takeAnother(id);
    });
    at("portrait-download").addEventListener("click", () => this.#try(() => this.#download()));
    at("portrait-print").addEventListener("click", () => this.#try(() => this.#print()));
    at("portrait-delete").addEventListener("click", () => {
      this.#confirmDeletion(true);
      at("sure-not").focus();
    });
    at("sure-not").addEventListener("click", () => {
      this.#confirmDeletion(false);
      at("portrait-delete").focus();
    });
    at("sure").addEventListener("click", () => this.#try(() => this.#delete()));
    this.#dialog.addEventListener("close", () => (this.#capture = null));
  }

  // The station's state; null while it does not respond.
  showState(state) {
    this.#printer = Boolean(state?.printing);
    if (this.#capture) this.show(this.#capture);
  }

  open(capture) {
    this.show(capture);
    this.#confirmDeletion(false);
    at("portrait-trouble").textContent = "";
    const picture = at("portrait-picture");
    picture.removeAttribute("src");
    picture.hidden = !capture.pictures.includes("portrait");
    if (!picture.hidden) picture.src = portraitUrl(capture, WIDTH_PX);
    this.#dialog.showModal();
  }

  // A capture has changed. Only the open one is redrawn.
  update(capture) {
    if (this.#capture?.id === capture.id) this.show(capture);
  }

  show(capture) {
    this.#capture = capture;
    const taken = capture.taken_at ? time(capture.taken_at) : capture.id;
    at("portrait-title").textContent = taken;
    at("portrait-picture").alt = translate("page.portrait", { time: taken, verdict: verdictWord(capture) });
    showVerdict(capture, at("portrait-said"), at("portrait-reasons"));
    const damaged = capture.verdict === "damaged";
    at("portrait-keep").hidden = capture.kept || damaged;
    at("portrait-retake").hidden = !capture.kept || damaged;
    at("portrait-print").hidden = !this.#printer || !capture.kept || damaged;
    at("portrait-download").hidden = !capture.pictures.includes("portrait");
  }

  // A capture was deleted, here or elsewhere.
  forget(id) {
    if (this.#capture?.id === id) this.#dialog.close();
  }

  #confirmDeletion(asking) {
    at("portrait-sure").hidden = !asking;
    at("portrait-actions").hidden = asking;
  }

  async #try(action) {
    at("portrait-trouble").textContent = "";
    try {
      await action();
    } catch (error) {
      at("portrait-trouble").textContent = errorText(error);
    }
  }

  async #keep() {
    const focused = document.activeElement === at("portrait-keep");
    this.show(await callApi(`/captures/${this.#capture.id}/keep`, "POST"));
    if (focused) at("portrait-retake").focus();
  }

  async #print() {
    await callApi("/prints", "POST", { captures: [this.#capture.id] });
    this.#dialog.close();
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
    await callApi(`/captures/${this.#capture.id}`, "DELETE");
    this.#dialog.close();
    this.#notice(translate("page.deleted"));
  }
}
