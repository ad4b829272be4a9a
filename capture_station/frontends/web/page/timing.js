// Promises that wait: for a time, until the page is visible or hidden, or until no dialog covers it.

export function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

// Resolves when the page is visible. A hidden page causes the station no work.
export function visible() {
  return until(false);
}

export function hidden(signal) {
  return until(true, signal);
}

export async function uncovered() {
  for (let dialog; (dialog = document.querySelector("dialog[open]")); ) {
    await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  }
}

function until(hidden, signal) {
  return new Promise((done) => {
    if (document.hidden === hidden) done();
    else document.addEventListener("visibilitychange", done, { once: true, signal });
  });
}
