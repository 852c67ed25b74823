// What can be done to the service by hand: its buttons, and the dialog that asks once more and tells what came of it.

import { h, said, show } from "./dom.js";
import { bring, intervene } from "./service.js";

/** @typedef {import("./service.js").Status} Status */
/** @typedef {"reload" | "rollback" | "pause" | "resume"} Act */

/** What the dialog says of each, and what its buttons are called. @type {Record<Act, Record<string, string>>} */
const ACTS = {
  pause: {
    button: "Pause…",
    title: "Read no more events?",
    what: "What was read before is finished and committed. The service keeps its partitions, and the lag grows until "
      + "it is told to read on, or started again. It isn't ready meanwhile.",
    word: "Pause",
  },
  resume: { button: "Resume…", title: "Read events again?", what: "It reads on where it was.", word: "Resume" },
  reload: {
    button: "Reload…",
    title: "Read the configuration again?",
    what: "A generation is made of it, though nothing has changed in it: what isn't watched may have. What serves goes "
      + "on until that one takes over.",
    word: "Reload",
  },
  rollback: {
    button: "Roll back…",
    title: "Go back to an earlier model?",
    what: "It is published again on the model topic, so that every instance takes it up.",
    word: "Roll back",
  },
};
/** @type {Record<string, string>} */
const MOODS = { done: "good", planned: "good", unchanged: "good", under_way: "warn", refused: "bad" };
/** @type {Record<string, string>} */
const SIGNS = { good: "✔", warn: "▲", bad: "✖" };

/** The button of an act, and why it can't be pressed, where it can't. @param {Status} status @param {Act} act */
export function handShown({ interventions: { refused } }, act) {
  return h(
    "p",
    { class: "choices" },
    h("button", { type: "button", "data-act": act, disabled: refused !== null }, ACTS[act].button),
    refused === null ? null : h("span", { class: "quiet" }, " Not available: the service has no http.token."),
  );
}

/** A word's mood and sign. @param {string} outcome */
export function moodOf(outcome) {
  const mood = MOODS[outcome] ?? "warn";
  return { mood, sign: SIGNS[mood] };
}

/** The dialog. It stands in the page; nothing else of the page can be reached while it is open. */
export class Hand {
  /** @type {Act} */
  #act = "pause";
  /** The model that was shown, which is the one that is gone back to. @type {string | null} */
  #sha256 = null;
  /** What counts is the answer to the last question; others come too late. */
  #turn = 0;
  #busy = false;
  /** Tells the page that something was done. @type {() => void} */
  #done;

  /** @param {() => void} done */
  constructor(done) {
    this.#done = done;
    element("ask-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#go();
    });
    element("ask-close").addEventListener("click", () => dialog().close());
    // Escape closes it too.
    dialog().addEventListener("close", () => {
      this.#turn += 1;
      field().value = "";
    });
    document.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("button[data-act]") : null;
      if (button) this.#open(/** @type {Act} */ (button.getAttribute("data-act")));
    });
  }

  /** Asks whether that is meant. @param {Act} act */
  #open(act) {
    [this.#act, this.#sha256, this.#busy] = [act, null, false];
    element("ask-title").textContent = ACTS[act].title;
    element("ask-what").textContent = ACTS[act].what;
    element("ask-do").textContent = ACTS[act].word;
    element("ask-close").textContent = "Cancel";
    element("ask-do").hidden = false;
    element("ask-token").hidden = true;
    show(element("ask-answer"));
    dialog().showModal();
    if (act === "rollback") this.#look();
  }

  /** Finds out which model that would be, before it is done. */
  async #look() {
    const answer = await this.#ask({ dry_run: true }, "Looking which model that is…");
    if (answer?.kind !== "told") return;
    this.#sha256 = answer.model?.sha256 ?? null;
    if (!answer.model || answer.outcome !== "planned") return this.#told(answer.outcome, answer.message);
    const { model, sha256 } = answer.model;
    show(element("ask-answer"), h("p", {}, "It goes back to model ", h("b", {}, said(model)), ", SHA-256 ", said(sha256)));
  }

  /** Does it. */
  async #go() {
    if (this.#busy || element("ask-do").hidden) return;
    if (!element("ask-token").hidden) {
      if (!field().value) return field().focus();
      bring(field().value);
      field().value = "";
      element("ask-token").hidden = true;
    }
    if (this.#act === "rollback" && this.#sha256 === null) return this.#look();
    const asked = this.#act === "rollback" ? { version: this.#sha256 } : {};
    const answer = await this.#ask(asked, "Under way…");
    this.#done();
    if (answer?.kind === "told") this.#told(answer.outcome, answer.message);
  }

  /**
   * Asks the service; `null` where the dialog is another's by the time of the answer.
   *
   * @param {object} asked
   * @param {string} meanwhile
   */
  async #ask(asked, meanwhile) {
    this.#turn += 1;
    const mine = this.#turn;
    this.#waits(true);
    show(element("ask-answer"), h("p", {}, meanwhile));
    const answer = await intervene(this.#act, asked);
    if (mine !== this.#turn) return null;
    this.#waits(false);
    if (answer.kind === "token") this.#wantsToken(answer.wrong);
    if (answer.kind === "away") this.#said("bad", `It is not known whether that was done: ${answer.why}.`);
    return answer;
  }

  /** @param {boolean} waits */
  #waits(waits) {
    this.#busy = waits;
    // Without its focus being lost.
    element("ask-do").setAttribute("aria-disabled", String(waits));
  }

  /** @param {boolean} wrong */
  #wantsToken(wrong) {
    element("ask-token").hidden = false;
    this.#said("bad", wrong ? "That isn't the token of the service." : "This needs the token of the service.");
    field().focus();
  }

  /** There is nothing more to ask. @param {string} outcome @param {string} message */
  #told(outcome, message) {
    const { mood } = moodOf(outcome);
    element("ask-do").hidden = true;
    element("ask-close").textContent = "Close";
    element("ask-close").focus();
    this.#said(mood, message);
  }

  /** @param {string} mood @param {string} message */
  #said(mood, message) {
    show(element("ask-answer"), h("p", { class: mood }, `${SIGNS[mood]} `, said(message)));
  }
}

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

function dialog() {
  return /** @type {HTMLDialogElement} */ (element("ask"));
}

function field() {
  return /** @type {HTMLInputElement} */ (element("ask-word"));
}
