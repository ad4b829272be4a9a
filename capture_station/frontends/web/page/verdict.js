// Texts for a portrait's verdict.

import { flaws, translate } from "./texts.js";

const TITLES = { ok: "review.ok", review: "review.review", damaged: "page.is-damaged" };

// Fills a title and a list with the verdict and its reasons.
export function showVerdict(capture, title, list) {
  title.textContent = translate(TITLES[capture.verdict]);
  title.parentElement.dataset.verdict = capture.verdict;
  const lines = capture.verdict === "ok" ? [translate("review.ok-detail")] : flaws(capture);
  if (!capture.kept) lines.push(translate("page.is-not-kept"));
  list.replaceChildren(
    ...lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }),
  );
}

// Returns the verdict in a word or two.
export function verdictWord(capture) {
  if (capture.verdict === "damaged") return translate("page.damaged");
  if (!capture.kept) return translate("page.not-kept");
  return translate(capture.verdict === "ok" ? "page.good" : "page.look");
}

export function portraitUrl(capture, width) {
  return `api/v1/captures/${capture.id}/portrait?width=${width}`;
}
