// Keeps the second tap or key of a double one from a part of the page that has just changed under it.

const DEBOUNCE_MS = 400; // Two presses within this time count as one.

const timers = new WeakMap();

// element: what takes no tap or key for so long. It has the focus again after that, if it had it.
export function debounce(element) {
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  element.inert = true;
  clearTimeout(timers.get(element));
  const rested = () => {
    element.inert = false;
    if (document.activeElement === document.body) focused?.focus({ preventScroll: true });
  };
  timers.set(element, setTimeout(rested, DEBOUNCE_MS));
}
