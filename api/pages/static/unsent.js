// The first page says what this browser has still to send, or what came back refused: whoever closed the scan page, or
// whose computer went off, learns of it without looking for it. It is sent where it was scanned.

import { Queue } from "./queue.js";
import { t } from "./words.js";

const place = document.getElementById("unsent");
const NAME = "logistics-scans";

async function tell() {
  const known = await indexedDB.databases?.();
  if (!known?.some(({ name }) => name === NAME)) return;
  const queue = await Queue.open();
  const [waiting, refused] = [await queue.waiting(), await queue.refused()];
  const own = waiting.filter((scan) => scan.person === place.dataset.person);
  const [first] = [...own, ...refused];
  const said = [
    own.length && t(`この端末に、送っていない読取りが ${own.length} 件あります。`, `Unsent scans on this device: ${own.length}.`),
    refused.length && t(`受け付けられず、確認が必要な読取りが ${refused.length} 件あります。`, `Scans that were refused and need a look: ${refused.length}.`),
    waiting.length > own.length && t(`別の人が読み取った未送信が ${waiting.length - own.length} 件あります。その人がサインインして読取りの画面を開くと送ります。`, `Unsent scans of somebody else: ${waiting.length - own.length}. They are sent when that person signs in and opens the scan page.`),
  ].filter(Boolean);
  if (said.length === 0) return;
  place.append(said.join(" "), " ");
  if (first) {
    const link = document.createElement("a");
    link.href = ["/scan", first.purpose, first.subject].filter(Boolean).map(String).join("/");
    link.textContent = t("読取りの画面を開く", "Open the scan page");
    place.append(link);
  }
  place.hidden = false;
}

if (place) tell();
