// One portrait from the archive: seen large, kept or not, downloaded, deleted.

import { ask, request } from "./station.js";
import { brief, judge, pictureOf } from "./verdict.js";
import { refusal, say, time } from "./words.js";

const WIDTH_PX = 1200;
const EXTENSIONS = { "image/jpeg": "jpg", "image/png": "png" };

const at = (id) => document.getElementById(id);

export class Portrait {
  #dialog = at("portrait");
  #capture = null;
  #notice;

  // again: take another one instead of that of an id.
  constructor(notice, again) {
    this.#notice = notice;
    at("portrait-keep").addEventListener("click", () => this.#try(() => this.#keep()));
    at("portrait-retake").addEventListener("click", () => {
      const { id } = this.#capture;
      this.#dialog.close();
      again(id);
    });
    at("portrait-download").addEventListener("click", () => this.#try(() => this.#download()));
    at("portrait-delete").addEventListener("click", () => {
      this.#ask(true);
      at("sure-not").focus();
    });
    at("sure-not").addEventListener("click", () => {
      this.#ask(false);
      at("portrait-delete").focus();
    });
    at("sure").addEventListener("click", () => this.#try(() => this.#delete()));
    this.#dialog.addEventListener("close", () => (this.#capture = null));
  }

  open(capture) {
    this.show(capture);
    this.#ask(false);
    at("portrait-trouble").textContent = "";
    const picture = at("portrait-picture");
    picture.removeAttribute("src");
    picture.hidden = !capture.pictures.includes("portrait");
    if (!picture.hidden) picture.src = pictureOf(capture, WIDTH_PX);
    this.#dialog.showModal();
  }

  // What was marked on the one that is open.
  update(capture) {
    if (this.#capture?.id === capture.id) this.show(capture);
  }

  show(capture) {
    this.#capture = capture;
    const taken = capture.taken_at ? time(capture.taken_at) : capture.id;
    at("portrait-title").textContent = taken;
    at("portrait-picture").alt = say("page.portrait", { time: taken, verdict: brief(capture) });
    judge(capture, at("portrait-said"), at("portrait-reasons"));
    const damaged = capture.verdict === "damaged";
    at("portrait-keep").hidden = capture.kept || damaged;
    at("portrait-retake").hidden = !capture.kept || damaged;
    at("portrait-download").hidden = !capture.pictures.includes("portrait");
  }

  // It was deleted, here or elsewhere.
  forget(id) {
    if (this.#capture?.id === id) this.#dialog.close();
  }

  #ask(sure) {
    at("portrait-sure").hidden = !sure;
    at("portrait-actions").hidden = sure;
  }

  async #try(action) {
    at("portrait-trouble").textContent = "";
    try {
      await action();
    } catch (refused) {
      at("portrait-trouble").textContent = refusal(refused);
    }
  }

  async #keep() {
    const focused = document.activeElement === at("portrait-keep");
    this.show(await ask(`/captures/${this.#capture.id}/keep`, "POST"));
    if (focused) at("portrait-retake").focus();
  }

  async #download() {
    const { id } = this.#capture;
    const picture = await (await request(`/captures/${id}/portrait`)).blob();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(picture);
    link.download = `${id}.${EXTENSIONS[picture.type] ?? "jpg"}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  async #delete() {
    await ask(`/captures/${this.#capture.id}`, "DELETE");
    this.#dialog.close();
    this.#notice(say("page.deleted"));
  }
}
