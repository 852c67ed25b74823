// How much comes in, what becomes of it, and how long that takes.

import { h } from "./dom.js";
import { count, duration, rate } from "./words.js";

/** @typedef {import("./service.js").Status} Status */
/** @typedef {import("./history.js").History} History */

/** @param {Status} status @param {History} history */
export function countsShown({ events, latency_seconds: latency }, history) {
  const tiles = [
    tile("received", rate(history.rate(({ events }) => events.received)), `${count(events.received)} in all`),
    tile("output", rate(history.rate(({ events }) => events.output)), `${count(events.output)} in all`),
    tile("skipped", rate(history.rate(skipped)), `${count(skipped({ events }))} in all`),
    tile("failed", rate(history.rate(({ events }) => events.failed)), `${count(events.failed)} in all`),
    tile("latency p50", duration(latency.p50), "since the start"),
    tile("latency p99", duration(latency.p99), "since the start"),
  ];
  return h("dl", { class: "tiles" }, tiles);
}

/** Events that a step returned `None` for. @param {Pick<Status, "events">} status */
function skipped({ events }) {
  return Object.values(events.skipped).reduce((sum, count) => sum + count, 0);
}

/** @param {string} name @param {string} value @param {string} note */
function tile(name, value, note) {
  const key = name.replaceAll(" ", "-");
  return h("div", { "data-key": key, class: key }, h("dt", {}, name), h("dd", { class: "value" }, value), h("dd", { class: "note" }, note));
}
