// The way of an event as the configuration draws it, with what happens at each step.

import { lagOf } from "./counts.js";
import { h, said } from "./dom.js";
import { count, counted, duration, rate } from "./words.js";

/** @typedef {import("./service.js").Status} Status */
/** @typedef {import("./history.js").History} History */

/** @param {Status} status @param {History} history */
export function flowShown(status, history) {
  const { flow, events } = status;
  const arrived = history.rate(({ events }) => events.received);
  const left = history.rate(({ events }) => events.output);
  const steps = flow.steps.map(({ step, hook }) =>
    box(
      step,
      h("h3", {}, step),
      hook === null ? h("span", { class: "quiet" }, "as it is by default") : h("span", {}, "yours: ", said(hook)),
      took(status, step),
      skipped(status, step),
      failed(status, history, step),
      step === "predict" ? model(status) : null,
    ),
  );
  return h(
    "div",
    {},
    h(
      "ol",
      { class: "flow" },
      box(
        "sources",
        h("h3", {}, "data"),
        flow.sources.map(topic),
        h("b", {}, rate(arrived)),
        waiting(status),
        took(status, "decode"),
        failed(status, history, "decode"),
      ),
      steps,
      box(
        "sink",
        h("h3", {}, "output"),
        topic(flow.sink),
        h("b", {}, rate(left)),
        unacknowledged(status),
        took(status, "encode"),
        failed(status, history, "encode"),
        failed(status, history, "produce"),
      ),
    ),
    h(
      "p",
      { class: "quiet" },
      flow.delivery === "exactly_once" ? "Exactly once. " : "At least once. ",
      flow.dead_letter === null
        ? "Failed events have no dead-letter topic."
        : [`${counted(events.dead_letters, "dead letter")} on `, said(flow.dead_letter), "."],
    ),
  );
}

/** @param {string} key @param {...(import("./dom.js").Child | import("./dom.js").Child[])} what */
function box(key, ...what) {
  return h("li", { "data-key": key, "data-step": key }, ...what);
}

/** @param {{ topic: string, encoder: string }} topic */
function topic({ topic, encoder }) {
  const short = encoder.replace(/^makinage\.encoding\./, "");
  return h("span", { class: "line" }, said(topic), " ", h("span", { class: "quiet" }, said(short)));
}

/** What has not been scored yet. @param {Status} status */
function waiting(status) {
  const words = `lag ${count(lagOf(status))}, ${count(status.stream.queued_events)} queued`;
  return h("span", { class: "line quiet" }, words);
}

/** What no broker has acknowledged yet. @param {Status} status */
function unacknowledged({ stream }) {
  const words = `${counted(stream.unacknowledged_outputs, "output")} unacknowledged`;
  return h("span", { class: "line quiet" }, words);
}

/** What batches spent there lately. @param {Status} status @param {string} step */
function took({ recent }, step) {
  const { count, mean, p99 } = recent.step_seconds[step];
  return count ? h("span", { class: "line quiet" }, `${step} ${duration(mean)} a batch, p99 ${duration(p99)}`) : null;
}

/** @param {Status} status @param {string} step */
function skipped({ events }, step) {
  const number = events.skipped[step] ?? 0;
  return number ? h("span", { class: "line quiet" }, `${count(number)} skipped`) : null;
}

/** @param {Status} status @param {History} history @param {string} step */
function failed({ events }, history, step) {
  const number = events.failed_by_step[step] ?? 0;
  if (!number) return null;
  const now = history.rate((sample) => sample.events.failed_by_step[step]);
  const rest = now ? `, ${rate(now)} now` : "";
  const [mood, sign] = now ? ["bad", "✖"] : ["warn", "▲"];
  return h("span", { class: `line ${mood}` }, `${sign} ${count(number)} failed in ${step}${rest}`);
}

/** @param {Status} status */
function model({ generations: { serving, making }, flow }) {
  return h(
    "span",
    { class: "line model" },
    serving ? ["model ", said(serving.model)] : "no model yet",
    making ? [", next ", said(making.model), ` (${making.step})`] : null,
    h("span", { class: "line quiet" }, "from topic ", said(flow.model_topic)),
  );
}
