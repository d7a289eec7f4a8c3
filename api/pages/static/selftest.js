// The self-test at the start of a session: one known barcode shows whether scanner and keyboard agree. What would be
// misread is said with its remedy, and scanning does not begin until it is right or a person says to go on.

import { t } from "./words.js";

const DONE = "selftest";

const $ = (id) => document.getElementById(id);

const FAULTS = {
  text: [
    "読み取った文字が違います。印刷したバーコードを読み取ってください。直らないときは、読取機の設定を初期化してください。",
    "Another text arrived. Scan the printed barcode; if it stays so, reset the scanner.",
  ],
  ime: [
    "日本語入力（IME）がオンです。半角／全角キーで切り替えてください。",
    "An input method is on. Switch it off with the half/full-width key.",
  ],
  caps: ["Caps Lock がオンです。Shift＋Caps Lock で切り替えてください。", "Caps Lock is on. Switch it off."],
  layout: [
    "キーボードの配列が読取機と違います。パソコンの配列を「日本語」にしてください。",
    "The keyboard layout differs from the scanner's. Set this computer to the Japanese layout.",
  ],
  noEnter: [
    "読取りの後に Enter が届きません。読取機の「サフィックス CR」を設定してください。",
    "No Enter follows the scan. Set the scanner's suffix to CR.",
  ],
};
const DOUBLED = [
  "Enter が 2 回届きました。読取りには差し支えありません。",
  "Enter arrived twice. This does no harm.",
];

export class SelfTest {
  constructor(code, { onPassed }) {
    this.code = code;
    this.onPassed = onPassed;
    this.dialog = $("selftest");
    $("selftest-skip").addEventListener("click", () => this.pass("skipped"));
    $("selftest-go").addEventListener("click", () => this.pass("warned"));
    // Scanning does not begin behind the test's back.
    this.dialog.addEventListener("cancel", (event) => event.preventDefault());
    $("selftest-again").addEventListener("click", () => this.begin());
  }

  /** Begin, unless this session has passed it. */
  needed() {
    return !sessionStorage.getItem(DONE);
  }

  get isOn() {
    return this.dialog.open;
  }

  begin() {
    clearTimeout(this.timer);
    this.faults = [];
    this.state("wait", t("バーコードを読み取ってください。", "Scan the barcode."), []);
    if (!this.dialog.open) this.dialog.showModal();
    $("selftest-field").focus();
  }

  /** The test barcode, or what came instead of it. */
  text(text, how) {
    const faults = [
      text !== this.code && "text",
      how.ime && "ime",
      how.caps && "caps",
      how.layout && !how.ime && "layout",
      how.noEnter && "noEnter",
    ].filter(Boolean);
    this.faults = faults;
    if (faults.length === 0) {
      this.right();
      return;
    }
    this.state("fault", t("このままでは正しく読み取れないおそれがあります。", "Scans might be misread like this."), faults);
    $("selftest-go").hidden = faults.includes("text");
  }

  /** An Enter with nothing before it: a second one, or the barcode's own where keyboard or computer were slow. */
  empty() {
    if (this.dialog.dataset.state === "ok") $("selftest-notes").textContent = t(...DOUBLED);
    else if (this.faults.length === 1 && this.faults[0] === "noEnter") this.right();
  }

  /** Everything agrees: said long enough to be read, then the test is over. */
  right() {
    this.faults = [];
    this.state("ok", t("読取機とキーボードの設定は正しいです。", "Scanner and keyboard agree."), []);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.pass("passed"), 350);
  }

  state(state, sentence, faults) {
    this.dialog.dataset.state = state;
    $("selftest-sentence").textContent = sentence;
    $("selftest-notes").replaceChildren(
      ...faults.map((fault) => {
        const item = document.createElement("li");
        item.textContent = t(...FAULTS[fault]);
        return item;
      }),
    );
    $("selftest-go").hidden = true;
  }

  pass(how) {
    clearTimeout(this.timer);
    sessionStorage.setItem(DONE, how);
    this.dialog.close();
    this.onPassed(how);
  }
}
