// A barcode scanner that types: what it types is read whatever the keyboard is set to. An input method, Caps Lock or a
// foreign layout change the characters that arrive, but not which keys were struck; both are kept, and the reading
// that is a code wins. Nothing a scanner sends reaches the browser as a command.

import { apart, fold, isCode, isWhole, LONGEST_TEXT, SEAL } from "./codes.js";

// Keys of a machine follow one another faster than any person's; milliseconds.
const MACHINE_GAP = 45;
// Nor does any scanner take so long for a key, on average: a number was read by eye.
const PERSON_GAP = 250;
// After so long without a key a code that is whole was sent without its Enter; milliseconds.
const LOST_ENTER = 140;
// The number on a seal has no check character: a slow computer's pause in the middle of one must not pass for its end.
const LOST_END = 2_000;

function struck(event) {
  const { code } = event;
  if (/^Key[A-Z]$/.test(code)) return code[3];
  if (/^(Digit|Numpad)[0-9]$/.test(code)) return code.at(-1);
  if (code === "Minus" || code === "NumpadSubtract") return "-";
  return "";
}

/** Whether somebody is typing into another field than the scanner's. A choice takes arrows; a letter there is a scan's. */
function elsewhere(event, field) {
  const { target } = event;
  if (target === field || !(target instanceof Element)) return false;
  if (target.matches("select")) return !struck(event);
  return target.matches("input:not([type=checkbox],[type=radio],[type=button],[type=submit]), textarea, [contenteditable]");
}

export class Wedge {
  /**
   * `onText(text, how)` gets each scan once; `how` says what was noticed: `ime`, `caps`, `layout`, `noEnter`, `glued`,
   * `gap` (mean milliseconds between keys), `typed` (no scanner did that). `onEmpty` hears of an Enter that ended nothing;
   * `isAwaited` knows a text that is expected word for word.
   */
  constructor(field, { onText, onEmpty = () => {}, expectsSeal = () => false, isAwaited = () => false }) {
    this.field = field;
    this.onText = onText;
    this.onEmpty = onEmpty;
    this.expectsSeal = expectsSeal;
    this.isAwaited = isAwaited;
    this.clear();
    document.addEventListener("keydown", (event) => this.key(event), true);
    field.addEventListener("input", () => this.veil());
    field.addEventListener("paste", (event) => this.paste(event));
    field.addEventListener("compositionend", () => this.spent && this.wipe());
    field.addEventListener("compositionstart", () => { this.ime = true; this.spent = false; });
  }

  clear() {
    this.keys = "";
    this.times = [];
    this.ime = false;
    this.caps = false;
    clearTimeout(this.timer);
  }

  key(event) {
    const dialog = document.querySelector("dialog[open]");
    if ((dialog ?? null) !== this.field.closest("dialog")) return;
    if (elsewhere(event, this.field)) return;
    const now = event.timeStamp; // when the key was struck, however late this page hears of it
    const inBurst = this.times.length > 0 && now - this.times.at(-1) < 2 * MACHINE_GAP;
    if (event.ctrlKey || event.altKey || event.metaKey) {
      // Control characters in a barcode arrive as shortcuts: CR and LF end the scan, the rest does nothing.
      if (inBurst) event.preventDefault();
      if (inBurst && event.ctrlKey && (event.code === "KeyM" || event.code === "KeyJ")) this.finish(false);
      return;
    }
    if (event.code === "Enter" || event.code === "NumpadEnter" || (event.code === "Tab" && inBurst)) {
      this.end(event);
    } else if (event.code === "Escape") {
      this.clear();
      this.wipe();
    } else if (event.code === "Backspace") {
      this.keys = this.keys.slice(0, -1);
    } else {
      this.character(event, now);
    }
  }

  end(event) {
    const isOurs = event.target === this.field || this.keys || this.field.value;
    if (!isOurs) return; // Enter on a button is the button's
    event.preventDefault();
    event.stopPropagation();
    if (this.keys || this.field.value) this.finish(false);
    else this.onEmpty();
  }

  character(event, now) {
    const key = struck(event);
    const shows = key || event.key.length === 1 || event.key === "Process";
    if (!shows) {
      // Function keys and the like, in the middle of a scan, are part of a hostile barcode.
      if (this.times.length > 2 && now - this.times.at(-1) < MACHINE_GAP && event.key !== "Shift" && event.key !== "CapsLock") {
        event.preventDefault();
      }
      return;
    }
    if (event.target !== this.field) this.field.focus();
    this.spent = false;
    this.keys = (this.keys + key).slice(0, LONGEST_TEXT);
    this.times = [...this.times.slice(-LONGEST_TEXT), now];
    if (event.isComposing || event.key === "Process") this.ime = true;
    if (event.getModifierState?.("CapsLock")) this.caps = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.lostEnter(), LOST_ENTER);
  }

  gap() {
    const { times } = this;
    return times.length < 2 ? Infinity : (times.at(-1) - times[0]) / (times.length - 1);
  }

  lostEnter() {
    if (this.keys.length < 4) return;
    const text = this.reading().text;
    const isSeal = this.expectsSeal() && SEAL.test(text);
    // What is expected word for word is whole, however slowly it came.
    if (this.isAwaited(text)) this.finish(true);
    else if (this.gap() > MACHINE_GAP) return;
    else if (!isSeal && (isWhole(text) || apart(text))) this.finish(true);
    else if (isSeal) this.timer = setTimeout(() => this.finish(true), LOST_END);
  }

  /** The better of what arrived and what was struck. */
  reading() {
    const arrived = fold(this.field.value);
    const isGood = (text) => Boolean(text) && (isCode(text) || apart(text) !== null);
    const asTyped = isGood(arrived) || !this.keys;
    if (asTyped) return { text: arrived, layout: false };
    if (isGood(this.keys)) return { text: this.keys, layout: arrived !== this.keys };
    if (SEAL.test(arrived) || !SEAL.test(this.keys)) return { text: arrived || this.keys, layout: false };
    return { text: this.keys, layout: true };
  }

  finish(noEnter) {
    const { text, layout } = this.reading();
    const raw = this.field.value;
    const how = {
      raw,
      keys: this.keys,
      gap: this.gap(),
      typed: this.times.length > 4 && this.gap() > PERSON_GAP,
      ime: this.ime || /[\uff01-\uff5e\u3040-\u30ff]/.test(raw),
      caps: this.caps,
      layout,
      noEnter,
      glued: false,
    };
    this.clear();
    this.wipe();
    this.give(text, how);
  }

  give(text, how) {
    const several = isCode(text) ? null : apart(text);
    if (several) several.forEach((part) => this.onText(part, { ...how, glued: true }));
    else if (text) this.onText(text, how);
    else this.onEmpty();
  }

  wipe() {
    // An input method writes what it holds once the field is left; it is thrown away then.
    this.spent = true;
    if (this.ime) this.field.blur();
    this.field.value = "";
    this.veil();
    if (document.activeElement !== this.field) this.field.focus({ preventScroll: true });
  }

  /** What begins with digits may be a My Number: it is never shown. */
  veil() {
    this.field.classList.toggle("veiled", /^[\s]*[0-9]{4}/.test(fold(this.field.value)));
  }

  paste(event) {
    event.preventDefault();
    const texts = (event.clipboardData?.getData("text") ?? "").slice(0, 20_000).split(/[\s,、]+/);
    for (const text of texts.map(fold).filter(Boolean)) {
      this.give(text, { raw: "", keys: "", gap: Infinity, typed: true, ime: false, caps: false, layout: false, noEnter: false, glued: false });
    }
  }
}
