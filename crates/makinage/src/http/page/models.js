// The model that serves, the one that is being made, and what became of those before.

import { h, moment, said } from "./dom.js";
import { table } from "./table.js";
import { duration, plain } from "./words.js";

/** @typedef {import("./service.js").Status} Status */
/** @typedef {import("./service.js").Generation} Generation */

/** What a generation waits for, in its order, and what that means. @type {[string, string][]} */
const STEPS = [
  ["unpack", "its files are unpacked"],
  ["environment", "its Python environment is looked for, or made"],
  ["load", "its workers load it and warm up"],
];
/** @type {Record<string, string>} */
const OUTCOMES = { took_over: "good", failed: "bad", taken_back: "warn" };
/** @type {Record<string, string>} */
const SIGNS = { good: "✔", warn: "▲", bad: "✖" };

/** @param {Status} status */
export function modelsShown({ generations: { serving, making, fetching, past }, started, uptime_seconds: uptime }) {
  const now = Date.parse(started) + uptime * 1000;
  return h(
    "div",
    {},
    h("div", { class: "pair" }, servingShown(serving, now), making || !fetching ? makingShown(making, now) : fetchingShown(fetching, now)),
    h("h3", {}, "What came before"),
    table(
      {
        label: "What came before",
        empty: "Nothing yet.",
        key: ({ generation, outcome, since }) => `${generation} ${outcome} ${since}`,
      },
      [
        { name: "when", cell: ({ since }) => moment(since) },
        { name: "generation", number: true, cell: ({ generation }) => generation || null },
        { name: "model", free: true, cell: ({ model }) => said(model) },
        { name: "outcome", cell: ({ outcome }) => outcomeShown(outcome) },
        { name: "took", number: true, cell: ({ seconds }) => duration(seconds) },
        { name: "why", free: true, cell: ({ why }) => (why === null ? null : said(why)) },
      ],
      past,
    ),
  );
}

/** @param {Generation | null} serving @param {number} now */
function servingShown(serving, now) {
  const place = { "data-key": "serving", id: "serving" };
  if (!serving) return h("div", place, h("h3", {}, "Serves"), h("p", {}, "No model yet."));
  const age = duration(Math.max((now - Date.parse(serving.since)) / 1000, 0));
  return h(
    "div",
    place,
    h("h3", {}, "Serves"),
    h("p", { class: "large" }, said(serving.model)),
    h("p", { class: "quiet" }, `generation ${serving.generation}, since `, moment(serving.since), ` (${age})`),
    h("p", { class: "quiet" }, "published at ", said(serving.place)),
    h("p", { class: "quiet" }, "SHA-256 ", h("code", {}, said(serving.sha256))),
  );
}

/** @param {(Generation & { step: string }) | null} making @param {number} now */
function makingShown(making, now) {
  const place = { "data-key": "making", id: "making" };
  if (!making) return h("div", place, h("h3", {}, "Is being made"), h("p", { class: "quiet" }, "Nothing."));
  const at = STEPS.findIndex(([step]) => step === making.step);
  const age = duration(Math.max((now - Date.parse(making.since)) / 1000, 0));
  const steps = STEPS.map(([step, meaning], index) => {
    const sign = index < at ? "✔ " : index === at ? "▶ " : "";
    return h("li", { "aria-current": index === at ? "step" : null }, sign, h("b", {}, step), `: ${meaning}`);
  });
  return h(
    "div",
    place,
    h("h3", {}, "Is being made"),
    h("p", { class: "large" }, said(making.model)),
    h("p", { class: "quiet" }, `generation ${making.generation}, waits for ${making.step}, for ${age} so far`),
    h("ol", { class: "steps" }, steps),
  );
}

/** @param {{ place: string, since: string, why: string | null }} fetching @param {number} now */
function fetchingShown({ place, since, why }, now) {
  const age = duration(Math.max((now - Date.parse(since)) / 1000, 0));
  const told = why === null ? null : h("p", { class: "warn" }, "▲ It can't be had yet, and is tried again: ", said(why));
  return h(
    "div",
    { "data-key": "making", id: "making" },
    h("h3", {}, "Is being fetched"),
    h("p", {}, "The model that was published at ", said(place), `, for ${age} so far.`),
    told,
  );
}

/** @param {string} outcome */
function outcomeShown(outcome) {
  const mood = OUTCOMES[outcome] ?? "warn";
  return h("span", { class: mood }, `${SIGNS[mood]} ${plain(outcome)}`);
}
