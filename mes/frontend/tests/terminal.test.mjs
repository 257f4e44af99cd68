// What the lines and buttons of the terminal say.
import assert from "node:assert/strict";
import { test } from "node:test";

import { EntriesDialog } from "../dialogs/entries.js";
import { InstructionFollower } from "../instruction/follow.js";
import { callsNote } from "../terminal/actions.js";
import { entryText } from "../terminal/recent.js";
import { serve } from "./device.mjs";

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

test("an empty list of quantities says where checks and reasons stand", () => {
  serve(() => ({ body: { items: [] } }));
  const dialog = new EntriesDialog({ unit: { code: "press-1", name: "Press 1" }, leads: false, update() {} });
  dialog.items = [];
  assert.match(dialog.rows().values.join(" "), /Checks and stop reasons/);
});

test("after a reload without a network the instruction is asked for again within seconds", async (context) => {
  let [time, reached] = [0, false];
  context.mock.method(performance, "now", () => time);
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const brief = { instruction: "WI-1", revision: 2, title: { ko: "표준", en: "Work" }, seen: "changed" };
  const asked = serve(() => (reached ? { body: { instruction: brief } } : "lost"));
  const host = { unit: { code: "press-1" }, tile: null, hands: { session: 1 }, outbox: new EventTarget(), update() {} };
  const follower = new InstructionFollower(host);
  const look = async () => {
    follower.button();
    await new Promise((resolve) => setImmediate(resolve));
  };
  await look();
  reached = true;
  await look();
  assert.deepEqual([asked.length, follower.brief], [1, null], "not asked at every drawing");
  time = 6000;
  await look();
  assert.equal(follower.brief.revision, 2);
});
