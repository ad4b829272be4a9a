// Listens to the station for as long as the page is seen, across its restarts.

import { ask } from "./station.js";
import { hidden, pause, visible } from "./waiting.js";

const SILENT_MS = 12000; // The station says something every 5 s.
const AGAIN_MS = [500, 1000, 2000, 4000];

// heard: what to do with each event, by name; also found(), lost(), and unlocked(), which resolves when it is.
export async function listen(heard) {
  for (let tries = 0; ; ) {
    await visible();
    try {
      await ask("/state");
    } catch (refusal) {
      if (refusal.locked) await heard.unlocked();
      else {
        heard.lost();
        await pause(AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]);
      }
      continue;
    }
    if (await stream(heard, () => (tries = 0))) continue;
    heard.lost();
    await pause(AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]);
  }
}

// Until it breaks: false; or until nobody looks: true.
async function stream(heard, opened) {
  const source = new EventSource("/api/v1/events");
  let silence;
  const broken = new Promise((done) => {
    const alive = () => {
      clearTimeout(silence);
      silence = setTimeout(done, SILENT_MS);
    };
    alive();
    source.onerror = done;
    source.onopen = () => {
      opened();
      heard.found();
    };
    for (const name of ["state", "capture", "removed"]) {
      source.addEventListener(name, (event) => {
        alive();
        heard[name](JSON.parse(event.data));
      });
    }
  });
  const ended = new AbortController();
  const unseen = await Promise.race([broken.then(() => false), hidden(ended.signal).then(() => true)]);
  ended.abort();
  clearTimeout(silence);
  source.close();
  return unseen;
}
