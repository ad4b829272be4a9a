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

// element: what takes no tap or key for so long. It may have the focus.
export function debounce(element) {
  element.classList.add("resting");
  clearTimeout(timers.get(element));
  timers.set(element, setTimeout(() => element.classList.remove("resting"), DEBOUNCE_MS));
}
