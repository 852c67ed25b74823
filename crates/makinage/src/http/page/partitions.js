// The partitions that this instance reads: how far it is, how far behind, and what holds it.

import { h, said } from "./dom.js";
import { table } from "./table.js";
import { bytes, count, counted, duration } from "./words.js";

/** @typedef {import("./service.js").Status} Status */
/** @typedef {import("./service.js").Partition} Partition */

/** More of them are no help to anybody. */
const MOST = 100;
/** A position that has been held for so long may be held by an event that hangs. */
const LONG_SECONDS = 10;

/** @param {Status} status */
export function partitionsShown({ group }) {
  const { membership, rebalances, partitions } = group;
  const behind = [...partitions].sort((one, other) => (other.lag ?? 0) - (one.lag ?? 0));
  const shown = partitions.length > MOST ? behind.slice(0, MOST) : partitions;
  const left = partitions.length - shown.length;
  return h(
    "div",
    {},
    h("p", { class: "quiet" }, `In the consumer group: ${membership}; ${counted(rebalances, "rebalance")}.`),
    table(
      {
        label: "Partitions",
        empty: "None is read here.",
        key: ({ topic, partition }) => `${topic} ${partition}`,
        mood: ({ paused, held_seconds: held }) => (paused || held >= LONG_SECONDS ? "attention" : null),
      },
      [
        { name: "partition", free: true, cell: ({ topic, partition }) => [said(topic), `/${partition}`] },
        { name: "position", number: true, cell: ({ position }) => count(position) },
        { name: "end", number: true, cell: ({ end }) => count(end) },
        { name: "lag", number: true, cell: ({ lag }) => count(lag) },
        { name: "lag in time", number: true, cell: ({ lag_seconds: lag }) => duration(lag) },
        { name: "open", number: true, cell: ({ open, held_bytes: held }) => `${count(open)} (${bytes(held)})` },
        { name: "held", number: true, cell: heldShown },
        { name: "paused", cell: ({ paused }) => (paused ? h("span", { class: "warn" }, "▲ paused") : null) },
      ],
      shown,
    ),
    left > 0 ? h("p", { class: "quiet" }, `These lag most; ${count(left)} more are read.`) : null,
  );
}

/** For how long the same event has held the position, and which. @param {Partition} partition */
function heldShown({ open, first_open: first, held_seconds: held }) {
  if (open === 0) return null;
  const words = `${duration(held)} by ${first === null ? "an event" : first}`;
  return held >= LONG_SECONDS ? h("span", { class: "warn" }, `▲ ${words}`) : words;
}
