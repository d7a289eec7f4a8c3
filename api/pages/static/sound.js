// One sound for each kind of outcome, made here: tones tell what happened to whoever looks at the cards.

// [hertz, seconds, pause before it]
const TUNES = {
  ok: [[1318, 0.09, 0]],
  kept: [[880, 0.07, 0], [1175, 0.07, 0.02]],
  already: [[784, 0.08, 0], [784, 0.08, 0.05]],
  wrong: [[659, 0.14, 0], [440, 0.22, 0.03]],
  unknown: [[349, 0.12, 0], [349, 0.12, 0.06], [349, 0.12, 0.06]],
  refused: [[196, 0.5, 0]],
};

let context;

/** Whether sounds are on; the preference of this browser. */
export const isOn = () => localStorage.getItem("sound") !== "off";

export function switchTo(on) {
  localStorage.setItem("sound", on ? "on" : "off");
}

/** Play the tune of an outcome. Whoever listens for the event hears of it in any case. */
export function play(look) {
  document.dispatchEvent(new CustomEvent("beep", { detail: look }));
  if (!isOn() || !TUNES[look]) return;
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume();
    let at = context.currentTime;
    for (const [hertz, seconds, pause] of TUNES[look]) {
      at += pause;
      const tone = context.createOscillator();
      const loud = context.createGain();
      tone.type = look === "refused" ? "sawtooth" : "triangle";
      tone.frequency.value = hertz;
      loud.gain.setValueAtTime(0.25, at);
      loud.gain.exponentialRampToValueAtTime(0.001, at + seconds);
      tone.connect(loud).connect(context.destination);
      tone.start(at);
      tone.stop(at + seconds);
      at += seconds;
    }
  } catch {
    // No sound device: the word and its colour are there.
  }
}
