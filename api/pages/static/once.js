// A form goes once, and only to somebody who is let in: a double click or a doubled Enter is one act, and neither a session
// that locked itself while somebody was typing nor a line that is down costs what was typed. Whoever comes back to a form
// that went already is told so.

import { t } from "./words.js";

// A second press within this is not meant, however slow the answer; where a file is the answer, the page stays and may be
// asked again. Milliseconds.
const TWICE = 20_000;
const FILE = 2_000;
// For so long an answer of the server holds: somebody is let in, and there is a line. Milliseconds.
const FRESH = 45_000;

// Where somebody is signed in, the page has a cover.
const cover = document.getElementById("lock");

let told = performance.now();
const sent = new Map();

/** What the server says of the session: "in", "locked", or "away" where nobody answers. Somebody who types is there. */
async function ask() {
  told = performance.now();
  try {
    const answer = await fetch("/api/v1/session", { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(10_000) });
    if (answer.ok) return "in";
    return answer.status === 401 || answer.status === 403 ? "locked" : "away";
  } catch {
    return "away";
  }
}

function note(form, text) {
  let place = form.querySelector(".unsent");
  if (!place) {
    place = document.createElement("p");
    place.className = "band wait unsent";
    place.setAttribute("role", "alert");
    form.prepend(place);
  }
  place.textContent = text;
}

async function check(form, presser) {
  const state = await ask();
  sent.delete(form);
  if (state === "in") form.requestSubmit(presser);
  else if (state === "locked") dispatchEvent(new Event("session-locked"));
  else {
    told = -Infinity;
    note(form, t("回線が切れているため、まだ送っていません。入力はこの画面に残っています。回線を確かめて、もう一度押してください。", "There is no line, and nothing was sent. What you typed is still here: check the line and press again."));
  }
}

addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || !form.closest("main")) return;
  const now = performance.now();
  if (now - (sent.get(form) ?? -Infinity) < (form.dataset.answer === "file" ? FILE : TWICE)) {
    event.preventDefault();
    return;
  }
  sent.set(form, now);
  if (!cover) return;
  if (now - told > FRESH || !navigator.onLine) {
    event.preventDefault();
    check(form, event.submitter);
    return;
  }
  history.replaceState({ ...history.state, sent: form.getAttribute("action") }, "");
});

// What was changed is another form. And whoever writes a long text asks nothing of the server meanwhile, and is there all
// the same.
document.addEventListener("input", async (event) => {
  sent.delete(event.target.form);
  if (!cover || !event.target.closest("main form[method=post]") || performance.now() - told < FRESH) return;
  if ((await ask()) === "locked") dispatchEvent(new Event("session-locked"));
});

addEventListener("session-unlocked", () => { told = performance.now(); });

addEventListener("pageshow", () => {
  sent.clear();
  const form = cover && history.state?.sent && [...document.forms].find((one) => one.getAttribute("action") === history.state.sent);
  const isBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (form && isBack) note(form, t("この内容は一度送りました。記録を確かめ、必要なときだけもう一度送ってください。", "This form was sent once already. Look at the record, and send it again only if need be."));
});
