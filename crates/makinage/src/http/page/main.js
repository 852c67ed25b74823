// Asks the service again and again, and shows what it says.

import { countsShown } from "./counts.js";
import { h, said, show } from "./dom.js";
import { healthShown, verdict, verdictShown } from "./health.js";
import { History } from "./history.js";
import { ask, bring, brings } from "./service.js";
import { duration, time } from "./words.js";

/** @typedef {import("./service.js").Status} Status */

/** From one answer to the next question. */
const PACE_MS = 1000;

/** What is shown where: a view is an element of the page, and what fills it. @type {Record<string, View>} */
const VIEWS = {
  verdict: verdictShown,
  facts: factsShown,
  health: healthShown,
  counts: countsShown,
};

/** @typedef {(status: Status, history: History) => Node} View */

const history = new History();
/** When the service was reached last, where it was. @type {Date | null} */
let reached = null;
/** Since when it can't be reached, where it can't. @type {Date | null} */
let away = null;
/** What was said last for who doesn't see the page. */
let told = "";

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

/** @param {Status} status */
function factsShown({ application, operator, version, started, uptime_seconds: uptime }) {
  return h(
    "p",
    {},
    said(application),
    " · operator ",
    said(operator),
    ` · makinage ${version} · since `,
    h("time", { datetime: started }, time(new Date(started))),
    ` (${duration(uptime)})`,
  );
}

/** @param {Status} status */
function statusCame(status) {
  history.add(status);
  [reached, away] = [new Date(), null];
  for (const [id, view] of Object.entries(VIEWS)) show(element(id), view(status, history));
  const { word, what } = verdict(status);
  document.title = `${word} · ${status.application}`;
  tell(`${word}${what ? `: ${what}` : ""}`);
  element("forget").hidden = !brings();
  stand("shown");
}

/** @param {string} why */
function nothingCame(why) {
  away ??= new Date();
  const since = h("time", { datetime: away.toISOString() }, time(away));
  const rest = reached ? "Below is what it showed then; the page goes on by itself when it is back." : "The page goes on by itself when it is there.";
  show(element("away"), h("p", {}, h("strong", {}, "The service can't be reached"), " since ", since, ": ", said(why), `. ${rest}`));
  document.title = "Away · makinage";
  tell("The service can't be reached");
  stand(reached ? "away shown" : "away");
}

/** @param {boolean} wrong */
function tokenWanted(wrong) {
  element("wrong").hidden = !wrong;
  const was = document.body.dataset.stands;
  document.title = "Token wanted · makinage";
  stand("token");
  if (was !== "token" || wrong) element("token").querySelector("input")?.focus();
  tell(wrong ? "This is not the token" : "This service wants a token");
}

/** What of the page is there to be seen; the style sheet knows the words. @param {string} how */
function stand(how) {
  document.body.dataset.stands = how;
}

/** Says something once to who doesn't see the page. @param {string} news */
function tell(news) {
  if (news === told) return;
  told = news;
  element("news").textContent = news;
}

async function look() {
  const answer = await ask();
  if (answer.kind === "status") statusCame(answer.status);
  else if (answer.kind === "away") nothingCame(answer.why);
  else tokenWanted(answer.wrong);
  return answer.kind;
}

let timer = 0;
let turn = 0;
/** Asks now, and goes on unless nobody looks or a token has to come first. Whoever asks last is the one who goes on. */
async function go() {
  clearTimeout(timer);
  turn += 1;
  const mine = turn;
  const kind = await look();
  if (mine === turn && kind !== "token" && !document.hidden) timer = setTimeout(go, PACE_MS);
}

element("token").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = element("token").querySelector("input");
  if (!input) return;
  bring(input.value);
  input.value = "";
  go();
});
element("forget").addEventListener("click", () => {
  bring(null);
  location.reload();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && document.body.dataset.stands !== "token") go();
});
go();
