// Control numbers as a browser checks them before anything is sent; the same rules as logistics/rules/codes.py and
// guard.py. Nothing here touches the page.

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const FORM = /^[A-Z][0-9A-Z]{3,11}$/;
const PREFIXES = "CBXNRMTALVSPKGZHYQUDFEWJI";
// How long the codes of these kinds are; the others come in several lengths.
const LENGTHS = { B: 10, C: 10, E: 10, H: 10, R: 10, S: 9, X: 10 };
export const SEAL = /^[0-9A-Z][0-9A-Z-]{3,19}$/;
// A scan holds no more than this; a longer text is a document, or an attack.
export const LONGEST_TEXT = 400;

/** ISO 7064 MOD 37,36. */
function checks(text) {
  let check = 18;
  for (const character of text) {
    check = (((check || 36) * 2) % 37 + ALPHABET.indexOf(character)) % 36;
  }
  return check === 1;
}

/** Whether the text is a well-formed control number of any type. */
export function isCode(text) {
  return FORM.test(text) && PREFIXES.includes(text[0]) && checks(text);
}

/** Whether a well-formed code is all of it: the beginning of a longer one checks by chance once in 36 times. */
export function isWhole(text) {
  return isCode(text) && (LENGTHS[text[0]] ?? text.length) === text.length;
}

/** The type letter of a well-formed code, or "". */
export function kindOf(text) {
  return isCode(text) ? text[0] : "";
}

/** A text as the scanner meant it: half-width, upper-case, hyphens as hyphens, nothing unseen. */
export function fold(text) {
  return text
    .slice(0, 4 * LONGEST_TEXT)
    .normalize("NFKC")
    .replace(/[\u2010-\u2015\u2043\u2212\u02d7\u2500\u30fc\u301c]/g, "-")
    .replace(/[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}\p{Mn}\p{Me}]/gu, "")
    .toUpperCase();
}

/** The codes that were read into one another because an Enter was lost, or null where it is not certain. */
export function apart(text) {
  const ways = [];
  const walk = (rest, found) => {
    if (!rest) ways.push(found);
    for (let length = 4; length <= Math.min(12, rest.length) && ways.length < 2; length += 1) {
      const head = rest.slice(0, length);
      if (isWhole(head)) walk(rest.slice(length), [...found, head]);
    }
  };
  if (text.length > 12 && text.length <= 60) walk(text, []);
  return ways.length === 1 ? ways[0] : null;
}

const WEIGHTS = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
const SEPARATOR = "[\\s\\-\\u2010-\\u2015\\u2043\\u2212\\u02d7\\u2500\\u30fc\\u301c\\u3001\\u30fb\\u2800\\u3164~._/|+=()]{1,8}";
const RUN = new RegExp(`[0-9]+(?:${SEPARATOR}[0-9]+)*`, "g");
const DATE = /(?<![0-9])20[0-9]{2}([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])/g;
const KANJI = "〇零一二三四五六七八九";

function isMyNumber(digits) {
  const sum = WEIGHTS.reduce((total, weight, n) => total + weight * Number(digits[n]), 0);
  return Number(digits[11]) === (((-sum % 11) + 11) % 11) % 10;
}

function runHolds(run) {
  const groups = run.match(/[0-9]+/g);
  const digits = groups.join("");
  const ends = new Set([0]);
  groups.reduce((end, group) => (ends.add(end + group.length), end + group.length), 0);
  return [...ends].some((end) => end >= 12 && ends.has(end - 12) && isMyNumber(digits.slice(end - 12, end)));
}

/** Whether the text holds a valid 12-digit My Number, in one group or in groups with separators between. */
export function holdsMyNumber(text) {
  const seen = text.replace(/[\p{Cf}\p{Mn}\p{Me}\u0000-\u0008\u000e-\u001f\u007f]/gu, "");
  const readings = [
    seen.replace(/\p{No}/gu, "#").normalize("NFKC"),
    [...seen.normalize("NFKC")].map((c) => (KANJI.includes(c) ? String(Math.max(0, KANJI.indexOf(c) - 1)) : c)).join(""),
  ];
  return readings.some((reading) => (reading.replace(DATE, "#").match(RUN) ?? []).some(runHolds));
}

/** A UUID version 7: ordered by time, made here so that a repeat of the scan is known as one. */
export function newId(now = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let n = 0; n < 6; n += 1) bytes[n] = Math.floor(now / 2 ** (8 * (5 - n))) % 256;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
