// What tags mean for a work unit: before and after side by side, on the values of this moment.
import { get, post } from "../lib/api.js";
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { commandId } from "../lib/outbox.js";
import { problemText } from "../lib/problem-text.js";
import { STATES, stateWord } from "../lib/states.js";


const COUNTERS = ["total", "good", "scrap"];
const MODES = ["rollover", "resettable", "absolute", "pulse"];

const roleWord = (role) => ({ state: _("State"), total: _("Total count"), good: _("Good count"), scrap: _("Scrap count"), lamp: _("Run lamp"), fault: _("Alarm code") })[role];

/** State and drawing of the mapping of one source's tags. */
export class Signals {
  unit = "";
  draft = null;
  reasons = [];
  error = "";
  saved = "";
  busy = false;

  constructor(code, units, changed) {
    Object.assign(this, { code, units, changed });
  }

  /** The first work unit that a tag of this source means something to; empty: none does. */
  first(all) {
    const uses = (unit) => Object.values(all[unit.code] ?? {}).some((signal) => (signal?.tag ?? signal?.lamp ?? "").startsWith(`${this.code}/`));
    return this.units.find(uses)?.code ?? "";
  }

  choose(unit) {
    Object.assign(this, { unit, draft: null, error: "", saved: "" });
    this.changed();
  }

  template(all, tags, values) {
    this.all = all;
    this.unit ||= this.first(all);
    const before = all[this.unit] ?? {};
    this.draft ??= structuredClone(before);
    const names = tags.map((tag) => `${this.code}/${tag.name}`);
    const unit = html`<div class="field"><label for="g-unit">${_("Work unit")}</label><select class="in" id="g-unit" @change=${(event) => this.choose(event.target.value)}>${this.unit ? nothing : html`<option value="" selected>${_("Choose a work unit")}</option>`}${this.units.map((unit) => html`<option value=${unit.code} .selected=${unit.code === this.unit}>${nameOf(unit.name, unit.code)}</option>`)}</select></div>`;
    if (!this.unit) return html`<p>${_("No machine uses a tag of this source yet.")}</p>${unit}`;
    return html`${unit}
      <div class="flds sig">${this.state(names)}${COUNTERS.map((role) => this.counter(role, names))}${this.fault(names)}</div>
      <p class="muted">${_("A tag without a meaning here is stored as telemetry.")}</p>
      <div class="tw" tabindex="0" role="region" aria-label=${_("Before and after, scrolls")}><table class="ba"><thead><tr><th scope="col">${_("Meaning")}</th><th scope="col">${_("Before")}</th><th scope="col">${_("After")}</th></tr></thead>
        <tbody>${["state", ...COUNTERS, "fault"].filter((role) => before[role] || this.draft[role]).map((role) => html`<tr><th scope="row">${roleWord(role)}</th><td>${this.shown(before[role], values)}</td><td><b>${this.shown(this.draft[role], values)}</b></td></tr>`)}</tbody></table></div>
      ${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing}${this.saved ? html`<p role="status">${icon("check")} ${this.saved}</p>` : nothing}
      <button type="button" class="btn primary map" ?disabled=${this.busy} @click=${() => this.store()}>${icon("save")}${_("Save meaning")}</button>`;
  }

  /** A signal with the value of this moment: what is read, and what it becomes; `values` by SOURCE/TAG. */
  shown(signal, values) {
    if (!signal) return "–";
    const path = signal.tag ?? signal.lamp;
    if (!path) return signal.manual ? _("entered by hand") : _("from counts");
    const value = values.get(path);
    if (value === undefined || value === null) return path;
    const key = typeof value === "boolean" ? String(Number(value)) : String(value);
    const meant = signal.lamp ? stateWord(value ? "running" : "stopped") : signal.map ? (signal.map[key] ? (STATES.includes(signal.map[key]) ? stateWord(signal.map[key]) : this.reasonWord(signal.map[key])) : _("not in the map")) : signal.pieces_per_count > 1 ? `×${signal.pieces_per_count}` : "";
    return html`<span class="mono">${path}</span>: ${String(value)}${meant ? html` → ${meant}` : nothing}`;
  }

  reasonWord(code) {
    return nameOf(this.reasons.find((each) => each.code === code)?.name, code);
  }

  select(id, label, value, names, change) {
    const known = value && !names.includes(value) ? [value, ...names] : names;
    return html`<div class="field"><label for=${id}>${label}</label><select class="in" id=${id} @change=${(event) => { change(event.target.value || undefined); this.saved = ""; this.changed(); }}><option value="">–</option>${known.map((name) => html`<option value=${name} .selected=${name === value}>${name}</option>`)}</select></div>`;
  }

  state(names) {
    const state = this.draft.state;
    const set = (tag) => { if (tag) this.draft.state = { tag, map: state?.map ?? { 1: "running", 0: "stopped" } }; else delete this.draft.state; };
    return html`${this.select("g-state", roleWord("state"), state?.tag ?? "", names, set)}${state?.map ? html`<div class="field"><label for="g-map">${_("Value map (value = state, ...)")}</label><input class="in mono" id="g-map" .value=${mapText(state.map)} @change=${(event) => { state.map = mapOf(event.target.value); this.changed(); }}><p class="muted help">${STATES.join(", ")}</p></div>` : nothing}`;
  }

  counter(role, names) {
    const signal = this.draft[role];
    const set = (tag) => { if (tag) this.draft[role] = { counter: { mode: "rollover", modulus: 65536 }, ...signal, tag }; else delete this.draft[role]; };
    const mode = (event) => { signal.counter = { mode: event.target.value, ...(event.target.value === "rollover" ? { modulus: 65536 } : {}) }; this.changed(); };
    return html`${this.select(`g-${role}`, roleWord(role), signal?.tag ?? "", names, set)}${signal ? html`<div class="field"><label for="g-${role}-m">${_("Counter")}: ${roleWord(role)}</label><select class="in" id="g-${role}-m" @change=${mode}>${MODES.map((each) => html`<option value=${each} .selected=${each === signal.counter.mode}>${each}</option>`)}</select></div>
      ${signal.counter.mode === "rollover" ? html`<div class="field"><label for="g-${role}-w">${_("Begins again at")}: ${roleWord(role)}</label><input class="in" id="g-${role}-w" inputmode="numeric" .value=${String(signal.counter.modulus)} @change=${(event) => { signal.counter.modulus = Number(event.target.value); this.changed(); }}></div>` : nothing}` : nothing}`;
  }

  fault(names) {
    const set = (tag) => { if (tag) this.draft.fault = { map: this.draft.fault?.map ?? {}, tag }; else delete this.draft.fault; };
    const fault = this.draft.fault;
    return html`${this.select("g-fault", roleWord("fault"), fault?.tag ?? "", names, set)}${fault ? this.alarms(fault) : nothing}`;
  }

  /** One row for each alarm code: the number that the machine shows, and the reason that it means. */
  alarms(fault) {
    const rows = Object.entries(fault.map);
    const put = (changed) => { fault.map = Object.fromEntries(changed.filter(([code]) => code !== "")); this.saved = ""; this.changed(); };
    const reasonOf = (code) => this.reasons.find((each) => each.code === code);
    return html`<fieldset class="grp alarms"><legend>${_("Alarm code and its reason")}</legend>
      ${rows.map(([code, reason], index) => html`<div class="tools"><div class="field"><label for="g-a${index}">${_("Alarm code")}</label><input class="in num" id="g-a${index}" autocomplete="off" .value=${code} @change=${(event) => put(rows.with(index, [event.target.value.trim(), reason]))}></div>
        ${this.reason(`g-r${index}`, reason, reasonOf(reason) ? this.reasons : [{ code: reason, name: null }, ...this.reasons], (chosen) => put(rows.with(index, [code, chosen])))}
        <button type="button" class="btn quiet" @click=${() => put(rows.toSpliced(index, 1))}>${icon("trash")}${_("Remove")}<span class="sr"> ${code}</span></button></div>`)}
      <button type="button" class="btn addalarm" ?disabled=${!this.reasons.length} @click=${() => put([...rows, [freeCode(fault.map), this.reasons[0].code]])}>${icon("plus")}${_("Add alarm code")}</button></fieldset>`;
  }

  reason(id, value, reasons, change) {
    return html`<div class="field"><label for=${id}>${_("Reason")}</label><select class="in" id=${id} @change=${(event) => change(event.target.value)}>${reasons.map((each) => html`<option value=${each.code} .selected=${each.code === value}>${nameOf(each.name, each.code)}</option>`)}</select></div>`;
  }

  async store() {
    this.busy = true;
    this.error = this.saved = "";
    this.changed();
    try {
      const answer = await post(`/api/v1/work-units/${encodeURIComponent(this.unit)}/signals`, { command_id: commandId(), signals: this.draft, seen: this.all[this.unit] ?? {} });
      this.saved = _("Saved as revision {n}.", { n: answer.revision });
      this.all[this.unit] = structuredClone(this.draft);
    } catch (problem) {
      this.error = problemText(problem);
      // What stands now is shown as "before"; saving again replaces it.
      if (problem.code === "signals_changed") Object.assign(this.all, (await get("/api/v1/signals").catch(() => ({}))).items);
    }
    this.busy = false;
    this.changed();
  }
}

const mapText = (map) => Object.entries(map).map(([value, state]) => `${value} = ${state}`).join(", ");
/** The lowest whole number from 1 that no alarm code has. */
const freeCode = (map) => { let code = 1; while (map[code] !== undefined) code += 1; return String(code); };
const mapOf = (text) => Object.fromEntries(text.split(",").map((pair) => pair.split("=").map((part) => part.trim())).filter(([value, state]) => value && state));
