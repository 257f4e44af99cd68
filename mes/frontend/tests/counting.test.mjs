// Pieces by one, by the counter, by containers; a defect type without a number means one piece.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { QuantityDialog } from "../dialogs/quantity.js";
import { goodOf, noteOf } from "../lib/counting.js";
import { Kept } from "./device.mjs";

const BURR = { code: "burr", name: { ko: "버", en: "Burr" } };
let sent;

function terminal({ counted = false } = {}) {
  sent = [];
  const tile = { counted, good: 500, scrap: 3, job: { job_order: "WO-1-10", item: "HNG-200", good: 500 } };
  return {
    unit: { code: "hand-1", name: { ko: "수작업", en: "Hand" } },
    tile,
    update() {},
    closeDialog() {},
    send: async (_url, body) => {
      sent.push(body);
      return { id: "c1" };
    },
  };
}

const type = (dialog, digits) => [...digits].forEach((digit) => dialog.press(digit));

beforeEach(() => {
  globalThis.localStorage = new Kept();
  globalThis.sessionStorage = new Kept();
});

test("pieces are what was typed, the counter's difference, or containers times their content", () => {
  assert.equal(goodOf({ way: "pieces", good: 12 }), 12);
  assert.equal(goodOf({ way: "counter", start: 1200, end: 1450 }), 250);
  assert.equal(goodOf({ way: "counter", start: 1200, end: 0 }), 0);
  assert.equal(goodOf({ way: "counter", start: null, end: 1450 }), 0);
  assert.equal(goodOf({ way: "container", containers: 4, size: 250 }), 1000);
  assert.equal(noteOf({ way: "container", containers: 4, size: 250 }), "4 × 250");
  assert.equal(noteOf({ good: -3 }), null);
});

test("the counter goes on from where it was at the last entry", async () => {
  const first = new QuantityDialog(terminal(), "good");
  first.countBy("counter");
  first.choose("start");
  type(first, "1200");
  first.choose("end");
  type(first, "1450");
  await first.submit([BURR]);
  assert.deepEqual([sent[0].good, sent[0].note], [250, "1200 → 1450"]);
  const next = new QuantityDialog(terminal(), "good");
  assert.deepEqual([next.form.way, next.form.start, next.field], ["counter", 1450, "end"]);
  type(next, "1400");
  assert.equal(next.ready(), false, "a counter does not run back");
});

test("of two numbers the one that is missing is named", () => {
  const dialog = new QuantityDialog(terminal(), "good");
  dialog.countBy("counter");
  assert.equal(dialog.submitLabel([]), "Enter a quantity");
  type(dialog, "1450");
  assert.equal(dialog.submitLabel([]), "Still missing: Counter before");
  dialog.choose("start");
  type(dialog, "0");
  assert.equal(dialog.submitLabel([]), "Save: good 1,450");
  dialog.countBy("container");
  type(dialog, "3");
  assert.equal(dialog.submitLabel([]), "Still missing: Pieces in each");
});

test("a container holds as many pieces of an item as the last one", async () => {
  const first = new QuantityDialog(terminal(), "good");
  first.countBy("container");
  type(first, "2");
  first.choose("size");
  type(first, "250");
  await first.submit([BURR]);
  const next = new QuantityDialog(terminal(), "good");
  type(next, "3");
  assert.equal(next.good, 750);
  await next.submit([BURR]);
  assert.deepEqual([sent[0].good, sent[0].note], [750, "3 × 250"]);
});

test("a quantity that no plant makes at once is not accepted", () => {
  const dialog = new QuantityDialog(terminal(), "good");
  dialog.countBy("container");
  type(dialog, "999999");
  dialog.choose("size");
  type(dialog, "999999");
  assert.equal(dialog.ready(), false);
});

test("a machine that counts by itself is not counted in other ways", () => {
  const dialog = new QuantityDialog(terminal({ counted: true }), "good");
  assert.equal(dialog.form.way, undefined);
});

test("a defect type alone is one piece; a digit behind it another number; the same again none", () => {
  const dialog = new QuantityDialog(terminal(), "good");
  type(dialog, "20");
  dialog.chooseReason("burr");
  assert.deepEqual([dialog.form.reject, dialog.form.reason, dialog.field], [1, "burr", "reject"]);
  dialog.press("4");
  assert.equal(dialog.form.reject, 4);
  dialog.press("2");
  assert.equal(dialog.form.reject, 42);
  dialog.chooseReason("dent");
  assert.deepEqual([dialog.form.reject, dialog.form.reason], [42, "dent"]);
  const mistaken = new QuantityDialog(terminal(), "good");
  mistaken.chooseReason("burr");
  mistaken.chooseReason("burr");
  assert.deepEqual([mistaken.form.reject, mistaken.form.reason], [0, null]);
});

test("good and reject with its reason go in one entry", async () => {
  const dialog = new QuantityDialog(terminal(), "good");
  type(dialog, "9");
  dialog.chooseReason("burr");
  await dialog.submit([BURR]);
  assert.equal(sent.length, 1);
  assert.deepEqual([sent[0].good, sent[0].scrap, sent[0].reason], [9, 1, "burr"]);
});

test("two taps on save are one entry", async () => {
  const dialog = new QuantityDialog(terminal(), "good");
  type(dialog, "9");
  await Promise.all([dialog.submit([BURR]), dialog.submit([BURR])]);
  assert.equal(sent.length, 1);
});
