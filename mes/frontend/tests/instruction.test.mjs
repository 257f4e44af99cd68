// Values of steps as they are typed with gloves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { finishedNumber, isGiven, isOutside, limitsText, pressedNumber } from "../instruction/values.js";
import { moved, sentSteps } from "../instruction/steps.js";

const press = (...keys) => keys.reduce(pressedNumber, "");
const thickness = { kind: "number", min: "9.9", max: "10.1", unit: "mm" };

test("keys make a decimal number, never a second point, never more digits than are kept", () => {
  assert.equal(press("1", "0", "point", "0", "point", "5"), "10.05");
  assert.equal(press("point", "5"), "0.5");
  assert.equal(press("0", "7"), "7");
  assert.equal(press("5", "sign"), "-5");
  assert.equal(press("5", "sign", "sign"), "5");
  assert.equal(press("1", "2", "back"), "1");
  assert.equal(press("sign", "1", "back"), "");
  assert.equal(press(..."1234567890123"), "123456789012");
  assert.equal(press("1", "point", ..."1234567"), "1.123456");
  assert.equal(press("1", "clear"), "");
});

test("a number that is not finished is none, or what stands before the point", () => {
  assert.equal(finishedNumber("-"), "");
  assert.equal(finishedNumber("12."), "12");
  assert.equal(isGiven(thickness, "-"), false);
  assert.equal(isGiven({ kind: "yes_no" }, false), true);
  assert.equal(isGiven({ kind: "text" }, "  "), false);
});

test("limits include their ends, and are told with the unit", () => {
  assert.equal(isOutside(thickness, "10.1"), false);
  assert.equal(isOutside(thickness, "10.11"), true);
  assert.equal(isOutside(thickness, "9.8"), true);
  assert.equal(isOutside(thickness, ""), false);
  assert.equal(limitsText(thickness), "9.9 – 10.1 mm");
  assert.equal(limitsText({ min: null, max: "3", unit: "" }), "≤ 3");
});

test("a kind sends only what belongs to it, and steps move within the list", () => {
  const field = { kind: "text", unit: "mm", min: "1", max: "", choices: [{ ko: "", en: "" }] };
  const [step] = sentSteps([{ key: "s1", fields: [field] }]);
  assert.deepEqual(step.fields[0], { kind: "text", unit: "", min: null, max: null, choices: [] });
  assert.deepEqual(moved(["a", "b"], 0, 1), ["b", "a"]);
  assert.deepEqual(moved(["a", "b"], 0, -1), ["a", "b"]);
});
