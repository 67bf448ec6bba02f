/** Data and numbers as a person reads them: nothing invisible, nothing endless. */

const MARKS = 3;
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/u;
const MARK = /[\p{Mn}\p{Me}]/u;
const JOINER = /[\u200c\u200d]/;

/**
 * The text with whatever is invisible, or turns its neighbours round, written as `[U+202E]`.
 *
 * @param {string} text
 * @param {number} [limit]
 */
export function shown(text, limit = 1000) {
  const letters = Array.from(text.slice(0, 2 * limit + 2));
  const cut = letters.length > limit ? [...letters.slice(0, limit - 1), "…"] : letters;
  let marks = 0;
  let before = "";
  let made = "";
  for (const letter of cut) {
    marks = MARK.test(letter) ? marks + 1 : 0;
    if (marks <= MARKS) made += visible(letter, before);
    before = letter;
  }
  return made;
}

/** @param {string} letter @param {string} before */
function visible(letter, before) {
  if (JOINER.test(letter) && before > "\x7f" && !JOINER.test(before)) return letter;
  if (!INVISIBLE.test(letter)) return letter;
  const code = /** @type {number} */ (letter.codePointAt(0));
  return `[U+${code.toString(16).toUpperCase().padStart(4, "0")}]`;
}

/**
 * Four significant digits, thousands apart: 0.9733, 12,345, 1.2e-7.
 *
 * @param {number} value
 */
export function number(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e15 || size < 1e-4) return value.toExponential(1);
  const digits = size >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 4 };
  return value.toLocaleString("en", digits);
}

/**
 * A number in the room beside a chart: "0.9733", "33.93M".
 *
 * @param {number} value
 */
export function brief(value) {
  const size = Math.abs(value);
  if (size < 1e4 || size >= 1e15) return number(value);
  return value.toLocaleString("en", { notation: "compact", maximumSignificantDigits: 4 });
}

/**
 * A share of 0 to 1: "97 %", "0.4 %".
 *
 * @param {number} share
 */
export function percent(share) {
  if (share > 0 && share < 0.0005) return "< 0.1 %";
  if (share < 1 && share > 0.9995) return "> 99.9 %";
  const places = share >= 0.0995 && share < 0.995 ? 0 : 1;
  return `${(share * 100).toFixed(places).replace(/\.0$/, "")} %`;
}

/**
 * "2026-11-22T13:00:00.250Z" -> "22 Nov 2026, 14:00", in the reader's own time.
 *
 * @param {string} time
 */
export function moment(time) {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  return at.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

/** @param {string} code */
export function words(code) {
  const text = code.replaceAll("_", " ");
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** @param {number} amount @param {string} one @param {string} [many] */
export function count(amount, one, many = `${one}s`) {
  return `${number(amount)} ${amount === 1 ? one : many}`;
}

/** The last part of a resource's name: "projects/p/models/iris" -> "iris". @param {string} name */
export function last(name) {
  return name.slice(name.lastIndexOf("/") + 1);
}

/** "a, b, c and 12 more". @param {string[]} names @param {number} most */
export function listed(names, most) {
  const some = names
    .slice(0, most)
    .map((name) => shown(name, 60))
    .join(", ");
  return names.length <= most ? some : `${some} and ${number(names.length - most)} more`;
}
