/** The service as the widget sees it. Sends no cookies, stores nothing. */

const TIMEOUT_MS = 30_000;
const LONGEST_WAIT_S = 15;

/** What went wrong. `kind`: "offline", "network", "timeout", "reply" or "http". */
export class Problem extends Error {
  constructor(kind, values) {
    super(kind);
    Object.assign(this, { kind, status: 0 }, values);
  }
}

export function createClient(endpoint) {
  const send = (path, signal, body) => request(new URL(path, endpoint), signal, body);
  /** Once more when the service is busy, restarting or out of reach. */
  const sendTwice = async (path, signal, body, onRetry) => {
    try {
      return await send(path, signal, body);
    } catch (problem) {
      const wait = secondsToWait(problem);
      if (!(wait <= LONGEST_WAIT_S)) throw problem;
      onRetry?.();
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
      return send(path, signal, body);
    }
  };
  return {
    ask: (body, signal, onRetry) => sendTwice("ask", signal, body, onRetry),
    suggestions: async () => (await sendTwice("suggestions")).suggestions,
    feedback: (body) => send("feedback", null, body),
  };
}

async function request(url, signal, body) {
  const controller = new AbortController();
  const stop = () => controller.abort();
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop);
  const timer = setTimeout(stop, TIMEOUT_MS);
  try {
    const response = await fetch(url, {
      method: body ? "POST" : "GET",
      headers: body && { "Content-Type": "application/json" },
      body: body && JSON.stringify(body),
      credentials: "omit",
      signal: controller.signal,
    });
    const reply = await response.json().catch(() => null);
    if (!response.ok) throw new Problem("http", { ...reply, status: response.status, wait: retryAfter(response) });
    if (!reply && response.status !== 204) throw new Problem(controller.signal.aborted ? "timeout" : "reply");
    return reply;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(controller.signal.aborted ? "timeout" : navigator.onLine ? "network" : "offline");
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

/** Seconds of Retry-After, a number or a date; 2 without one. */
function retryAfter({ headers }) {
  const value = headers.get("Retry-After") ?? "2";
  const seconds = Number.isNaN(+value) ? (Date.parse(value) - Date.now()) / 1000 : +value;
  return Math.max(0, Number.isNaN(seconds) ? 2 : seconds);
}

/** Before the one automatic retry; undefined when it would not help. */
function secondsToWait({ kind, status, wait }) {
  if (kind === "network") return 1;
  return status === 503 || status === 429 ? wait : undefined;
}
