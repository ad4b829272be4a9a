// Keeps the second tap or key of a double one from a part of the page that has just changed under it.

const DEBOUNCE_MS = 400; // Two presses within this time count as one.

const timers = new WeakMap();

document.addEventListener(
  "click", // A key on a button comes as a click, too.
  (event) => {
    if (!event.target.closest(".resting")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  { capture: true },
);

// A held key counts as one press.
document.addEventListener("keydown", (event) => {
  if (event.repeat && ["Enter", " "].includes(event.key) && event.target.closest("button")) event.preventDefault();
});

// What confirms something may appear under the finger that asked for it, also after an answer of the station.
new MutationObserver((changes) => {
  for (const { target } of changes) if (!target.hidden && target.matches("[data-confirms]")) debounce(target);
}).observe(document, { attributeFilter: ["hidden"], subtree: true });

// element: what takes no tap or key for so long. It may have the focus.
export function debounce(element) {
  element.classList.add("resting");
  clearTimeout(timers.get(element));
  timers.set(element, setTimeout(() => element.classList.remove("resting"), DEBOUNCE_MS));
}
