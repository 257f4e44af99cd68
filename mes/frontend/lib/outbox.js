// Entries of people: kept on the device until the server has answered, sent in order, with one
// command_id each, so that sending twice changes nothing. A refused entry stays and can be mended.
import { createStore, entries, set, del } from "idb-keyval";
import { post, Problem, renewToken } from "./api.js";
import { now, speed } from "./time.js";

export const CAPACITY = 200;
const HELD_MS = 3000;
const RETRY_MS = [1000, 2000, 4000, 8000, 15000, 30000];

/** A version 4 UUID from getRandomValues: randomUUID is missing on plain HTTP. */
export function commandId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// The store of the device; without IndexedDB (private window) entries live as long as the page.
function deviceStore() {
  const memory = new Map();
  let store = null;
  try {
    store = createStore("mes-outbox", "entries");
  } catch {
    store = null;
  }
  const guarded = async (action, fallback) => {
    try {
      return store ? await action() : fallback();
    } catch {
      return fallback();
    }
  };
  return {
    all: () => guarded(async () => (await entries(store)).map(([, entry]) => entry), () => [...memory.values()]),
    put: (entry) => guarded(() => set(entry.id, entry, store), () => memory.set(entry.id, entry)),
    remove: (id) => guarded(() => del(id, store), () => memory.delete(id)),
  };
}

// When it was typed and what the clock shows now, both in plant time: the server corrects by the
// difference. An entry sent at once happened now and needs neither.
function deviceTimes(entry) {
  const age = Date.now() - entry.made;
  if (age < HELD_MS) return {};
  const present = now();
  return { device_time: iso(present - age * speed), device_now: iso(present) };
}

const iso = (ms) => new Date(ms).toISOString();

export class Outbox extends EventTarget {
  entries = [];
  #store;
  #failures = 0;
  #timer = null;
  #sending = false;

  constructor(store = deviceStore()) {
    super();
    this.#store = store;
  }

  async start() {
    this.entries = (await this.#store.all()).sort((a, b) => a.made - b.made);
    addEventListener("online", () => this.#soon(0));
    this.#changed();
    this.#soon(0);
    return this;
  }

  /** Entries not yet answered. */
  get unsent() {
    return this.entries.filter((entry) => !entry.problem);
  }

  /** Entries the server refused: kept until mended or thrown away. */
  get refused() {
    return this.entries.filter((entry) => entry.problem);
  }

  /**
   * Keep a command and send it as soon as possible.
   * `entry`: {url, body, label, unit, form}; body gets the command_id. Returns the kept entry.
   */
  async add(entry) {
    if (this.entries.length >= CAPACITY) throw new Problem(0, { code: "outbox_full" });
    const id = entry.body.command_id ?? commandId();
    const kept = { ...entry, id, body: { ...entry.body, command_id: id }, made: Date.now(), problem: null };
    this.entries.push(kept);
    await this.#store.put(kept);
    this.#changed();
    this.#soon(0);
    return kept;
  }

  /** Throw away an entry that was not answered with success; true when it was still here. */
  async discard(id) {
    const found = this.entries.some((entry) => entry.id === id && (entry.problem || entry !== this.current));
    if (!found) return false;
    await this.#drop(id);
    return true;
  }

  /** Send again at once, for instance after a sign-in. */
  retry() {
    this.#failures = 0;
    this.waiting = null;
    this.#soon(0);
  }

  #soon(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), delay);
  }

  async #send() {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let entry = this.unsent[0]; entry; entry = this.unsent[0]) {
        if (!(await this.#sendOne(entry))) break;
      }
    } finally {
      this.#sending = false;
    }
  }

  // True when the entry was answered, be it with a refusal; false when it has to wait.
  async #sendOne(entry) {
    this.current = entry;
    try {
      const answer = await post(entry.url, { ...entry.body, ...deviceTimes(entry) });
      this.#failures = 0;
      await this.#drop(entry.id);
      this.dispatchEvent(new CustomEvent("sent", { detail: { entry, answer } }));
      return true;
    } catch (problem) {
      return await this.#failed(entry, problem);
    } finally {
      this.current = null;
    }
  }

  async #failed(entry, problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401 || /csrf/.test(problem.code)) {
      await renewToken().catch(() => {});
      this.waiting = problem.status === 401 ? "sign_in" : null;
      this.#backOff();
      if (this.waiting) this.dispatchEvent(new CustomEvent("sign-in-needed"));
      return false;
    }
    if (problem.temporary) {
      this.#backOff();
      return false;
    }
    entry.problem = { status: problem.status, code: problem.code, message: problem.message, body: problem.body };
    await this.#store.put(entry);
    this.#changed();
    this.dispatchEvent(new CustomEvent("refused", { detail: { entry, problem } }));
    return true;
  }

  #backOff() {
    const base = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)];
    this.#failures += 1;
    this.#changed();
    this.#soon(base * (0.75 + Math.random() / 2));
  }

  async #drop(id) {
    this.entries = this.entries.filter((entry) => entry.id !== id);
    await this.#store.remove(id);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
