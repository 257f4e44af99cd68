// State items of the running shift per work unit. A terminal reads them again whenever something
// about its stops changes, because a statement must name what was seen; a wall with many machines
// goes on by itself from the tiles and reads again only now and then. A terminal keeps the items,
// so that a page opened again without a server knows which stops there were to explain.
import { get } from "./api.js";
import { keep, kept } from "./kept.js";
import { instant, now } from "./time.js";

const TERMINAL = { refreshMs: 60000, restMs: 3000 };
const WALL = { refreshMs: 600000, restMs: 10000 };

export class History extends EventTarget {
  #units = new Map();
  #queue = Promise.resolve();
  #pace;
  #wall;

  /** `wall`: many machines, read seldom. */
  constructor({ wall = false } = {}) {
    super();
    this.#wall = wall;
    this.#pace = wall ? WALL : TERMINAL;
  }

  items(unit) {
    return this.#units.get(unit)?.items ?? [];
  }

  /** Make sure that the items belong to the state the tile shows. */
  follow(tile) {
    if (!tile?.shift) return;
    const held = this.#held(tile);
    const age = performance.now() - held.at;
    const key = this.#wall ? tile.shift.start : stopKey(tile);
    if (this.#wall && held.key === key) held.items = continued(held.items, tile);
    if (held.busy || age < this.#pace.restMs || (held.key === key && age < held.refreshMs)) return;
    held.busy = true;
    this.#queue = this.#queue.then(() => this.#read(tile, held, key));
  }

  /** Read again at the next `follow`. */
  expire(unit) {
    const held = this.#units.get(unit);
    if (held) Object.assign(held, { key: "", at: -Infinity });
  }

  #held(tile) {
    const unit = tile.work_unit;
    const fresh = { items: [], key: "", at: -Infinity, busy: false, refreshMs: 0 };
    if (!this.#units.has(unit)) this.#units.set(unit, { ...fresh, ...this.#recalled(tile) });
    return this.#units.get(unit);
  }

  #recalled({ work_unit, shift }) {
    const found = this.#wall ? null : kept(keptName(work_unit));
    return found?.shift === shift.start ? { items: found.items } : {};
  }

  async #read(tile, held, key) {
    const to = new Date(Math.min(now(), instant(tile.shift.end))).toISOString();
    const query = `from=${encodeURIComponent(tile.shift.start)}&to=${encodeURIComponent(to)}`;
    try {
      const answer = await get(`/api/v1/work-units/${encodeURIComponent(tile.work_unit)}/states?${query}`);
      Object.assign(held, { items: answer.items ?? [], key });
      if (!this.#wall) keep(keptName(tile.work_unit), { shift: tile.shift.start, items: held.items });
    } catch {
      held.key = ""; // read again after the rest
    }
    // Many walls must not all ask in the same second.
    const refreshMs = this.#pace.refreshMs * (0.75 + Math.random() / 2);
    Object.assign(held, { busy: false, at: performance.now(), refreshMs });
    this.dispatchEvent(new Event("change"));
  }
}

const keptName = (unit) => `states:${unit}`;

// What a terminal must read again for: the present state, its reason, the number of open stops.
function stopKey(tile) {
  const { shift, state_since, needs_reason, unexplained, reason } = tile;
  return [shift.start, state_since, needs_reason, unexplained?.count, reason?.code].join("|");
}

const CLASSES = { running: "running", unknown: "unknown", setup: "setup", waiting: "waiting" };

/** The items with the state of a newer tile at their end. */
export function continued(items, tile) {
  const last = items.at(-1);
  const since = instant(tile.state_since);
  if (!last || since === null || last.state === tile.state || since <= instant(last.start)) return items;
  const short = since - instant(last.start) <= (tile.minor_stop_limit_s ?? 300) * 1000;
  const minor = last.class === "unplanned_stop" && short;
  return [
    ...items.slice(0, -1),
    { ...last, end: tile.state_since, class: minor ? "minor_stop" : last.class },
    {
      start: tile.state_since,
      end: null,
      state: tile.state,
      class: tile.reason?.class ?? CLASSES[tile.state] ?? "unplanned_stop",
      stop_start: null,
      needs_reason: Boolean(tile.needs_reason),
      reason: tile.reason?.code ?? null,
      statement: null,
    },
  ];
}
