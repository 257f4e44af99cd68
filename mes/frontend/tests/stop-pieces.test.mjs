// A stop as pieces: cut, moved, joined, and what has to be stated of it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { StopDialog } from "../dialogs/stop.js";
import { cut, differences, edgeMoved, joined, lengthOf, piecesOf, statementsFor } from "../lib/stop-pieces.js";
import { nearest } from "../terminal/timeline.js";

const at = (minute) => new Date(Date.UTC(2026, 10, 24, 0, minute)).toISOString();
const MINUTE = 60000;
const PRESENT = Date.parse(at(59));

function part(start, end, code = null, kind = null, state = "stopped") {
  const reason = code && { code, name: { ko: code, en: code } };
  return { start: at(start), end: end === null ? null : at(end), state, reason, statement_kind: kind, command_id: code && `c-${code}-${start}`, person: code && "Kim" };
}

function stop(start, end, parts) {
  return { start: at(start), end: end === null ? null : at(end), statement: null, parts };
}

const plain = stop(10, 30, [part(10, 30)]);

test("a reason for all of a stop is a whole statement", () => {
  const pieces = piecesOf(plain);
  pieces[0].chosen = "jam";
  assert.deepEqual(statementsFor(pieces, plain), [{ kind: "whole", from: null, to: null, reason: "jam" }]);
});

test("nothing chosen is nothing to state, nor is what holds already", () => {
  assert.deepEqual(statementsFor(piecesOf(plain), plain), []);
  const said = stop(10, 30, [part(10, 30, "jam", "whole")]);
  const pieces = piecesOf(said);
  pieces[0].chosen = "jam";
  assert.deepEqual(statementsFor(pieces, said), []);
});

test("a stop is cut in the middle, at a whole minute, and both lengths add up", () => {
  const pieces = cut(piecesOf(plain), 0, PRESENT);
  assert.deepEqual(pieces.map((piece) => [piece.start, piece.end]), [[at(10), at(20)], [at(20), at(30)]]);
  assert.equal(lengthOf(pieces[0], PRESENT) + lengthOf(pieces[1], PRESENT), 20 * MINUTE);
  pieces[1].chosen = "tool";
  assert.deepEqual(statementsFor(pieces, plain), [{ kind: "part", from: at(20), to: at(30), reason: "tool" }]);
});

test("the last part of an open stop stays open", () => {
  const open = stop(10, null, [part(10, null)]);
  const pieces = edgeMoved(cut(piecesOf(open), 0, PRESENT), 0, Date.parse(at(15)), PRESENT);
  pieces[1].chosen = "tool";
  assert.deepEqual(statementsFor(pieces, open), [{ kind: "part", from: at(15), to: null, reason: "tool" }]);
});

test("an edge never leaves the two pieces beside it", () => {
  const pieces = cut(piecesOf(plain), 0, PRESENT);
  assert.equal(edgeMoved(pieces, 0, Date.parse(at(50)), PRESENT)[0].end, at(29));
  assert.equal(edgeMoved(pieces, 0, Date.parse(at(2)), PRESENT)[1].start, at(11));
});

test("a stop of a minute cannot be cut", () => {
  const short = stop(10, 11, [part(10, 11)]);
  assert.equal(cut(piecesOf(short), 0, PRESENT).length, 1);
});

test("merging is one part over both, with the reason of the first that has one", () => {
  const said = stop(10, 30, [part(10, 18, "jam", "part"), part(18, 30, "tool", "part")]);
  const pieces = joined(piecesOf(said), 0);
  assert.deepEqual(statementsFor(pieces, said), [{ kind: "part", from: at(10), to: at(30), reason: "jam" }]);
});

test("a single part with a reason is changed by a part, because a whole would not win over it", () => {
  const said = stop(10, 30, [part(10, 30, "jam", "part")]);
  const pieces = piecesOf(said);
  pieces[0].chosen = "tool";
  assert.deepEqual(statementsFor(pieces, said), [{ kind: "part", from: at(10), to: at(30), reason: "tool" }]);
});

test("unknown time inside a stop belongs to the piece before it", () => {
  const said = stop(10, 30, [part(10, 15), part(15, 16, null, null, "unknown"), part(16, 30)]);
  assert.deepEqual(piecesOf(said).map((piece) => [piece.start, piece.end]), [[at(10), at(30)]]);
});

test("what somebody else has changed is told with old, new and who", () => {
  const present = stop(10, 34, [part(10, 34, "jam", "whole")]);
  const found = differences(plain, present);
  assert.deepEqual(found.map((one) => one.what), ["end", "reason"]);
  assert.deepEqual([found[1].before, found[1].after.en, found[1].who], [null, "jam", "Kim"]);
  assert.deepEqual(differences(plain, null).map((one) => one.what), ["gone"]);
  assert.deepEqual(differences(present, present), []);
});

test("a finger finds the nearest stop, and time without data only where it may be declared", () => {
  const items = [
    { start: at(10), end: at(11), state: "stopped", stop_start: at(10) },
    { start: at(20), end: at(25), state: "unknown", stop_start: null },
  ];
  assert.equal(nearest(items, Date.parse(at(13)), 3 * MINUTE, false), items[0]);
  assert.equal(nearest(items, Date.parse(at(16)), 3 * MINUTE, false), null);
  assert.equal(nearest(items, Date.parse(at(22)), 3 * MINUTE, false), null);
  assert.equal(nearest(items, Date.parse(at(22)), 3 * MINUTE, true), items[1]);
});

test("a refused reason that is mended stands ready beside what somebody else has said", () => {
  const host = { unit: { code: "press-1" }, update() {} };
  const open = () => new StopDialog(host, [stop(10, 30, [part(10, 30, "setup", "whole")])], 0, false);
  const body = { kind: "whole", reason: "jam" };
  const clashed = open().mending({ id: "c1", body, problem: { code: "stop_changed" } });
  assert.deepEqual([clashed.mends, clashed.pieces[0].reason, clashed.pieces[0].chosen], ["c1", "setup", "jam"]);
  assert.deepEqual(clashed.todo(), [{ kind: "whole", from: null, to: null, reason: "jam" }]);
  assert.deepEqual(clashed.changes, [{ what: "said", at: at(10), after: { ko: "setup", en: "setup" }, who: "Kim" }]);
  const { stop: held } = clashed;
  clashed.take(held, { ...held, parts: [part(10, 30, "tool", "whole")] });
  assert.deepEqual([clashed.pieces[0].chosen, clashed.changes[0].after.en], ["jam", "tool"], "and what is read later");
  const retired = open().mending({ id: "c2", body, problem: { code: "reason_unknown" } });
  assert.deepEqual([retired.mends, retired.todo(), retired.changes], ["c2", [], null]);
});
