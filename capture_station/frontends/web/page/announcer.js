// Announces a message to screen readers, after what they are reading now.

let odd = false;

export function announce(text) {
  odd = !odd;
  // A live region reads a repeated message only if its text differs.
  document.getElementById("said").textContent = odd ? text : `${text}\u00a0`;
}
