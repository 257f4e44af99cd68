// Stops out of state items: one per stop start, with what was seen of it. Pure functions.
import { instant } from "./time.js";

/**
 * [{start, end, items, needsReason, statement, reason}] in time order.
 * `end` null: still open. Instants stay the texts the server sent, because a statement repeats them.
 */
export function stopsOf(items) {
  const found = new Map();
  for (const item of items) {
    if (!item.stop_start) continue;
    const stop = found.get(item.stop_start) ?? {
      start: item.stop_start, end: null, items: [], needsReason: false, statement: null, reason: null,
    };
    stop.items.push(item);
    stop.end = item.end ?? null;
    stop.needsReason ||= Boolean(item.needs_reason);
    stop.statement = item.statement ?? stop.statement;
    stop.reason = item.reason ?? stop.reason;
    found.set(item.stop_start, stop);
  }
  return [...found.values()].sort((a, b) => instant(a.start) - instant(b.start));
}

/** Stops without a reason, except those `answered` (instants of their starts) on this device and not yet confirmed. */
export function openStops(items, answered) {
  return stopsOf(items).filter((stop) => stop.needsReason && !answered.has(instant(stop.start)));
}

/** Length in milliseconds; an open stop lasts until `present`. */
export function stopLength(stop, present) {
  return (instant(stop.end) ?? present) - instant(stop.start);
}

const OUTSIDE = new Set(["break", "planned_stop", "not_scheduled"]);

/** Minutes of the stop that lie in planned time, breaks left out, in milliseconds. */
export function lostTime(stop, present) {
  return stop.items
    .filter((item) => !OUTSIDE.has(item.class))
    .reduce((sum, item) => sum + (instant(item.end) ?? present) - instant(item.start), 0);
}

/** Split instants in whole minutes: the first minute after the start up to the last before the end. */
export function splitRange(stop, present) {
  const [start, end] = [instant(stop.start), instant(stop.end) ?? present];
  const first = Math.floor(start / 60000) * 60000 + 60000;
  const last = Math.ceil(end / 60000) * 60000 - 60000;
  return first > start && last < end && first <= last ? { first, last } : null;
}
