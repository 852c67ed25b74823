// Numbers, times and texts as people read them.

const LANGUAGE = "en";
const WHOLE = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 0 });
const DIGITS = new Intl.NumberFormat(LANGUAGE, { maximumSignificantDigits: 3 });
const CLOCK = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: "medium", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat(LANGUAGE, { year: "numeric", month: "short", day: "numeric" });

/** What stands where nothing is known. */
export const UNKNOWN = "–";

/**
 * @template T
 * @param {T | null | undefined} value
 * @param {(value: T) => string} words
 */
function known(value, words) {
  return value === null || value === undefined ? UNKNOWN : words(value);
}

/** How many. @param {number | null | undefined} count */
export function count(count) {
  return known(count, (count) => WHOLE.format(count));
}

/** "1 event", "2 events". @param {number} number @param {string} one */
export function counted(number, one) {
  return `${count(number)} ${number === 1 ? one : `${one}s`}`;
}

/** How many a second. @param {number | null | undefined} rate */
export function rate(rate) {
  return known(rate, (rate) => `${rate < 100 ? DIGITS.format(rate) : WHOLE.format(rate)}/s`);
}

/** A share of one processor. @param {number | null | undefined} share */
export function percent(share) {
  return known(share, (share) => `${WHOLE.format(share * 100)} %`);
}

/** @param {number | null | undefined} bytes */
export function bytes(bytes) {
  return known(bytes, (bytes) => {
    const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
    return `${DIGITS.format(bytes / 1024 ** power)} ${units[power]}`;
  });
}

/** How long: three digits below a minute, two units above. @param {number | null | undefined} seconds */
export function duration(seconds) {
  return known(seconds, (seconds) => {
    if (seconds < 0.0005) return seconds <= 0 ? "0 s" : `${DIGITS.format(seconds * 1e6)} µs`;
    if (seconds < 0.9995) return `${DIGITS.format(seconds * 1e3)} ms`;
    if (seconds < 59.95) return `${DIGITS.format(seconds)} s`;
    /** @type {[string, number][]} */
    const units = [
      ["d", 86400],
      ["h", 3600],
      ["min", 60],
      ["s", 1],
    ];
    const whole = Math.round(seconds);
    const first = units.findIndex(([, size]) => whole >= size);
    const [[large, size], [small, smaller]] = units.slice(first, first + 2);
    const rest = Math.floor((whole % size) / smaller);
    return `${Math.floor(whole / size)} ${large}${rest ? ` ${rest} ${small}` : ""}`;
  });
}

/** The time of day, with the day where it isn't today. @param {Date} date @param {Date} now */
export function time(date, now = new Date()) {
  if (Number.isNaN(date.getTime())) return UNKNOWN;
  const [day, today] = [DAY.format(date), DAY.format(now)];
  return day === today ? CLOCK.format(date) : `${day}, ${CLOCK.format(date)}`;
}

/** How a long text begins. @param {string} text */
export function short(text) {
  const characters = Array.from(text);
  return characters.length > 120 ? `${characters.slice(0, 120).join("")}…` : text;
}

/** `took_over` as words. @param {string} name */
export function plain(name) {
  return name.replaceAll("_", " ");
}

/**
 * A text in which characters that don't show, or turn what follows them around, stand as escapes. Line breaks stay.
 *
 * @param {string} text
 */
export function visible(text) {
  const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
  return text.replace(hidden, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);
}
