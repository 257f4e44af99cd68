// Parts of a browser that Node does not have, for tests: what is kept, and a server that answers.
export class Kept {
  #values = new Map();
  getItem = (name) => this.#values.get(name) ?? null;
  setItem = (name, value) => void this.#values.set(name, String(value));
  removeItem = (name) => void this.#values.delete(name);
}

/** A store of entries in memory, as IndexedDB holds them: copies, shared by all tabs. */
export function table() {
  const kept = new Map();
  return {
    kept,
    durable: true,
    all: async () => [...kept.values()].map((entry) => structuredClone(entry)),
    put: async (entry) => void kept.set(entry.id, structuredClone(entry)),
    remove: async (id) => void kept.delete(id),
  };
}

/**
 * A server: `answer(url, body, headers)` gives {status, body}, "lost" for no network, or a promise.
 * Returns what was asked.
 */
export function serve(answer) {
  const asked = [];
  globalThis.fetch = async (url, { method = "GET", body, headers = {} } = {}) => {
    const sent = body === undefined ? null : JSON.parse(body);
    asked.push({ url, method, body: sent, headers });
    const found = (await answer(url, sent, headers)) ?? {};
    if (found === "lost") throw new TypeError("no network");
    const { status = 200, body: data = {} } = found;
    return { ok: status < 300, status, json: async () => data, text: async () => "" };
  };
  return asked;
}

/** Resolves when `test()` holds; it is looked at after every event `kind` of `source`. */
export function whenever(source, kind, test) {
  return new Promise((resolve) => {
    const look = () => {
      if (!test()) return;
      source.removeEventListener(kind, look);
      resolve();
    };
    source.addEventListener(kind, look);
    look();
  });
}

/** Web Locks of all tabs, as far as `ifAvailable` goes: whoever finds a lock held gets null. */
export function locks() {
  const held = new Set();
  return {
    async request(name, _options, work) {
      if (held.has(name)) return work(null);
      held.add(name);
      try {
        return await work({ name });
      } finally {
        held.delete(name);
      }
    },
  };
}
