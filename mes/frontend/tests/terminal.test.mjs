// What the lines and buttons of the terminal say.
import assert from "node:assert/strict";
import { test } from "node:test";

import { callsNote } from "../terminal/actions.js";
import { entryText } from "../terminal/recent.js";

test("a reason that was taken back is said to be, not shown as a new reason", () => {
  const start = "2026-11-26T16:20:52+00:00";
  const jam = { code: "jam", name: { ko: "소재 걸림", en: "Material jam" } };
  assert.equal(entryText({ kind: "stop", statement: "whole", reason: jam, start }), "Material jam 01:20");
  assert.equal(entryText({ kind: "stop", statement: "revert", reason: null, start, voids: "c1" }), "Reason taken back, stop of 01:20");
});

test("the button of calls names the one that waits and how many there are besides", () => {
  const call = { kind: "maintenance", state: "acknowledged", acknowledged_by: "Yoon", acknowledged_at: "2026-11-26T16:20:00+00:00", expected_at: null };
  assert.equal(callsNote(call, 0), "Maintenance · Yoon comes · 01:20");
  assert.equal(callsNote(call, 2), "Maintenance · Yoon comes · 01:20 · 2 more");
});
