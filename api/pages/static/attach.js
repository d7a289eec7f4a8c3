// A photo goes as it is, byte by byte: the server looks at what it is, and keeps its pixels alone.

import { t } from "./words.js";

const form = document.getElementById("attach");
const note = document.getElementById("attach-note");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [file] = document.getElementById("attach-file").files;
  if (!file) return;
  note.textContent = t("添付しています…", "Attaching…");
  try {
    await fetch(`${form.getAttribute("action")}?name=${encodeURIComponent(file.name)}`, {
      method: "POST",
      headers: {
        "Content-Type": file.type || "application/octet-stream",
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
