// Listens to single events as they pass, while somebody wants to see them and looks.

import { credentials } from "./service.js";

/** So many of the latest are kept. */
const KEPT = 20;
/** From the end of a connection to the next one: the service ends each after a minute. */
const PACE_MS = 1000;

/**
 * An event as `/api/events` has it.
 *
 * @typedef {{ step: string, value: string | null, microseconds: number | null }} StepPassed
 * @typedef {{ at: string, place: string, key: string | null, input: string | null, steps: StepPassed[],
 *   outcome: string, output?: string, step?: string, error?: string, message?: string, model: string | null,
 *   milliseconds: number | null }} Tapped
 */

export class Tap {
  /** The latest, the newest first. @type {Tapped[]} */
  latest = [];
  /** Why nothing comes, where that is known. */
  why = "";
  /** Whether somebody wants to see them. */
  wanted = false;
  /** Whether only those that failed are wanted. */
  failed = false;
  /** @type {AbortController | null} */
  #connection = null;

  /** Listens anew, as what is wanted has changed, or whether anybody looks. */
  turn() {
    this.#connection?.abort();
    this.#connection = null;
    if (!this.wanted || document.hidden) return;
    this.#connection = new AbortController();
    this.#listen(this.#connection.signal);
  }

  /** @param {AbortSignal} signal */
  async #listen(signal) {
    while (!signal.aborted) {
      await this.#connect(signal);
      await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    }
  }

  /** @param {AbortSignal} signal */
  async #connect(signal) {
    let heard = false;
    try {
      const path = `api/events?failed=${this.failed}`;
      const answer = await fetch(path, { headers: credentials(), cache: "no-store", redirect: "error", signal });
      heard = answer.ok && answer.body !== null;
      this.why = heard ? "" : (await answer.text()).trim();
      if (heard && answer.body) await this.#read(answer.body, signal);
    } catch {
      // A connection that was heard ends like this after its minute, and one that nobody wants any more.
      if (!heard && !signal.aborted) this.why = "nothing can be had from the service's address";
    }
  }

  /** @param {ReadableStream<Uint8Array>} body @param {AbortSignal} signal */
  async #read(body, signal) {
    const decoder = new TextDecoder();
    const reader = body.getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      const messages = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = messages.pop() ?? "";
      messages.forEach((message) => this.#take(message));
    }
  }

  /** Takes a message that is an event; others say how many were left out. @param {string} message */
  #take(message) {
    if (!message.startsWith("data: ")) return;
    this.latest.unshift(JSON.parse(message.slice("data: ".length)));
    this.latest.length = Math.min(this.latest.length, KEPT);
  }
}
