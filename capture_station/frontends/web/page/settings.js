// The settings dialog: settings of the running station, language of this page, export of a day as ZIP.

import { callApi } from "./api.js";
import { chooseLanguage, errorText, has, language, languages, sentence, translate } from "./texts.js";

const MAX_COUNTDOWN_S = 30;
const LOOK_FOR_CAMERAS_EVERY_MS = 2000;

const at = (id) => document.getElementById(id);

// Offer [value, text] pairs in a select; what is offered already stays, so that an open list does not close.
function offer(select, options) {
  const now = [...select.options].map(({ value, text }) => [value, text]);
  if (JSON.stringify(now) !== JSON.stringify(options)) {
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  }
}

export class Settings {
  #dialog = at("settings");
  #form = at("settings-form");
  #settings = null;
  #nextLook = 0;

  // onLanguageChange: called after the language has changed.
  constructor(onLanguageChange) {
    at("open-settings").addEventListener("click", () => this.#open());
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#form.addEventListener("input", () => this.#showValues());
    this.#form.addEventListener("change", async ({ target }) => {
      if (target === at("language")) {
        await chooseLanguage(target.value);
        this.#showValues();
        onLanguageChange();
      } else await this.#change(target);
    });
    at("settings-keep").addEventListener("click", () => this.#keepSettings("PUT"));
    at("settings-forget").addEventListener("click", () => this.#keepSettings("DELETE"));
    at("export").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#export();
    });
    at("lock").addEventListener("click", async () => {
      await callApi("/logout", "POST").catch(() => {});
      location.reload();
    });
  }

  // state: the station's state; null while it does not respond.
  show(state) {
    if (!state) return;
    at("version").textContent = translate("page.version", { version: state.version });
    const preset = at("preset");
    offer(preset, state.presets.map(([name, title]) => [name, has(`preset.${name}`) ? translate(`preset.${name}`) : title]));
    this.#fill(state.settings);
  }

  // List the cameras as long as the dialog is open: somebody may plug one in.
  async #listCameras() {
    clearTimeout(this.#nextLook);
    if (!this.#dialog.open) return;
    try {
      const { cameras, sizes } = await callApi("/cameras");
      const automatic = translate("operator.automatic");
      const away = translate("operator.not-connected");
      const demo = sentence(translate("camera.demo"));
      const named = cameras.map(({ choice, name, attached }) => {
        const known = choice === "demo" ? demo : name || automatic;
        return [choice, attached ? known : `${known} (${away})`];
      });
      offer(at("camera"), named);
      // A size from the configuration need not be one that the camera offers.
      const { camera_size: size } = this.#settings ?? {};
      const more = size && size !== "auto" && !sizes.includes(size) ? [size] : [];
      offer(at("camera-size"), [["auto", automatic], ...[...sizes, ...more].map((one) => [one, one])]);
      if (this.#settings) this.#fill(this.#settings);
    } catch (error) {
      at("settings-trouble").textContent = errorText(error);
    }
    this.#nextLook = setTimeout(() => this.#listCameras(), LOOK_FOR_CAMERAS_EVERY_MS);
  }

  #open() {
    const names = languages().map(([code, name]) => new Option(name, code, false, code === language));
    at("language").replaceChildren(...names);
    at("settings-trouble").textContent = at("export-trouble").textContent = "";
    const now = new Date();
    at("day").value = new Date(now - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
    this.#dialog.showModal();
    this.#keepSettings("GET");
    this.#listCameras();
  }

  // Keep the settings for the next start, forget them, or say which of the two is the case.
  async #keepSettings(method) {
    at("settings-trouble").textContent = "";
    try {
      const kept = Object.keys((await callApi("/settings/kept", method)).kept).length > 0;
      at("settings-forget").hidden = !kept;
      at("kept-said").textContent = translate(kept ? "page.settings-kept" : "page.settings-not-kept");
    } catch (error) {
      at("settings-trouble").textContent = errorText(error);
    }
  }

  #fill(settings) {
    this.#settings = settings;
    for (const [name, value] of Object.entries(settings)) {
      const input = this.#form.elements[name];
      if (!input || (input.type === "range" && input.matches(":active"))) continue;
      if (input.type === "checkbox") input.checked = value;
      else {
        if (Number(input.max) > 1 && value > input.max) input.max = MAX_COUNTDOWN_S;
        input.value = value;
      }
    }
    this.#showValues();
  }

  // Show the sliders' values as text.
  #showValues() {
    const [countdown, smoothing] = [at("countdown-s"), at("smoothing")];
    at("countdown-said").textContent = translate("page.seconds", { seconds: countdown.value });
    at("smoothing-said").textContent = translate("page.percent", { percent: Math.round(smoothing.value * 100) });
    countdown.setAttribute("aria-valuetext", at("countdown-said").textContent);
    smoothing.setAttribute("aria-valuetext", at("smoothing-said").textContent);
  }

  async #change(input) {
    const text = input.tagName === "SELECT";
    const value = input.type === "checkbox" ? input.checked : text ? input.value : Number(input.value);
    at("settings-trouble").textContent = "";
    try {
      this.#fill(await callApi("/settings", "PATCH", { [input.name]: value }));
    } catch (error) {
      at("settings-trouble").textContent = errorText(error);
    }
  }

  async #export() {
    const day = at("day").value;
    at("export-trouble").textContent = at("export-said").textContent = "";
    try {
      const { captures, not_kept: notKept, by_demo: demo, nameless, not_agreed: notAgreed } = await callApi(`/days/${day}`);
      const left = [["page.not-kept-count", notKept], ["page.demo-count", demo], ["page.nameless-count", nameless]];
      const said = [["page.not-agreed-count", notAgreed], ...left].filter(([, count]) => count).map(([key, count]) => translate(key, { count }));
      at("export-said").textContent = said.join(" \u00b7 ");
      if (!captures) at("export-trouble").textContent = translate("page.empty-day");
      else location.assign(`api/v1/export.zip?day=${day}`);
    } catch (error) {
      at("export-trouble").textContent = errorText(error);
    }
  }
}
