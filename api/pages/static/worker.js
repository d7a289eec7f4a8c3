// The service worker keeps the scan pages and their modules, so that a page opens without a line. It sends nothing by
// itself and keeps no answer of the API: scans are kept by the page. What it kept of pages goes when somebody signs out,
// with or without a line; scans that were not sent stay where the page keeps them. `KEPT` is put before this file by the server.

const STATIC = `static-${KEPT.version}`;
const PAGES = "scan-pages";
// Longer than this and the kept page is shown; milliseconds.
const PATIENCE = 3_000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(STATIC).then((cache) => cache.addAll(KEPT.assets)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== STATIC && name !== PAGES).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.method === "POST" && pathname === "/sign-out") event.respondWith(caches.delete(PAGES).then(() => fetch(request)));
  // Led to the door, or gone there: whoever's pages these were is gone.
  if (request.mode === "navigate" && pathname === "/sign-in") event.waitUntil(caches.delete(PAGES));
  if (request.method !== "GET") return;
  if (pathname.startsWith("/static/")) event.respondWith(fromCache(request));
  else if (request.mode === "navigate" && /^\/scan\/(receive|put_away|count)(\/|$)/.test(pathname)) event.respondWith(fromLine(request));
});

async function fromCache(request) {
  return (await caches.match(request)) ?? fetch(request);
}

/** The page as the server has it, else as it was last; the newest of its purpose where it was never opened itself. */
async function fromLine(request) {
  const cache = await caches.open(PAGES);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.ok && !answer.redirected) {
      await cache.put(request, answer.clone());
      await keepAssets(answer.clone());
    }
    return answer;
  } catch {
    const [, , purpose] = new URL(request.url).pathname.split("/");
    const kept = (await cache.match(request)) ?? (await newest(cache, `/scan/${purpose}`));
    return kept ?? new Response("オフラインです。この画面はまだ端末に保存されていません。 / Offline, and this page was never opened here.", {
      status: 503,
      headers: { "Content-Type": "text/plain; charset=utf-8" },
    });
  }
}

async function newest(cache, path) {
  const kept = (await cache.keys()).filter((request) => new URL(request.url).pathname.startsWith(path));
  return kept.length ? cache.match(kept.at(-1)) : undefined;
}

/** The modules that the page names, should they be newer than this worker. */
async function keepAssets(answer) {
  const cache = await caches.open(STATIC);
  const named = [...(await answer.text()).matchAll(/\/static\/[0-9a-f]{12}\/[\w.-]+/g)].map(([address]) => address);
  await Promise.all([...new Set(named)].map(async (address) => (await cache.match(address)) ?? cache.add(address)));
}
