// Entry point of the page: creates its parts and connects them.

import { callApi, fetchApi } from "./api.js";
import { CaptureButton } from "./capture.js";
import { PersonDeletion } from "./deletion.js";
import { listenToEvents } from "./events.js";
import { Gallery } from "./gallery.js";
import { spareFirstTap } from "./guest.js";
import { listenToKeys } from "./keys.js";
import { Login, pair } from "./login.js";
import { People } from "./people.js";
import { WhoIsNext } from "./person.js";
import { Portrait } from "./portrait.js";
import { Preview } from "./preview.js";
import { Review, UNDECIDED_S, notRetaken } from "./review.js";
import { listenToScanner } from "./scanner.js";
import { Settings } from "./settings.js";
import { Stage } from "./stage.js";
import { errorText, followStation, loadTexts, translate } from "./texts.js";
import { pause, uncovered } from "./timing.js";

const RETRY_MS = 1000;
const NOT_FOUND = 404;
const STAYS_S = 6; // How long the portrait before is shown after a retake that failed, where new ones are not shown.

const at = (id) => document.getElementById(id);

while (!(await loadTexts().then(() => true, () => false))) await pause(RETRY_MS);

const pairingTrouble = await pair();

let state = null;
let version = null; // Of the station that this page came from.
let retake = null; // The one under way: what it is to replace, whose it is, and how many captures there were before.
let lacksPortraits = false; // The strip: the archive was away, or did not answer.
let newestId = null; // Of the portrait taken last; once the clock is set back, older ones stay dated ahead of it.
let returning = null; // Who is on a portrait of which no retake came, until it is shown again.
const stage = new Stage();
const notice = (text) => stage.notice(text);
const captureButton = new CaptureButton(notice, () => review.isComing || returning !== null);
const coming = () => (review.isComing ? review.subject : returning);
const person = new WhoIsNext(notice, correct, () => review.subject ?? returning, coming);
const deletion = new PersonDeletion(notice, () => people.refresh());
const people = new People(
  (id) => comes(id),
  (capture, asking) => portrait.open(capture, asking),
  (whom) => deletion.open(whom),
);
const review = new Review(
  notice,
  takeAnother,
  (capture) => person.kept(capture),
  (capture) => person.filed(capture),
  (capture) => person.letGo(capture),
  correct,
  redrawWhose,
);
const portrait = new Portrait(notice, takeAnother, (whom) => deletion.open(whom));
const gallery = new Gallery((capture) => portrait.open(capture));
const settings = new Settings(retranslate);
const login = new Login(pairingTrouble);
const preview = new Preview(at("preview"), (aspect) => stage.picture(aspect));

function show(now) {
  version ??= now?.version ?? null;
  if (now && now.version !== version && isIdle(now)) return location.reload(); // The station was upgraded.
  const [before, after] = [state, now].map((one) => one?.subjects.current?.id);
  if (now && before !== undefined && before !== after) review.left(before);
  state = now;
  for (const part of [stage, captureButton, settings, person, people]) part.show(now);
  portrait.showState(now);
  at("guided").setAttribute("aria-pressed", String(now?.settings.guide ?? true));
  if (captureButton.busy) {
    const { capture_retakes: id, capture_subject: subject, captures, failures } = now;
    // Also where this page slept through the end of the one before.
    if (id !== (retake?.id ?? null)) retake = id && { id, subject, captures, failures };
    review.interrupt(id);
    if (retake) retake.seenMs = Date.now();
  } else if (now && retake) {
    const { id, subject, captures, failures, seenMs } = retake;
    retake = null;
    const reason = failures === now.failures ? translate("notice.stays") : errorText({ flaws: now.refused_for });
    const isNews = Date.now() - seenMs < UNDECIDED_S * 1000; // Else this page was asleep, and whoever it was has left.
    if (captures === now.captures && isNews) comeBack(id, subject, reason);
  }
  if (now?.archive_away) lacksPortraits = true;
  else if (now && lacksPortraits) loadPortraits();
  if (now) followStation(now.language).then((changed) => changed && retranslate());
}

function loadPortraits() {
  lacksPortraits = false;
  const known = newestId;
  gallery.load().then((newest) => resume(newest, known)).catch(async () => {
    await pause(RETRY_MS);
    lacksPortraits = true; // The next state retries.
  });
}

// Whether nobody would miss anything if the page were loaded anew.
function isIdle({ capturing, countdown_left_s }) {
  return !capturing && countdown_left_s === null && !review.id && !document.querySelector("dialog[open]") && !at("person-query").value;
}

// Ask whose portrait it is. A doubtful one still has to be kept or taken again after that, for the rest of its minute and
// while nobody else was photographed: the next person must not retake it under that name.
async function correct(capture) {
  const untilMs = Date.now() + UNDECIDED_S * 1000;
  portrait.open(capture, true);
  if (capture.kept) return;
  await uncovered();
  const now = await callApi(`/captures/${capture.id}`).catch(() => null);
  if (!now || now.kept || review.id || captureButton.busy) return;
  const left_s = (untilMs - Date.now()) / 1000;
  if (left_s > 0 && newestId === now.id) review.show(now, left_s, null);
  else person.letGo(now);
}

function redrawWhose() {
  person.show(state);
  captureButton.redraw();
}

async function takeAnother(capture) {
  if (!capture.subject && state?.subjects.mode === "required") return correct(capture); // First, whose is it?
  const { id } = capture;
  closeDialogs();
  const refused = await captureButton.capture(id);
  if (refused) comeBack(id, null, refused);
}

// No new portrait came of a retake: the one before is shown, so that nobody takes the next tap for another try of it.
async function comeBack(id, subject, reason) {
  notice(`${notRetaken(subject)} \u00b7 ${reason}`);
  returning = subject;
  redrawWhose();
  const before = await callApi(`/captures/${id}`).catch(() => null); // It may be deleted by now.
  returning = null;
  if (before && !captureButton.busy && (before.kept || before.verdict === "review")) {
    review.show(before, before.kept ? state?.review_s || STAYS_S : UNDECIDED_S, null, reason);
  } else redrawWhose();
}

// A portrait that was just taken is reviewed also on a page that was not open then: a doubtful one waits for an answer,
// and a good one is shown for the rest of its time, while its person is still checked in. Not so once an event has told of
// a newer one than was known when these answers were asked for: that one is shown.
async function resume(newest, known) {
  const before = review.id;
  if (newest?.id > before && newestId === known) review.interrupt(null); // Somebody was photographed meanwhile.
  await Promise.all([review, portrait].map(catchUp));
  if (!newest || newestId !== known) return;
  newestId = newest.id;
  person.update(newest); // Other screens have gone on while this page was asleep.
  if (newest.id === before || (!newest.kept && newest.verdict !== "review")) return;
  const response = await fetchApi(`/captures/${newest.id}`);
  const age_ms = Date.parse(response.headers.get("Date")) - Date.parse(newest.taken_at); // Both by the station's clock.
  const capture = await response.json();
  const { subjects, review_s } = await callApi("/state");
  const isThere = !capture.subject || capture.subject.id === subjects.current?.id;
  const isOpen = capture.kept ? isThere : capture.verdict === "review";
  const left_ms = (capture.kept ? review_s : UNDECIDED_S) * 1000 - age_ms;
  if (isOpen && left_ms > 0 && !captureButton.busy && newestId === newest.id) review.show(capture, left_ms / 1000, null);
}

// What is looked at here may have been decided or deleted elsewhere, while this page was asleep.
async function catchUp(part) {
  const { id } = part;
  if (!id) return;
  try {
    part.update(await callApi(`/captures/${id}`));
  } catch (error) {
    if (error.code !== NOT_FOUND) throw error;
    part.forget(id);
  }
}

function retranslate() {
  person.retranslate();
  show(state);
  gallery.retranslate();
  review.retranslate();
}

function closeDialogs() {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
}

function scanned(code) {
  if (portrait.asks) return portrait.scan(code);
  closeDialogs();
  comes(code, review.newOf);
}

// reviewed: whose new portrait was looked at until now; null: nobody's.
async function comes(id, reviewed = null) {
  if (review.isFromBefore) {
    await person.checkIn(id); // First: who comes for another try is not let go with the portrait from before.
    if (review.isFromBefore) review.finish();
  } else if (review.finish()) person.checkIn(id, false, reviewed);
}

spareFirstTap([at("white"), at("guided")]);
at("white").addEventListener("click", () => {
  preview.view = preview.view === "white" ? "framed" : "white";
  stage.whole = preview.view !== "white";
  stage.show(state);
  at("white").setAttribute("aria-pressed", String(preview.view === "white"));
});
at("guided").addEventListener("click", () => {
  const guide = !state?.settings.guide;
  callApi("/settings", "PATCH", { guide }).catch((error) => notice(errorText(error)));
});
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.querySelector("[data-closes]")?.addEventListener("click", () => dialog.close());
}
document.addEventListener("locked", () => login.unlocked());
const live = () => !document.querySelector("dialog[open]") && !document.body.classList.contains("reviewing") && !login.asks;
const press = (id) => () => at(id).click();
listenToKeys({ " ": press("capture"), v: press("white"), g: press("guided") }, live);
listenToScanner(() => person.takesCodes && !login.asks, scanned, () => notice(translate("notice.cut-off")));

show(null);
at("capture").focus({ preventScroll: true });
preview.run();
listenToEvents({
  found: () => {
    const trouble = login.takeTrouble();
    if (trouble) notice(trouble);
    person.found();
    portrait.found();
    preview.start();
    loadPortraits();
  },
  lost: () => {
    preview.stop();
    show(null);
  },
  unlocked: () => login.unlocked(),
  state: show,
  capture: ({ is_new, ...capture }) => {
    const isNew = is_new && !gallery.has(capture);
    if (isNew) newestId = capture.id;
    gallery.put(capture, isNew);
    portrait.update(capture);
    review.update(capture);
    person.update(capture);
    people.refresh();
    if (isNew) review.show(capture, capture.kept ? state.review_s : UNDECIDED_S, captureButton.replacedId);
  },
  removed: ({ id }) => {
    gallery.remove(id);
    portrait.forget(id);
    review.forget(id);
    person.forget(id);
    people.refresh();
  },
});
