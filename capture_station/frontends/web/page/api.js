// Calls the station's HTTP API. All addresses are relative, so that a proxy may offer the page below any path.

import { pause } from "./timing.js";

const UNAUTHORIZED = 401;
const MAY_REPEAT = ["GET", "PUT", "PATCH"]; // Sent twice within a short time, they have the effect of one.
const CHANGES = ["POST", "PUT", "PATCH"];
const RETRY_MS = [300, 1000]; // A phone that changes its network loses the requests under way.
const RECENT_MS = 5000; // A phone that slept since must not undo what others have done meanwhile.

// code: the station's own error code, else the HTTP status; 0 if the station did not respond.
// mayConfirm: for an id that is not on the list, whether it is accepted once it is confirmed; else undefined.
// notPermitted: the person whom the list does not let be photographed, and what it says; else undefined.
export class ApiError extends Error {
  constructor(code, mayConfirm = undefined, notPermitted = undefined) {
    super(`API error ${code}`);
    this.code = code;
    this.mayConfirm = mayConfirm;
    this.notPermitted = notPermitted;
  }

  get locked() {
    return this.code === UNAUTHORIZED;
  }
}

// Resolves with the JSON response, or null for an empty one. Throws ApiError.
// repeats: whether it is sent again if the station does not respond.
export async function callApi(path, method = "GET", body = undefined, repeats = MAY_REPEAT.includes(method)) {
  const response = await fetchApi(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  }, repeats);
  return response.status === 204 ? null : await response.json();
}

// Resolves with the successful response. Throws ApiError, and fires "locked" at the document if a token is needed.
export async function fetchApi(path, options = {}, repeats = true) {
  const response = await fetchRepeatedly(`api/v1${path}`, options, repeats ? RETRY_MS : []);
  if (response.ok) return response;
  if (response.status === UNAUTHORIZED && path !== "/login") document.dispatchEvent(new Event("locked"));
  const { code, may_confirm, not_permitted } = await response.json().catch(() => ({ code: response.status }));
  throw new ApiError(response.status === UNAUTHORIZED ? UNAUTHORIZED : code, may_confirm, not_permitted);
}

async function fetchRepeatedly(address, options, [retry_ms, ...later], sentMs = Date.now()) {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    if (!retry_ms) throw new ApiError(0);
    await pause(retry_ms);
    if (CHANGES.includes(options.method) && Date.now() - sentMs > RECENT_MS) throw new ApiError(0);
    return await fetchRepeatedly(address, options, later, sentMs);
  }
}
