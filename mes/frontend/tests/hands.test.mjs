// What a tablet keeps of people: who is signed in, what is half typed, which stops there were.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { keepDraft, keptDraft } from "../lib/draft.js";
import { Hands } from "../lib/hands.js";
import { History } from "../lib/history.js";
import { now } from "../lib/time.js";
import { Kept, serve, whenever } from "./device.mjs";

const KIM = { name: "김민수", badge_no: "1001" };
const LEE = { name: "이서연", badge_no: "1002" };
const ME = { person: KIM, session: 7, people: [KIM, LEE], roles: ["operator"], idle_s: 120 };

let hands = null;

async function atWork() {
  hands = new Hands().start();
  await whenever(hands, "change", () => hands.session === 7);
  return hands;
}

beforeEach(() => {
  globalThis.localStorage = new Kept();
  globalThis.sessionStorage = new Kept();
});

afterEach(() => {
  hands?.stop();
  mock.timers.reset();
});

test("after the idle time of the site the tablet locks itself, without a server, too", async () => {
  mock.timers.enable({ apis: ["setInterval", "Date"], now: 1_000_000 });
  let lost = false;
  serve(() => (lost ? "lost" : { body: ME }));
  await atWork();
  lost = true;
  let locked = 0;
  hands.addEventListener("locked", () => { locked += 1; });
  mock.timers.tick(119_000);
  assert.equal(hands.person.name, KIM.name);
  mock.timers.tick(3_000);
  assert.deepEqual([locked, hands.person, hands.session, hands.people], [1, null, null, []]);
  mock.timers.tick(600_000);
  assert.equal(locked, 1);
});

test("hands at the tablet keep it open and tell the server once a minute at most", async () => {
  mock.timers.enable({ apis: ["setInterval", "Date"], now: 1_000_000 });
  const listeners = [];
  const before = globalThis.addEventListener;
  globalThis.addEventListener = (kind, listener) => listeners.push([kind, listener]);
  const asked = serve(() => ({ body: ME }));
  await atWork();
  globalThis.addEventListener = before;
  const [, touched] = listeners.find(([kind]) => kind === "pointerdown");
  for (let second = 0; second < 180; second += 10) {
    mock.timers.tick(10_000);
    touched();
  }
  assert.equal(hands.session, 7);
  assert.equal(asked.filter(({ url }) => url.endsWith("/active")).length, 3);
});

test("a reload without a server finds who was active, until the idle time is over", async () => {
  mock.timers.enable({ apis: ["setInterval", "Date"], now: 1_000_000 });
  serve(() => ({ body: ME }));
  await atWork();
  hands.stop();
  serve(() => "lost");
  mock.timers.tick(60_000);
  const again = new Hands().start();
  assert.deepEqual([again.person?.name, again.session, again.people.length], [KIM.name, 7, 2]);
  again.stop();
  mock.timers.tick(61_000);
  const late = new Hands().start();
  assert.equal(late.person, null);
  late.stop();
});

test("one of several leaves; the others stay signed in", async () => {
  const asked = serve((url) => (url.endsWith("/me") ? { body: ME } : {}));
  await atWork();
  await hands.signOut();
  assert.deepEqual([hands.person, hands.people], [null, [LEE]]);
  assert.match(asked.at(-1).url, /sign-out\?badge=1001$/);
});

test("a half-typed form belongs to its machine and goes when it was saved", () => {
  keepDraft("press-1", { field: "reject", form: { reject: 3 } });
  assert.equal(keptDraft("press-1").form.reject, 3);
  assert.equal(keptDraft("press-2"), null);
  keepDraft("press-1", null);
  assert.equal(keptDraft("press-1"), null);
});

test("without any store the tablet goes on, it only remembers nothing", () => {
  globalThis.sessionStorage = { getItem: fail, setItem: fail, removeItem: fail };
  globalThis.localStorage = globalThis.sessionStorage;
  keepDraft("press-1", { form: {} });
  assert.equal(keptDraft("press-1"), null);
  hands = new Hands();
  serve(() => "lost");
  assert.equal(hands.start().person, null);
});

function fail() {
  throw new Error("forbidden");
}

const tile = { work_unit: "press-1", shift: { start: "2026-11-23T23:00:00Z", end: "2026-11-24T11:00:00Z" }, state_since: "2026-11-24T01:00:00Z" };
const stop = { start: "2026-11-24T01:00:00Z", end: "2026-11-24T01:30:00Z", state: "down", stop_start: "2026-11-24T01:00:00Z", needs_reason: true };

test("a page opened again without a server knows the stops of the running shift, no others", async () => {
  serve(() => ({ body: { items: [stop] } }));
  const history = new History();
  history.follow(tile);
  await whenever(history, "change", () => history.items("press-1").length === 1);
  serve(() => "lost");
  const again = new History();
  again.follow(tile);
  assert.deepEqual(again.items("press-1"), [stop]);
  const night = new History();
  night.follow({ ...tile, shift: { start: "2026-11-24T11:00:00Z", end: new Date(now()).toISOString() } });
  assert.deepEqual(night.items("press-1"), []);
  const wall = new History({ wall: true });
  wall.follow(tile);
  assert.deepEqual(wall.items("press-1"), []);
});
