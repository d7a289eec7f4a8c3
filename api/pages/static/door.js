// At the door: a badge's barcode leads to the next field, a passkey signs in, an idle page locks itself.
// Bytes cross as letters from a to p, two each, as everywhere in this service.

import { apart, fold, isCode, SEAL } from "./codes.js";
import "./once.js";
import { play } from "./sound.js";
import { t } from "./words.js";

(() => {
  const letters = (buffer) => Array.from(new Uint8Array(buffer), (byte) =>
    String.fromCharCode(97 + (byte >> 4), 97 + (byte & 15))).join("");
  const bytes = (text) => Uint8Array.from({ length: text.length / 2 }, (_, n) =>
    ((text.charCodeAt(2 * n) - 97) << 4) | (text.charCodeAt(2 * n + 1) - 97));

  const csrf = () => document.querySelector('meta[name="csrf"]')?.content ?? "";
  const renewed = (session) => {
    const meta = document.querySelector('meta[name="csrf"]');
    if (meta) meta.content = session.csrf;
    document.querySelectorAll('input[name="csrf"]').forEach((field) => { field.value = session.csrf; });
  };

  async function call(path, body) {
    const answer = await fetch(`/api/v1${path}`, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf() },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const said = answer.status === 204 ? {} : await answer.json();
    if (!answer.ok) throw new Error(said.detail_ja || said.detail || "処理できませんでした。");
    return said;
  }

  async function shown(path) {
    const asked = await call(path);
    const credential = await navigator.credentials.get({
      publicKey: { challenge: bytes(asked.challenge), rpId: asked.host, userVerification: "required" },
    });
    return {
      id: letters(credential.rawId),
      client_data: letters(credential.response.clientDataJSON),
      authenticator_data: letters(credential.response.authenticatorData),
      signature: letters(credential.response.signature),
    };
  }

  async function made(name) {
    const asked = await call("/passkeys/begin");
    const credential = await navigator.credentials.create({
      publicKey: {
        challenge: bytes(asked.challenge),
        rp: { id: asked.host, name: document.title.split("|").pop().trim() },
        user: { id: new TextEncoder().encode(asked.user), name: asked.user, displayName: asked.user_name },
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
        excludeCredentials: asked.exclude.map((id) => ({ type: "public-key", id: bytes(id) })),
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        attestation: "none",
      },
    });
    return call("/passkeys", {
      name,
      id: letters(credential.rawId),
      client_data: letters(credential.response.clientDataJSON),
      attestation: letters(credential.response.attestationObject),
    });
  }

  const say = (place, text) => { place.textContent = text; place.hidden = !text; };
  const refusal = (fault) => fault.name === "NotAllowedError"
    ? "パスキーの確認が中止されました。もう一度お試しください。" : fault.message;

  // A scanner ends with Enter: it moves on, and never sends a form that is not complete.
  document.querySelectorAll("form[data-step-by-enter]").forEach((form) => {
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
      const fields = [...form.querySelectorAll("input:not([type=hidden])")];
      const next = fields.slice(fields.indexOf(event.target) + 1).find((field) => !field.value);
      if (next) { event.preventDefault(); next.focus(); }
    });
  });

  // A scanner types into whatever has the focus. What it typed is no password: it is taken out of the field and never
  // sent, so that nobody is shut out by scanning on.
  const MACHINE_GAP = 45; // milliseconds between keys; nobody types a password so fast
  const LEAST = 12; // no password is shorter, no code of ours as long
  const isScanned = (text, times) => {
    if (/\s/.test(text)) return false;
    const isFast = times.length > 3 && (times.at(-1) - times[0]) / (times.length - 1) < MACHINE_GAP;
    const read = fold(text);
    return (read.length < LEAST && isCode(read)) || (isFast && (SEAL.test(read) || apart(read) !== null));
  };
  document.querySelectorAll("input[type=password]").forEach((field) => {
    let times = [];
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") {
        times = field.value ? [...times, event.timeStamp] : [event.timeStamp];
        return;
      }
      if (!isScanned(field.value, times)) return;
      event.preventDefault();
      event.stopPropagation();
      field.value = "";
      play("refused");
      const said = t("バーコードが読み取られました。パスワードではないため送っていません。この読取りは記録されないので、ロックを解除してから読み直してください。", "A barcode was scanned. It is no password and was not sent, nor is it recorded: unlock first, then scan it again.");
      const place = field.form.querySelector("[role=alert]");
      if (place) say(place, said);
      else { field.setCustomValidity(said); field.reportValidity(); }
    });
    field.addEventListener("input", () => field.setCustomValidity(""));
  });

  document.querySelectorAll("[data-passkey]").forEach((button) => {
    if (!window.PublicKeyCredential) return;
    button.hidden = false;
    const place = document.getElementById("passkey-says");
    button.addEventListener("click", async () => {
      say(place, "");
      button.disabled = true;
      try {
        const { passkey: what, next } = button.dataset;
        if (what === "sign-in") await call("/passkeys/sign-in", await shown("/passkeys/challenge"));
        if (what === "renew") renewed(await call("/session/passkey", await shown("/session/challenge")));
        if (what === "add") await made(document.getElementById("passkey-name").value || "パスキー");
        location.assign(next);
      } catch (fault) {
        say(place, refusal(fault));
        button.disabled = false;
      }
    });
  });

  // After some minutes without a key or a touch the page is covered; what was typed or not sent yet stays under it.
  const cover = document.getElementById("lock");
  if (!cover) return;
  const idle = Number(cover.dataset.seconds) * 1000;
  let last = Date.now();
  const here = () => { if (!cover.open) last = Date.now(); };
  ["keydown", "pointerdown", "input"].forEach((kind) => document.addEventListener(kind, here, { passive: true }));
  const lock = () => {
    if (cover.open) return;
    cover.showModal();
    cover.querySelector("input").focus();
  };
  setInterval(() => { if (Date.now() - last >= idle) lock(); }, 1000);
  // Work pages call this when an answer says that the session is locked: window.dispatchEvent(new Event("session-locked")).
  window.addEventListener("session-locked", lock);
  cover.addEventListener("cancel", (event) => event.preventDefault());
  cover.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = cover.querySelector("input[type=password]");
    const place = cover.querySelector("[role=alert]");
    say(place, "");
    try {
      renewed(await call("/session/unlock", { password: field.value }));
      last = Date.now();
      cover.close();
      window.dispatchEvent(new Event("session-unlocked"));
    } catch (fault) {
      say(place, refusal(fault));
    }
    field.value = "";
    field.focus();
  });
})();
