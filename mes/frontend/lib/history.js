// State items of the running shift per work unit, read again when the state changes.
import { get } from "./api.js";
import { instant, now } from "./time.js";

const REFRESH_MS = 60000;
const RETRY_MS = 10000;

export class History extends EventTarget {
  #units = new Map();
  #queue = Promise.resolve();

  items(unit) {
    return this.#units.get(unit)?.items ?? [];
  }

  /** Make sure that the items belong to the state and version the tile shows. */
  follow(tile) {
    if (!tile?.shift) return;
    const held = this.#units.get(tile.work_unit) ?? { items: [], key: "", at: -Infinity, busy: false };
    this.#units.set(tile.work_unit, held);
    const key = `${tile.shift.start}|${tile.state_since}|${tile.needs_reason}|${tile.unexplained?.count}|${tile.reason?.code}`;
    const age = performance.now() - held.at;
    if (held.busy || (held.key === key && age < REFRESH_MS) || (held.failed && age < RETRY_MS)) return;
    held.busy = true;
    this.#queue = this.#queue.then(() => this.#read(tile, held, key));
  }

  /** Read again at the next `follow`. */
  expire(unit) {
    const held = this.#units.get(unit);
    if (held) held.key = "";
  }

  async #read(tile, held, key) {
    const from = tile.shift.start;
    const to = new Date(Math.min(now(), instant(tile.shift.end))).toISOString();
    const url = `/api/v1/work-units/${encodeURIComponent(tile.work_unit)}/states`;
    try {
      const answer = await get(`${url}?from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`);
      Object.assign(held, { items: answer.items ?? [], key, failed: false });
    } catch {
      held.failed = true;
    }
    Object.assign(held, { busy: false, at: performance.now() });
    this.dispatchEvent(new Event("change"));
  }
}
