// Asks the service how it is, with the token where it wants one.

/** An answer takes milliseconds; what takes so long won't come. */
const LONGEST_MS = 10_000;
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
 * @typedef {{ name: string, ok: boolean, reason?: string }} Latch
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
 *   past: (Generation & End)[] }} Generations
 * @typedef {{ generation: number, slot: number, pid: number | null, state: string, batches: number,
 *   silent_ms: number | null, usage: Usage | null }} Worker
 * @typedef {{ queued_events: number, unanswered_events: number, workers: Worker[],
 *   deaths: Record<string, number> }} Stream
 * @typedef {{ topic: string, partition: number, position: number | null, first_open: number | null, open: number,
 *   held_bytes: number, held_seconds: number, paused: boolean, end: number | null, lag: number | null,
 *   lag_seconds: number }} Partition
 * @typedef {{ membership: string, rebalances: number, reached: boolean, partitions: Partition[] }} Group
 * @typedef {{ at: string, place: string, step: string, error: string, message: string, location: string | null,
 *   attempts: number, became: string }} FailedEvent
 * @typedef {{ topic: string, encoder: string }} Topic
 * @typedef {{ sources: Topic[], steps: { step: string, hook: string | null }[], sink: Topic,
 *   dead_letter: string | null, model_topic: string, delivery: string }} Flow
 */

/**
 * `/api/status`.
 *
 * @typedef {{ version: string, application: string, operator: string, started: string, uptime_seconds: number,
 *   usage: Usage | null, live: Health, ready: Health, events: Events, recent: Recently, generations: Generations,
 *   stream: Stream, group: Group, failures: FailedEvent[], flow: Flow, config: unknown }} Status
 */
