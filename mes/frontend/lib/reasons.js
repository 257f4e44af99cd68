// Reasons of a machine, most used first, kept on the device so that they work without a server.
import { get } from "./api.js";
import { keep, kept } from "./kept.js";

const held = new Map();

/** Read the reasons of all dialogs before one is opened, so that each works without a server. */
export function readReasons(unit) {
  for (const domain of ["stop", "scrap", "pause"]) reasonsOf(domain, unit);
}

/** The reasons last seen for a domain (stop, scrap, pause); reads them again in the background. */
export function reasonsOf(domain, unit, changed) {
  const key = `reasons:${domain}:${unit}`;
  if (!held.has(key)) {
    held.set(key, kept(key) ?? []);
    get(`/api/v1/reasons?domain=${domain}&work_unit=${encodeURIComponent(unit)}`)
      .then((answer) => {
        held.set(key, answer.items ?? []);
        keep(key, answer.items ?? []);
        changed?.();
      })
      .catch(() => setTimeout(() => held.delete(key), 5000));
  }
  return held.get(key) ?? kept(key) ?? [];
}

/** The reasons that have all words of a text in their code or in one of their names, in any language. */
export function namedLike(reasons, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const all = ({ code, name }) => [code, ...Object.values(name ?? {})].join("\n").toLowerCase();
  return reasons.filter((reason) => words.every((word) => all(reason).includes(word)));
}
