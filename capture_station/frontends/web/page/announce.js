// Has a screen reader say something when it is done with what it says.

let odd = false;

export function announce(text) {
  odd = !odd;
  // The same words again are said again only when the text differs.
  document.getElementById("said").textContent = odd ? text : `${text}\u00a0`;
}
