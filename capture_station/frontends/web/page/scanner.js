// Tells a code scanner's keystrokes from a person's: a scanner types like a keyboard, only much faster.

const GAP_MS = 80; // Keystrokes closer than this may come from a scanner.
const SHORTEST_CODE = 3; // Two fast keystrokes are a person's fingers.
const LONGEST_CODE = 512;
const MODIFIERS = ["Shift", "AltGraph", "Alt", "Control", "Meta", "CapsLock"]; // For a character that takes more than one key.
const UNKNOWN = ["Dead", "Unidentified", "Process"]; // Nobody can tell which character comes of them.
const USED = "capture-station.scanner";
const PRESSED = "button, [type=checkbox]"; // With a space.
const ENDS = ["Enter", "Tab"]; // A carriage return and a line feed arrive as Enter and a second Enter or Ctrl+J.

// Whether a scanner has ever been used in this browser.
export function scannerKnown() {
  return localStorage.getItem(USED) !== null;
}

// enabled: whether codes are wanted at the moment. onCode: called with each code; its Enter does nothing else. onCutOff:
// called instead where a part of the code is not known.
export function listenToScanner(enabled, onCode, onCutOff) {
  let typed = "";
  let isWhole = true;
  let lastMs = -Infinity;
  let endedMs = -Infinity; // When the last code ended; what follows at once is a part of its end.
  let space = null; // A space that waits to be known as a person's, who presses a button or a switch with it.

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.timeStamp - endedMs <= GAP_MS && (ENDS.includes(event.key) || (event.ctrlKey && event.key === "j"))) {
        endedMs = event.timeStamp;
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      const fast = event.timeStamp - lastMs <= GAP_MS;
      if (!fast) [typed, isWhole] = ["", true];
      if (event.target.matches("[type=password], [type=date]")) {
        typed = "";
        return;
      }
      if (event.isComposing || UNKNOWN.includes(event.key)) {
        if (typed) [isWhole, lastMs] = [false, event.timeStamp];
        return;
      }
      if (isCommand(event) || MODIFIERS.includes(event.key)) return;
      if (ENDS.includes(event.key) && typed.length >= SHORTEST_CODE && enabled()) {
        const code = typed;
        typed = "";
        endedMs = event.timeStamp;
        event.preventDefault();
        event.stopImmediatePropagation();
        localStorage.setItem(USED, "yes");
        if (!isWhole) onCutOff();
        else if (code.length <= LONGEST_CODE) onCode(code);
      } else if (event.key.length === 1) {
        clearTimeout(space);
        typed = (typed + event.key).slice(0, LONGEST_CODE + 1);
        lastMs = event.timeStamp;
        if (!enabled()) return;
        // A list would go to the option that begins so. A space of a person opens it.
        if (event.target.matches("select") && typed !== " ") event.preventDefault();
        const button = event.key === " " && event.target.closest(PRESSED);
        if (!button || event.repeat) return;
        event.preventDefault();
        if (typed === " ") space = setTimeout(() => button.click(), GAP_MS);
      } else typed = "";
    },
    { capture: true },
  );
  document.addEventListener(
    "keyup",
    (event) => {
      // Firefox presses a button when the space bar is released.
      if (enabled() && event.key === " " && event.target.closest?.(PRESSED)) event.preventDefault();
    },
    { capture: true },
  );
}

// AltGr, which some systems send as Ctrl and Alt, and Option are for characters.
function isCommand({ key, ctrlKey, metaKey, altKey }) {
  return metaKey || (key.length === 1 ? ctrlKey && !altKey : ctrlKey || altKey);
}
