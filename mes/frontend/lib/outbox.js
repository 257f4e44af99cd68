// Entries of people: kept on the device until the server has answered, sent in order, with one
// command_id each, so that sending twice changes nothing. A refused entry stays and can be mended.
import { post, Problem, renewToken } from "./api.js";
import { asOnlySender } from "./one-sender.js";
import { OutboxStore } from "./outbox-store.js";
import { now, speed } from "./time.js";

export const CAPACITY = 200;
const HELD_MS = 3000;
const RETRY_MS = [1000, 2000, 4000, 8000, 15000, 30000];
const OTHER_TAB_MS = 1500;

/** A version 4 UUID from getRandomValues: randomUUID is missing on plain HTTP. */
export function commandId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// When it was typed and what the clock shows now, both in plant time: the server corrects by the
// difference. An entry sent at once happened now and needs neither.
function deviceTimes(entry) {
  const present = now();
  const typed = Math.min(present, entry.typed ?? present - (Date.now() - entry.made) * speed);
  if (!entry.tried && (present - typed) / speed < HELD_MS) return {};
  return { device_time: iso(typed), device_now: iso(present) };
}

const iso = (ms) => new Date(ms).toISOString();

/** What a terminal may report without a person: a lockout never blocks the report of a stop. */
const needsNobody = (entry) => entry.url.endsWith("/stops/statements");

export class Outbox extends EventTarget {
  entries = [];
  /** Number of the session in which is typed now, null: nobody is signed in. */
  session = null;
  #store;
  #tabs = null;
  #failures = 0;
  #timer = null;
  #sending = false;
  #waiting = new Set();
  #storing = new Set();
  #current = null;

  constructor(store = new OutboxStore()) {
    super();
    this.#store = store;
  }

  async start() {
    await this.#reload();
    addEventListener("online", () => this.#soon(0));
    if (globalThis.window?.BroadcastChannel) {
      this.#tabs = new BroadcastChannel("mes-outbox");
      this.#tabs.onmessage = ({ data }) => this.#heard(data);
    }
    this.#changed(false);
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

  /** Entries that wait until somebody signs in. */
  get waiting() {
    return this.unsent.filter((entry) => this.#waiting.has(entry.id));
  }

  /** Whether entries outlive the page. */
  get durable() {
    return this.#store.durable !== false;
  }

  /**
   * Keep a command and send it as soon as possible.
   * `entry`: {url, body, label, unit, form}; body gets the command_id. Returns the kept entry.
   */
  async add(entry) {
    if (this.entries.length >= CAPACITY) throw new Problem(0, { code: "outbox_full" });
    const id = entry.body.command_id ?? commandId();
    const last = this.entries.at(-1);
    const made = Math.max(Date.now(), (last?.made ?? 0) + 1);
    const typed = Math.max(now(), (last?.typed ?? 0) + 1); // whatever the clocks do, the order stays
    const kept = { ...entry, id, body: { ...entry.body, command_id: id }, made, typed, session: this.session, problem: null };
    await this.#hold(kept);
    this.#soon(0);
    return kept;
  }

  /**
   * Throw away an entry that the server has not done; true when that was still possible. One that
   * is on its way, or was and got no answer, may have been done.
   */
  async discard(id) {
    const entry = this.entries.find((one) => one.id === id);
    if (!entry || (!entry.problem && (entry.tried || entry === this.#current))) return false;
    await this.#drop(id);
    return true;
  }

  /** Put an entry back that was thrown away. */
  async restore(entry) {
    if (this.entries.some((one) => one.id === entry.id)) return;
    await this.#hold(entry);
  }

  /** Send a refused entry again as it is, in the name of whoever is signed in now if need be. */
  async again(id) {
    const entry = this.entries.find((one) => one.id === id && one.problem);
    if (!entry) return;
    if (entry.problem.code === "typed_outside_session" || entry.problem.status === 403) entry.session = this.session;
    entry.problem = null;
    await this.#store.put(entry);
    this.#changed();
    this.retry();
  }

  /** Send again at once, for instance after a sign-in. */
  retry() {
    this.#failures = 0;
    this.#waiting.clear();
    this.#soon(0);
  }

  #soon(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), delay);
  }

  async #send() {
    if (this.#sending || !this.#next()) return;
    this.#sending = true;
    let ran = false;
    try {
      ran = await asOnlySender(async (renew) => {
        await this.#reload();
        for (let entry = this.#next(); entry; entry = this.#next()) {
          renew();
          if (!(await this.#sendOne(entry))) break;
        }
      });
    } finally {
      this.#sending = false;
    }
    if (!ran) this.#soon(OTHER_TAB_MS);
  }

  // The first entry to send. Behind one that waits for a sign-in only those go that need nobody.
  #next() {
    let held = false;
    return this.unsent.find((entry) => {
      if (this.#waiting.has(entry.id)) held = true;
      return !this.#waiting.has(entry.id) && (!held || needsNobody(entry));
    });
  }

  // True when the entry was answered, be it with a refusal; false when it has to wait.
  async #sendOne(entry) {
    this.#current = entry;
    try {
      const typedIn = entry.session ? { "X-Typed-In": String(entry.session) } : {};
      const answer = await post(entry.url, { ...entry.body, ...deviceTimes(entry) }, typedIn);
      this.#failures = 0;
      await this.#drop(entry.id);
      this.#tell({ kind: "sent", entry, answer });
      return true;
    } catch (problem) {
      return await this.#failed(entry, problem);
    } finally {
      this.#current = null;
    }
  }

  async #failed(entry, problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (/csrf/.test(problem.code)) {
      await renewToken().catch(() => {});
      return this.#backOff();
    }
    if (problem.status === 401) return this.#needsSomebody(entry);
    if (problem.temporary) {
      if (problem.status === 0 || problem.status >= 500) await this.#note(entry, { tried: true });
      return this.#backOff();
    }
    const { status, code, message, body } = problem;
    await this.#note(entry, { problem: { status, code, message, body } });
    this.#tell({ kind: "refused", entry });
    return true;
  }

  // Others that need nobody go on; this one is tried again after a sign-in, or in a while.
  async #needsSomebody(entry) {
    await renewToken().catch(() => {});
    this.#waiting.add(entry.id);
    if (entry.session) await this.#note(entry, { session: null });
    this.dispatchEvent(new CustomEvent("sign-in-needed"));
    this.#changed();
    if (this.#next()) return true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.retry(), RETRY_MS.at(-1));
    return false;
  }

  #backOff() {
    const base = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)];
    this.#failures += 1;
    this.#changed(false);
    this.#soon(base * (0.75 + Math.random() / 2));
    return false;
  }

  async #note(entry, changes) {
    Object.assign(entry, changes);
    await this.#store.put(entry);
    this.#changed();
  }

  async #hold(entry) {
    this.entries.push(entry);
    this.#storing.add(entry.id);
    await this.#store.put(entry);
    this.#storing.delete(entry.id);
    this.#changed();
  }

  async #drop(id) {
    await this.#store.remove(id);
    this.entries = this.entries.filter((entry) => entry.id !== id);
    this.#changed();
  }

  // What all tabs have stored, and what this one is just storing.
  async #reload() {
    const kept = new Map((await this.#store.all()).map((entry) => [entry.id, entry]));
    const known = this.entries.filter((entry) => kept.has(entry.id) || this.#storing.has(entry.id));
    for (const entry of known) Object.assign(entry, kept.get(entry.id));
    const ids = new Set(known.map((entry) => entry.id));
    this.entries = [...known, ...[...kept.values()].filter((entry) => !ids.has(entry.id))].sort((a, b) => a.made - b.made);
  }

  #tell(news) {
    this.#announce(news);
    this.#tabs?.postMessage(news);
  }

  #announce({ kind, entry, answer }) {
    const problem = entry.problem && new Problem(entry.problem.status, entry.problem.body);
    this.dispatchEvent(new CustomEvent(kind, { detail: { entry, answer, problem } }));
  }

  // Another tab has changed the outbox.
  async #heard(news) {
    await this.#reload();
    this.#changed(false);
    if (news.kind !== "changed") this.#announce(news);
  }

  #changed(tell = true) {
    if (tell) this.#tabs?.postMessage({ kind: "changed" });
    this.dispatchEvent(new Event("change"));
  }
}
