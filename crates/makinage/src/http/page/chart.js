// A line of the last minutes.

import { h } from "./dom.js";
import { rate } from "./words.js";

const [WIDTH, HEIGHT] = [600, 60];
/** The fewest seconds that the whole width stands for; the newest is at its right. */
const LEAST = 60;

/**
 * @param {string} what
 * @param {{ at: number, rate: number }[]} rates
 */
export function chart(what, rates) {
  if (rates.length < 2) return h("p", { class: "quiet" }, "The line of the last minutes comes with the next seconds.");
  const [first, last] = [rates[0].at, rates[rates.length - 1].at];
  const most = Math.max(...rates.map(({ rate }) => rate));
  const span = Math.max(last - first, LEAST);
  const points = rates.map(({ at, rate }) => {
    const x = WIDTH - ((last - at) / span) * WIDTH;
    const y = HEIGHT - 2 - (most === 0 ? 0 : (rate / most) * (HEIGHT - 4));
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const now = rates[rates.length - 1].rate;
  const label = `${what}: ${rate(now)} now, at most ${rate(most)} in the last ${minutes(last - first)}`;
  const look = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label };
  return h(
    "figure",
    {},
    h("svg", look, h("polyline", { points: points.join(" ") })),
    h("figcaption", { class: "quiet", "aria-hidden": "true" }, label),
  );
}

/** @param {number} seconds */
function minutes(seconds) {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
