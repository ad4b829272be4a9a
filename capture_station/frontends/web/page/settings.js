// What may be changed while the station runs, the language of this page, and a day's portraits as ZIP.

import { ask } from "./station.js";
import { choose, language, languages, refusal, say } from "./words.js";

const LONGEST_S = 30;

const at = (id) => document.getElementById(id);

export class Settings {
  #dialog = at("settings");
  #form = at("settings-form");

  // reworded: what to do when the language is another.
  constructor(reworded) {
    at("open-settings").addEventListener("click", () => this.#open());
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#form.addEventListener("input", () => this.#read());
    this.#form.addEventListener("change", async ({ target }) => {
      if (target === at("language")) {
        await choose(target.value);
        this.#read();
        reworded();
      } else await this.#change(target);
    });
    at("export").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#export();
    });
    at("lock").addEventListener("click", async () => {
      await ask("/logout", "POST").catch(() => {});
      location.reload();
    });
  }

  // What holds now; null while the station does not answer.
  show(state) {
    if (!state) return;
    at("version").textContent = say("page.version", { version: state.version });
    this.#fill(state.settings);
  }

  #open() {
    const names = languages().map(([code, name]) => new Option(name, code, false, code === language));
    at("language").replaceChildren(...names);
    at("settings-trouble").textContent = at("export-trouble").textContent = "";
    const now = new Date();
    at("day").value ||= new Date(now - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
    this.#dialog.showModal();
  }

  #fill(settings) {
    for (const [name, value] of Object.entries(settings)) {
      const input = this.#form.elements[name];
      if (!input || (input.type === "range" && input.matches(":active"))) continue;
      if (input.type === "checkbox") input.checked = value;
      else {
        if (Number(input.max) > 1 && value > input.max) input.max = LONGEST_S;
        input.value = value;
      }
    }
    this.#read();
  }

  // Say what the sliders stand at.
  #read() {
    const [countdown, smoothing] = [at("countdown-s"), at("smoothing")];
    at("countdown-said").textContent = say("page.seconds", { seconds: countdown.value });
    at("smoothing-said").textContent = say("page.percent", { percent: Math.round(smoothing.value * 100) });
    countdown.setAttribute("aria-valuetext", at("countdown-said").textContent);
    smoothing.setAttribute("aria-valuetext", at("smoothing-said").textContent);
  }

  async #change(input) {
    const value = input.type === "checkbox" ? input.checked : Number(input.value);
    at("settings-trouble").textContent = "";
    try {
      this.#fill(await ask("/settings", "PATCH", { [input.name]: value }));
    } catch (refused) {
      at("settings-trouble").textContent = refusal(refused);
    }
  }

  async #export() {
    const day = at("day").value;
    const compact = day.replaceAll("-", "");
    at("export-trouble").textContent = "";
    try {
      // Below every id of the day after: the newest that is not later than the day.
      const { captures } = await ask(`/captures?limit=1&before=${compact}-999999-999999-ffffffff`);
      if (!captures[0]?.id.startsWith(compact)) at("export-trouble").textContent = say("page.empty-day");
      else location.assign(`/api/v1/export.zip?day=${day}`);
    } catch (refused) {
      at("export-trouble").textContent = refusal(refused);
    }
  }
}
