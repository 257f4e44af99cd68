// A5: the reasons of a stop, whole, split in one-minute steps, or merged; taking a reason back.
// Opens by itself on a terminal, never insists. `host` is the terminal or the list of the report.
import { get } from "../lib/api.js";
import { _, asTarget, nameOf } from "../lib/i18n.js";
import { html, nothing } from "../lib/island.js";
import { outcomeOf } from "../lib/outcome.js";
import { reasonsOf } from "../lib/reasons.js";
import { cut, differences, edgeMoved, joined, piecesOf, statementsFor, wanted } from "../lib/stop-pieces.js";
import { stopLength } from "../lib/stops.js";
import { clock, elapsed, instant, now } from "../lib/time.js";
import { foot, head } from "./parts.js";
import { bar, changesNote, offerNote, pager, pieceButtons, reasonColumns, tools } from "./stop-parts.js";

const ANSWER_MS = 4000;

export class StopDialog {
  /** `stops`: those to go through; `index`: the one to begin with; `goOn`: to the next after saving. */
  constructor(host, stops, index = 0, goOn = true) {
    Object.assign(this, { host, stops, index, goOn });
    this.reset();
  }

  /** A refused entry in hand: where somebody else was first, its choice stands ready beside what is there now. */
  mending(entry) {
    this.mends = entry.id;
    if (entry.problem?.code !== "stop_changed") return this;
    if (entry.body.kind === "whole" && this.pieces.length === 1) this.pieces[0].chosen = entry.body.reason;
    Object.assign(this, { clashed: true, changes: this.said() });
    return this;
  }

  /** What is said of the stop at present, piece by piece. */
  said() {
    return this.pieces.filter((piece) => piece.reason).map((piece) => ({ what: "said", at: piece.start, after: piece.name, who: piece.person }));
  }

  get stop() {
    return this.stops[this.index];
  }

  reset() {
    Object.assign(this, { part: 0, group: null, search: null, also: [], changes: null, clashed: false, busy: false });
    this.pieces = piecesOf(this.stop);
    this.read();
  }

  /** Read the stop with its parts; without a server it is edited as it was seen. */
  async read() {
    const { stop } = this;
    if (stop.parts) return;
    const to = stop.end ?? new Date(now()).toISOString();
    const query = `from=${encodeURIComponent(stop.start)}&to=${encodeURIComponent(to)}`;
    try {
      const answer = await get(`/api/v1/work-units/${encodeURIComponent(this.host.unit.code)}/stops?${query}`);
      const found = (answer.items ?? []).find((one) => instant(one.start) === instant(stop.start));
      if (found) this.take(stop, found);
    } catch {
      // Offline: the statement is kept on the device and names what was seen.
    }
  }

  /** The stop as the server shows it; what the person has begun to choose stays. */
  take(stop, found) {
    const begun = this.stop === stop && (this.pieces.length > 1 || this.pieces[0].moved);
    const chosen = this.stop === stop ? this.pieces[this.part]?.chosen : null;
    if (!begun) Object.assign(stop, found);
    if (this.stop !== stop || begun) return;
    this.pieces = piecesOf(stop);
    this.part = Math.max(0, this.pieces.findIndex((piece) => !piece.reason));
    this.pieces[this.part].chosen = chosen;
    if (this.clashed) this.changes = this.said();
    this.host.update();
  }

  go(step) {
    this.index = (this.index + step + this.stops.length) % this.stops.length;
    this.reset();
    this.host.update();
  }

  change(pieces, part = this.part) {
    Object.assign(this, { pieces, part: Math.min(part, pieces.length - 1) });
    this.host.update();
  }

  template() {
    const { host, stop } = this;
    const reasons = reasonsOf("stop", host.unit.code, () => host.update()).filter((reason) => reason.class !== "break");
    const end = this.end ? clock(this.end) : _("now");
    const length = stopLength({ start: stop.start, end: this.end }, now());
    const subtitle = `${nameOf(host.unit.name)} · ${clock(stop.start)} – ${end} · ${elapsed(length)}`;
    return html`<div class="dlg d5">
      ${head(_("Stop reason"), subtitle, () => host.closeDialog(), _("Later"), pager(this))}
      <div class="splitrow ${this.pieces.length > 1 ? "cut" : ""}">${bar(this)}${tools(this)}</div>
      <div class="parts-area">${changesNote(this)}${offerNote(this, reasons)}${pieceButtons(this, reasons)}</div>
      ${reasonColumns(this, reasons)}
      ${foot(this.note(), this.submitLabel(reasons), this.ready(), () => this.submit(reasons))}
    </div>`;
  }

  /** End of what is edited: of the stop, or of the last one merged with it. */
  get end() {
    return (this.also.at(-1) ?? this.stop).end;
  }

  /** Choose a reason; for a stop that has none and is in one piece that is all, it is saved at once. */
  choose(code, reasons) {
    if (this.busy) return;
    this.pieces[this.part].chosen = code;
    if (this.saysItAll) this.submit(reasons);
    else this.host.update();
  }

  get saysItAll() {
    return this.goOn && !this.edited && !this.changes && this.pieces.length === 1 && !this.stop.statement;
  }

  split() {
    this.change(cut(this.pieces, this.part, now()));
  }

  moveEdge(step) {
    const index = Math.min(this.part, this.pieces.length - 2);
    this.change(edgeMoved(this.pieces, index, instant(this.pieces[index].end) + step, now()));
  }

  moveEdgeTo(at) {
    const index = Math.min(this.part, this.pieces.length - 2);
    this.change(edgeMoved(this.pieces, index, at, now()));
  }

  merge() {
    this.change(joined(this.pieces, Math.min(this.part, this.pieces.length - 2)));
  }

  /** The next stop of the machine, to be explained together with this one. */
  get following() {
    const last = this.also.at(-1) ?? this.stop;
    if (last.end === null) return null;
    return this.host.allStops.find((one) => instant(one.start) >= instant(last.end)) ?? null;
  }

  mergeNext() {
    this.also = [...this.also, this.following];
    const chosen = this.pieces.map(wanted).find(Boolean) ?? this.pieces[0].reason;
    const [first] = this.pieces;
    this.change([{ ...first, end: this.end, moved: true, chosen }], 0);
  }

  undoEdits() {
    const { stop } = this;
    Object.assign(this, { also: [], part: 0 });
    this.change(piecesOf(stop));
  }

  get edited() {
    return this.also.length > 0 || this.pieces.some((piece) => piece.moved);
  }

  note() {
    if (this.saysItAll) return _("One tap saves the reason. It can be changed later, under All stops.");
    if (this.also.length) return _("One reason over {n} stops; the running time between them stays running.", { n: this.also.length + 1 });
    return _("Earlier values stay in the history.");
  }

  ready() {
    return !this.busy && this.todo().length > 0;
  }

  todo() {
    const [first] = this.pieces;
    if (this.also.length) return wanted(first) ? [{ kind: "part", from: first.start, to: this.end, reason: wanted(first) }] : [];
    return statementsFor(this.pieces, this.stop);
  }

  submitLabel(reasons) {
    if (this.busy) return _("Saving");
    const todo = this.todo();
    if (!todo.length) return _("Choose a reason");
    if (todo.length > 1) return _("Save {n} parts", { n: todo.length });
    const chosen = reasons.find((reason) => reason.code === todo[0].reason);
    return _("Save as {name}", { name: asTarget(nameOf(chosen?.name, todo[0].reason)) });
  }

  seen() {
    const { stop } = this;
    return { seen_start: stop.start, seen_end: stop.end, seen_statement: stop.statement };
  }

  async submit(reasons) {
    if (this.busy) return;
    this.busy = true;
    const { stop } = this;
    const seen = this.seen();
    const also = this.also.map((one) => ({ seen_start: one.start, seen_end: one.end, seen_statement: one.statement }));
    const entries = [];
    for (const said of this.todo()) {
      const name = nameOf(reasons.find((known) => known.code === said.reason)?.name, said.reason);
      const body = { ...said, ...seen, also_seen: said.kind === "part" ? also : [], note: null, replaces: null };
      const entry = await this.state(body, `${name} ${clock(said.from ?? stop.start)}`);
      if (!entry.id) return this.unlock();
      entries.push(entry);
      seen.seen_statement = entry.id; // the next one has seen this one
    }
    if (this.mends) await this.host.outbox.discard(this.mends);
    this.mends = null;
    await this.follow(entries);
  }

  /** The tablet is full: what was chosen stays. */
  unlock() {
    this.busy = false;
    this.host.update();
  }

  /** Take the last word about this stop back. */
  async revert() {
    const body = { kind: "revert", ...this.seen(), from: null, to: null, reason: null, note: null, replaces: this.stop.statement };
    const entry = await this.state(body, _("Take back {time}", { time: clock(this.stop.start) }));
    if (entry.id) await this.follow([entry], { stay: true });
  }

  /** More of the stop has come to light: the same reason for it. */
  async sameReason(offer) {
    const body = { kind: "part", ...this.seen(), from: offer.start, to: offer.end, reason: offer.reason.code, note: null, replaces: null };
    const entry = await this.state(body, `${nameOf(offer.reason.name, offer.reason.code)} ${clock(offer.start)}`);
    if (entry.id) await this.follow([entry], { stay: true });
  }

  state(body, label) {
    const { host, stop } = this;
    return host.send(`/api/v1/work-units/${host.unit.code}/stops/statements`, body, {
      label,
      form: { kind: "stop", start: stop.start, reason: body.reason },
      undo: body.kind === "whole" ? (id) => this.takeBack(id, stop) : null,
    });
  }

  /** A reason of a moment ago goes: thrown away while unsent, reverted by a statement afterwards. */
  async takeBack(id, stop) {
    const { host } = this;
    host.answered.delete(instant(stop.start));
    if (await host.outbox.discard(id)) return host.update();
    const body = { kind: "revert", seen_start: stop.start, seen_end: stop.end, seen_statement: id, from: null, to: null, reason: null, note: null, replaces: id };
    return this.state(body, _("Take back {time}", { time: clock(stop.start) }));
  }

  /** Wait for the answers; a stop that somebody else has changed comes back with what is new. */
  async follow(entries, { stay = false } = {}) {
    const { host, stop } = this;
    this.busy = true;
    host.update();
    const outcomes = await Promise.all(entries.map((entry) => outcomeOf(host.outbox, entry.id, ANSWER_MS)));
    this.busy = false;
    const clash = outcomes.find(({ problem }) => problem?.code === "stop_changed");
    if (clash) return this.conflict(entries, clash.problem.body.stop ?? null);
    const answered = outcomes.at(-1).answer;
    if (answered?.stop && (stay || this.isPartly(answered.stop))) return this.show(answered.stop);
    if (outcomes.every(({ problem }) => !problem)) host.answered.add(instant(stop.start));
    return this.next();
  }

  /** Whether a stop that was cut has parts that still wait for a reason; the dialog goes on with them. */
  isPartly(stop) {
    return this.pieces.length > 1 && piecesOf(stop).some((piece) => !piece.reason);
  }

  /** Nothing is lost: the choice stays, the present stop and what changed stand above it. */
  async conflict(entries, present) {
    const { host } = this;
    for (const entry of entries) await host.outbox.discard(entry.id);
    host.toast = null;
    const mine = this.pieces.map(wanted).find(Boolean) ?? null;
    const changes = differences(this.stop, present);
    if (present) this.show(present);
    Object.assign(this, { changes, also: [] });
    if (present) this.pieces[0].chosen = this.pieces.length === 1 ? mine : null;
    host.update();
  }

  show(stop) {
    this.stops = this.stops.map((one, index) => (index === this.index ? { ...one, ...stop } : one));
    this.pieces = piecesOf(this.stop);
    this.part = Math.max(0, this.pieces.findIndex((piece) => !piece.reason));
    this.changes = null;
    this.host.history?.expire(this.host.unit.code);
    this.host.update();
  }

  next() {
    const left = this.stops.filter((stop) => !this.host.answered.has(instant(stop.start)));
    if (!left.length || !this.goOn) return this.host.closeDialog();
    Object.assign(this, { stops: left, index: Math.min(this.index, left.length - 1) });
    this.reset();
    this.host.update();
  }
}
