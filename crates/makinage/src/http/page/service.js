// Asks the service how it is, with the token where it wants one.

/** An answer takes milliseconds; what takes so long won't come. */
const LONGEST_MS = 10_000;
/** The service answers within 25 s, whatever it is still at then. */
const LONGEST_ACT_MS = 30_000;
/** Where the token is kept for as long as this tab is open. */
const TOKEN = "makinage-token";

/**
 * What an answer is: what was asked for, or that a token is wanted (`wrong` says whether one was sent), or why there is
 * none.
 *
 * @typedef {{ kind: "status", status: Status }
 *   | { kind: "token", wrong: boolean }
 *   | { kind: "away", why: string }} Answer
 */

/**
 * What an intervention's answer is.
 *
 * @typedef {{ kind: "told", outcome: string, message: string, model: { model: string, sha256: string } | null }
 *   | { kind: "token", wrong: boolean }
 *   | { kind: "away", why: string }} Told
 */

/** Asks once. @returns {Promise<Answer>} */
export async function ask() {
  const wasBrought = brings();
  try {
    const answer = await fetch("api/status", {
      headers: credentials(),
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(LONGEST_MS),
    });
    if (answer.status === 401) return { kind: "token", wrong: wasBrought };
    if (!answer.ok) return { kind: "away", why: `it answers with ${answer.status}: ${(await answer.text()).trim()}` };
    return { kind: "status", status: await answer.json() };
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    return { kind: "away", why: late ? "it doesn't answer" : "nothing can be had from its address" };
  }
}

/**
 * Has something done. What came of it, or that the token is wanted, or why nothing is known of it.
 *
 * @param {string} act
 * @param {object} asked
 * @returns {Promise<Told>}
 */
export async function intervene(act, asked) {
  const wasBrought = brings();
  try {
    const answer = await fetch(`api/${act}`, {
      method: "POST",
      headers: { ...credentials(), "Content-Type": "application/json" },
      body: JSON.stringify(asked),
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(LONGEST_ACT_MS),
    });
    if (answer.status === 401) return { kind: "token", wrong: wasBrought };
    const json = answer.headers.get("Content-Type") === "application/json";
    // A proxy before the service has its own answers.
    return json ? { kind: "told", ...(await answer.json()) } : { kind: "away", why: `it answers with ${answer.status}` };
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    return { kind: "away", why: late ? "it doesn't answer" : "nothing can be had from its address" };
  }
}

/** What a request must bring, where a token is there. @returns {Record<string, string>} */
export function credentials() {
  const token = sessionStorage.getItem(TOKEN);
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

/** Takes this token from now on; `null` for none. @param {string | null} token */
export function bring(token) {
  if (token === null) sessionStorage.removeItem(TOKEN);
  else sessionStorage.setItem(TOKEN, token);
}

/** Whether a token is brought. */
export function brings() {
  return sessionStorage.getItem(TOKEN) !== null;
}

/**
 * @typedef {{ name: string, ok: boolean, reason?: string, since: string }} Latch
 * @typedef {{ ok: boolean, latches: Latch[] }} Health
 * @typedef {{ resident_bytes: number, cpu_seconds: number }} Usage
 * @typedef {{ count: number, mean: number | null, p50: number | null, p99: number | null,
 *   p999: number | null }} Quantiles
 * @typedef {{ latency_seconds: Quantiles, step_seconds: Record<string, Quantiles> }} Recently
 * @typedef {{ received: number, output: number, skipped: Record<string, number>, failed: number,
 *   failed_by_step: Record<string, number>, dead_letters: number, given_up: number, deleted_unread: number }} Events
 * @typedef {{ generation: number, model: string, sha256: string, place: string, since: string }} Generation
 * @typedef {{ outcome: string, why: string | null, seconds: number | null }} End
 * @typedef {{ serving: Generation | null, making: (Generation & { step: string }) | null,
 *   fetching: { place: string, since: string, why: string | null } | null, past: (Generation & End)[] }} Generations
 * @typedef {{ generation: number, slot: number, pid: number | null, state: string, batches: number,
 *   silent_ms: number | null, usage: Usage | null }} Worker
 * @typedef {{ place: string, deaths: number, seconds: number }} Suspect
 * @typedef {{ queued_events: number, unanswered_events: number, unacknowledged_outputs: number, workers: Worker[],
 *   suspects: Suspect[], deaths: Record<string, number> }} Stream
 * @typedef {{ topic: string, partition: number, position: number | null, first_open: number | null, open: number,
 *   held_bytes: number, held_seconds: number, paused: boolean, end: number | null, lag: number | null,
 *   lag_seconds: number | null }} Partition
 * @typedef {{ membership: string, rebalances: number, reached: boolean, partitions: Partition[] }} Group
 * @typedef {{ at: string, place: string, step: string, error: string, message: string, location: string | null,
 *   attempts: number, input: string | null, became: string }} FailedEvent
 * @typedef {{ at: string, act: string, by: string, outcome: string, message: string }} Intervention
 * @typedef {{ refused: string | null, past: Intervention[] }} Interventions
 * @typedef {{ topic: string, encoder: string }} Topic
 * @typedef {{ sources: Topic[], steps: { step: string, hook: string | null }[], sink: Topic,
 *   dead_letter: string | null, model_topic: string, delivery: string }} Flow
 */

/**
 * `/api/status`.
 *
 * @typedef {{ version: string, application: string, operator: string, started: string, uptime_seconds: number,
 *   usage: Usage | null, live: Health, ready: Health, paused: { since: string, by: string } | null, events: Events,
 *   recent: Recently, generations: Generations, stream: Stream, group: Group, failures: FailedEvent[],
 *   interventions: Interventions, flow: Flow, config: unknown }} Status
 */
