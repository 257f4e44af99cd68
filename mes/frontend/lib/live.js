// One Socket.IO connection to /live: whole versioned tiles, never an older one over a newer one.
import { io } from "socket.io-client";
import { instant, keepClock, synchronize } from "./time.js";

const SLEEP_MS = 15000;

export class Live extends EventTarget {
  tiles = new Map();
  connected = false;
  edges = {};
  #lostAt = performance.now();
  #watch;
  #socket;
  #lastTick = Date.now();

  /** `watch`: {site} | {line} | {work_unit}; `tiles`: what the server rendered into the page. */
  constructor(watch, tiles = []) {
    super();
    this.#watch = watch;
    this.take(tiles);
  }

  start() {
    this.#socket = io("/live", { transports: ["websocket", "polling"], reconnectionDelayMax: 5000 });
    this.#socket.on("connect", () => this.#connected());
    this.#socket.on("disconnect", () => this.#disconnected());
    this.#socket.on("connect_error", () => this.#disconnected());
    this.#socket.on("tiles", (tiles) => this.take(tiles));
    this.#socket.on("heartbeat", (beat) => this.#heartbeat(beat));
    addEventListener("online", () => this.#changed());
    addEventListener("offline", () => this.#changed());
    setInterval(() => this.#wakeCheck(), 1000);
    return this;
  }

  get list() {
    return [...this.tiles.values()];
  }

  /** Real seconds since the server was last heard, 0 while connected. */
  lostFor() {
    return this.connected ? 0 : (performance.now() - this.#lostAt) / 1000;
  }

  /** Take whole tiles; one that is not newer by (version, as_of) is ignored. */
  take(tiles) {
    let changed = false;
    for (const tile of Array.isArray(tiles) ? tiles : []) {
      if (!tile?.work_unit || !newer(tile, this.tiles.get(tile.work_unit))) continue;
      this.tiles.set(tile.work_unit, tile);
      changed = true;
    }
    if (changed) this.#changed();
  }

  /** Ask for the present tiles of everything watched. */
  reload() {
    this.#socket?.timeout(5000).emit("watch", this.#watch, (error, tiles) => {
      if (!error) this.take(tiles?.tiles ?? tiles);
    });
  }

  #connected() {
    this.connected = true;
    this.dispatchEvent(new Event("connected"));
    this.reload();
    this.#changed();
  }

  #disconnected() {
    if (this.connected) this.#lostAt = performance.now();
    this.connected = false;
    this.#changed();
  }

  // Only heartbeats tell the time: a tile may be as old as a kept page or a silent source.
  #heartbeat(beat) {
    if (this.#outdated(beat)) return location.reload();
    this.edges = beat.edges ?? {};
    synchronize(instant(beat.as_of));
    keepClock();
    for (const [unit, version] of Object.entries(beat.tiles ?? beat.versions ?? beat)) {
      const tile = this.tiles.get(unit);
      const said = typeof version === "object" && version ? version.version : version;
      if (tile && Number.isInteger(said) && said > tile.version) return this.reload();
      if (tile && version?.as_of) tile.heard_at = version.as_of;
    }
    this.dispatchEvent(new Event("beat"));
  }

  /** Whether no collector reports to the server any more. */
  get collectorDead() {
    const edges = Object.values(this.edges);
    return edges.length > 0 && edges.every((edge) => edge.alive === false);
  }

  // A new front end is served: load it, but never under the hands of somebody who is typing.
  #outdated(beat) {
    const typing = document.querySelector("dialog[open], form :focus");
    return Boolean(beat.build) && beat.build !== document.documentElement.dataset.build && !typing;
  }

  // A tablet that slept has missed messages: its timer jumped.
  #wakeCheck() {
    const slept = Date.now() - this.#lastTick > SLEEP_MS;
    this.#lastTick = Date.now();
    if (slept) this.reload();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** Whether `tile` is newer than `known` by (version, as_of); any is that comes after a kept one. */
export function newer(tile, known) {
  if (!known || known.kept) return true;
  if (tile.version !== known.version) return tile.version > known.version;
  return (instant(tile.as_of) ?? 0) > (instant(known.as_of) ?? 0);
}
