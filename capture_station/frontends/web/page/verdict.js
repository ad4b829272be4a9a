// A portrait's verdict in plain words.

import { flaws, say } from "./words.js";

const TITLES = { ok: "review.ok", review: "review.review", damaged: "page.is-damaged" };

// Put it into a title and a list.
export function judge(capture, title, list) {
  title.textContent = say(TITLES[capture.verdict]);
  title.parentElement.dataset.verdict = capture.verdict;
  const lines = capture.verdict === "ok" ? [say("review.ok-detail")] : flaws(capture);
  if (!capture.kept) lines.push(say("page.is-not-kept"));
  list.replaceChildren(
    ...lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }),
  );
}

// In a word.
export function brief(capture) {
  if (capture.verdict === "damaged") return say("page.damaged");
  if (!capture.kept) return say("page.not-kept");
  return say(capture.verdict === "ok" ? "page.good" : "page.look");
}

export function pictureOf(capture, width) {
  return `/api/v1/captures/${capture.id}/portrait?width=${width}`;
}
