// Asks the service again and again, and shows what it says.

import { byHandShown, pausedShown } from "./byhand.js";
import { configShown } from "./config.js";
import { countsShown } from "./counts.js";
import { h, moment, said, show } from "./dom.js";
import { eventsShown } from "./events.js";
import { failuresShown } from "./failures.js";
import { flowShown } from "./flow.js";
import { Hand, handShown } from "./hand.js";
import { healthShown, troubleShown, verdict, verdictShown } from "./health.js";
import { History } from "./history.js";
import { modelsShown } from "./models.js";
import { News } from "./news.js";
import { partitionsShown } from "./partitions.js";
import { ask, bring, brings } from "./service.js";
import { Tap } from "./tap.js";
import { duration } from "./words.js";
import { workersShown } from "./workers.js";

/** @typedef {import("./service.js").Status} Status */
/** @typedef {(status: Status, history: History) => Element} View */

/** From one answer to the next question. */
const PACE_MS = 1000;

const history = new History();
const news = new News();
const tap = new Tap();

/** What is shown where: a view fills the element of its name. @type {Record<string, View>} */
const VIEWS = {
  verdict: verdictShown,
  paused: pausedShown,
  trouble: troubleShown,
  facts: factsShown,
  flow: flowShown,
  "flow-hand": (status) => handShown(status, status.paused ? "resume" : "pause"),
  counts: countsShown,
  models: modelsShown,
  "models-hand": (status) => handShown(status, "rollback"),
  failures: failuresShown,
  events: () => eventsShown(tap),
  health: healthShown,
  partitions: partitionsShown,
  workers: workersShown,
  config: configShown,
  "config-hand": (status) => handShown(status, "reload"),
  "by-hand": byHandShown,
};

/** What the service was when the page was loaded, which it must still be for the page to understand it. */
let version = "";
/** Whether anything was shown yet. */
let shown = false;
/** Since when the service can't be reached, where it can't. @type {Date | null} */
let away = null;

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

/** @param {Status} status */
function factsShown({ operator, version, started, uptime_seconds: uptime }) {
  return h(
    "p",
    {},
    "operator ",
    said(operator),
    ` · makinage ${version} · since `,
    moment(started),
    ` (${duration(uptime)})`,
  );
}

/** @param {Status} status */
function statusCame(status) {
  history.add(status);
  show(element("name"), said(status.application));
  for (const [id, view] of Object.entries(VIEWS)) show(element(id), view(status, history));
  version ||= status.version;
  element("anew").hidden = version === status.version;
  element("raw").hidden = brings();
  element("forget").hidden = !brings();
  const back = away ? "The service is back. " : "";
  [shown, away] = [true, null];
  document.title = `${verdict(status).word} · ${status.application}`;
  tell(back + news.of(status));
  stand("shown");
}

/** @param {string} why */
function nothingCame(why) {
  const words = "The service can't be reached";
  if (!away) tell(words);
  away ??= new Date();
  const rest = shown
    ? "Below is what it showed last. The page goes on by itself when it is back."
    : "The page goes on by itself when it is there.";
  const since = moment(away.toISOString());
  show(element("away"), h("p", {}, h("strong", {}, `✖ ${words}`), " since ", since, ": ", said(why), `. ${rest}`));
  document.title = "Away · makinage";
  stand(shown ? "away shown" : "away");
}

/** @param {boolean} wrong */
function tokenWanted(wrong) {
  element("wrong").hidden = !wrong;
  document.title = "Token wanted · makinage";
  tell(wrong ? "That isn't the token" : "This service wants a token");
  stand("token");
  input().focus();
}

function input() {
  return /** @type {HTMLInputElement} */ (element("word"));
}

/** What of the page is there to be seen; the style sheet knows the words. @param {string} how */
function stand(how) {
  document.body.dataset.stands = how;
}

/** Says something to who doesn't see the page. @param {string} what */
function tell(what) {
  if (what) element("news").textContent = what;
}

/** @param {import("./service.js").Answer} answer */
function take(answer) {
  if (answer.kind === "away") return nothingCame(answer.why);
  if (answer.kind === "token") return tokenWanted(answer.wrong);
  try {
    statusCame(answer.status);
  } catch (error) {
    // A service of another version may say what this page has never heard of.
    console.error(error);
    nothingCame(`this page doesn't understand what it says (${error})`);
  }
}

/** Other events are wanted from now on. */
function tapTurned() {
  tap.latest = [];
  tap.turn();
  show(element("events"), eventsShown(tap));
}

let timer = 0;
let turn = 0;
/** Asks now, and goes on unless nobody looks or a token has to come first. Whoever asks last is the one who goes on. */
async function go() {
  clearTimeout(timer);
  turn += 1;
  const mine = turn;
  const answer = await ask();
  if (mine !== turn) return;
  take(answer);
  if (answer.kind !== "token" && !document.hidden) timer = setTimeout(go, PACE_MS);
}

element("token").addEventListener("submit", (event) => {
  event.preventDefault();
  bring(input().value);
  input().value = "";
  go();
});
element("forget").addEventListener("click", () => {
  bring(null);
  location.reload();
});
element("renew").addEventListener("click", () => location.reload());
element("tap").addEventListener("click", () => {
  tap.wanted = !tap.wanted;
  element("tap").setAttribute("aria-pressed", String(tap.wanted));
  tapTurned();
});
element("tap-failed").addEventListener("change", (event) => {
  tap.failed = /** @type {HTMLInputElement} */ (event.target).checked;
  tapTurned();
});
new Hand(go);
document.addEventListener("visibilitychange", () => {
  tap.turn();
  if (!document.hidden && document.body.dataset.stands !== "token") go();
});
go();
