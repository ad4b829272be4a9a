// The strip of recent portraits, newest first.

import { callApi, fetchApi } from "./api.js";
import { time, translate } from "./texts.js";
import { needsLook, portraitText, portraitUrl } from "./verdict.js";

const PAGE_SIZE = 20;
const MAX_THUMBNAILS = 200; // The page of a kiosk stays open for months.
const WIDTH_PX = 240;
const DATE_LAG_MS = 5000; // A response says its date in whole seconds, and a busy station a little late.

export class Gallery {
  #list = document.getElementById("portraits");
  #none = document.getElementById("no-portraits");
  #items = new Map();
  #captures = new Map();
  #next = null;
  #fresh = []; // Portraits that an event has told of since the newest ones were asked for, newest first.
  #open;

  // open: called with a portrait when it is selected.
  constructor(open) {
    this.#open = open;
  }

  // Load the newest portraits from the archive. Resolves with the newest, which is none from before the station's clock was
  // set back: that stays dated ahead.
  async load() {
    this.#fresh = [];
    const response = await fetchApi(`/captures?limit=${PAGE_SIZE}`);
    const { captures: answered, next } = await response.json();
    const [items, shown] = [this.#items, this.#captures];
    const missed = this.#fresh.filter((id) => items.has(id) && !answered.some((one) => one.id === id));
    const captures = [...missed.map((id) => shown.get(id)), ...answered];
    this.#items = new Map();
    this.#captures = new Map();
    for (const capture of captures) {
      const item = items.get(capture.id);
      // Unchanged items stay, so that their pictures are not fetched again.
      if (JSON.stringify(shown.get(capture.id)) !== JSON.stringify(capture)) continue;
      this.#items.set(capture.id, item);
      this.#captures.set(capture.id, capture);
    }
    this.#list.replaceChildren(...captures.map((one) => this.#items.get(one.id) ?? this.#item(one, this.#draw(one))));
    this.#add([], next);
    const latest_ms = Date.parse(response.headers.get("Date")) + DATE_LAG_MS;
    return answered.find(({ taken_at: taken }) => Date.parse(taken) <= latest_ms);
  }

  has({ id }) {
    return this.#items.has(id);
  }

  // Add a new portrait or update a shown one. Portraits too old to be shown are ignored.
  put(capture, isNew) {
    const item = this.#items.get(capture.id);
    if (!item && !isNew) return;
    const focused = item?.contains(document.activeElement);
    const drawn = this.#draw(capture);
    if (item) {
      item.replaceChildren(...drawn);
      if (focused) item.firstElementChild.focus({ preventScroll: true });
    } else {
      this.#list.prepend(this.#item(capture, drawn));
      this.#fresh.unshift(capture.id);
      this.#list.scrollTo({ left: 0, top: 0 });
      this.#trim();
    }
    this.#none.hidden = true;
  }

  remove(id) {
    const item = this.#items.get(id);
    if (!item) return;
    const focused = item.contains(document.activeElement);
    const beside = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    this.#items.delete(id);
    this.#captures.delete(id);
    this.#none.hidden = this.#items.size > 0;
    if (focused) (beside?.querySelector("button") ?? document.getElementById("capture")).focus();
  }

  // Redraw all items in the current language.
  retranslate() {
    for (const [id, item] of this.#items) item.replaceChildren(...this.#draw(this.#captures.get(id)));
    this.#more();
  }

  #add(captures, next) {
    for (const capture of captures) {
      if (!this.#items.has(capture.id)) this.#list.append(this.#item(capture, this.#draw(capture)));
    }
    this.#next = next;
    this.#more();
    this.#none.hidden = this.#items.size > 0;
  }

  #trim() {
    if (this.#items.size <= MAX_THUMBNAILS) return;
    const [oldest, last] = [...this.#items.keys()].sort();
    this.#items.get(oldest).remove();
    this.#items.delete(oldest);
    this.#captures.delete(oldest);
    this.#next = last;
    this.#more();
  }

  #item(capture, drawn) {
    const item = document.createElement("li");
    item.append(...drawn);
    this.#items.set(capture.id, item);
    return item;
  }

  #draw(capture) {
    this.#captures.set(capture.id, capture);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "thumbnail";
    button.classList.toggle("not-kept", !capture.kept);
    const taken = capture.taken_at ? time(capture.taken_at) : capture.id;
    button.setAttribute("aria-label", portraitText(capture, taken));
    button.addEventListener("click", () => this.#open(this.#captures.get(capture.id)));
    if (capture.pictures.includes("portrait")) {
      const picture = document.createElement("img");
      picture.loading = "lazy";
      picture.alt = "";
      picture.src = portraitUrl(capture, WIDTH_PX);
      button.append(picture);
    } else button.append(icon("broken"));
    if (needsLook(capture)) {
      const badge = document.createElement("span");
      badge.className = "badge";
      badge.append(icon("look"));
      button.append(badge);
    }
    return [button];
  }

  #more() {
    this.#list.querySelector(".more")?.remove();
    if (!this.#next) return;
    const item = document.createElement("li");
    item.className = "more";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = translate("page.more");
    button.addEventListener("click", async () => {
      const { captures, next } = await callApi(`/captures?limit=${PAGE_SIZE}&before=${this.#next}`).catch(() => ({}));
      if (!captures) return;
      item.remove();
      this.#add(captures, next);
      this.#items.get(captures[0]?.id)?.querySelector("button").focus();
    });
    item.append(button);
    this.#list.append(item);
  }
}

function icon(name) {
  const [svg, use] = ["svg", "use"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  use.setAttribute("href", `page/icons/set.svg#${name}`);
  svg.append(use);
  return svg;
}
