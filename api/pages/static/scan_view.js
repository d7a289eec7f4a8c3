// What a scan page shows. It draws; what happened is decided elsewhere.

import { clock, count, t } from "./words.js";

const MOST_ROWS = 300;
const MOST_LISTED = 400;
const ICONS = { ok: "○", kept: "▼", already: "＝", wrong: "⇄", unknown: "？", refused: "×", ask: "→" };

const $ = (id) => document.getElementById(id);

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export class View {
  constructor(config) {
    this.config = config;
    this.rows = new Map();
    this.missing = new Map();
  }

  /** The big answer: word, colour, icon, the code and a sentence. */
  tell(look, word, sentence, code = "", more = "") {
    const panel = $("answer");
    panel.dataset.look = look;
    $("answer-icon").textContent = ICONS[look] ?? "";
    $("answer-word").textContent = word;
    $("answer-code").textContent = code;
    $("answer-sentence").textContent = sentence;
    $("answer-more").textContent = more;
    panel.dataset.told = String(Number(panel.dataset.told ?? 0) + 1);
    if (look === "wrong" || look === "unknown" || look === "refused") this.warn(word, code, more || sentence);
  }

  /** The last answer that needs a hand stays in sight while others go on. */
  warn(word, code, sentence) {
    $("warning").hidden = false;
    $("warning-text").textContent = [word, code, sentence].filter(Boolean).join("　");
  }

  /** A new scan on top of the list. */
  row(scan) {
    const row = element("tr", "is-sent");
    const time = element("td", "n", clock(scan.occurred_at));
    const code = element("td");
    code.append(element("span", "code", scan.shown));
    const word = element("td", "word", t("送信中", "sending"));
    const acts = element("td", "acts");
    row.append(time, code, word, acts);
    $("list").prepend(row);
    $("list-empty").hidden = true;
    while ($("list").rows.length > MOST_ROWS) $("list").rows[MOST_ROWS].remove();
    this.rows.set(scan.id, { row, word, acts });
  }

  /** What a scan in the list came to. */
  judge(id, look, word, more = "") {
    const known = this.rows.get(id);
    if (!known) return;
    known.row.className = `is-${look}`;
    known.word.replaceChildren(element("span", "icon", ICONS[look] ?? ""), ` ${word}`);
    if (more) known.word.append(element("span", "small", ` ${more}`));
    known.word.firstChild.setAttribute("aria-hidden", "true");
  }

  /** Offer to take a scan back. */
  offerUndo(id, code, undo) {
    const known = this.rows.get(id);
    if (!known) return;
    const button = element("button", "button small", t("取消", "Undo"));
    button.type = "button";
    button.setAttribute("aria-label", t(`${code} を取り消す`, `Undo ${code}`));
    button.addEventListener("click", undo);
    known.acts.replaceChildren(button);
  }

  undone(id) {
    const known = this.rows.get(id);
    if (!known) return;
    known.row.className = "is-undone";
    known.word.replaceChildren(element("s", "", known.word.textContent.trim()), ` ${t("取り消しました", "taken back")}`);
    known.acts.replaceChildren();
  }

  withdrawUndo(id) {
    this.rows.get(id)?.acts.replaceChildren();
  }

  /** Counter, facts and what is still missing, as the server has them. */
  progress(progress) {
    this.latest = progress;
    this.counter(progress.done, progress.expected);
    $("subject").textContent = progress.title;
    $("facts").replaceChildren(
      ...progress.facts.map((fact) => {
        const item = element("div", fact.alarm ? "alarm" : "");
        item.append(element("dt", "", t(fact.ja, fact.en)), element("dd", "", t(fact.value, fact.value_en ?? fact.value)));
        return item;
      }),
    );
    this.missing = new Map();
    const list = $("missing");
    list.replaceChildren(
      ...progress.missing.slice(0, MOST_LISTED).map(({ code, note }) => {
        const item = element("li");
        item.append(element("span", "code", code));
        if (note) item.append(element("span", "small", note));
        this.missing.set(code, item);
        return item;
      }),
    );
    this.left = progress.left;
    this.stillMissing();
    const next = $("next");
    next.hidden = !progress.next;
    if (progress.next) {
      next.href = progress.next.href;
      next.textContent = t(progress.next.ja, progress.next.en);
    }
  }

  /** One fewer is missing, before the server is asked again. */
  here(code) {
    const item = this.missing.get(code);
    if (!item) return;
    item.remove();
    this.missing.delete(code);
    this.left -= 1;
    this.done += 1;
    this.counter(this.done, this.expected);
    this.stillMissing();
  }

  counter(done, expected) {
    this.done = done;
    this.expected = expected;
    $("done").textContent = count(done);
    $("expected").textContent = expected === null ? "" : ` / ${count(expected)}`;
    $("bar").hidden = expected === null;
    $("bar").max = expected || 1;
    $("bar").value = done;
    $("complete").hidden = !(expected && done >= expected);
  }

  stillMissing() {
    const { left } = this;
    $("left").textContent = count(left);
    $("missing-none").hidden = left > 0;
    const hidden = left - this.missing.size;
    $("missing-more").hidden = hidden <= 0;
    $("missing-more").textContent = t(`ほか ${count(hidden)} 件`, `and ${count(hidden)} more`);
  }

  /** Whether there is a line, and how much waits for it. */
  line(state, waiting, others) {
    const words = {
      online: t("オンライン", "Online"),
      offline: t("オフライン", "Offline"),
      locked: t("サインインが必要", "Sign in to send"),
    };
    const line = $("line-state");
    line.dataset.state = state;
    line.textContent = words[state];
    $("waiting").textContent = count(waiting);
    $("line").dataset.waiting = String(waiting);
    $("offline-note").hidden = state !== "offline";
    $("locked-note").hidden = state !== "locked";
    $("others-note").hidden = others === 0;
    $("others").textContent = count(others);
  }

  /** What the server refused, for a person to deal with. */
  refused(items, resolve, say) {
    $("refused-box").hidden = items.length === 0;
    $("refused-count").textContent = count(items.length);
    $("refused").replaceChildren(
      ...items.map((one) => {
        const item = element("li");
        const text = element("p");
        text.append(element("span", "code", one.shown), ` ${clock(one.occurred_at)}　`, element("strong", "", say(one.answer)));
        const button = element("button", "button small", t("確認した", "Dealt with"));
        button.type = "button";
        button.addEventListener("click", () => resolve(one.id));
        item.append(text, button);
        return item;
      }),
    );
  }

  numbers(name, last, gaps) {
    $("numbers").textContent = t(
      `この端末 ${name}　通し番号 ${count(last)} まで　欠番 ${gaps.length ? gaps.join("、") : "なし"}`,
      `This browser ${name}, numbers up to ${count(last)}, ${gaps.length ? `missing ${gaps.join(", ")}` : "none missing"}`,
    );
    $("numbers").classList.toggle("alarm", gaps.length > 0);
  }

  /** What the next scan is expected to be. */
  ask(prompt, hint) {
    $("prompt").textContent = prompt;
    $("hint").textContent = hint;
  }
}
