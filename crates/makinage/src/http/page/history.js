// What the service said lately, from which follows how fast it is now.

/** How long what was said is kept, in seconds. */
const KEPT = 300;
/** Rates are those of so many seconds. */
const WINDOW = 10;
/** Two moments that are nearer to each other say nothing of a rate. */
const NEAREST = 0.2;

/** @typedef {import("./service.js").Status} Status */

export class History {
  /** @type {Status[]} */
  #kept = [];

  /** Takes what the service says now. After a restart it counts anew, and what was before is of no use. */
  add(/** @type {Status} */ status) {
    const last = this.#kept.at(-1);
    if (last && (last.started !== status.started || last.uptime_seconds >= status.uptime_seconds)) this.#kept = [];
    this.#kept.push(status);
    const oldest = status.uptime_seconds - KEPT;
    while (this.#kept[0].uptime_seconds < oldest) this.#kept.shift();
  }

  /**
   * How much a number that only grows has grown a second, lately; `null` where that isn't known yet.
   *
   * @param {(status: Status) => number | null | undefined} read
   * @returns {number | null}
   */
  rate(read) {
    const now = this.#kept.at(-1);
    const then = now && this.#kept.find((status) => status.uptime_seconds >= now.uptime_seconds - WINDOW);
    return now && then ? rateBetween(then, now, read) : null;
  }

  /**
   * The same for each time that the service said something, the oldest first.
   *
   * @param {(status: Status) => number | null | undefined} read
   * @returns {{ at: number, rate: number }[]}
   */
  rates(read) {
    const rates = [];
    for (let index = 1; index < this.#kept.length; index += 1) {
      const rate = rateBetween(this.#kept[index - 1], this.#kept[index], read);
      if (rate !== null) rates.push({ at: this.#kept[index].uptime_seconds, rate });
    }
    return rates;
  }
}

/** @param {Status} then @param {Status} now @param {(status: Status) => number | null | undefined} read */
function rateBetween(then, now, read) {
  const [seconds, before, after] = [now.uptime_seconds - then.uptime_seconds, read(then), read(now)];
  if (seconds < NEAREST || before === null || before === undefined || after === null || after === undefined) return null;
  // A counter of something that was replaced begins anew.
  return after < before ? null : (after - before) / seconds;
}
