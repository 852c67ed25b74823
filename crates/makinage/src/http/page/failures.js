// The events that failed last: where they stand, what failed, why, and where in the user's code.

import { h, moment, said } from "./dom.js";
import { table } from "./table.js";
import { count, short } from "./words.js";

/** @typedef {import("./service.js").Status} Status */

/** @param {Status} status */
export function failuresShown({ failures }) {
  return table(
    {
      label: "Failed events",
      empty: "None has failed since the start.",
      key: ({ place, step, at }) => `${place} ${step} ${at}`,
    },
    [
      { name: "when", cell: ({ at }) => moment(at) },
      { name: "event", free: true, cell: ({ place }) => said(place) },
      { name: "input", free: true, cell: inputShown },
      { name: "step", cell: ({ step }) => said(step) },
      { name: "reason", free: true, cell: ({ error, message }) => [h("b", {}, said(error)), ": ", said(message)] },
      { name: "location", free: true, cell: locationShown },
      { name: "tried", number: true, cell: ({ attempts }) => count(attempts) },
      { name: "became", cell: ({ became }) => became },
    ],
    failures,
  );
}

/** What the record has, or how it begins. @param {import("./service.js").FailedEvent} event */
function inputShown({ input }) {
  return input === null ? null : h("code", {}, said(short(input)));
}

/** Where in the user's code. @param {import("./service.js").FailedEvent} event */
function locationShown({ location }) {
  return location === null ? null : h("code", {}, said(location));
}
