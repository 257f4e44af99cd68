// Entries of people: in order, once, by one tab, waiting for a sign-in, refused ones kept.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { CAPACITY, Outbox } from "../lib/outbox.js";
import { Kept, locks, serve, table, whenever } from "./device.mjs";

const QUANTITIES = "/api/v1/work-units/press-1/quantities";
const STATEMENTS = "/api/v1/work-units/press-1/stops/statements";

let outbox;
let all = [];

async function opened(store = table()) {
  outbox = new Outbox(store);
  all.push(outbox);
  await outbox.start();
  return outbox;
}

const add = (n, url = QUANTITIES) => outbox.add({ url, body: { n }, label: `entry ${n}`, unit: "press-1" });
const empty = () => whenever(outbox, "change", () => outbox.unsent.length === 0);
const numbers = (asked) => asked.filter(({ method }) => method === "POST").map(({ body }) => body.n);

beforeEach(() => {
  globalThis.localStorage = new Kept();
  globalThis.DOMParser = class {
    parseFromString() {
      return { querySelector: () => null };
    }
  };
  globalThis.location = { href: "/terminal/press-1" };
});

// An outbox never gives up: what a test leaves unsent would be sent in the next one.
afterEach(async () => {
  serve(() => ({}));
  for (let round = 0; all.some((one) => one.unsent.length) && round < 100; round += 1) {
    for (const one of all) one.retry();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  all = [];
});

test("entries typed without a network are sent in the order in which they were typed", async () => {
  let lost = true;
  const asked = serve(() => (lost ? "lost" : {}));
  await opened();
  for (let n = 1; n <= 20; n += 1) await add(n);
  await whenever(outbox, "change", () => outbox.entries[0].tried);
  lost = false;
  outbox.retry();
  await empty();
  assert.deepEqual([...new Set(numbers(asked))], Array.from({ length: 20 }, (_unused, i) => i + 1));
  const ids = new Map(asked.map(({ body }) => [body.n, body.command_id]));
  for (const { body } of asked) assert.equal(body.command_id, ids.get(body.n), "sent again under the same id");
});

test("an entry that was tried before says when it was typed and what the clock shows now", async () => {
  let lost = true;
  const asked = serve(() => (lost ? "lost" : {}));
  await opened();
  await add(1);
  await whenever(outbox, "change", () => outbox.entries[0].tried);
  lost = false;
  outbox.retry();
  await empty();
  assert.equal(asked[0].body.device_time, undefined);
  const { device_time, device_now } = asked.at(-1).body;
  assert.ok(Date.parse(device_time) <= Date.parse(device_now));
});

test("a reload finds every entry again, unsent and refused", async () => {
  const store = table();
  serve((_url, { n }) => (n === 1 ? { status: 422, body: { code: "impossible_quantity" } } : "lost"));
  await opened(store);
  await add(1);
  await whenever(outbox, "change", () => outbox.refused.length === 1);
  await add(2);
  const before = outbox.entries.map(({ id }) => id);
  await opened(store);
  assert.deepEqual(outbox.entries.map(({ id }) => id), before);
  assert.equal(outbox.refused[0].problem.code, "impossible_quantity");
  assert.equal(outbox.unsent.length, 1);
});

test("a refused entry lets the next ones pass and can be sent again", async () => {
  let known = false;
  const asked = serve((_url, { n }) => (n === 1 && !known ? { status: 409, body: { code: "reason_unknown" } } : {}));
  await opened();
  await add(1);
  await add(2);
  await whenever(outbox, "change", () => outbox.refused.length === 1 && outbox.unsent.length === 0);
  assert.deepEqual(numbers(asked), [1, 2]);
  known = true;
  await outbox.again(outbox.refused[0].id);
  await whenever(outbox, "change", () => outbox.entries.length === 0);
  assert.deepEqual(numbers(asked), [1, 2, 1]);
});

test("an entry that may have been done is not thrown away; a refused one is, and comes back", async () => {
  let answer = "lost";
  serve(() => answer);
  await opened();
  await add(1);
  await whenever(outbox, "change", () => outbox.entries[0].tried);
  assert.equal(await outbox.discard(outbox.entries[0].id), false);
  answer = { status: 422, body: { code: "validation" } };
  outbox.retry();
  await whenever(outbox, "change", () => outbox.refused.length === 1);
  const [entry] = outbox.refused;
  assert.equal(await outbox.discard(entry.id), true);
  assert.equal(outbox.entries.length, 0);
  await outbox.restore(entry);
  await outbox.restore(entry);
  assert.deepEqual(outbox.refused.map(({ id }) => id), [entry.id]);
});

test("what needs a person waits for a sign-in and keeps its place; a stop is reported meanwhile", async () => {
  let somebody = false;
  const asked = serve((url) => (url === QUANTITIES && !somebody ? { status: 401 } : {}));
  await opened();
  const wanted = new Promise((resolve) => outbox.addEventListener("sign-in-needed", resolve, { once: true }));
  await add(1);
  await wanted;
  await add(2);
  await add(3, STATEMENTS);
  await whenever(outbox, "change", () => !outbox.entries.some(({ url }) => url === STATEMENTS));
  assert.deepEqual(outbox.waiting.map(({ label }) => label), ["entry 1"]);
  assert.deepEqual(numbers(asked).slice(-1), [3]);
  somebody = true;
  outbox.retry();
  await empty();
  assert.deepEqual(numbers(asked).slice(-2), [1, 2]);
});

test("an entry is sent in the name of who typed it, not of who is active when it goes", async () => {
  let lost = true;
  const asked = serve(() => (lost ? "lost" : {}));
  await opened();
  outbox.session = 7;
  await add(1);
  outbox.session = 8;
  await add(2);
  lost = false;
  outbox.retry();
  await empty();
  const by = new Map(asked.map(({ body, headers }) => [body.n, headers["X-Typed-In"]]));
  assert.deepEqual([...by], [[1, "7"], [2, "8"]]);
});

test("the tablet says when it is full and keeps what it has", async () => {
  serve(() => "lost");
  await opened();
  outbox.entries = Array.from({ length: CAPACITY }, (_unused, id) => ({ id, made: id, problem: {} }));
  await assert.rejects(add(1), { code: "outbox_full" });
  assert.equal(outbox.entries.length, CAPACITY);
});

test("one tab sends; another takes over when the note of a dead one is out of date", async () => {
  const other = await import("../lib/one-sender.js?other-tab");
  const own = await import("../lib/one-sender.js");
  let end;
  const working = other.asOnlySender(() => new Promise((resolve) => { end = resolve; }));
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(await own.asOnlySender(async () => assert.fail("two tabs send at once")), false);
  const note = JSON.parse(localStorage.getItem("mes-outbox-sender"));
  localStorage.setItem("mes-outbox-sender", JSON.stringify({ ...note, until: Date.now() - 1 }));
  let ran = false;
  assert.equal(await own.asOnlySender(async () => { ran = true; }), true);
  assert.ok(ran);
  end();
  assert.equal(await working, true);
  assert.equal(await own.asOnlySender(async () => {}), true);
});

test("two tabs with one store send each entry once", async (context) => {
  Object.defineProperty(globalThis, "navigator", { value: { locks: locks() }, configurable: true });
  context.after(() => Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true }));
  const store = table();
  const asked = serve(async () => new Promise((resolve) => setTimeout(resolve, 5, {})));
  const first = await opened(store);
  const second = await opened(store);
  await Promise.all([1, 2, 3].map((n) => (n % 2 ? first : second).add({ url: QUANTITIES, body: { n }, label: "" })));
  for (let round = 0; store.kept.size && round < 200; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    first.retry();
    second.retry();
  }
  const sent = numbers(asked);
  assert.deepEqual(sent.toSorted(), [1, 2, 3]);
});
