// Keeps the first tap of a guest from switching the view or the guide, which are the operator's.

const GUEST_AFTER_MS = 20000; // After so long without a tap somebody new may stand there.

export function spareFirstTap(buttons) {
  let lastMs = -Infinity;
  document.addEventListener(
    "click",
    (event) => {
      const first = event.timeStamp - lastMs > GUEST_AFTER_MS;
      lastMs = event.timeStamp;
      if (!first || event.pointerType !== "touch" || !buttons.some((button) => button.contains(event.target))) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
}
