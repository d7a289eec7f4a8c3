// Scans that the server has not answered yet, kept where a closed tab or a power cut cannot lose them.
// A scan is on the disk before anybody hears a beep, and leaves only with the server's answer. Every scan of this
// browser has a number without gaps, so that a lost one would be seen.

const NAME = "logistics-scans";
const BESIDE = -1_000_000_000;
const STRICT = { durability: "strict" };

function done(transaction) {
  return new Promise((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve());
    transaction.addEventListener("abort", () => reject(transaction.error ?? new Error("aborted")));
  });
}

function answered(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

function newName() {
  const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  return [...crypto.getRandomValues(new Uint8Array(10))].map((byte) => letters[byte % 32]).join("");
}

export class Queue {
  static async open() {
    const request = indexedDB.open(NAME, 1);
    request.addEventListener("upgradeneeded", () => {
      const { result } = request;
      result.createObjectStore("waiting", { keyPath: "sequence" });
      result.createObjectStore("refused", { keyPath: "id" });
      result.createObjectStore("facts");
    });
    const queue = new Queue(await answered(request));
    queue.name = await queue.named();
    // Ask the browser never to clear this store by itself; it may say no.
    await navigator.storage?.persist?.();
    return queue;
  }

  constructor(database) {
    this.database = database;
  }

  /** This browser's name for its own row of numbers. */
  async named() {
    const transaction = this.database.transaction("facts", "readwrite", STRICT);
    const facts = transaction.objectStore("facts");
    const known = await answered(facts.get("name"));
    const name = known ?? newName();
    if (!known) facts.put(name, "name");
    await done(transaction);
    return name;
  }

  /** Keep a scan; resolves once it is on the disk, with the number it was given. What is no scan, such as the number of
   *  cards in a slot, stands in a row of its own below zero, which the server does not hold against the scans. */
  async add(scan, { isScan = true } = {}) {
    const transaction = this.database.transaction(["waiting", "facts"], "readwrite", STRICT);
    const facts = transaction.objectStore("facts");
    const row = isScan ? "sequence" : "beside";
    const sequence = ((await answered(facts.get(row))) ?? (isScan ? 0 : BESIDE)) + 1;
    const kept = { ...scan, sequence };
    facts.put(sequence, row);
    transaction.objectStore("waiting").put(kept);
    await done(transaction);
    return kept;
  }

  /** Every scan without an answer, in the order they were made. */
  async waiting() {
    return answered(this.database.transaction("waiting").objectStore("waiting").getAll());
  }

  /** Take off scans that were answered; what a person has to look at is kept aside in the same stroke. */
  async settle(scans, refused = []) {
    const transaction = this.database.transaction(["waiting", "refused"], "readwrite", STRICT);
    for (const scan of scans) transaction.objectStore("waiting").delete(scan.sequence);
    for (const one of refused) transaction.objectStore("refused").put(one);
    await done(transaction);
  }

  /** What the server refused and nobody has dealt with yet, oldest first. */
  async refused() {
    const all = await answered(this.database.transaction("refused").objectStore("refused").getAll());
    return all.filter((one) => !one.resolved_at).sort((a, b) => a.sequence - b.sequence);
  }

  /** Somebody has dealt with it. It stays, with who and when. */
  async resolve(id, person) {
    const transaction = this.database.transaction("refused", "readwrite", STRICT);
    const store = transaction.objectStore("refused");
    const one = await answered(store.get(id));
    if (one) store.put({ ...one, resolved_at: new Date().toISOString(), resolved_by: person });
    await done(transaction);
  }

  /** How many milliseconds the server's clock is ahead of this one: a page that opens without a line has no other way
   *  to know, and its scans would carry the time of a clock that may be wrong. */
  async keepAhead(ahead) {
    const transaction = this.database.transaction("facts", "readwrite", STRICT);
    transaction.objectStore("facts").put(ahead, "ahead");
    await done(transaction);
  }

  /** What the server's clock was last found to be ahead; undefined before it was ever asked. */
  async ahead() {
    return answered(this.database.transaction("facts").objectStore("facts").get("ahead"));
  }

  /** The last number given. */
  async last() {
    return (await answered(this.database.transaction("facts").objectStore("facts").get("sequence"))) ?? 0;
  }
}
