// Where the figure of a tile is explained.
import assert from "node:assert/strict";
import { test } from "node:test";

import { whyAddress } from "../lib/why.js";

const tile = {
  work_unit: "press-1",
  version: 7,
  as_of: "2026-03-02T03:00:00.000001Z",
  covered_until: "2026-03-02T03:00:00Z",
  shift: { start: "2026-03-01T23:00:00Z", end: "2026-03-02T11:00:00Z" },
};
const given = (one) => Object.fromEntries(new URLSearchParams(whyAddress(one).split("?")[1]));

test("a tile is explained over its shift, as of itself, with what was covered then", () => {
  assert.deepEqual(given(tile), {
    work_unit: "press-1",
    from: "2026-03-01T23:00:00Z",
    to: "2026-03-02T11:00:00Z",
    as_of: "2026-03-02T03:00:00.000001Z",
    kpi: "oee",
    version: "7",
    known_until: "2026-03-02T03:00:00.000001Z",
  });
});

test("the end of what is known lies one microsecond behind what is covered, at any digit", () => {
  const until = (covered) => given({ ...tile, covered_until: covered }).known_until;
  assert.equal(until("2026-03-02T03:00:00.5Z"), "2026-03-02T03:00:00.500001Z");
  assert.equal(until("2026-03-02T03:00:00.000009Z"), "2026-03-02T03:00:00.000010Z");
  assert.equal(until("2026-03-02T02:59:59.999999Z"), "2026-03-02T03:00:00.000Z");
});

test("a tile without a shift has no address, one by hand no end of what is known", () => {
  assert.equal(whyAddress({ ...tile, shift: null }), null);
  assert.equal(whyAddress(undefined), null);
  assert.equal(given({ ...tile, covered_until: null }).known_until, undefined);
});
