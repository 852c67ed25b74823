// The latest events with what became of them, where somebody wants to see them.

import { h, moment, said } from "./dom.js";
import { table } from "./table.js";
import { counted, duration } from "./words.js";

/** @typedef {import("./tap.js").Tapped} Tapped */

/** @param {import("./tap.js").Tap} tap */
export function eventsShown({ wanted, why, latest }) {
  if (!wanted) return h("p", { class: "quiet" }, "A sample of them, with their predictions, at a press of the button.");
  if (why) return h("p", { class: "warn" }, "▲ ", said(why));
  return table(
    {
      label: "The latest events",
      empty: "None has passed yet.",
      key: ({ place, at, outcome }) => `${place} ${at} ${outcome}`,
    },
    [
      { name: "when", cell: ({ at }) => moment(at) },
      { name: "event", free: true, cell: ({ place }) => said(place) },
      { name: "key", free: true, cell: ({ key }) => (key === null ? null : said(key)) },
      { name: "input", free: true, cell: ({ input }) => (input === null ? null : h("code", {}, said(input))) },
      { name: "steps", free: true, cell: stepsShown },
      { name: "became", free: true, cell: becameShown },
      { name: "model", free: true, cell: ({ model }) => (model === null ? null : said(model)) },
      { name: "after", number: true, cell: ({ milliseconds: took }) => duration(took === null ? null : took / 1000) },
    ],
    latest,
  );
}

/** What it had after each step. @param {Tapped} event */
function stepsShown({ steps }) {
  if (!steps.length) return null;
  const shown = steps.map(({ step, value, microseconds: took }) => [
    h("dt", {}, said(step), took === null ? null : h("span", { class: "quiet" }, ` ${duration(took / 1e6)}`)),
    h("dd", {}, value === null ? null : h("code", {}, said(value))),
  ]);
  return h("details", {}, h("summary", {}, counted(steps.length, "step")), h("dl", { class: "steps" }, shown.flat()));
}

/** @param {Tapped} event */
function becameShown({ outcome, output, step, error, message }) {
  if (outcome === "output") return h("code", {}, said(output));
  if (outcome === "skipped") return [h("span", { class: "quiet" }, "skipped by "), said(step)];
  return [h("span", { class: "bad" }, "✖ failed in ", said(step), ": ", said(error)), " ", said(message)];
}
