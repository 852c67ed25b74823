// What has changed, in words for who doesn't see the page. Numbers change all the time and are no news.

import { verdict } from "./health.js";
import { counted } from "./words.js";

/** @typedef {import("./service.js").Status} Status */

/** Failures are told together, once in so many seconds. */
const PAUSE = 15;

export class News {
  /** @type {Status | null} */
  #last = null;
  /** @type {{ at: number, failed: number }} */
  #failures = { at: -Infinity, failed: 0 };

  /** What there is to tell of this, which may be nothing. @param {Status} status */
  of(status) {
    const before = this.#last;
    this.#last = status;
    const news = [];
    const [was, is] = [before && words(before), words(status)];
    if (was !== is) news.push(is);
    const [old, serving] = [before?.generations.serving, status.generations.serving];
    if (before && serving && old?.generation !== serving.generation) news.push(`Model ${serving.model} serves`);
    const failures = this.#failed(status);
    if (failures) news.push(failures);
    return news.join(". ");
  }

  /** @param {Status} status */
  #failed({ events: { failed }, uptime_seconds: now }) {
    const { at, failed: told } = this.#failures;
    // After a restart both begin anew.
    if (failed < told || now < at) this.#failures = { at: -Infinity, failed: 0 };
    const since = failed - this.#failures.failed;
    if (since === 0 || now - this.#failures.at < PAUSE) return null;
    this.#failures = { at: now, failed };
    return `${counted(since, "event")} failed`;
  }
}

/** @param {Status} status */
function words(status) {
  const { word, what } = verdict(status);
  return what ? `${word}: ${what}` : word;
}
