// What people read: the station's catalogue in the language chosen on this device, else in the station's own.

import { ask } from "./station.js";

const CHOSEN = "capture-station.language";
const UNKNOWN = 422; // It was chosen at another version of the station.
let texts = {};

export let language = "en";

// The text of a key with its places filled in.
export function say(key, values = {}) {
  return texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// Why the station refused.
export function refusal({ code }) {
  return texts[`failure.${code}`] ?? say("notice.failed");
}

// Take the words of a language, or of the one chosen before, and put them where the page wants them.
export async function speak(chosen = localStorage.getItem(CHOSEN)) {
  const answer = await ask(chosen ? `/words?language=${encodeURIComponent(chosen)}` : "/words").catch((refused) => {
    if (refused.code !== UNKNOWN) throw refused;
    localStorage.removeItem(CHOSEN);
    return ask("/words");
  });
  ({ texts, language } = answer);
  document.documentElement.lang = language;
  document.title = say("window.title");
  for (const element of document.querySelectorAll("[data-words]")) element.textContent = say(element.dataset.words);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", say(element.dataset.label));
  }
  for (const element of document.querySelectorAll("[data-alt]")) element.alt = say(element.dataset.alt);
  document.body.classList.remove("wordless");
}

export function choose(chosen) {
  localStorage.setItem(CHOSEN, chosen);
  return speak(chosen);
}

// The languages there are, as [code, its own name].
export function languages() {
  const prefix = "language.";
  const keys = Object.keys(texts).filter((key) => key.startsWith(prefix));
  return keys.map((key) => [key.slice(prefix.length), texts[key]]);
}

// Why a portrait should be looked at, a sentence each.
export function flaws(capture) {
  return capture.flaws.map(({ code, values }) => `${sentence(say(`flaw.${code}`, values))}.`);
}

// Why there is no camera, without full stop.
export function trouble({ trouble, reason }) {
  return trouble ? sentence(say(`trouble.${trouble.code}`, trouble.values)) : reason.replace(/\.$/, "");
}

function sentence(words) {
  return `${words[0].toLocaleUpperCase(language)}${words.slice(1)}`;
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
