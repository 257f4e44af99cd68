// Three ways to say how many good pieces there are: pieces, the counter at start and end, containers.
import { _ } from "./i18n.js";

/** What is typed for each way, first the one the keypad begins with. */
export const WAYS = { pieces: ["good"], counter: ["end", "start"], container: ["containers", "size"] };

export const wayWord = (way) => ({ pieces: _("Pieces"), counter: _("Counter"), container: _("Containers") })[way];

export const fieldWord = (field) => ({
  end: _("Counter now"), start: _("Counter before"), containers: _("Containers"), size: _("Pieces in each"),
})[field];

/**
 * Good pieces of a form {way, good, start, end, containers, size}; below zero: the counter ran back.
 * `start` null: nobody has read the counter here before, so that it says nothing yet.
 */
export function goodOf(form) {
  if (form.way === "counter") return form.end && form.start !== null ? form.end - form.start : 0;
  return form.way === "container" ? form.containers * form.size : form.good;
}

/** How the pieces were counted, as the entry keeps it; null: one by one. */
export function noteOf(form) {
  if (form.way === "counter") return `${form.start} → ${form.end}`;
  return form.way === "container" ? `${form.containers} × ${form.size}` : null;
}
