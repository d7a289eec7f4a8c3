// Sends what waits, in order, as often as it takes. Only the server's answer takes a scan off the queue.
// One tab of the browser sends at a time; each hears of every answer.

const MOST = 200;
const PATIENCE = 10_000;
const PAUSES = [500, 1_000, 2_000, 5_000, 10_000];

export class Sender {
  /** `onState` hears "online", "offline" or "locked"; `onAnswers` gets pairs of scan and answer. */
  constructor(queue, { person, token, onAnswers, onState, onChange }) {
    this.queue = queue;
    this.person = person;
    this.token = token;
    this.onAnswers = onAnswers;
    this.onState = onState;
    this.onChange = onChange;
    this.failures = 0;
    this.channel = new BroadcastChannel("logistics-answers");
    this.channel.addEventListener("message", (event) => { onAnswers(event.data); onChange(); });
    addEventListener("online", () => this.now());
    addEventListener("offline", () => onState("offline"));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.now());
  }

  /** Send what waits, at once. */
  now() {
    clearTimeout(this.timer);
    if (this.running) { this.again = true; return; }
    this.running = true;
    navigator.locks
      .request("logistics-sender", () => this.run())
      .catch((error) => this.failed(error))
      .finally(() => {
        this.running = false;
        if (this.again) { this.again = false; this.now(); }
      });
  }

  async run() {
    for (;;) {
      this.again = false;
      const group = this.together(await this.queue.waiting());
      if (group.length === 0) return;
      const outcome = await this.send(group);
      if (outcome === "later") { this.failed(); return; }
      if (outcome === "locked") { this.onState("locked"); return; }
      this.failures = 0;
      this.onState("online");
    }
  }

  /** The oldest scans of this person that can go in one request. A scan goes under the name of who made it only. */
  together(waiting) {
    const own = waiting.filter((scan) => scan.person === this.person);
    const said = ({ path, supervisor, extra }) => JSON.stringify([path, supervisor, extra ?? {}]);
    const isSame = (scan) => said(scan) === said(own[0]);
    const end = own.findIndex((scan) => !isSame(scan));
    return own.slice(0, Math.min(MOST, end === -1 ? own.length : end));
  }

  async send(group) {
    const [{ path, supervisor, extra, cards }] = group;
    const things = group.map((scan) => this.asSaid(scan));
    const named = { [cards !== undefined ? "tallies" : group[0].pair ? "picks" : "scans"]: things, ...(cards === undefined ? extra : {}) };
    const body = { ...named, ...(supervisor ? { supervisor } : {}) };
    let response;
    try {
      response = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": this.token(), Accept: "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE),
      });
    } catch {
      return "later";
    }
    if (response.ok) {
      const { outcomes } = await response.json();
      const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
      await this.settle(group.filter((scan) => byId.has(scan.id)).map((scan) => [scan, byId.get(scan.id)]));
      return "sent";
    }
    if (response.status === 401 || response.status === 403 && (await isDoor(response.clone()))) return "locked";
    if (response.status === 429 || response.status >= 500) return "later";
    if (group.length > 1) {
      // One of them is at fault; the others must not pay for it.
      for (const scan of group) {
        const outcome = await this.send([scan]);
        if (outcome !== "sent") return outcome;
      }
      return "sent";
    }
    await this.settle([[group[0], await problem(response)]]);
    return "sent";
  }

  asSaid(scan) {
    if (scan.cards !== undefined) return asTally(scan);
    return scan.pair ? asPick(scan) : asSent(scan, this.queue.name);
  }

  async settle(pairs) {
    const refused = pairs
      .filter(([scan, answer]) => answer.problem || (scan.provisional && !isFine(answer.outcome)))
      .map(([scan, answer]) => ({ ...scan, answer }));
    await this.queue.settle(pairs.map(([scan]) => scan), refused);
    this.channel.postMessage(pairs);
    this.onAnswers(pairs);
    this.onChange();
  }

  failed() {
    this.onState("offline");
    const pause = PAUSES[Math.min(this.failures, PAUSES.length - 1)];
    this.failures += 1;
    this.timer = setTimeout(() => this.now(), pause);
  }
}

/** What needs nobody's attention when it was scanned without a line. */
export function isFine(outcome) {
  return /^(checked_in|packed|unpacked|loaded|arrived|received|stored|moved|carried|taken_out|put_back|with_city|back_from_city|counted|picked|destroyed|handed_on|already_.*)$/.test(outcome);
}

function asSent({ id, code, occurred_at, damaged, typed, seal_number, seal_intact, sequence }, queue) {
  return {
    id,
    code,
    occurred_at,
    queue,
    sequence,
    ...(damaged ? { damaged } : {}),
    ...(typed ? { typed } : {}),
    ...(seal_number ? { seal_number } : {}),
    ...(seal_intact === false ? { seal_intact } : {}),
  };
}

/** How many cards somebody counted in a slot. */
function asTally({ id, slot, cards, occurred_at }) {
  return { id, slot, cards, occurred_at };
}

/** A card and the slot that it was put in: two scans that belong together. */
function asPick({ id, code, pair, occurred_at }) {
  return { id, code, slot: pair, occurred_at };
}

/** Whether a 403 is about the session and not about the scans. */
async function isDoor(response) {
  const told = await response.json().catch(() => ({}));
  return /csrf|session|signed|origin/i.test(`${told.type ?? ""} ${told.title ?? ""}`);
}

async function problem(response) {
  const told = await response.json().catch(() => ({}));
  return { problem: told.type ?? "", outcome: "refused", message_ja: told.detail_ja ?? "", message_en: told.detail ?? "" };
}
