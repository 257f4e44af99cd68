// What must outlive an empty battery: entries until the server has answered, and who is signed in.
// IndexedDB, written through to the disk; localStorage may be a minute behind it. In a private
// window there may be none: entries then live as long as the page, and `durable` says so.
const NAME = "mes-outbox";
const VERSION = 2;
const ENTRIES = "entries";
const KEPT = "kept";
let opening = null;

export class OutboxStore {
  durable = true;
  #memory = new Map();

  async all() {
    const kept = await this.#attempt("readonly", (table) => table.getAll());
    return [...(kept ?? []), ...this.#memory.values()];
  }

  /** Keeps an entry; resolves when it is on the disk, or in memory when that is not possible. */
  async put(entry) {
    if ((await this.#attempt("readwrite", (table) => table.put(entry, entry.id))) === undefined) this.#memory.set(entry.id, entry);
    else this.#memory.delete(entry.id);
  }

  async remove(id) {
    this.#memory.delete(id);
    await this.#attempt("readwrite", (table) => table.delete(id));
  }

  async #attempt(mode, ask) {
    const answer = await attempt(ENTRIES, mode, ask);
    this.durable = answer !== undefined;
    return answer;
  }
}

/** Keep a value on the disk under a name. */
export function keepSafe(name, value) {
  return attempt(KEPT, "readwrite", (table) => table.put(value, name));
}

/** What is on the disk under a name; undefined or null: nothing. */
export function keptSafe(name) {
  return attempt(KEPT, "readonly", (table) => table.get(name));
}

// The result of one request, null for none; undefined when the store does not work.
async function attempt(name, mode, ask) {
  try {
    opening ??= opened();
    const database = await opening;
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(name, mode, { durability: "strict" });
      const request = ask(transaction.objectStore(name));
      transaction.oncomplete = () => resolve(request.result ?? null);
      transaction.onabort = () => reject(transaction.error);
      transaction.onerror = () => reject(transaction.error);
    });
  } catch {
    opening = null;
    return undefined;
  }
}

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const name of [ENTRIES, KEPT]) if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name);
    };
    request.onsuccess = () => {
      // Another tab with a newer page wants to change the tables: let it, and open again.
      request.result.onversionchange = () => {
        request.result.close();
        opening = null;
      };
      resolve(request.result);
    };
    request.onblocked = () => reject(new Error("blocked"));
    request.onerror = () => reject(request.error);
  });
}
