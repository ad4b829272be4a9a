// Starts the page. If one of its files got lost on the way, the page is loaded again: a browser never asks twice by itself.

const RELOAD_MS = 1000;

import("./main.js").catch((error) => {
  console.error(error);
  if (document.body.classList.contains("untranslated")) setTimeout(() => location.reload(), RELOAD_MS);
});
