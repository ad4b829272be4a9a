// Draws the live preview on a canvas, always the newest frame, and reconnects when the stream ends.

import { fetchApi } from "./api.js";
import { hidden, pause, visible } from "./timing.js";

const RETRY_MS = 700;
const STALL_TIMEOUT_MS = 10000;

export class Preview {
  #canvas;
  #onPicture;
  #view = "white";
  #stream = new AbortController();
  #wanted;
  #start = null; // Resolves #wanted; null once it is resolved.

  // onPicture: called after each picture with its aspect ratio.
  constructor(canvas, onPicture) {
    this.#canvas = canvas;
    this.#onPicture = onPicture;
    this.stop();
  }

  get view() {
    return this.#view;
  }

  set view(view) {
    this.#view = view;
    this.#stream.abort(); // run() opens the next one at once.
  }

  start() {
    this.#start?.();
    this.#start = null;
  }

  // May be called repeatedly: a pending promise stays, since run() already waits for it.
  stop() {
    if (!this.#start) this.#wanted = new Promise((done) => (this.#start = done));
    this.#stream.abort();
  }

  // Shows pictures as long as the page lives.
  async run() {
    for (;;) {
      await Promise.all([visible(), this.#wanted]);
      const stream = (this.#stream = new AbortController());
      hidden(stream.signal).then(() => stream.abort());
      try {
        await this.#watch(stream);
      } catch {
        // The event stream reports the problem to the user.
      }
      const aborted = stream.signal.aborted;
      stream.abort();
      if (!aborted) await pause(RETRY_MS);
    }
  }

  async #watch(stream) {
    // As raw bytes: some browsers parse multipart responses themselves.
    const headers = { Accept: "application/octet-stream" };
    const response = await fetchApi(`/preview.mjpeg?view=${this.#view}`, { headers, signal: stream.signal });
    for await (const picture of pictures(response.body, stream)) {
      const bitmap = await createImageBitmap(new Blob([picture], { type: "image/jpeg" }));
      if (stream.signal.aborted) break;
      const canvas = this.#canvas;
      if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
        canvas.width = bitmap.width;
        canvas.height = bitmap.height;
      }
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      bitmap.close();
      this.#onPicture(canvas.width / canvas.height);
    }
  }
}

// Yields the newest complete JPEG, from a multipart stream with a Content-Length in each part.
async function* pictures(body, stream) {
  const reader = body.getReader();
  let buffer = new Uint8Array(0);
  for (;;) {
    const timer = setTimeout(() => reader.cancel(), STALL_TIMEOUT_MS);
    const { done, value } = await reader.read().finally(() => clearTimeout(timer));
    if (done || stream.signal.aborted) return;
    buffer = concatenated(buffer, value);
    let newest = null;
    for (let part = firstPart(buffer); part; part = firstPart(buffer)) {
      newest = part.jpeg;
      buffer = buffer.subarray(part.end);
    }
    if (newest) yield newest;
  }
}

function firstPart(bytes) {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 512));
  const head = /^[^]*?Content-Length: (\d+)\r\n\r\n/.exec(text);
  if (!head) return null;
  const start = head[0].length;
  const end = start + Number(head[1]);
  return end <= bytes.length ? { jpeg: bytes.slice(start, end), end } : null;
}

function concatenated(one, other) {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
