// A PDF goes as it is, byte by byte; what is known of it comes back as a part of the page.

import { t } from "./words.js";

const form = document.getElementById("verify");
const verdict = document.getElementById("verdict");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [file] = document.getElementById("verify-file").files;
  if (!file) return;
  verdict.textContent = t("調べています…", "Checking…");
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: {
        "Content-Type": "application/pdf",
        "X-CSRF-Token": document.querySelector("meta[name=csrf]")?.content ?? "",
        Accept: "text/html",
      },
      body: file,
      redirect: "manual",
    });
    if (answer.ok) {
      // Drawn by our own server; texts in it are escaped there.
      const drawn = new DOMParser().parseFromString(await answer.text(), "text/html");
      verdict.replaceChildren(...drawn.body.childNodes);
    } else {
      verdict.textContent = t("PDF として読めません。ファイルを確かめてください。", "It cannot be read as a PDF. Check the file.");
    }
  } catch {
    verdict.textContent = t("送れませんでした。回線を確かめて、もう一度お試しください。", "It was not sent. Check the line and try again.");
  }
});
