// What the service said lately, from which follows how fast it is now.

/** How long what was said is kept, in seconds. */
const KEPT = 300;
/** Rates are those of so many seconds. */
export const RATE_WINDOW = 10;
/** Latencies are those of so many seconds. */
export const LATENCY_WINDOW = 60;
/** Two moments that are nearer to each other say nothing of a rate. */
const NEAREST = 0.2;

/** @typedef {import("./service.js").Status} Status */

/**
 * What is kept of what was said. Processor time is by process; the service's own has the name `service`.
 *
 * @typedef {{ at: number, started: string, events: import("./service.js").Events, latency: [number, number][],
 *   cpu: Record<string, number> }} Sample
 */

/** @param {Status} status @returns {Sample} */
function sampleOf({ uptime_seconds: at, started, events, latency_seconds: latency, usage, stream }) {
  /** @type {Record<string, number>} */
  const cpu = {};
  if (usage) cpu.service = usage.cpu_seconds;
  for (const worker of stream.workers) {
    if (worker.pid !== null && worker.usage) cpu[worker.pid] = worker.usage.cpu_seconds;
  }
  return { at, started, events, latency: latency.buckets, cpu };
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
   * The newest sample, and of the last so many seconds the oldest in which there was what is read.
   *
   * @param {number} window
   * @param {(sample: Sample) => unknown} read
   */
  #ends(window, read) {
    const now = this.#kept.at(-1);
    const then = now && this.#kept.find((sample) => sample.at >= now.at - window && read(sample) !== undefined);
    return now && then ? { then, now } : null;
  }

  /**
   * How much a number that only grows has grown a second, lately; `null` where that isn't known yet.
   *
   * @param {(sample: Sample) => number | undefined} read
   * @returns {number | null}
   */
  rate(read) {
    const ends = this.#ends(RATE_WINDOW, read);
    return ends && rateBetween(ends.then, ends.now, read);
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

  /**
   * The latency that this share of the outputs of the last minute isn't above; `null` where there were none.
   *
   * @param {number} share
   * @returns {number | null}
   */
  latency(share) {
    const ends = this.#ends(LATENCY_WINDOW, ({ latency }) => latency);
    return ends && quantile(between(ends.then.latency, ends.now.latency), share);
  }
}

/** @param {Sample} then @param {Sample} now @param {(sample: Sample) => number | undefined} read */
function rateBetween(then, now, read) {
  const [seconds, before, after] = [now.at - then.at, read(then), read(now)];
  if (seconds < NEAREST || before === undefined || after === undefined) return null;
  // A counter of something that was replaced begins anew.
  return after < before ? null : (after - before) / seconds;
}

/**
 * What buckets have got since.
 *
 * @param {[number, number][]} then
 * @param {[number, number][]} now
 * @returns {[number, number][]}
 */
function between(then, now) {
  const before = new Map(then);
  return now.map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]);
}

/** @param {[number, number][]} buckets @param {number} share */
function quantile(buckets, share) {
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return null;
  const wanted = Math.max(Math.ceil(total * share), 1);
  let seen = 0;
  for (const [bound, count] of buckets) {
    seen += count;
    if (seen >= wanted) return bound;
  }
  return null;
}
