// A stop as the pieces that people see and edit: split, merge, choose reasons. Pure functions.
// Instants stay the texts the server sent wherever an edge was not moved: a statement repeats them.
import { instant } from "./time.js";

const MINUTE_MS = 60000;

/**
 * [{start, end, reason, name, person, chosen, moved}] in time order; `end` null: still open.
 * `reason` is what holds, `chosen` what the person wants, `moved` whether an edge is new.
 */
export function piecesOf(stop) {
  const pieces = [];
  for (const part of stop.parts ?? []) {
    if (part.state === "unknown") continue; // takes no reason
    const code = part.reason?.code ?? null;
    const last = pieces.at(-1);
    if (last && last.reason === code && last.by === part.command_id) last.end = part.end;
    else pieces.push({ ...fresh(part.start, part.end, code), name: part.reason?.name ?? null, person: part.person ?? null, by: part.command_id });
  }
  if (!pieces.length) return [fresh(stop.start, stop.end, null)];
  pieces[0].start = stop.start;
  pieces.at(-1).end = stop.end;
  for (let i = 1; i < pieces.length; i += 1) pieces[i - 1].end = pieces[i].start;
  return pieces;
}

function fresh(start, end, reason) {
  return { start, end, reason, name: null, person: null, by: null, chosen: null, moved: false };
}

export function lengthOf(piece, present) {
  return (instant(piece.end) ?? present) - instant(piece.start);
}

/** Instants at which a piece may be cut: whole minutes strictly inside; null: it is too short. */
export function cutRange(piece, present) {
  const [start, end] = [instant(piece.start), instant(piece.end) ?? present];
  const first = Math.floor(start / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  const last = Math.ceil(end / MINUTE_MS) * MINUTE_MS - MINUTE_MS;
  return first > start && last < end && first <= last ? { first, last } : null;
}

/** The pieces with the one at `index` cut in two, in the middle. */
export function cut(pieces, index, present) {
  const range = cutRange(pieces[index], present);
  if (!range) return pieces;
  const at = iso(Math.round((range.first + range.last) / 2 / MINUTE_MS) * MINUTE_MS);
  const whole = pieces[index];
  const first = { ...whole, end: at, moved: true };
  const second = { ...whole, start: at, moved: true, chosen: null };
  return [...pieces.slice(0, index), first, second, ...pieces.slice(index + 1)];
}

/** The pieces with the edge between `index` and the next one moved to an instant, within both. */
export function edgeMoved(pieces, index, to, present) {
  const both = { start: pieces[index].start, end: pieces[index + 1].end };
  const range = cutRange(both, present);
  if (!range) return pieces;
  const at = iso(Math.min(range.last, Math.max(range.first, to)));
  return pieces.map((piece, i) => {
    if (i === index) return { ...piece, end: at, moved: true };
    return i === index + 1 ? { ...piece, start: at, moved: true } : piece;
  });
}

/** The pieces at `index` and behind it as one, with the reason of the first that has one. */
export function joined(pieces, index) {
  const [one, other] = [pieces[index], pieces[index + 1]];
  const kept = one.chosen ?? one.reason ?? other.chosen ?? other.reason;
  const whole = { ...one, end: other.end, moved: true, chosen: kept };
  return [...pieces.slice(0, index), whole, ...pieces.slice(index + 2)];
}

/** What has to be stated: [{kind, from, to, reason}]; a reason for all of it is a whole statement. */
export function statementsFor(pieces, stop) {
  const plain = (stop.parts ?? []).every((part) => !part.statement_kind || part.statement_kind === "whole");
  const changed = pieces.filter((piece) => wanted(piece) && (piece.moved || wanted(piece) !== piece.reason));
  if (pieces.length === 1 && plain) return changed.map((piece) => ({ kind: "whole", from: null, to: null, reason: wanted(piece) }));
  return changed.map((piece) => ({ kind: "part", from: piece.start, to: piece.end, reason: wanted(piece) }));
}

/** The reason a piece is to have. */
export function wanted(piece) {
  return piece.chosen ?? (piece.moved ? piece.reason : null);
}

/** What differs between the stop that was seen and the present one: [{what, before, after, who}]. */
export function differences(seen, present) {
  if (!present) return [{ what: "gone", before: seen.start, after: null, who: null }];
  const found = [];
  if (instant(seen.start) !== instant(present.start)) found.push({ what: "start", before: seen.start, after: present.start, who: null });
  if (instant(seen.end) !== instant(present.end)) found.push({ what: "end", before: seen.end, after: present.end, who: null });
  const before = piecesOf(seen);
  for (const piece of piecesOf(present)) {
    const old = before.find((one) => instant(one.start) <= instant(piece.start) && (one.end === null || instant(one.end) > instant(piece.start)));
    if ((old?.by ?? null) !== piece.by) found.push({ what: "reason", at: piece.start, before: old?.name ?? null, after: piece.name, who: piece.person });
  }
  return found;
}

const iso = (ms) => new Date(ms).toISOString();
