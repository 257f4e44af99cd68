// On HTTPS a service worker keeps the pages of the terminal, so that they open without a network.
// Plain HTTP has none (browsers allow it on secure origins only); the page then says so.
const ADDRESS = "/service-worker.js";

export function keepPage() {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register(ADDRESS, { type: "module" }).catch(() => {});
  // Parts that come behind the page itself are told when they come, those before at once.
  navigator.serviceWorker.ready.then(({ active }) => {
    const tell = (entries) => {
      const parts = entries.map((one) => one.name).filter((name) => name.includes("/static/dist/"));
      if (parts.length) active.postMessage({ page: location.pathname, parts: [...new Set(parts)] });
    };
    new PerformanceObserver((list) => tell(list.getEntries())).observe({ type: "resource", buffered: true });
  });
}
