// Where entries lie until the server has answered: IndexedDB, written through to the disk, so that
// neither a reload nor an empty battery loses one. In a private window there may be none: entries
// then live as long as the page, and `durable` says so.
const NAME = "mes-outbox";
const TABLE = "entries";

export class OutboxStore {
  durable = true;
  #memory = new Map();
  #opening = null;

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

  // The result of one request, null for none; undefined when the store does not work.
  async #attempt(mode, ask) {
    try {
      this.#opening ??= opened();
      const database = await this.#opening;
      const answer = await new Promise((resolve, reject) => {
        const transaction = database.transaction(TABLE, mode, { durability: "strict" });
        const request = ask(transaction.objectStore(TABLE));
        transaction.oncomplete = () => resolve(request.result ?? null);
        transaction.onabort = () => reject(transaction.error);
        transaction.onerror = () => reject(transaction.error);
      });
      this.durable = true;
      return answer;
    } catch {
      this.#opening = null;
      this.durable = false;
      return undefined;
    }
  }
}

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
