// Keyboard-wedge scanners: fast bursts ended by Enter, whatever the input method makes of them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { characterOf, listenToScanner, scanKind } from "../lib/scanner.js";

const FAST_MS = 8;
const SLOW_MS = 180;

class Field extends EventTarget {
  tagName = "INPUT";
  value = "";
  blur() {}
}

/** Keys of a device on a page; each key also goes into `field`, as browsers do it. */
function page(field = null, wanted = undefined) {
  const target = new EventTarget();
  const found = [];
  let at = 0;
  listenToScanner((text) => found.push(text), { target, ...(wanted && { wanted }) });
  const press = (code, key, pace) => {
    at += pace;
    const event = new Event("keydown", { cancelable: true });
    Object.defineProperties(event, { timeStamp: { value: at }, code: { value: code }, key: { value: key } });
    if (field) Object.defineProperty(event, "target", { value: field });
    target.dispatchEvent(event);
    if (field && key.length === 1) field.value += key;
    return event.defaultPrevented;
  };
  const type = (text, pace = FAST_MS) => {
    for (const one of text) press(codeOf(one), one, pace);
    return press("Enter", "Enter", pace);
  };
  return { found, press, type };
}

const codeOf = (one) => (/[0-9]/.test(one) ? `Digit${one}` : one === "-" ? "Minus" : `Key${one.toUpperCase()}`);

test("a burst ended by Enter is a scan, typing is not", () => {
  const { found, type } = page();
  assert.equal(type("WO-261124-001"), true);
  assert.equal(type("hello", SLOW_MS), false);
  assert.deepEqual(found, ["WO-261124-001"]);
});

test("a short burst is a cat on the keyboard", () => {
  const { found, type } = page();
  assert.equal(type("12"), false);
  assert.deepEqual(found, []);
});

test("a scan behind typing does not carry the typed letters", () => {
  const { found, press, type } = page();
  press("KeyX", "x", SLOW_MS);
  press("KeyY", "y", SLOW_MS);
  press("Digit1", "1", SLOW_MS);
  type("001");
  assert.deepEqual(found, ["1001"]);
});

test("a Hangul input method does not turn a code into jamo", () => {
  const { found, press } = page();
  for (const [code, key] of [["KeyW", "ㅈ"], ["KeyO", "ㅐ"], ["Digit2", "2"], ["Digit6", "6"], ["KeyQ", "ㅃ"]]) press(code, key, FAST_MS);
  press("Enter", "Process", FAST_MS);
  assert.deepEqual(found, ["WO26Q"]);
});

test("where a device gives no key codes, jamo are mapped back by the 2-set layout", () => {
  const text = ["ㅈ", "ㅐ", "-", "1", "ㅃ", "ㅖ", "a"].map((key) => characterOf({ code: "", key })).join("");
  assert.equal(text, "WO-1QPA");
  assert.equal(characterOf({ code: "", key: "Shift" }), "");
  assert.equal(characterOf({ code: "Numpad7", key: "7" }), "7");
});

test("what a scan has put into a field is taken out again, and the field says so", () => {
  const field = new Field();
  field.value = "1200";
  let told = 0;
  field.addEventListener("input", () => { told += 1; });
  const { found, type } = page(field);
  type("1001");
  assert.deepEqual([found, field.value, told], [["1001"], "1200", 1]);
});

test("a code that a page does not want stays in its field", () => {
  const field = new Field();
  const { found, type } = page(field, (text) => text.startsWith("WO"));
  assert.equal(type("HNG-200"), false);
  assert.deepEqual([found, field.value], [[], "HNG-200"]);
  type("WO-261124-001");
  assert.deepEqual([found, field.value], [["WO-261124-001"], "HNG-200"]);
});

test("orders, lots and badges are told apart", () => {
  assert.equal(scanKind("WO-261124-001").kind, "order");
  assert.equal(scanKind("WO-261124-001-10").kind, "order");
  assert.equal(scanKind("LOT-7").kind, "lot");
  assert.equal(scanKind("1001").kind, "badge");
  assert.equal(scanKind("-").kind, "unknown");
});
