import assert from "node:assert/strict";
import { test } from "node:test";

const { lotCode } = await import("../dialogs/lot.js");

test("a typed lot is the code that a scanner reads, or none", () => {
  assert.equal(lotCode(" lot-261125-001 "), "LOT-261125-001");
  assert.equal(lotCode("a7"), "LOT-A7");
  assert.equal(lotCode("ＬＯＴ－１"), "LOT-1");
  for (const bad of ["", "로트", "a b", "LOT--1", "LOT-", "x".repeat(70), "<script>"]) assert.equal(lotCode(bad), null);
});
