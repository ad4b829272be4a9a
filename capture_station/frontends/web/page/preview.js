// The live picture on a canvas: always the newest, again and again if the stream ends.

import { request } from "./station.js";
import { hidden, pause, visible } from "./waiting.js";

const AGAIN_MS = 700;
const STUCK_MS = 10000;

export class Preview {
  #canvas;
  #shown;
  #view = "white";
  #stream = new AbortController();
  #wanted;
  #start = null; // Null while it is wanted.

  // shown: called after every picture.
  constructor(canvas, shown) {
    this.#canvas = canvas;
    this.#shown = shown;
    this.stop();
  }

  get view() {
    return this.#view;
  }

  set view(view) {
    this.#view = view;
    this.#stream.abort(); // The next one begins at once.
  }

  start() {
    this.#start?.();
    this.#start = null;
  }

  // As often as the station is not found: who waits for the start already waits for this one.
  stop() {
    if (!this.#start) this.#wanted = new Promise((done) => (this.#start = done));
    this.#stream.abort();
  }

  // Show pictures for as long as the page is there.
  async run() {
    for (;;) {
      await Promise.all([visible(), this.#wanted]);
      const stream = (this.#stream = new AbortController());
      hidden(stream.signal).then(() => stream.abort());
      try {
        await this.#watch(stream);
      } catch {
        // Whatever it was, the station's events tell it in words.
      }
      const left = stream.signal.aborted;
      stream.abort();
      if (!left) await pause(AGAIN_MS);
    }
  }

  async #watch(stream) {
    // As bytes: some browsers take a multipart answer apart themselves.
    const headers = { Accept: "application/octet-stream" };
    const answer = await request(`/preview.mjpeg?view=${this.#view}`, { headers, signal: stream.signal });
    for await (const picture of pictures(answer.body, stream)) {
      const bitmap = await createImageBitmap(new Blob([picture], { type: "image/jpeg" }));
      if (stream.signal.aborted) break;
      const canvas = this.#canvas;
      if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
        canvas.width = bitmap.width;
        canvas.height = bitmap.height;
      }
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      bitmap.close();
      this.#shown(canvas.width / canvas.height);
    }
  }
}

// The newest whole JPEG each time, from a multipart stream that says the length of every part.
async function* pictures(body, stream) {
  const reader = body.getReader();
  let left = new Uint8Array(0);
  for (;;) {
    const stuck = setTimeout(() => reader.cancel(), STUCK_MS);
    const { done, value } = await reader.read().finally(() => clearTimeout(stuck));
    if (done || stream.signal.aborted) return;
    left = joined(left, value);
    let newest = null;
    for (let part = first(left); part; part = first(left)) {
      newest = part.jpeg;
      left = left.subarray(part.end);
    }
    if (newest) yield newest;
  }
}

function first(bytes) {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 512));
  const head = /^[^]*?Content-Length: (\d+)\r\n\r\n/.exec(text);
  if (!head) return null;
  const start = head[0].length;
  const end = start + Number(head[1]);
  return end <= bytes.length ? { jpeg: bytes.slice(start, end), end } : null;
}

function joined(one, other) {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
