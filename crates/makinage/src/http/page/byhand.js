// What was done to the service by hand, and that it is paused, which nobody may overlook.

import { h, moment, said } from "./dom.js";
import { handShown, moodOf } from "./hand.js";
import { table } from "./table.js";
import { duration, plain } from "./words.js";

/** @typedef {import("./service.js").Status} Status */

/** That nothing is read, since when and for whom; nothing where that isn't so. @param {Status} status */
export function pausedShown(status) {
  const { paused, started, uptime_seconds: uptime } = status;
  if (!paused) return h("div");
  const now = Date.parse(started) + uptime * 1000;
  const age = duration(Math.max((now - Date.parse(paused.since)) / 1000, 0));
  return h(
    "div",
    { class: "halt" },
    h("p", { class: "large" }, "❚❚ Paused by hand: no events are read"),
    h("p", {}, "since ", moment(paused.since), ` (${age}), as `, said(paused.by), " asked. It keeps its partitions."),
    handShown(status, "resume"),
  );
}

/** What was done, the newest first, and why nothing can be, where it can't. @param {Status} status */
export function byHandShown({ interventions: { refused, past } }) {
  const why = refused === null ? null : h("p", {}, "▲ Not available: ", said(refused), ".");
  return h("div", {}, why, pastShown(past));
}

/** @param {import("./service.js").Intervention[]} past */
function pastShown(past) {
  return table(
    {
      label: "Done by hand",
      empty: "Nothing yet.",
      key: ({ at, act, message }) => `${at} ${act} ${message}`,
    },
    [
      { name: "when", cell: ({ at }) => moment(at) },
      { name: "what", cell: ({ act }) => act },
      { name: "by", cell: ({ by }) => said(by) },
      { name: "outcome", cell: ({ outcome }) => outcomeShown(outcome) },
      { name: "message", free: true, cell: ({ message }) => said(message) },
    ],
    past,
  );
}

/** @param {string} outcome */
function outcomeShown(outcome) {
  const { mood, sign } = moodOf(outcome);
  return h("span", { class: mood }, `${sign} ${plain(outcome)}`);
}
