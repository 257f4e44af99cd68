// A5: the reason of a stop, whole or split in one-minute steps. Opens by itself, never insists.
import { _, asTarget, nameOf } from "../lib/i18n.js";
import { html, icon, nothing, svg } from "../lib/island.js";
import { reasonsOf } from "../lib/reasons.js";
import { classWord } from "../lib/states.js";
import { splitRange, stopLength } from "../lib/stops.js";
import { clock, duration, instant, now } from "../lib/time.js";
import { choice, foot, head } from "./parts.js";

const MOST_USED = 6;
const GROUPS = [
  ["unplanned_stop", "down", "down"],
  ["setup", "setup", "setup"],
  ["waiting", "waiting", "wait"],
  ["planned_stop", "off", "off"],
];

export class StopDialog {
  /** `stops`: those to go through; `index`: the one to begin with. */
  constructor(terminal, stops, index = 0) {
    Object.assign(this, { terminal, stops, index });
    this.reset();
  }

  get stop() {
    return this.stops[this.index];
  }

  reset() {
    Object.assign(this, { split: null, part: 0, chosen: [null, null], group: null });
  }

  go(step) {
    this.index = (this.index + step + this.stops.length) % this.stops.length;
    this.reset();
    this.terminal.update();
  }

  template() {
    const { terminal, stop } = this;
    const reasons = reasonsOf("stop", terminal.unit.code, () => terminal.update()).filter((reason) => reason.class !== "break");
    const end = stop.end ? clock(stop.end) : _("now");
    const subtitle = `${nameOf(terminal.unit.name)} · ${clock(stop.start)} – ${end} · ${duration(stopLength(stop, now()))}`;
    return html`<div class="dlg d5">
      ${head(_("Stop reason"), subtitle, () => terminal.closeDialog(), _("Later"), this.pager())}
      ${this.splitRow()}
      ${this.parts(reasons)}
      <div class="cols c2"><div class="list"><h3>${this.group ? classWord(this.group) : _("Most used here")}</h3>
        <div class="rts r2 scroll">${this.shown(reasons).map((reason) =>
          choice(reason.name, this.chosen[this.part] === reason.code, () => this.choose(reason.code), {
            note: reason.used ? _("{n} times", { n: reason.used }) : "",
          }))}</div></div>
        <div class="groups"><h3>${_("All reasons")}</h3><div class="rts g2">${GROUPS.map((group) => this.groupTile(group, reasons))}</div></div></div>
      ${foot(this.note(), this.submitLabel(reasons), Boolean(this.chosen[this.part]), () => this.submit(reasons))}
    </div>`;
  }

  shown(reasons) {
    return this.group ? reasons.filter((reason) => reason.class === this.group) : reasons.slice(0, MOST_USED);
  }

  choose(code) {
    this.chosen[this.part] = code;
    this.terminal.update();
  }

  groupTile([timeClass, state, symbol], reasons) {
    const size = reasons.filter((reason) => reason.class === timeClass).length;
    if (!size) return nothing;
    return html`<button type="button" class="rt" aria-pressed=${this.group === timeClass ? "true" : "false"}
      @click=${() => { this.group = this.group === timeClass ? null : timeClass; this.terminal.update(); }}>
      <span class="dotst is-${state}">${icon(symbol)}</span><span><b>${classWord(timeClass)}</b><small>${size}</small></span></button>`;
  }

  pager() {
    if (this.stops.length < 2) return nothing;
    return html`<div class="pg"><button type="button" class="btn tap" aria-label=${_("Previous stop")} @click=${() => this.go(-1)}>${icon("right", "flip")}</button>
      <span class="num">${_("Open {n} / {all}", { n: this.index + 1, all: this.stops.length })}</span>
      <button type="button" class="btn tap" aria-label=${_("Next stop")} @click=${() => this.go(1)}>${icon("right")}</button></div>`;
  }

  splitRow() {
    const { stop } = this;
    const range = splitRange(stop, now());
    const [start, end] = [instant(stop.start), instant(stop.end) ?? now()];
    const at = this.split === null ? 100 : ((this.split - start) / (end - start)) * 100;
    return html`<div class="splitrow"><div class="sb" aria-hidden="true">
        <svg viewBox="0 0 100 40" preserveAspectRatio="none"><rect class="pa" width=${at.toFixed(1)} height="40"></rect>
          ${this.split === null ? nothing : svg`<rect class="pb" x=${at.toFixed(1)} width=${(100 - at).toFixed(1)} height="40"></rect>`}</svg>
        <span class="num e0">${clock(stop.start)}</span>
        ${this.split === null ? nothing : html`<span class="num e1" style="left:${at.toFixed(1)}%">${clock(this.split)}</span>`}
        <span class="num e2">${stop.end ? clock(stop.end) : _("now")}</span></div>
      <div class="splitctl">${this.split === null
        ? html`<button type="button" class="btn tap" ?disabled=${!range} @click=${() => this.splitAt(range)}>${icon("split")}<span>${_("Split")}</span></button>`
        : html`<button type="button" class="btn tap" aria-label=${_("Split one minute earlier")} @click=${() => this.moveSplit(-60000)}>−1</button>
          <span class="num"><b>${clock(this.split)}</b><small>${_("Split at")}</small></span>
          <button type="button" class="btn tap" aria-label=${_("Split one minute later")} @click=${() => this.moveSplit(60000)}>+1</button>
          <button type="button" class="btn tap" @click=${() => { this.split = null; this.part = 0; this.terminal.update(); }}>${icon("undo")}<span>${_("Undo split")}</span></button>`}</div></div>`;
  }

  splitAt({ first, last }) {
    this.split = Math.round((first + last) / 2 / 60000) * 60000;
    this.moveSplit(0);
  }

  moveSplit(step) {
    const range = splitRange(this.stop, now());
    this.split = Math.min(range.last, Math.max(range.first, this.split + step));
    this.terminal.update();
  }

  parts(reasons) {
    if (this.split === null) return html`<div class="parts none"></div>`;
    const edges = [instant(this.stop.start), this.split, instant(this.stop.end) ?? now()];
    const word = (code) => nameOf(reasons.find((reason) => reason.code === code)?.name, _("No reason yet"));
    return html`<div class="parts" role="group" aria-label=${_("Parts of the stop")}>${[_("First"), _("Second")].map((label, part) =>
      html`<button type="button" class="part" aria-pressed=${this.part === part ? "true" : "false"} @click=${() => { this.part = part; this.terminal.update(); }}>
        <b>${label}</b> <span class="num">${clock(edges[part])}–${clock(edges[part + 1])} · ${duration(edges[part + 1] - edges[part])}</span>
        <em>${word(this.chosen[part])}</em></button>`)}</div>`;
  }

  note() {
    return this.split === null
      ? _("Earlier values stay in the history.")
      : _("The first part is saved, then the second opens. Earlier values stay in the history.");
  }

  submitLabel(reasons) {
    const chosen = reasons.find((reason) => reason.code === this.chosen[this.part]);
    return chosen ? _("Save as {name}", { name: asTarget(nameOf(chosen.name)) }) : _("Choose a reason");
  }

  async submit(reasons) {
    const { terminal, stop } = this;
    const reason = this.chosen[this.part];
    const name = nameOf(reasons.find((known) => known.code === reason)?.name, reason);
    // The last part of an open stop stays open, as the stop does.
    const edges = [stop.start, this.split === null ? null : new Date(this.split).toISOString(), stop.end];
    const whole = this.split === null;
    const body = {
      kind: whole ? "whole" : "part",
      seen_start: stop.start,
      seen_end: stop.end,
      seen_statement: stop.statement,
      from: whole ? null : edges[this.part],
      to: whole ? null : edges[this.part + 1],
      reason,
      note: null,
      replaces: null,
    };
    const sent = await terminal.send(`/api/v1/work-units/${terminal.unit.code}/stops/statements`, body, {
      label: `${name} ${clock(stop.start)}`,
      form: { kind: "stop", start: stop.start },
    });
    if (!whole && this.part === 0) {
      // What the next statement will have seen: the part just stated is in force before it.
      stop.statement = sent.id;
      this.part = 1;
      return terminal.update();
    }
    terminal.answered.add(stop.start);
    this.next();
  }

  next() {
    const left = this.stops.filter((stop) => !this.terminal.answered.has(stop.start));
    if (!left.length) return this.terminal.closeDialog();
    Object.assign(this, { stops: left, index: Math.min(this.index, left.length - 1) });
    this.reset();
    this.terminal.update();
  }
}
