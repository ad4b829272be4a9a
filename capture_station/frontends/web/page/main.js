// The page of one station: brings its parts together.

import { Booth } from "./booth.js";
import { listen } from "./events.js";
import { Lock } from "./lock.js";
import { Portrait } from "./portrait.js";
import { Preview } from "./preview.js";
import { Review } from "./review.js";
import { Settings } from "./settings.js";
import { Stage } from "./stage.js";
import { ask } from "./station.js";
import { Strip } from "./strip.js";
import { pause } from "./waiting.js";
import { refusal, speak } from "./words.js";

const WORDS_AGAIN_MS = 1000;

const at = (id) => document.getElementById(id);

while (!(await speak().then(() => true, () => false))) await pause(WORDS_AGAIN_MS);

let state = null;
const stage = new Stage();
const notice = (text) => stage.notice(text);
const booth = new Booth(notice);
const review = new Review(notice, (id) => booth.capture(id));
const portrait = new Portrait(notice, (id) => booth.capture(id));
const strip = new Strip((capture) => portrait.open(capture));
const settings = new Settings(() => {
  show(state);
  strip.reword();
});
const lock = new Lock();
const preview = new Preview(at("preview"), (aspect) => stage.picture(aspect));

function show(now) {
  state = now;
  for (const part of [stage, booth, settings]) part.show(now);
  at("guided").setAttribute("aria-pressed", String(now?.settings.guide ?? true));
  if (booth.busy) review.close();
}

at("white").addEventListener("click", () => {
  preview.view = preview.view === "white" ? "raw" : "white";
  at("white").setAttribute("aria-pressed", String(preview.view === "white"));
});
at("guided").addEventListener("click", () => {
  const guide = !state?.settings.guide;
  ask("/settings", "PATCH", { guide }).catch((refused) => notice(refusal(refused)));
});
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.querySelector("[data-closes]")?.addEventListener("click", () => dialog.close());
}
document.addEventListener("locked", () => lock.unlocked());

show(null);
at("capture").focus({ preventScroll: true });
preview.run();
listen({
  found: () => {
    preview.start();
    strip.load().catch(() => {}); // The next connection takes it.
  },
  lost: () => {
    preview.stop();
    show(null);
  },
  unlocked: () => lock.unlocked(),
  state: show,
  capture: (capture) => {
    const isNew = !strip.has(capture) && (booth.claims() || strip.isBehind(capture));
    strip.put(capture, isNew);
    portrait.update(capture);
    if (isNew) review.show(capture, state.review_s);
  },
  removed: ({ id }) => {
    strip.remove(id);
    portrait.forget(id);
    review.forget(id);
  },
});
