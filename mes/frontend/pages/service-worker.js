// Keeps the pages of a terminal and what they are made of: from the network when it answers, from
// here when it does not. Entries are none of its business: they lie in the outbox of the page.
const PAGES = "mes-pages";
const PARTS = "mes-parts";
const KEPT = /^\/(terminal|jobs)\/[^/]+$/;
const PARTS_MAX = 60;
const ANSWER_MS = 4000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
// A page that was there before its worker names itself and its parts.
self.addEventListener("message", ({ data }) => keep(data).catch(() => {}));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && KEPT.test(pathname)) event.respondWith(page(request, pathname));
  else if (pathname.startsWith("/static/dist/")) event.respondWith(part(request));
});

async function keep({ page: pathname, parts }) {
  if (!KEPT.test(pathname)) return;
  await Promise.all(parts.map((address) => part(new Request(address))));
  await page(new Request(pathname, { credentials: "same-origin" }), pathname);
}

async function page(request, pathname) {
  const cache = await caches.open(PAGES);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(ANSWER_MS) });
    // A redirect leads to the sign-in, which is no copy of the page.
    if (answer.ok && !answer.redirected) await cache.put(pathname, answer.clone());
    return answer;
  } catch (lost) {
    const kept = await cache.match(pathname);
    if (kept) return kept;
    throw lost;
  }
}

async function part(request) {
  const cache = await caches.open(PARTS);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) {
    await cache.put(request, answer.clone());
    const keys = await cache.keys();
    await Promise.all(keys.slice(0, Math.max(0, keys.length - PARTS_MAX)).map((old) => cache.delete(old)));
  }
  return answer;
}
