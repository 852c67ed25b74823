// What the service said lately, from which follows how fast it is now.

/** How long what was said is kept, in seconds. */
const KEPT = 300;
/** Rates are those of so many seconds. */
const WINDOW = 10;
/** Two moments that are nearer to each other say nothing of a rate. */
const NEAREST = 0.2;

/** @typedef {import("./service.js").Status} Status */

/**
 * What is kept of what was said. Processor time is by process; the service's own has the name `service`.
 *
 * @typedef {{ at: number, started: string, events: import("./service.js").Events,
 *   cpu: Record<string, number> }} Sample
 */

/** @param {Status} status @returns {Sample} */
function sampleOf({ uptime_seconds: at, started, events, usage, stream }) {
  /** @type {Record<string, number>} */
  const cpu = {};
  if (usage) cpu.service = usage.cpu_seconds;
  for (const worker of stream.workers) {
    if (worker.pid !== null && worker.usage) cpu[worker.pid] = worker.usage.cpu_seconds;
  }
  return { at, started, events, cpu };
}

export class History {
  /** @type {Sample[]} */
  #kept = [];

  /** Takes what the service says now. After a restart it counts anew, and what was before is of no use. */
  add(/** @type {Status} */ status) {
    const sample = sampleOf(status);
    const last = this.#kept.at(-1);
    if (last && (last.started !== sample.started || last.at >= sample.at)) this.#kept = [];
    this.#kept.push(sample);
    while (this.#kept[0].at < sample.at - KEPT) this.#kept.shift();
  }

  /**
   * How much a number that only grows has grown a second, lately; `null` where that isn't known yet.
   *
   * @param {(sample: Sample) => number | undefined} read
   * @returns {number | null}
   */
  rate(read) {
    const now = this.#kept.at(-1);
    // What has come since has no rate from before.
    const then = now && this.#kept.find((sample) => sample.at >= now.at - WINDOW && read(sample) !== undefined);
    return now && then ? rateBetween(then, now, read) : null;
  }

  /**
   * The same between each two times that the service said something, the oldest first.
   *
   * @param {(sample: Sample) => number | undefined} read
   * @returns {{ at: number, rate: number }[]}
   */
  rates(read) {
    const rates = [];
    for (let index = 1; index < this.#kept.length; index += 1) {
      const rate = rateBetween(this.#kept[index - 1], this.#kept[index], read);
      if (rate !== null) rates.push({ at: this.#kept[index].at, rate });
    }
    return rates;
  }
}

/** @param {Sample} then @param {Sample} now @param {(sample: Sample) => number | undefined} read */
function rateBetween(then, now, read) {
  const [seconds, before, after] = [now.at - then.at, read(then), read(now)];
  if (seconds < NEAREST || before === undefined || after === undefined) return null;
  // A counter of something that was replaced begins anew.
  return after < before ? null : (after - before) / seconds;
}
