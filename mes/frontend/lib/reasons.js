// Reasons of a machine, most used first, kept on the device so that they work without a server.
import { get } from "./api.js";

const held = new Map();

/** The reasons last seen for a domain (stop, scrap, pause); reads them again in the background. */
export function reasonsOf(domain, unit, changed) {
  const key = `reasons:${domain}:${unit}`;
  if (!held.has(key)) {
    held.set(key, stored(key));
    get(`/api/v1/reasons?domain=${domain}&work_unit=${encodeURIComponent(unit)}`)
      .then((answer) => {
        held.set(key, answer.items ?? []);
        localStorage.setItem(key, JSON.stringify(answer.items ?? []));
        changed?.();
      })
      .catch(() => setTimeout(() => held.delete(key), 5000));
  }
  return held.get(key) ?? stored(key);
}

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? [];
  } catch {
    return [];
  }
}
