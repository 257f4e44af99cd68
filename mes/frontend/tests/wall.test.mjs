// The wall: which machines stand first, and how rows are shown page by page.
import assert from "node:assert/strict";
import { test } from "node:test";

import { bodyOf } from "../floor/command-form.js";
import { whyOf } from "../lib/wall-tile.js";
import { rowsOf } from "../wall/order.js";
import { Paging, capacity, density } from "../wall/paging.js";

const lines = [{ code: "a" }, { code: "b" }];
const units = ["a1", "a2", "a3", "b1", "b2"].map((code) => ({ code, line: code[0] }));
const tile = (state, more = {}) => ({ state, state_since: "2026-11-24T01:00:00Z", ...more });
const tiles = new Map([
  ["a1", tile("running")],
  ["a2", tile("setup")],
  ["a3", tile("running", { calls: [{ state: "open" }] })],
  ["b1", tile("down", { state_since: "2026-11-24T02:00:00Z" })],
  ["b2", tile("down")],
]);
const codes = (rows) => rows.map((row) => row.units.map((unit) => unit.code).join(" "));

test("in plant order rows are cut by line", () => {
  assert.deepEqual(codes(rowsOf(lines, units, tiles, { across: 2 })), ["a1 a2", "a3", "b1 b2"]);
});

test("worst first: an unanswered call, then what stands longest; the worst row in front", () => {
  assert.deepEqual(codes(rowsOf(lines, units, tiles, { across: 2, worst: true })), ["a3 a2", "b2 b1", "a1"]);
});

test("rows beyond a page come by themselves and by a tap", () => {
  const paging = new Paging();
  const first = paging.of([1, 2, 3, 4], 3);
  assert.deepEqual([first.rows, first.page, first.pages, first.next], [[1, 2, 3], 1, 2, 20]);
  paging.skip();
  assert.deepEqual(paging.of([1, 2, 3, 4], 3).rows, [4]);
  paging.skip();
  assert.equal(paging.of([1, 2, 3, 4], 3).page, 1);
});

test("the fields of a form become the body of a command", () => {
  const fields = [["day", "2026-11-24"], ["people[]", "1001"], ["people[]", "1002"], ["expected_min:int", "5"], ["note", ""]];
  assert.deepEqual(bodyOf(fields, new Set(["note"])), { day: "2026-11-24", people: ["1001", "1002"], expected_min: 5 });
});

test("a screen shows as many machines as can be read on it", () => {
  assert.deepEqual(capacity(1920, 1080), { rows: 3, across: 4 });
  assert.deepEqual(capacity(1280, 800), { rows: 2, across: 3 });
  assert.deepEqual(capacity(800, 1280), { rows: 3, across: 3 });
  for (const [width, height] of [[1024, 600], [1280, 800], [1366, 768], [1600, 900], [1920, 1080], [3840, 2160]]) {
    const { rows, across } = capacity(width, height);
    const rem = Math.min(width / 120, height / 67.5);
    assert.ok(rem < 10 || rem * density(rows, across) >= 9.9, `${width}x${height}`);
  }
});

test("what is made for two rows of three shrinks only where there are more", () => {
  assert.equal(density(2, 3), 1);
  assert.equal(density(1, 1), 1);
  assert.equal(density(0, 1), 1);
  assert.ok(density(3, 3) < 0.67 && density(2, 4) === 0.75);
});

test("what stands in a break says until when, unless it waits for a reason", () => {
  const shift = { breaks: [{ start: "2026-11-24T05:00:00Z", end: "2026-11-24T06:00:00Z" }] }; // now 05:32
  assert.match(whyOf(tile("stopped", { shift })), /^Break until /);
  assert.match(whyOf(tile("off", { shift, job: null })), /^Break until /);
  assert.equal(whyOf(tile("stopped", { shift, needs_reason: true })), "No reason yet");
  assert.equal(whyOf(tile("stopped", { shift, reason: { code: "jam", name: { en: "Jam" } } })), "Jam");
  assert.equal(whyOf(tile("running", { shift, job: { item: "A" } })), "A in work");
  const over = { breaks: [{ start: "2026-11-24T03:00:00Z", end: "2026-11-24T04:00:00Z" }] };
  assert.equal(whyOf(tile("stopped", { shift: over })), "No order");
});
