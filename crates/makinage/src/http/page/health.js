// Whether the service is well: in a word at the top, and latch by latch with its reason.

import { h, moment, said } from "./dom.js";

/** @typedef {import("./service.js").Status} Status */
/** @typedef {import("./service.js").Health} Health */

/** All of it in a word, with a mood for its colour. @param {Status} status */
export function verdict({ live, ready, paused }) {
  const lacking = (/** @type {Health} */ health) =>
    health.latches.filter((latch) => !latch.ok).map((latch) => latch.name).join(", ");
  if (!live.ok) return { mood: "bad", word: "Stuck", what: lacking(live) };
  if (paused) return { mood: "warn", word: "Paused", what: "no events are read" };
  if (!ready.ok) return { mood: "warn", word: "Not ready", what: lacking(ready) };
  return { mood: "good", word: "Ready", what: "" };
}

/** The verdict as it is shown at the top. @param {Status} status */
export function verdictShown(status) {
  const { mood, word, what } = verdict(status);
  return h("strong", { class: `pill ${mood}` }, `${SIGNS[mood]} ${word}${what ? `: ${what}` : ""}`);
}

/** What keeps it from being well, and why; nothing where nothing does. @param {Status} status */
export function troubleShown({ live, ready }) {
  // That it is paused is said above, and louder.
  const lacking = [...live.latches, ...ready.latches].filter(({ name, ok }) => !ok && name !== "reading");
  const lines = lacking.map(({ name, reason, since }) =>
    h("li", { "data-key": name }, h("b", {}, `▲ ${name}, since `, moment(since), ": "), reason ? said(reason) : null),
  );
  return h("ul", { class: lacking.length ? "trouble" : null }, lines);
}

/** Each latch. @param {Status} status */
export function healthShown({ live, ready }) {
  return h("ul", { class: "latches" }, latches(ready, "warn"), latches(live, "bad"));
}

/** @type {Record<string, string>} */
const SIGNS = { good: "✔", warn: "▲", bad: "✖" };

/** @param {Health} health @param {string} otherwise */
function latches(health, otherwise) {
  return health.latches.map(({ name, ok, reason, since }) => {
    const mood = ok ? "good" : otherwise;
    const state = ok ? "holds" : "doesn't hold";
    return h(
      "li",
      { "data-key": name, class: mood },
      h("span", { class: "sign", role: "img", "aria-label": state }, SIGNS[mood]),
      h("span", { class: "name" }, name),
      h("span", { class: "quiet" }, " since ", moment(since)),
      reason ? h("span", { class: "reason" }, said(reason)) : null,
    );
  });
}
