// What a line of the recent entries says.
import assert from "node:assert/strict";
import { test } from "node:test";

import { entryText } from "../terminal/recent.js";

test("a reason that was taken back is said to be, not shown as a new reason", () => {
  const start = "2026-11-26T16:20:52+00:00";
  const jam = { code: "jam", name: { ko: "소재 걸림", en: "Material jam" } };
  assert.equal(entryText({ kind: "stop", statement: "whole", reason: jam, start }), "Material jam 01:20");
  assert.equal(entryText({ kind: "stop", statement: "revert", reason: null, start, voids: "c1" }), "Reason taken back, stop of 01:20");
});
