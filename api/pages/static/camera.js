// A camera as a scanner, where the browser itself can read barcodes. Only the kinds that our labels bear are looked for:
// the noise of a picture is easily read as another kind.

import { t } from "./words.js";

const FORMATS = ["code_128", "qr_code"];
// The same barcode stays before the camera for a while; milliseconds.
const SAME_AGAIN = 2_000;

const $ = (id) => document.getElementById(id);

export async function offerCamera(onText) {
  if (!("BarcodeDetector" in globalThis) || !navigator.mediaDevices?.getUserMedia) return;
  const known = await BarcodeDetector.getSupportedFormats().catch(() => []);
  const formats = FORMATS.filter((format) => known.includes(format));
  if (formats.length === 0) return;
  const button = $("camera-button");
  const video = $("camera");
  let stream = null;
  let last = { text: "", at: 0 };
  button.hidden = false;

  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.hidden = true;
    button.textContent = t("カメラで読む", "Use the camera");
    button.setAttribute("aria-pressed", "false");
  };

  const look = async (detector) => {
    while (stream) {
      const found = await detector.detect(video).catch(() => []);
      for (const { rawValue } of found) {
        const now = performance.now();
        if (rawValue && (rawValue !== last.text || now - last.at > SAME_AGAIN)) onText(rawValue);
        last = { text: rawValue, at: now };
      }
      await new Promise((resolve) => { setTimeout(resolve, 120); });
    }
  };

  button.addEventListener("click", async () => {
    if (stream) { stop(); return; }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      $("camera-note").textContent = t("カメラを使えません。ブラウザーの許可を確かめてください。", "The camera cannot be used. Check the browser's permission.");
      return;
    }
    video.srcObject = stream;
    video.hidden = false;
    await video.play();
    button.textContent = t("カメラを止める", "Stop the camera");
    button.setAttribute("aria-pressed", "true");
    look(new BarcodeDetector({ formats }));
  });
  addEventListener("pagehide", stop);
}
