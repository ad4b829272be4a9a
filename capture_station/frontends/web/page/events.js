// Receives the station's events while the page is visible, and reconnects when the station restarts.

import { callApi } from "./api.js";
import { hidden, pause, visible } from "./timing.js";

const SILENCE_TIMEOUT_MS = 12000; // The station sends a state at least every 5 s.
const RETRY_MS = [500, 1000, 2000, 4000];

// handlers: one for each event by its name, and found(), lost() and unlocked(), which resolves after the login.
export async function listenToEvents(handlers) {
  for (let tries = 0; ; ) {
    await visible();
    try {
      await callApi("/state");
    } catch (error) {
      if (error.locked) await handlers.unlocked();
      else {
        handlers.lost();
        await pause(RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
      }
      continue;
    }
    if (await stream(handlers, () => (tries = 0))) continue;
    handlers.lost();
    await pause(RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
  }
}

// Resolves with true when the page is hidden, with false when the connection breaks.
async function stream(handlers, opened) {
  const source = new EventSource("api/v1/events");
  let silence;
  const broken = new Promise((done) => {
    const alive = () => {
      clearTimeout(silence);
      silence = setTimeout(done, SILENCE_TIMEOUT_MS);
    };
    alive();
    source.onerror = done;
    source.onopen = () => {
      opened();
      handlers.found();
    };
    for (const name of ["state", "capture", "removed"]) {
      source.addEventListener(name, (event) => {
        alive();
        handlers[name](JSON.parse(event.data));
      });
    }
  });
  const ended = new AbortController();
  const wasHidden = await Promise.race([broken.then(() => false), hidden(ended.signal).then(() => true)]);
  ended.abort();
  clearTimeout(silence);
  source.close();
  return wasHidden;
}
