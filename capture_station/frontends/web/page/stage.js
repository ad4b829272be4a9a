// Shows the station's state over the live picture: hints, countdown, flash, banners; announces them to screen readers.

import { announce } from "./announcer.js";
import { needsPerson } from "./capture.js";
import { scannerKnown } from "./scanner.js";
import { bytes, has, sentences, translate, trouble } from "./texts.js";

const NOTICE_MS = 4000;
const HINT_STEADY_MS = 1200; // A hint shown for this long is announced.
const ARROWS = { "move-left": -1, "move-right": 1 };

const at = (id) => document.getElementById(id);

export class Stage {
  #state = null;
  #pictures = false;
  #ends = null; // Time of the exposure, in performance.now().
  #second = null;
  #notice = null;
  #hint = "";
  #steady = 0;
  whole = false; // The whole picture is shown, not the portrait on white.

  // Called for each live picture, with its aspect ratio.
  picture(aspect) {
    at("panel").style.setProperty("--aspect", aspect);
    if (this.#pictures) return;
    this.#pictures = true;
    this.#guide();
    this.#waiting();
  }

  // state: the station's state; null while it does not respond.
  show(state) {
    const before = this.#state;
    this.#state = state;
    if (state !== before) {
      this.#ends = state?.countdown_left_s == null ? null : performance.now() + state.countdown_left_s * 1000;
    }
    if (before && state?.capturing && !before.capturing) this.#flash();
    if (state && this.#ends !== null && before?.countdown_left_s == null) {
      const begins = translate("page.countdown", { seconds: Math.round(state.countdown_left_s) });
      announce(sentences(begins, this.#countdownText()));
      this.#second = Math.ceil(state.countdown_left_s);
      requestAnimationFrame(() => this.#count());
    }
    this.#condition();
    this.#banners();
    this.#guide();
    this.#showHint();
    this.#waiting();
    this.#ring();
  }

  // Show and announce a short message.
  notice(text) {
    clearTimeout(this.#notice?.timer);
    const timer = setTimeout(() => {
      this.#notice = null;
      this.#showHint();
    }, NOTICE_MS);
    this.#notice = { text, timer };
    announce(text);
    this.#showHint();
  }

  get #running() {
    return this.#state?.state === "running";
  }

  #condition() {
    const [tone, key] = condition(this.#state);
    at("condition").dataset.tone = tone;
    at("condition").textContent = translate(key);
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
    const framing = state?.framing;
    at("panel").classList.toggle("room", this.whole);
    // In the whole picture the crop's frame says where the portrait is.
    at("guide").classList.toggle("whole", this.whole && Boolean(framing?.crop.length));
    const head = framing && !["nobody", "no-face"].includes(framing.blocking);
    if (framing) at("guide").style.setProperty("--eye-line", framing.guide.eye_line);
    if (framing) at("guide").style.setProperty("--head-height", framing.guide.head_height);
    at("guide").classList.toggle("aligned", this.#running && framing.ready);
    at("guide").classList.toggle("gone", !(this.#running && state.settings.guide && this.#ends === null && this.#pictures && head));
  }

  #showHint() {
    const state = this.#state;
    const live = this.#running && this.#ends === null && !state.capturing;
    let [text, arrow] = ["", 0];
    if (state?.state === "stopping") text = translate("state.stopping");
    else if (this.#ends !== null) text = this.#countdownText();
    else if (state?.capturing) text = translate("notice.capturing");
    else if (this.#notice) text = this.#notice.text;
    else if (live && needsPerson(state)) text = this.#whoText();
    else if (live && state.hint) {
      text = translate(`hint.${state.hint}`);
      arrow = (ARROWS[state.hint] ?? 0) * (state.settings.mirrored ? 1 : -1);
      this.#announceWhenSteady(text);
    }
    if (!(live && state.hint)) this.#announceWhenSteady("");
    at("hint").hidden = !text;
    at("stage").classList.toggle("telling", text !== "" && text === this.#notice?.text);
    at("stage").classList.toggle("counting", this.#ends !== null);
    at("hint").classList.toggle("leftward", arrow < 0);
    at("hint-text").textContent = text;
    at("arrow").toggleAttribute("hidden", arrow === 0);
  }

  // How people say who they are; nothing while somebody is asked to agree.
  #whoText() {
    const { current, reads_codes } = this.#state.subjects;
    if (current) return "";
    if (reads_codes) return translate("person.hold-up");
    return translate(scannerKnown() ? "person.scan" : "person.search");
  }

  // What to do during the countdown, as the preset wants it.
  #countdownText() {
    return translate(this.#state?.framing.neutral ? "notice.countdown-neutral" : "notice.countdown");
  }

  #announceWhenSteady(text) {
    if (text === this.#hint) return;
    this.#hint = text;
    clearTimeout(this.#steady);
    if (text) this.#steady = setTimeout(() => announce(text), HINT_STEADY_MS);
  }

  #waiting() {
    const state = this.#state;
    let key = "";
    if (!state) key = this.#pictures ? "page.lost" : "page.connecting";
    else if (state.state === "starting" || (this.#running && !this.#pictures)) key = "state.starting";
    at("waiting").hidden = !key;
    at("waiting-text").textContent = key && translate(key);
  }

  // The countdown's ring, which also fills while the framing is held, hands free.
  #ring() {
    const held = this.#running && this.#ends === null && !this.#state.capturing ? this.#state.held : 0;
    at("countdown").hidden = this.#ends === null && !held;
    at("countdown").classList.toggle("holding", held > 0);
    if (!held) return;
    at("seconds").textContent = "";
    at("countdown").style.setProperty("--left", held);
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
    void flash.offsetWidth; // Forces a reflow, so that the animation restarts.
    flash.classList.add("fires");
  }
}

function condition(state) {
  if (!state) return ["off", "page.offline"];
  if (state.state === "starting") return ["wait", "page.starting"];
  if (state.state === "stopping") return ["off", "page.stopping"];
  if (state.state === "degraded") return ["bad", "page.no-camera"];
  if (state.disk_trouble) return ["bad", `banner.${state.disk_trouble}`];
  return state.capturing || state.countdown_left_s !== null ? ["wait", "page.taking"] : ["good", "page.ready"];
}

// Why the printer does not print, in words; empty while it does.
function printerTrouble({ problems, trouble }) {
  if (trouble) return translate("printer.unreachable");
  return sentences(...problems.map((problem) => translate(has(`printer.${problem}`) ? `printer.${problem}` : "printer.other")));
}

function bannersOf(state) {
  const banners = [];
  if (state.state === "degraded") {
    const banner = state.trouble?.code === "over" ? "banner.over" : "banner.no-camera";
    banners.push([translate(banner), translate(`${banner}-detail`, { reason: trouble(state) })]);
  } else if (state.camera?.stands_in) {
    const banner = state.reason ? "banner.demo-instead" : "banner.demo";
    banners.push([translate(banner), translate(`${banner}-detail`, { reason: trouble(state) })]);
  }
  const printer = state.printing && printerTrouble(state.printing);
  if (printer) banners.push([translate("banner.printer"), printer]);
  if (state.disk_trouble) {
    const told = `banner.${state.disk_trouble}`;
    banners.push([translate(told), translate(`${told}-detail`, { free: bytes(state.disk_free_bytes) })]);
  }
  const reason = state.subjects.roster_error;
  if (reason) banners.push([translate("banner.roster"), translate("banner.roster-detail", { reason: `${reason}.` })]);
  return banners;
}
