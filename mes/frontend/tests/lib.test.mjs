// Pure parts of the pages: which tile is newer, how stops are cut, what numbers look like.
import assert from "node:assert/strict";
import { test } from "node:test";

import { combinedOee, gapMinutes } from "../lib/figures.js";
import { count, percent, signed } from "../lib/format.js";
import { namedLike } from "../lib/reasons.js";
import { pressed, pressedText } from "../lib/keypad.js";
import { collectorSilent, deviceLost, linkHelp, linkState } from "../lib/link.js";
import { continued } from "../lib/history.js";
import { newer } from "../lib/live.js";
import { Outbox, commandId } from "../lib/outbox.js";
import { problemText } from "../lib/problem-text.js";
import { Problem } from "../lib/api.js";
import { lostTime, openStops, splitRange, stopsOf } from "../lib/stops.js";
import { bars, kindOf } from "../lib/strip.js";
import { duration, dueText, instant, now, timer, toInstant } from "../lib/time.js";
import { lastKnown, voiceOf, whyOf } from "../lib/wall-tile.js";
import { flagPositions } from "../terminal/timeline.js";

const at = (minute) => new Date(Date.UTC(2026, 10, 24, 0, minute)).toISOString();

test("a tile is newer by version, then by as_of", () => {
  assert.ok(newer({ version: 1 }, undefined));
  assert.ok(newer({ version: 3, as_of: at(0) }, { version: 2, as_of: at(5) }));
  assert.ok(!newer({ version: 2, as_of: at(9) }, { version: 3, as_of: at(0) }));
  assert.ok(newer({ version: 2, as_of: at(2) }, { version: 2, as_of: at(1) }));
  assert.ok(!newer({ version: 2, as_of: at(1) }, { version: 2, as_of: at(1) }));
});

test("numbers have separators, a real minus and a dash for what is missing", () => {
  assert.equal(count(13500), "13,500");
  assert.equal(count("12.5"), "12.5");
  assert.equal(count(null), "–");
  assert.equal(signed(-768), "−768");
  assert.equal(signed(68), "+68");
  assert.equal(signed(0), "±0");
  assert.equal(percent(0.7123), "71.2");
  assert.equal(percent(null), "–");
});

test("times are those of the plant", () => {
  assert.equal(toInstant("2026-11-24 18:00"), "2026-11-24T09:00:00.000Z");
  assert.equal(toInstant("tomorrow"), null);
  assert.equal(dueText("2026-11-24T09:00:00Z"), "today 18:00");
  assert.equal(dueText("2026-11-25T01:00:00Z"), "tomorrow 10:00");
  assert.equal(timer(372000), "06:12");
  assert.equal(timer(3972000), "1:06:12");
  assert.equal(duration(95 * 60000), "1 h 35 min");
  assert.equal(instant(1000000), 1000);
  assert.equal(instant("nonsense"), null);
});

test("the keypad never makes a number too long and keeps a sign", () => {
  assert.equal(pressed(12, "3"), 123);
  assert.equal(pressed(123456, "7"), 123456);
  assert.equal(pressed(-1, "2"), -12);
  assert.equal(pressed(123, "back"), 12);
  assert.equal(pressed(123, "clear"), 0);
  assert.equal(pressedText("12345", "6", 6), "123456");
  assert.equal(pressedText("123456", "7", 6), "123456");
});

const items = [
  { start: at(0), end: at(10), state: "running", class: "running", stop_start: null },
  { start: at(10), end: at(20), state: "stopped", class: "unplanned_stop", stop_start: at(10), needs_reason: true, statement: null },
  { start: at(20), end: at(30), state: "stopped", class: "break", stop_start: at(10), needs_reason: true, statement: null },
  { start: at(30), end: at(40), state: "running", class: "running", stop_start: null },
  { start: at(40), end: null, state: "down", class: "unplanned_stop", stop_start: at(40), needs_reason: true, statement: "c1" },
];

test("a stop is one, however many classes it crosses; an open one has no end", () => {
  const stops = stopsOf(items);
  assert.deepEqual(stops.map((stop) => [stop.start, stop.end, stop.statement]), [[at(10), at(30), null], [at(40), null, "c1"]]);
  assert.equal(lostTime(stops[0], Date.parse(at(60))), 10 * 60000);
  assert.equal(lostTime(stops[1], Date.parse(at(60))), 20 * 60000);
  assert.equal(openStops(items, new Set([Date.parse(at(10))])).length, 1);
});

test("a stop is split in whole minutes inside it, or not at all", () => {
  const range = splitRange({ start: "2026-11-24T00:10:30Z", end: "2026-11-24T00:13:10Z" }, 0);
  assert.equal(range.first, Date.parse("2026-11-24T00:11:00Z"));
  assert.equal(range.last, Date.parse("2026-11-24T00:13:00Z"));
  assert.equal(splitRange({ start: "2026-11-24T00:10:30Z", end: "2026-11-24T00:10:50Z" }, 0), null);
});

test("strip bars merge neighbours, and a gap stays a gap", () => {
  const from = Date.parse(at(0));
  const merged = bars(
    [
      { start: at(0), end: at(5), state: "running", class: "running" },
      { start: at(5), end: at(9), state: "running", class: "running" },
      { start: at(20), end: at(30), state: "unknown", class: "unknown" },
    ],
    from,
    Date.parse(at(60)),
  );
  assert.deepEqual(merged.map((bar) => [bar.kind, (bar.end - bar.start) / 60000]), [["running", 9], ["unknown", 10]]);
  assert.equal(kindOf({ state: "off", class: "no_order" }), "off");
  assert.equal(kindOf({ state: "stopped", class: "unplanned_stop", needs_reason: true }), "unexpl");
  assert.equal(kindOf({ state: "stopped", class: "minor_stop", needs_reason: true }), "minor");
});

test("flags never overlap and never leave the strip", () => {
  const placed = flagPositions([10, 20, 300, 640], 640, 72);
  for (let i = 1; i < placed.length; i += 1) assert.ok(placed[i] - placed[i - 1] >= 72);
  assert.ok(placed[0] >= 36 && placed.at(-1) <= 640 - 36);
});

test("four voices of a tile", () => {
  assert.equal(voiceOf({ state: "running" }), "quiet");
  assert.equal(voiceOf({ state: "setup" }), "notice");
  assert.equal(voiceOf({ state: "stopped", needs_reason: true }), "act");
  assert.equal(voiceOf({ state: "stopped", needs_reason: false }), "notice");
  assert.equal(voiceOf({ state: "unknown" }), "unknown");
});

test("a wall without its server names the last state with its time and shows none as live", () => {
  const seen = { state: "stopped", needs_reason: true, state_since: "2026-11-24T05:00:00Z", as_of: "2026-11-24T05:20:00Z", reason: null };
  const shown = lastKnown(seen);
  assert.equal(voiceOf(shown), "unknown");
  assert.equal(whyOf(shown), "Last known: Stopped 14:20");
  assert.equal(shown.state_since, seen.as_of, "the clock runs from when it was last heard");
  assert.equal(lastKnown({ ...seen, heard_at: "2026-11-24T05:30:00Z" }).state_since, "2026-11-24T05:30:00Z");
});

test("only where people enter things does the page say that entries are kept", () => {
  assert.match(linkHelp("server"), /entries are kept/);
  assert.doesNotMatch(linkHelp("server", false), /entries/);
  assert.doesNotMatch(linkHelp("network", false), /entries/);
});

test("no network, server gone, collector dead and device lost are four things", () => {
  const fresh = { covered_until: new Date(now()).toISOString(), link: { state: "up" } };
  const stale = { covered_until: new Date(now() - 60000).toISOString(), link: { state: "up" } };
  const lost = { covered_until: new Date(now() - 60000).toISOString(), link: { state: "backing_off" } };
  const up = { connected: true, lostFor: () => 0 };
  const gone = { connected: false, lostFor: () => 10 };
  const online = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  const network = (value) => Object.defineProperty(globalThis, "navigator", { value: { onLine: value }, configurable: true });
  network(false);
  assert.equal(linkState(up, [fresh]), "network");
  network(true);
  assert.equal(linkState(gone, [fresh]), "server");
  assert.equal(linkState({ connected: false, lostFor: () => 1 }, [fresh]), "ok");
  assert.equal(linkState(up, [stale]), "collector");
  assert.equal(linkState(up, [lost]), "device");
  assert.equal(linkState(up, [lost, fresh]), "ok");
  assert.ok(collectorSilent(stale) && !collectorSilent(lost) && deviceLost(lost));
  if (online) Object.defineProperty(globalThis, "navigator", online);
});

test("OEE of several machines is weighted, gaps are minutes of ideal production", () => {
  assert.equal(combinedOee([{ oee: 0.5, planned_us: 1 }, { oee: 1, planned_us: 3 }]), 0.875);
  assert.equal(combinedOee([{ oee: null }]), null);
  const line = [{ oee: 0.2, planned_us: 9, in_line_figure: false }, { oee: 0.8, planned_us: 1, in_line_figure: true }];
  assert.equal(combinedOee(line), 0.8);
  assert.equal(combinedOee(line.slice(0, 1)), 0.2);
  assert.equal(gapMinutes([{ good: 100, target: 160, ideal_cycle_s: "2.0" }, { good: 5, target: 3, ideal_cycle_s: 30 }]), -1);
  assert.equal(gapMinutes([{ good: 1, target: null, ideal_cycle_s: null }]), null);
});

test("refusals are words by code, with the fields they name", () => {
  const problem = new Problem(422, { code: "made_up", detail: "Detail.", errors: [{ field: "quantity", message: "too small" }] });
  assert.equal(problemText(problem), "Detail. quantity: too small");
  assert.equal(problemText(new Problem(409, { code: "stop_changed" })), "The stop has changed since you saw it. Look at it again.");
  assert.ok(new Problem(503).temporary && new Problem(0).temporary && !new Problem(409).temporary);
});

test("command ids are version 4 UUIDs and differ", () => {
  const ids = new Set(Array.from({ length: 50 }, commandId));
  assert.equal(ids.size, 50);
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("the outbox keeps what is not answered, in order, and has a limit", async () => {
  const kept = new Map();
  const store = { all: async () => [...kept.values()], put: async (entry) => kept.set(entry.id, entry), remove: async (id) => kept.delete(id) };
  const asked = [];
  const answers = [503, 200, 422];
  globalThis.fetch = async (url, options) => {
    asked.push(JSON.parse(options.body).n);
    const status = answers.shift() ?? 200;
    return { ok: status < 300, status, json: async () => (status === 422 ? { code: "impossible_quantity" } : {}) };
  };
  const outbox = await new Outbox(store).start();
  await outbox.add({ url: "/one", body: { n: 1 }, label: "one" });
  await outbox.add({ url: "/two", body: { n: 2 }, label: "two" });
  await new Promise((resolve) => outbox.addEventListener("refused", resolve));
  assert.deepEqual(asked, [1, 1, 2]);
  assert.equal(outbox.unsent.length, 0);
  assert.equal(outbox.refused[0].problem.code, "impossible_quantity");
  assert.equal(kept.size, 1);
  assert.ok(await outbox.discard(outbox.refused[0].id));
  assert.equal(kept.size, 0);
  outbox.entries = Array.from({ length: 200 }, () => ({ problem: {} }));
  await assert.rejects(outbox.add({ url: "/x", body: {}, label: "x" }), (problem) => problem.code === "outbox_full");
});

test("a wall goes on from the tiles: a short stop becomes minor, a new state is appended", () => {
  const tile = { state: "running", state_since: at(12), minor_stop_limit_s: 300, needs_reason: false };
  const before = [{ start: at(10), end: null, state: "stopped", class: "unplanned_stop" }];
  const after = continued(before, tile);
  assert.deepEqual(after.map((item) => [item.state, item.class, item.end]), [["stopped", "minor_stop", at(12)], ["running", "running", null]]);
  assert.equal(continued(after, tile), after);
  assert.equal(continued([], tile).length, 0);
});

test("a reason is found by words of its code or of its name in either language", () => {
  const reasons = [
    { code: "jam", name: { ko: "소재 걸림", en: "Material jam" } },
    { code: "no-material", name: { ko: "자재 대기", en: "Waiting for material" } },
    { code: "other", name: null },
  ];
  const found = (text) => namedLike(reasons, text).map((reason) => reason.code);
  assert.deepEqual(found("걸림"), ["jam"]);
  assert.deepEqual(found("MATERIAL"), ["jam", "no-material"]);
  assert.deepEqual(found("material wait"), ["no-material"]);
  assert.deepEqual(found("oth"), ["other"]);
  assert.deepEqual(found("  "), ["jam", "no-material", "other"]);
  assert.deepEqual(found("없는 이름"), []);
});
