// Texts of the user interface, in the language chosen on this device, else in the station's language.

import { callApi } from "./api.js";

const CHOSEN = "capture-station.language";
const UNKNOWN_LANGUAGE = 422; // The language was chosen with another version of the station.
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/; // Hebrew, Arabic and those between.
let texts = {};
let codes = [];
let followed = null; // The station's language while its texts are being loaded.

export let language = "en";

// Returns the text of a key with its placeholders filled in.
export function translate(key, values = {}) {
  return texts[key].replace(/\{(\w+)\}/g, (_, name) => isolated(values[name]));
}

// Returns a part of a text so that it is read in its own direction: an id with a hyphen in an Arabic sentence, or an id after
// an Arabic name. Where all is read from left to right, it stays as it is.
export function isolated(part) {
  return texts.direction === "rtl" || RIGHT_TO_LEFT.test(part) ? `\u2068${part}\u2069` : part;
}

export function has(key) {
  return key in texts;
}

// Returns the message for an error; a refused picture's says why it is no portrait, and a refused person's what the list says.
export function errorText({ code, notPermitted, flaws: [flaw] = [] }) {
  if (notPermitted) return `${translate("banner.not-permitted", notPermitted)} \u00b7 ${translate("banner.not-permitted-detail", notPermitted)}`;
  if (flaw) return translate("notice.refused", { reason: texts[`refused.${flaw.code}`] ?? flawText(flaw) });
  return texts[`failure.${code}`] ?? translate("notice.failed");
}

// Loads the texts of a language, else of the one chosen before, and inserts them into the page.
export async function loadTexts(chosen = localStorage.getItem(CHOSEN)) {
  const response = await callApi(chosen ? `/words?language=${encodeURIComponent(chosen)}` : "/words").catch((error) => {
    if (error.code !== UNKNOWN_LANGUAGE) throw error;
    localStorage.removeItem(CHOSEN);
    return callApi("/words");
  });
  ({ texts, language, languages: codes } = response);
  document.documentElement.lang = language;
  document.documentElement.dir = texts.direction;
  document.title = translate("window.title");
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = translate(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", translate(element.dataset.label));
  }
  for (const element of document.querySelectorAll("[data-hint]")) element.placeholder = translate(element.dataset.hint);
  for (const element of document.querySelectorAll("[data-alt]")) element.alt = translate(element.dataset.alt);
  document.body.classList.remove("untranslated");
}

// Loads the texts anew if the station has another language now, unless one was chosen on this device. Resolves with whether.
export async function followStation(code) {
  if (code === language || code === followed || localStorage.getItem(CHOSEN)) return false;
  followed = code;
  try {
    await loadTexts();
    return true;
  } catch {
    return false; // The next state tries again.
  } finally {
    followed = null;
  }
}

export function chooseLanguage(chosen) {
  localStorage.setItem(CHOSEN, chosen);
  return loadTexts(chosen);
}

// Returns all languages as [code, name in that language].
export function languages() {
  return codes.map((code) => [code, ownName(code)]).sort(([, one], [, other]) => one.localeCompare(other));
}

// Returns a language's name for itself, such as Français.
function ownName(code) {
  const name = new Intl.DisplayNames([code], { type: "language" }).of(code);
  return `${name[0].toLocaleUpperCase(code)}${name.slice(1)}`;
}

// Returns why a portrait needs review, one sentence per flaw.
export function flaws(capture) {
  return capture.flaws.map((flaw) => sentence(flawText(flaw)) + texts["full-stop"]);
}

// Returns what somebody has to add to a portrait, as a sentence.
export function lack(code) {
  return sentence(translate(`lacks.${code}`)) + texts["full-stop"];
}

// A preset is said by its title; one of the station's own has none but its name.
function flawText({ code, values }) {
  return translate(`flaw.${code}`, { ...values, preset: texts[`preset.${values?.preset}`] ?? values?.preset });
}

// Returns why there is no camera, without a full stop.
export function trouble({ trouble, reason }) {
  return trouble ? sentence(translate(`trouble.${trouble.code}`, trouble.values)) : reason.replace(/\.$/, "");
}

export function sentence(words) {
  return `${words[0].toLocaleUpperCase(language)}${words.slice(1)}`;
}

// Returns texts without full stops as one, without the last.
export function sentences(...words) {
  const stop = texts["full-stop"];
  return words.join(stop === "." ? ". " : stop);
}

export function bytes(size) {
  const [value, unit, digits] = size >= 1e9 ? [size / 1e9, "gigabyte", 1] : [size / 1e6, "megabyte", 0];
  const format = { style: "unit", unit, minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(language, format).format(value).replace(" ", "\u00a0");
}

export function time(text) {
  const taken = new Date(text);
  const today = taken.toDateString() === new Date().toDateString();
  const format = today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(language, format).format(taken);
}
