// What is seen and heard over the live picture: state, hint, countdown, flash, banners.

import { announce } from "./announce.js";
import { bytes, say, trouble } from "./words.js";

const NOTICE_MS = 4000;
const STEADY_MS = 1200; // A hint that stays so long is read out.
const ARROWS = { "move-left": -1, "move-right": 1 };

const at = (id) => document.getElementById(id);

export class Stage {
  #state = null;
  #pictures = false;
  #ends = null; // When the exposure comes, by performance.now().
  #second = null;
  #notice = null;
  #hint = "";
  #steady = 0;

  // A picture has come; its width to height.
  picture(aspect) {
    at("panel").style.setProperty("--aspect", aspect);
    if (this.#pictures) return;
    this.#pictures = true;
    this.#guide();
    this.#waiting();
  }

  // Show a state of the station; null while it does not answer.
  show(state) {
    const before = this.#state;
    this.#state = state;
    if (state !== before) {
      this.#ends = state?.countdown_left_s == null ? null : performance.now() + state.countdown_left_s * 1000;
    }
    if (before && state?.capturing && !before.capturing) this.#flash();
    if (state && this.#ends !== null && before?.countdown_left_s == null) {
      announce(`${say("page.countdown", { seconds: Math.round(state.countdown_left_s) })}. ${say("notice.countdown")}`);
      this.#second = Math.ceil(state.countdown_left_s);
      requestAnimationFrame(() => this.#count());
    }
    this.#condition();
    this.#banners();
    this.#guide();
    this.#say();
    this.#waiting();
    at("countdown").hidden = this.#ends === null;
  }

  // Say something for a moment.
  notice(text) {
    clearTimeout(this.#notice?.timer);
    const timer = setTimeout(() => {
      this.#notice = null;
      this.#say();
    }, NOTICE_MS);
    this.#notice = { text, timer };
    announce(text);
    this.#say();
  }

  get #running() {
    return this.#state?.state === "running";
  }

  #condition() {
    const [tone, key] = condition(this.#state);
    at("condition").dataset.tone = tone;
    at("condition").textContent = say(key);
  }

  #banners() {
    const banners = this.#state ? bannersOf(this.#state) : [];
    const shown = at("banners");
    if (JSON.stringify(banners) === shown.dataset.shown) return;
    shown.dataset.shown = JSON.stringify(banners);
    shown.replaceChildren(
      ...banners.map(([title, detail]) => {
        const banner = document.createElement("div");
        banner.className = "banner";
        const strong = document.createElement("strong");
        strong.textContent = title;
        const text = document.createElement("p");
        text.textContent = detail;
        banner.append(strong, text);
        return banner;
      }),
    );
  }

  #guide() {
    const state = this.#state;
    at("stage").classList.toggle("stale", !this.#running);
    at("stage").classList.toggle("mirrored", state?.settings.mirrored ?? true);
    at("guide").classList.toggle("aligned", this.#running && state.hint === null);
    at("guide").classList.toggle("gone", !(this.#running && state.settings.guide && this.#ends === null && this.#pictures));
  }

  #say() {
    const state = this.#state;
    const live = this.#running && this.#ends === null && !state.capturing;
    let [text, arrow] = ["", 0];
    if (state?.state === "stopping") text = say("state.stopping");
    else if (this.#ends !== null) text = say("notice.countdown");
    else if (state?.capturing) text = say("notice.capturing");
    else if (this.#notice) text = this.#notice.text;
    else if (live && state.hint) {
      text = say(`hint.${state.hint}`);
      arrow = (ARROWS[state.hint] ?? 0) * (state.settings.mirrored ? 1 : -1);
      this.#readWhenSteady(text);
    }
    if (!(live && state.hint)) this.#readWhenSteady("");
    at("hint").hidden = !text;
    at("hint").classList.toggle("above", this.#ends !== null);
    at("hint").classList.toggle("leftward", arrow < 0);
    at("hint-text").textContent = text;
    at("arrow").toggleAttribute("hidden", arrow === 0);
  }

  #readWhenSteady(text) {
    if (text === this.#hint) return;
    this.#hint = text;
    clearTimeout(this.#steady);
    if (text) this.#steady = setTimeout(() => announce(text), STEADY_MS);
  }

  #waiting() {
    const state = this.#state;
    let key = "";
    if (!state) key = this.#pictures ? "page.lost" : "page.connecting";
    else if (state.state === "starting" || (this.#running && !this.#pictures)) key = "state.starting";
    at("waiting").hidden = !key;
    at("waiting-text").textContent = key && say(key);
  }

  #count() {
    if (this.#ends === null) return;
    const left = Math.max(0, (this.#ends - performance.now()) / 1000);
    const second = Math.max(1, Math.ceil(left));
    at("seconds").textContent = second;
    at("countdown").style.setProperty("--left", left - Math.max(0, Math.ceil(left) - 1));
    if (second < this.#second && second <= 3) announce(String(second));
    this.#second = second;
    requestAnimationFrame(() => this.#count());
  }

  #flash() {
    const flash = at("flash");
    flash.classList.remove("fires");
    void flash.offsetWidth; // Begin again.
    flash.classList.add("fires");
  }
}

function condition(state) {
  if (!state) return ["off", "page.offline"];
  if (state.state === "starting") return ["wait", "page.starting"];
  if (state.state === "stopping") return ["off", "page.stopping"];
  if (state.state === "degraded") return ["bad", "page.no-camera"];
  if (state.archive_away) return ["bad", "banner.archive-away"];
  if (state.disk_low) return ["bad", "banner.disk-low"];
  return state.capturing || state.countdown_left_s !== null ? ["wait", "page.taking"] : ["good", "page.ready"];
}

function bannersOf(state) {
  const banners = [];
  if (state.state === "degraded") {
    const banner = state.trouble?.code === "over" ? "banner.over" : "banner.no-camera";
    banners.push([say(banner), say(`${banner}-detail`, { reason: trouble(state) })]);
  }
  if (state.archive_away) banners.push([say("banner.archive-away"), say("banner.archive-away-detail")]);
  if (state.disk_low) {
    banners.push([say("banner.disk-low"), say("banner.disk-low-detail", { free: bytes(state.disk_free_bytes) })]);
  }
  return banners;
}
