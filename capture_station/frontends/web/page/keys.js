// Keys of the live picture, the same as the window's.

const GAP_MS = 80; // Keystrokes closer than this may come from a code scanner.

// actions: what each key does. enabled: whether the live picture is in front.
export function listenToKeys(actions, enabled) {
  let lastMs = -Infinity;
  let pending = null;

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    const alone = event.timeStamp - lastMs > GAP_MS;
    clearTimeout(pending);
    if (key.length === 1) lastMs = event.timeStamp;
    const action = actions[key];
    if (!action || !alone || event.repeat || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest("input, select, textarea, dialog") || !enabled()) return;
    if (key === " ") {
      if (target.closest("button")) return; // The browser presses it.
      event.preventDefault(); // It would scroll the page.
    }
    pending = setTimeout(action, GAP_MS);
  });
}
