// On HTTPS a service worker keeps the pages of the terminal, so that they open without a network.
// Plain HTTP has none (browsers allow it on secure origins only); the page then says so.
const ADDRESS = "/service-worker.js";

export function keepPage() {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register(ADDRESS, { type: "module" }).catch(() => {});
  navigator.serviceWorker.ready.then(({ active }) => {
    const parts = performance.getEntriesByType("resource").map((one) => one.name).filter((name) => name.includes("/static/dist/"));
    active.postMessage({ page: location.pathname, parts: [...new Set(parts)] });
  });
}
