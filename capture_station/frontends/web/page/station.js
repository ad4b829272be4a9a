// Asks the station, and tells why it refused.

const LOCKED = 401;

// The station's own code, else the HTTP status; 0 where nobody answered.
export class Refusal extends Error {
  constructor(code) {
    super(`refused: ${code}`);
    this.code = code;
  }

  get locked() {
    return this.code === LOCKED;
  }
}

// What a path of the interface answers, or a Refusal.
export async function ask(path, method = "GET", body = undefined) {
  const answer = await request(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return answer.status === 204 ? null : await answer.json();
}

// The response itself, once it is known to be good. Where a token is needed the document hears "locked".
export async function request(path, options = {}) {
  let answer;
  try {
    answer = await fetch(`/api/v1${path}`, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0);
  }
  if (answer.ok) return answer;
  if (answer.status === LOCKED && path !== "/login") document.dispatchEvent(new Event("locked"));
  const { code } = await answer.json().catch(() => ({ code: answer.status }));
  throw new Refusal(answer.status === LOCKED ? LOCKED : code);
}
