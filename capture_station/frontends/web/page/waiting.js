// Ways to wait.

export function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

// When the page is seen: a hidden one costs the station nothing.
export function visible() {
  return until(false);
}

export function hidden(signal) {
  return until(true, signal);
}

function until(hidden, signal) {
  return new Promise((done) => {
    if (document.hidden === hidden) done();
    else document.addEventListener("visibilitychange", done, { once: true, signal });
  });
}
