// Who works at this terminal: several people signed in, one active. After the idle time nobody is:
// the tablet locks itself, also without a server, and what was half entered stays.
import { get, post } from "./api.js";
import { keep, kept } from "./kept.js";
import { keepSafe, keptSafe } from "./outbox-store.js";

const KEEP = "mes-hands";
const TELL_MS = 60000;
const IDLE_S = 600;

export class Hands extends EventTarget {
  person = null;
  session = null;
  people = [];
  roles = [];
  #idleMs = IDLE_S * 1000;
  #usedAt = Date.now();
  #toldAt = Date.now();
  #isKnown = false;

  /** Begin with who was active here before a reload, then ask the server. */
  start() {
    this.#recall(kept(KEEP));
    keptSafe(KEEP).then((found) => this.#isKnown || this.session || this.#recall(found));
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => this.#used(), { capture: true, passive: true });
    this.timer = setInterval(() => this.#watch(), 1000);
    this.read();
    return this;
  }

  stop() {
    clearInterval(this.timer);
  }

  async read() {
    try {
      this.#take(await get("/api/v1/terminal/me"));
    } catch {
      // Without a server, or a stranger: what is known here stays.
    }
  }

  async signIn(who, pin, unit) {
    await post("/api/v1/terminal/sign-in", { ...who, pin, work_unit: unit });
    await this.#begun();
  }

  /** Another of those signed in is the active one from now on. */
  async change(badge) {
    await post("/api/v1/terminal/hands", { badge });
    await this.#begun();
  }

  async signOut() {
    const badge = this.person?.badge_no;
    await post(`/api/v1/terminal/sign-out${badge ? `?badge=${encodeURIComponent(badge)}` : ""}`, {});
    this.#set({ person: null, session: null, roles: [], people: this.people.filter((one) => one.badge_no !== badge) });
  }

  /** Nobody is active any more; the server ends the sessions, now or by its own idle time. */
  lock() {
    this.#set({ person: null, session: null, roles: [], people: [] });
    this.dispatchEvent(new Event("locked"));
    post("/api/v1/terminal/sign-out?everybody=true", {}).catch(() => {});
  }

  async #begun() {
    this.#usedAt = this.#toldAt = Date.now();
    this.#take(await get("/api/v1/terminal/me"));
  }

  #take({ person, session = null, people = [], roles = [], idle_s = IDLE_S }) {
    this.#idleMs = idle_s * 1000;
    this.#set({ person, session, people, roles });
  }

  #set(changes) {
    this.#isKnown = true;
    Object.assign(this, changes);
    this.#keep();
    this.dispatchEvent(new Event("change"));
  }

  #used() {
    this.#usedAt = Date.now();
    if (!this.person || this.#usedAt - this.#toldAt < TELL_MS) return;
    this.#toldAt = this.#usedAt;
    this.#keep();
    post("/api/v1/terminal/active", {}).catch(() => {});
  }

  #watch() {
    if (this.session && Date.now() - this.#usedAt > this.#idleMs) this.lock();
  }

  #keep() {
    const { person, session, people, roles } = this;
    const said = { person, session, people, roles, at: this.#usedAt, idle: this.#idleMs };
    keep(KEEP, said);
    keepSafe(KEEP, said);
  }

  #recall(found) {
    if (!found?.session || Date.now() - found.at > found.idle) return;
    const { person, session, people, roles } = found;
    Object.assign(this, { person, session, people, roles });
    this.#usedAt = found.at;
    this.#idleMs = found.idle;
    this.dispatchEvent(new Event("change"));
  }
}
