// A list goes as it is, byte by byte: what it is encoded in is for the server to find out.

import { t } from "./words.js";

const form = document.getElementById("upload");
const note = document.getElementById("upload-note");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [file] = document.getElementById("file").files;
  if (!file) return;
  note.textContent = t("取り込んでいます…", "Importing…");
  try {
    await fetch(form.action, {
      method: "POST",
      headers: {
        "Content-Type": "text/csv",
        "X-CSRF-Token": document.querySelector("meta[name=csrf]")?.content ?? "",
        Accept: "text/html",
      },
      body: file,
      redirect: "manual",
    });
    // The page that follows says what came of it.
    location.assign(form.dataset.next);
  } catch {
    note.textContent = t("送れませんでした。回線を確かめて、もう一度お試しください。", "It was not sent. Check the line and try again.");
  }
});
