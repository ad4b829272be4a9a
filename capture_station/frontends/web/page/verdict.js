// Texts for a portrait: its verdict, and whose it is.

import { underName } from "./search.js";
import { flaws, isolated, lack, translate } from "./texts.js";

const TITLES = { ok: "review.ok", review: "review.review", damaged: "page.is-damaged" };

// Fills a title and a list with the verdict and its reasons. notKept: the text for a portrait that is not kept.
export function showVerdict(capture, title, list, notKept) {
  const incomplete = capture.verdict === "ok" && capture.lacks;
  title.textContent = translate(incomplete ? "review.incomplete" : TITLES[capture.verdict]);
  title.closest(".verdict").dataset.verdict = incomplete ? "review" : capture.verdict;
  const lines = capture.verdict === "ok" && !incomplete ? [translate("review.ok-detail")] : flaws(capture);
  if (!capture.kept) lines.push(translate(notKept));
  if (capture.lacks) lines.push(lack(capture.lacks));
  list.replaceChildren(
    ...lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }),
  );
}

// Whether somebody has to look at a portrait: it is doubtful or damaged, or it is kept and lacks a name or consent.
export function needsLook(capture) {
  return capture.verdict !== "ok" || (capture.kept && capture.lacks !== "");
}

// Returns the verdict in a word or two.
export function verdictWord(capture) {
  if (capture.verdict === "damaged") return translate("page.damaged");
  if (!capture.kept) return translate("page.not-kept");
  return translate(needsLook(capture) ? "page.look" : "page.good");
}

// Returns what stands for a portrait in words: whose it is, when it was taken, and its verdict.
export function portraitText(capture, taken) {
  const values = { time: taken, verdict: verdictWord(capture) };
  if (!capture.subject) return translate("page.portrait", values);
  return translate("person.portrait", { ...values, name: fullName(capture.subject) });
}

// Returns a person's name and id, or the id alone, with what tells the person apart from others of the same name.
export function fullName({ id, name, detail }) {
  return [name, id, detail].filter(Boolean).map(isolated).join(", ");
}

// Shows a person's name and what stands below it; hides them where nobody is named.
export function showWhose(prefix, person) {
  const [whose, name, id] = ["whose", "name", "id"].map((part) => document.getElementById(`${prefix}-${part}`));
  whose.hidden = !person;
  name.textContent = person ? person.name || person.id : "";
  id.textContent = person ? underName(person) : "";
}

export function portraitUrl(capture, width) {
  return `api/v1/captures/${capture.id}/portrait?width=${width}`;
}
