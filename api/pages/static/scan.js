// The scan page: one field, and an answer to each scan. Receiving, packing, putting away and the others differ only in
// the row of a table on the server, which comes with the page.

import { fold, holdsMyNumber, isCode, kindOf, newId, SEAL } from "./codes.js";
import { offerCamera } from "./camera.js";
import { Queue } from "./queue.js";
import { SelfTest } from "./selftest.js";
import { isFine, Sender } from "./sender.js";
import { isOn, play, switchTo } from "./sound.js";
import { View } from "./scan_view.js";
import { Wedge } from "./wedge.js";
import { t } from "./words.js";

// Longer than this without the server's word, and the scan is said to be kept; milliseconds.
const SOON = 700;
// The same barcode again so soon is the scanner's trigger held down; milliseconds.
const TRIGGER = 350;
// The server is asked for the counts at most so often; milliseconds.
const REFRESH = 900;
// What is no code of ours is not kept, not even here: that something was scanned is what is told.
const NO_CODE = "?";

const $ = (id) => document.getElementById(id);
const config = JSON.parse($("scan").dataset.config);
const view = new View(config);

class Page {
  constructor(queue) {
    this.queue = queue;
    this.state = navigator.onLine ? "online" : "offline";
    this.subject = config.subject;
    this.spot = undefined;
    this.chain = Promise.resolve();
    this.shown = new Map();
    this.last = { text: "", at: 0 };
    this.sender = new Sender(queue, {
      person: config.person,
      token: () => document.querySelector("meta[name=csrf]")?.content ?? "",
      onAnswers: (pairs) => pairs.forEach(([scan, answer]) => this.answered(scan, answer)),
      onState: (state) => this.turn(state),
      onChange: () => this.count(),
    });
  }

  // Reading

  /** A text from scanner, camera or keyboard; each is dealt with before the next. */
  read(text, how) {
    this.chain = this.chain.then(() => this.take(text, how)).catch((error) => this.broken(error));
  }

  async take(text, how) {
    if (holdsMyNumber(text) || holdsMyNumber(how.raw)) {
      this.answer("guard");
      return;
    }
    const now = performance.now();
    const isTrigger = text === this.last.text && now - this.last.at < TRIGGER;
    this.last = { text, at: now };
    if (isTrigger) return;
    const kind = kindOf(text);
    if (this.bag) await (config.pairedKind ? this.pair(text, kind) : this.seal(text, kind));
    else if (kind === "P" && people().length) this.person(text);
    else if (kind && kind === config.subjectKind && !config.recordsSubject) await this.choose(text);
    else if (config.subjectKind && !config.recordsSubject && !config.subjectField && !this.subject) this.needSubject();
    else if (asked().some((field) => field.required && !field.value)) this.needAnswer(asked().find((field) => field.required && !field.value));
    else if (kind && kind === config.spotKind) this.stand(text);
    else if (config.spotKind && this.spot === undefined) this.needSpot();
    else if (kind && kind === config.sealedKind) this.askSeal(text);
    else if (config.pairedKind && kind === "C") this.askPair(text);
    else if (config.tallyPath && /^[0-9]{1,3}$/.test(text)) await this.tally(Number(text));
    else await this.keep(isCode(text) ? { code: text, ...this.byHand(how) } : { code: NO_CODE });
  }

  /** What no scanner typed is marked in the log, and its clerk is told how two people enter a number. */
  byHand(how) {
    if (!how.typed) return {};
    view.warn(
      t("手入力", "Typed"),
      "",
      t(
        "手で入れた番号として記録に残ります。バーコードが読めないカードは「承認」→「手入力を頼む」から、二人で入れてください。",
        "It is marked as typed. Where a barcode cannot be read, two people enter the number: Approvals, Ask for one.",
      ),
    );
    return { typed: true };
  }

  needSubject() {
    const [ja, en] = config.subjectPrompt;
    play("refused");
    view.tell("refused", t("順番", "First"), t(ja, en));
  }

  needAnswer(field) {
    const name = field.labels[0].textContent;
    play("refused");
    view.tell("refused", t("選択", "Choose"), t(`先に「${name}」を選んでください。${isOfPeople(field) ? "名札を読み取っても選べます。" : ""}`, `Choose ${name} first${isOfPeople(field) ? ", or scan the badge" : ""}.`));
    field.focus();
  }

  /** A badge chooses whoever is asked for. */
  person(code) {
    const field = people().find((one) => [...one.options].some((option) => option.value === code));
    if (!field) {
      play("refused");
      view.tell("refused", people()[0].labels[0].textContent, t("ここで選べる職員ではありません。", "This person cannot be chosen here."), code);
      return;
    }
    field.value = code;
    remember(field);
    play("ok");
    view.tell("ok", field.labels[0].textContent, field.selectedOptions[0].textContent);
  }

  // Counting: where one stands, and a number in place of scans

  /** From now on cards are scanned as they lie in this slot; null is what lies in none. */
  stand(slot) {
    this.spot = slot;
    play("ok");
    const [ja, en] = slot ? ["この棚のカードを読み取ってください。", "Scan the cards in this slot."] : ["棚に入っていないカードを読み取ってください。", "Scan the cards that lie in no slot."];
    view.tell("ok", slot ? t("棚", "Slot") : t("棚の外", "No slot"), t(ja, en), slot ?? "");
    this.prompt();
  }

  needSpot() {
    play("refused");
    view.tell("refused", t("棚番", "Slot"), t("先に、数える棚の棚番を読み取ってください。", "Scan the slot that is to be counted first."));
  }

  async tally(cards) {
    if (!this.spot) {
      this.needSpot();
      return;
    }
    const shown = `${this.spot} ${t(`${cards} 枚`, `${cards} cards`)}`;
    const scan = { ...this.made(), slot: this.spot, cards, path: config.tallyPath.replace("{subject}", this.subject), extra: {}, shown };
    await this.hold(scan, { isScan: false });
  }

  /** From now on scans are made against this slot, box or batch. */
  async choose(code) {
    this.subject = code;
    play("ok");
    view.tell("ok", t(...config.subjectWord), t("選びました。続けて読み取ってください。", "chosen. Go on scanning."), code);
    history.replaceState(null, "", `/scan/${config.purpose}/${code}`);
    this.prompt();
    if (this.state === "online") await this.refresh();
  }

  // Two scans that belong together

  askPair(card) {
    this.bag = card;
    play("ok");
    view.tell("ask", t("棚番", "Slot"), t("続けて、入れる棚の棚番を読み取ってください。", "Now scan the slot that it goes into."), card);
    this.prompt();
  }

  async pair(text, kind) {
    if (kind !== config.pairedKind) {
      play("refused");
      view.tell("refused", t("棚番", "Slot"), t("棚番ではありません。入れる棚の棚番を読み取ってください。", "This is no slot. Scan the slot that it goes into."), this.bag);
      return;
    }
    const code = this.bag;
    this.bag = null;
    this.prompt();
    await this.keep({ code, pair: text }, { isScan: false });
  }

  // Seals

  askSeal(batch) {
    this.bag = batch;
    play("ok");
    view.tell("ask", t("封印番号", "Seal"), t("続けて封印番号を読み取ってください。", "Now scan the number on its seal."), batch);
    $("no-seal").hidden = false;
    this.prompt();
  }

  async seal(text, kind) {
    if (kind || !SEAL.test(text)) {
      play("refused");
      view.tell("refused", t("封印番号", "Seal"), t("封印番号ではありません。封印のバーコードを読み取ってください。", "This is no seal number. Scan the barcode on the seal."), this.bag);
      return;
    }
    await this.sealed({ seal_number: text });
  }

  async sealed(seen) {
    const code = this.bag;
    this.bag = null;
    $("no-seal").hidden = true;
    this.prompt();
    await this.keep({ code, ...seen });
  }

  // Keeping and sending

  /** What is true of everything that is made here. */
  made() {
    return {
      id: newId(),
      occurred_at: this.now().toISOString(),
      purpose: config.purpose,
      subject: this.subject,
      person: config.person,
      supervisor: config.supervised ? $("supervisor").value : null,
      provisional: this.state !== "online",
    };
  }

  async keep(said, how = {}) {
    const isDamaged = config.damage && $("damaged").checked;
    const scan = {
      ...this.made(),
      ...said,
      ...(isDamaged ? { damaged: true } : {}),
      path: config.path.replace("{subject}", this.subject ?? ""),
      extra: this.extra(),
      shown: said.code === NO_CODE ? t("（コードではない）", "(no code)") : said.code,
    };
    await this.hold(scan, how);
    if (isDamaged) $("damaged").checked = false;
  }

  /** What is said of all scans that are sent together, beside the scans. */
  extra() {
    const chosen = asked().filter((field) => field.id !== "supervisor" && field.value).map((field) => [field.name, field.value]);
    return {
      ...Object.fromEntries(chosen),
      ...(config.subjectField && this.subject ? { [config.subjectField]: this.subject } : {}),
      ...(this.spot ? { slot: this.spot } : {}),
    };
  }

  async hold(scan, how = {}) {
    if (!config.offline && this.state === "offline") {
      play("refused");
      view.tell("refused", t("回線なし", "No line"), t("この作業は回線が戻ってから行ってください。", "Do this once the line is back."), scan.shown);
      return;
    }
    const kept = await this.queue.add(scan, how);
    this.newest = kept.id;
    this.shown.set(kept.id, { scan: kept, isProvisional: false, timer: setTimeout(() => this.provisional(kept), scan.provisional ? 0 : SOON) });
    view.row(kept);
    this.count();
    this.sender.now();
  }

  /** The server's clock, by which a scan is told: a counter's PC may be wrong. */
  now() {
    return new Date(Date.now() + (this.ahead ?? config.ahead ?? 0));
  }

  provisional(scan) {
    const known = this.shown.get(scan.id);
    if (!known || known.answer) return;
    known.isProvisional = true;
    const isAwaited = scan.cards !== undefined || !view.latest || view.missing.has(scan.code) || kindOf(scan.code) !== "C" || config.purpose !== "receive";
    const look = scan.code === NO_CODE ? "unknown" : isAwaited ? "kept" : "unknown";
    const word = look === "kept" ? t("保存", "Kept") : t("保存・要確認", "Kept, check");
    const sentence = look === "kept"
      ? t("この端末に保存しました。回線が戻ると送ります。", "Kept on this device. It is sent when the line is back.")
      : t("一覧にありません。保存しました。別に置いて、回線が戻るのを待ってください。", "Not on the list. It is kept; set it aside until the line is back.");
    view.judge(scan.id, look, word);
    if (scan.id === this.newest) view.tell(look, word, sentence, scan.shown);
    play(look);
  }

  answered(scan, answer) {
    const known = this.shown.get(scan.id);
    const { look, word } = this.said(answer);
    if (known) {
      clearTimeout(known.timer);
      known.answer = answer;
      const where = answer.belongs_to ? `→ ${config.places[answer.belongs_to] ?? answer.belongs_to}` : "";
      view.judge(scan.id, look, word, where);
      const isBad = look !== "ok" && look !== "already";
      if (scan.id === this.newest || isBad) view.tell(look, word, this.sentence(answer), scan.shown, where);
      if (!known.isProvisional || isBad) play(look);
      if (look === "ok" && !answer.repeated && config.undo && kindOf(scan.code) === "C") this.offerUndo(scan);
    }
    if (scan.purpose === config.purpose && isFine(answer.outcome)) view.here(scan.code);
    this.refreshSoon();
  }

  said(answer) {
    const known = config.outcomes[answer.outcome];
    return known ? { look: known.look, word: t(known.ja, known.en) } : { look: "refused", word: t("受け付けません", "Refused") };
  }

  sentence(answer) {
    const known = config.outcomes[answer.outcome];
    if (answer.problem !== undefined) return t(answer.message_ja, answer.message_en);
    return t(answer.message_ja ?? "", known?.sentence ?? "");
  }

  answer(outcome) {
    const known = config.outcomes[outcome];
    play(known.look);
    view.tell(known.look, t(known.ja, known.en), t(known.sentence_ja, known.sentence));
  }

  broken(error) {
    play("refused");
    view.tell("refused", t("保存できません", "Not kept"), t("この端末に保存できませんでした。読取りは記録されていません。紙に控えて、責任者に知らせてください。", "This device could not keep the scan; nothing was recorded. Note it on paper and tell the leader."), "", String(error?.name ?? error));
  }

  // Undo

  offerUndo(scan) {
    if (this.undoable) view.withdrawUndo(this.undoable.id);
    this.undoable = scan;
    view.offerUndo(scan.id, scan.code, () => this.askUndo(scan));
  }

  askUndo(scan) {
    if (!scan) return;
    const dialog = $("undo");
    $("undo-code").textContent = scan.code;
    dialog.returnValue = "";
    dialog.addEventListener("close", () => dialog.returnValue === "yes" && this.undo(scan), { once: true });
    dialog.showModal();
  }

  async undo(scan) {
    const body = { scan: scan.id, ...(scan.supervisor ? { supervisor: scan.supervisor } : {}) };
    let told;
    try {
      const response = await fetch("/api/v1/undos", {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": this.sender.token(), Accept: "application/json" },
        body: JSON.stringify(body),
      });
      told = await response.json();
      if (!response.ok) throw new Error(t(told.detail_ja, told.detail));
    } catch (error) {
      play("refused");
      const away = t("回線が戻ってから取り消してください。", "Undo it once the line is back.");
      view.tell("refused", t("取消できません", "Not undone"), error instanceof TypeError ? away : error.message, scan.code);
      return;
    }
    view.undone(scan.id);
    this.undoable = null;
    play("ok");
    view.tell("already", t("取消", "Undone"), t("取り消したことを記録しました。", "That it was taken back is recorded."), scan.code);
    this.refreshSoon();
  }

  // The line

  turn(state) {
    if (state === this.state) return;
    const wasOnline = this.state === "online";
    this.state = state;
    this.count();
    if (state === "online" && !wasOnline) this.refreshSoon();
    // The page is covered until whoever works here has shown the password; what waits stays where it is.
    if (state === "locked") dispatchEvent(new Event("session-locked"));
  }

  async count() {
    const waiting = await this.queue.waiting();
    const own = waiting.filter((scan) => scan.person === config.person);
    view.line(this.state, own.length, waiting.length - own.length);
    view.refused(await this.queue.refused(), (id) => this.resolve(id), (answer) => [this.said(answer).word, this.sentence(answer)].filter(Boolean).join("："));
  }

  async resolve(id) {
    await this.queue.resolve(id, config.person);
    await this.count();
    $("field").focus();
  }

  refreshSoon() {
    if (this.due) return;
    const since = performance.now() - (this.refreshed ?? -Infinity);
    this.due = setTimeout(() => { this.due = null; this.refresh(); }, Math.max(60, REFRESH - since));
  }

  async refresh() {
    this.refreshed = performance.now();
    const query = new URLSearchParams({ queue: this.queue.name, ...(this.subject ? { subject: this.subject } : {}) });
    try {
      const response = await fetch(`/scan/${config.purpose}/progress?${query}`, { headers: { Accept: "application/json" } });
      if (response.status === 401) { this.turn("locked"); return; }
      if (response.status === 404) { this.unknownSubject(); return; }
      if (!response.ok) return;
      const progress = await response.json();
      this.ahead = Date.parse(progress.now) - Date.now();
      await this.queue.keepAhead(this.ahead);
      view.progress(progress);
      this.remember(progress);
      const waiting = new Set((await this.queue.waiting()).map((scan) => scan.sequence));
      view.numbers(this.queue.name, await this.queue.last(), progress.gaps.filter((number) => !waiting.has(number)));
      if (this.state === "locked") { this.turn("online"); this.sender.now(); }
    } catch {
      this.turn("offline");
      this.sender.failed();
    }
  }

  /** The list as it was last, so that a page opened without a line knows what is awaited. */
  remember(progress) {
    localStorage.setItem("progress", JSON.stringify({ ...progress, of: `${config.purpose}/${this.subject}` }));
  }

  recall() {
    const known = JSON.parse(localStorage.getItem("progress") ?? "null");
    if (known?.of === `${config.purpose}/${this.subject}`) view.progress(known);
  }

  unknownSubject() {
    play("unknown");
    view.tell("unknown", t("登録なし", "Unknown"), t("ここでは使えないコードです。読み直してください。", "This code cannot be used here. Scan again."), this.subject);
    this.subject = null;
    this.prompt();
  }

  prompt() {
    if (this.bag && config.pairedKind) view.ask(t("棚番を読み取ってください", "Scan the slot"), this.bag);
    else if (this.bag) view.ask(t("封印番号を読み取ってください", "Scan the seal number"), this.bag);
    else if (config.spotKind && this.spot === undefined) view.ask(t("棚番を読み取ってください", "Scan a slot"), "");
    else if (config.spotKind) view.ask(t(...config.prompt), this.spot ?? t("棚の外", "no slot"));
    else if (config.subjectKind && !config.recordsSubject && !config.subjectField && !this.subject) view.ask(t(...config.subjectPrompt), "");
    else view.ask(t(...config.prompt), "");
  }

  listen() {
    const source = new EventSource("/scan/live");
    source.addEventListener("changed", () => this.refreshSoon());
    addEventListener("pagehide", () => source.close());
  }
}

/** The fields that say something of every scan: who supervises, what for, with whom. */
const asked = () => [...document.querySelectorAll("select[data-asked]")];
const isOfPeople = (field) => field.dataset.asked === "person";
const people = () => asked().filter(isOfPeople);
const remember = (field) => sessionStorage.setItem(field.id === "supervisor" ? field.id : `${config.purpose}-${field.name}`, field.value);

async function start() {
  let queue;
  try {
    queue = await Queue.open();
  } catch (error) {
    view.tell("refused", t("使えません", "Cannot be used"), t("このブラウザーは読取りを端末に保存できません。別のブラウザーを使ってください。", "This browser cannot keep scans on the device. Use another one."), "", String(error?.name ?? error));
    return;
  }
  const page = new Page(queue);
  page.ahead = await queue.ahead();
  const test = new SelfTest(config.testCode, { onPassed: () => $("field").focus() });
  const onText = (text, how) => (test.isOn ? test.text(text, how) : page.read(text, how));
  const options = { onText, onEmpty: () => test.isOn && test.empty(), expectsSeal: () => (Boolean(page.bag) && !config.pairedKind) || test.isOn, isAwaited: (text) => test.isOn && text === config.testCode };
  new Wedge($("field"), options);
  new Wedge($("selftest-field"), options);
  offerCamera((text) => onText(fold(text), { raw: text, gap: Infinity }));
  wire(page, test);
  page.prompt();
  page.recall();
  await page.count();
  $("scan").dataset.ready = "yes";
  page.sender.now();
  page.refresh();
  page.listen();
  keepPage();
  if (test.needed()) test.begin();
  else $("field").focus();
}

function wire(page, test) {
  $("no-seal").addEventListener("click", () => {
    page.chain = page.chain.then(() => page.bag && page.sealed({ seal_intact: false })).catch((error) => page.broken(error));
    $("field").focus();
  });
  for (const field of asked()) {
    // Whoever goes through the choice by arrows stays in it until Enter, or until the next scan.
    let byKeys = false;
    field.addEventListener("pointerdown", () => { byKeys = false; });
    field.addEventListener("keydown", (event) => {
      byKeys = event.key !== "Enter";
      if (event.key === "Enter" && field.value) { event.preventDefault(); $("field").focus(); }
    });
    field.addEventListener("change", () => { remember(field); if (!byKeys) $("field").focus(); });
    const known = sessionStorage.getItem(field.id === "supervisor" ? field.id : `${config.purpose}-${field.name}`);
    if (known && [...field.options].some((option) => option.value === known)) field.value = known;
  }
  $("aside")?.addEventListener("click", () => { page.stand(null); $("field").focus(); });
  addEventListener("session-unlocked", () => { page.sender.now(); page.refresh(); $("field").focus(); });
  $("sound").checked = isOn();
  $("sound").addEventListener("change", (event) => { switchTo(event.target.checked); $("field").focus(); });
  $("warning-close").addEventListener("click", () => { $("warning").hidden = true; $("field").focus(); });
  $("selftest-open").addEventListener("click", () => test.begin());
  document.addEventListener("keydown", (event) => {
    if (event.key === "F2" && config.damage) { event.preventDefault(); $("damaged").checked = !$("damaged").checked; }
    if (event.key === "F7" && $("aside")) { event.preventDefault(); $("aside").click(); }
    if (event.key === "F8" && page.bag && !config.pairedKind) { event.preventDefault(); $("no-seal").click(); }
    if (event.key === "F9" && config.undo) { event.preventDefault(); page.askUndo(page.undoable); }
  });
  for (const dialog of document.querySelectorAll("dialog")) dialog.addEventListener("close", () => $("field").focus());
  addEventListener("focus", () => !document.querySelector("dialog[open]") && $("field").focus());
}

/** Have this very page kept, so that it opens without a line. */
async function keepPage() {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("/sw.js");
    await navigator.serviceWorker.ready;
    const kept = await caches.open("scan-pages");
    if (config.offline && navigator.onLine) await kept.add(location.pathname);
    $("scan").dataset.kept = "yes";
  } catch {
    // Without it scans are kept all the same, as long as the page stays open.
    $("scan").dataset.kept = "no";
  }
}

start();
