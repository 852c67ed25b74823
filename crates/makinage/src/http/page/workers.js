// The processes: the service's own, and those that have the model.

import { h, said } from "./dom.js";
import { table } from "./table.js";
import { bytes, count, duration, percent } from "./words.js";

/** @typedef {import("./service.js").Status} Status */
/** @typedef {import("./service.js").Worker} Worker */
/** @typedef {import("./history.js").History} History */

/** @param {Status} status @param {History} history */
export function workersShown({ stream, usage }, history) {
  const share = (/** @type {string | number | null} */ process) =>
    process === null ? null : history.rate(({ cpu }) => cpu[process]);
  const [memory, own] = [bytes(usage?.resident_bytes), percent(share("service"))];
  const ended = Object.entries(stream.deaths).filter(([, number]) => number > 0);
  return h(
    "div",
    {},
    table(
      {
        label: "Workers",
        empty: "No workers yet: they come with the first model.",
        key: ({ generation, slot }) => `${generation} ${slot}`,
        mood: ({ state }) => (state === "gone" || state === "replacing" ? "attention" : null),
      },
      [
        { name: "generation", number: true, cell: ({ generation }) => generation },
        { name: "worker", number: true, cell: ({ slot }) => slot },
        { name: "process", number: true, cell: ({ pid }) => pid },
        { name: "state", cell: ({ state }) => stateShown(state) },
        { name: "memory", number: true, cell: ({ usage }) => bytes(usage?.resident_bytes) },
        { name: "processor", number: true, cell: ({ pid }) => percent(share(pid)) },
        { name: "batches now", number: true, cell: ({ batches }) => count(batches) },
        { name: "silent for", number: true, cell: silence },
      ],
      stream.workers,
    ),
    h("p", { class: "quiet" }, `The service itself: memory ${memory}, processor ${own}.`),
    ended.length
      ? h("p", { class: "warn" }, `▲ Ended: ${ended.map(([why, number]) => `${count(number)} by ${why}`).join(", ")}.`)
      : h("p", { class: "quiet" }, "None has ended that should not have."),
    h("ul", { class: stream.suspects.length ? "trouble suspects" : "suspects" }, stream.suspects.map(suspectShown)),
  );
}

/** An event that may be to blame. @param {import("./service.js").Suspect} suspect */
function suspectShown({ place, deaths, seconds }) {
  const ended = deaths === 1 ? "a worker" : `${count(deaths)} workers`;
  return h(
    "li",
    { "data-key": place },
    h("b", {}, "▲ suspect: ", said(place)),
    ` ended ${ended}, first ${duration(seconds)} ago. It is tried by itself; where that ends a worker again and others `,
    "answer, it fails.",
  );
}

/** How long it has been at a batch without a sign of life. @param {Worker} worker */
function silence({ silent_ms: silent }) {
  return silent === null ? null : duration(silent / 1000);
}

/** @param {string} state */
function stateShown(state) {
  return state === "gone" || state === "replacing" ? h("span", { class: "bad" }, `✖ ${state}`) : state;
}
