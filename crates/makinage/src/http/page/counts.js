// How much comes in, what becomes of it, and how long that takes.

import { chart } from "./chart.js";
import { h } from "./dom.js";
import { count, duration, rate } from "./words.js";

/** @typedef {import("./service.js").Status} Status */
/** @typedef {import("./service.js").Events} Events */
/** @typedef {import("./history.js").History} History */

/** @param {Status} status @param {History} history */
export function countsShown(status, history) {
  const { events, recent, stream } = status;
  const lag = lagOf(status);
  const tiles = [
    flowing("received", events, history, ({ received }) => received),
    flowing("output", events, history, ({ output }) => output),
    flowing("skipped", events, history, skipped),
    flowing("failed", events, history, ({ failed }) => failed, "bad"),
    tile("lag", count(lag), `${count(stream.queued_events)} queued, ${count(stream.unanswered_events)} with workers`),
    tile("latency p50", duration(recent.latency_seconds.p50), "of the last seconds"),
    tile("latency p99", duration(recent.latency_seconds.p99), "of the last seconds"),
  ];
  const outputs = history.rates(({ events }) => events.output);
  return h("div", {}, h("dl", { class: "tiles" }, tiles), chart("Outputs", outputs));
}

/** Events that have not finished, read or not; `null` where no partition tells. @param {Status} status */
export function lagOf({ group }) {
  const lags = group.partitions.map(({ lag }) => lag).filter((lag) => lag !== null);
  return lags.length ? lags.reduce((sum, lag) => sum + lag, 0) : null;
}

/** Events that a step returned `None` for. @param {Events} events */
function skipped(events) {
  return Object.values(events.skipped).reduce((sum, count) => sum + count, 0);
}

/**
 * What is counted: how much a second, and in all.
 *
 * @param {string} name
 * @param {Events} events
 * @param {History} history
 * @param {(events: Events) => number} read
 * @param {string} [mood] of a count that should be none
 */
function flowing(name, events, history, read, mood) {
  const all = read(events);
  const now = history.rate(({ events }) => read(events));
  return tile(name, rate(now), `${count(all)} in all`, now ? mood : undefined);
}

/** @param {string} name @param {string} value @param {string} note @param {string} [mood] */
function tile(name, value, note, mood) {
  const key = name.replaceAll(" ", "-");
  const sign = mood ? "✖ " : "";
  return h(
    "div",
    { "data-key": key, class: key },
    h("dt", {}, name),
    h("dd", { class: `value ${mood ?? ""}` }, sign + value),
    h("dd", { class: "note" }, note),
  );
}
