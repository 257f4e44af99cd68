// What may be written to a device, what was, and one write in two steps: what will happen, then go.
import { get, post } from "../lib/api.js";
import { _ } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { commandId } from "../lib/outbox.js";
import { problemText } from "../lib/problem-text.js";
import { clockSeconds, isoDay } from "../lib/time.js";

const SHOWN = 20;
const SHORTEST_REASON = 3;

const outcomeWord = (outcome) => ({ confirmed: _("Confirmed"), not_confirmed: _("Device shows another value"), refused: _("Not written"), unknown: _("Unknown: look at the device") })[outcome] ?? _("Under way");
const outcomeIcon = (outcome) => ({ confirmed: "check", not_confirmed: "ne-spec", refused: "ne-fail", unknown: "nodata" })[outcome] ?? "clock";
const shown = (value) => (value === null || value === undefined ? "–" : typeof value === "boolean" ? (value ? _("on") : _("off")) : typeof value === "object" ? JSON.stringify(value) : String(value));

/** State and drawing of the card; `value(path)` is the present value of SOURCE/TAG. */
export class Writes {
  rules = [];
  written = [];
  chosen = null;
  text = "";
  reason = "";
  asks = false;
  busy = false;
  error = "";

  constructor(code, roles, value, changed) {
    Object.assign(this, { code, roles, value, changed });
  }

  async read() {
    const [allowed, written] = await Promise.all([get("/api/v1/tag-writes/allowed"), get(`/api/v1/tag-writes?source=${encodeURIComponent(this.code)}&limit=${SHOWN}`)]);
    this.rules = allowed.items.filter((rule) => rule.tag.startsWith(`${this.code}/`));
    this.written = written.items;
    this.changed();
  }

  may(rule) {
    return this.roles.includes("administrator") || rule.roles.some((role) => this.roles.includes(role));
  }

  /** What was typed as the kind of value that the rule takes; undefined: it is none. */
  wanted() {
    const { values, length } = this.chosen;
    if (values) return values.find((each) => String(each) === this.text);
    if (length) return this.text.length <= length && this.text !== "" ? this.text : undefined;
    const number = Number(this.text);
    const fits = this.text.trim() !== "" && number >= this.chosen.min && number <= this.chosen.max;
    return fits ? number : undefined;
  }

  choose(rule) {
    Object.assign(this, { chosen: rule, text: "", reason: "", asks: false, error: "" });
    this.changed();
  }

  ask() {
    if (this.wanted() === undefined) this.error = `${_("This value may not be written.")} ${limitText(this.chosen)}`;
    else if (this.reason.trim().length < SHORTEST_REASON) this.error = _("Say why.");
    else Object.assign(this, { asks: true, error: "", command: commandId() });
    this.changed();
  }

  async write() {
    this.busy = true;
    this.changed();
    try {
      await post("/api/v1/tag-writes", { command_id: this.command, tag: this.chosen.tag, value: this.wanted(), reason: this.reason.trim() });
      this.choose(null);
    } catch (problem) {
      Object.assign(this, { error: problemText(problem), asks: false });
    }
    this.busy = false;
    await this.read();
  }

  template() {
    return html`<section class="card" aria-labelledby="h-w"><h2 id="h-w">${_("Writing to the machine")}</h2>
      ${this.rules.length ? this.allowed() : html`<p class="muted">${_("Nothing of this source may be written. The plant file allows it under writes, tag by tag.")}</p>`}
      ${this.chosen ? this.form() : nothing}${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing}
      ${this.written.length ? this.log() : nothing}</section>`;
  }

  allowed() {
    return html`<div class="tw" tabindex="0" role="region" aria-label=${_("What may be written, scrolls")}><table class="wal"><thead><tr><th scope="col">${_("Tag")}</th><th scope="col">${_("Allowed")}</th><th scope="col">${_("At most once in")}</th><th scope="col">${_("Who")}</th><th scope="col" class="n">${_("Value now")}</th><th scope="col"><span class="sr">${_("Action")}</span></th></tr></thead>
      <tbody>${this.rules.map((rule) => html`<tr><td class="mono">${rule.tag}</td><td>${limitText(rule)}</td><td>${_("{n} s", { n: rule.every_s ?? 1 })}</td><td>${rule.roles.map(roleWord).join(", ")}</td><td class="n"><b>${shown(this.value(rule.tag))}</b></td>
        <td>${this.may(rule) ? html`<button type="button" class="btn wr" aria-pressed=${this.chosen === rule ? "true" : "false"} @click=${() => this.choose(rule)}>${_("Write")}…<span class="sr"> ${rule.tag}</span></button>` : nothing}</td></tr>`)}</tbody></table></div>`;
  }

  form() {
    const rule = this.chosen;
    const type = (name) => (event) => { this[name] = event.target.value; this.asks = false; this.changed(); };
    const value = rule.values
      ? html`<select class="in" id="w-v" @change=${type("text")}><option value="">–</option>${rule.values.map((each) => html`<option value=${String(each)} .selected=${String(each) === this.text}>${shown(each)}</option>`)}</select>`
      : html`<input class="in" id="w-v" autocomplete="off" inputmode=${rule.length ? "text" : "decimal"} .value=${this.text} @input=${type("text")}>`;
    return html`<div class="tools wform"><div class="field"><label for="w-v">${_("New value")} <span class="mono">${rule.tag}</span></label>${value}</div>
      <div class="field because"><label for="w-r">${_("Why (kept in the audit log)")}</label><input class="in" id="w-r" autocomplete="off" maxlength="500" .value=${this.reason} @input=${type("reason")}></div>
      ${this.asks ? nothing : html`<button type="button" class="btn" @click=${() => this.choose(null)}>${_("Cancel")}</button><button type="button" class="btn primary wnext" @click=${() => this.ask()}>${_("Next")}</button>`}</div>
      ${this.asks ? html`<div class="note sure"><span>${icon("info")}</span><div><p><b class="mono">${rule.tag}</b>: ${shown(this.value(rule.tag))} → <b>${shown(this.wanted())}</b></p><p>${_("The value is sent to the machine once and read back. Look at the machine first.")}</p>
        <div class="tools"><button type="button" class="btn" ?disabled=${this.busy} @click=${() => { this.asks = false; this.changed(); }}>${_("Cancel")}</button><button type="button" class="btn primary wgo" ?disabled=${this.busy} @click=${() => this.write()}>${_("Write {value} now", { value: shown(this.wanted()) })}</button></div></div></div>` : nothing}`;
  }

  log() {
    return html`<h3>${_("Last writes")}</h3><div class="tw" tabindex="0" role="region" aria-label=${_("Last writes, scrolls")}><table class="wlog"><thead><tr><th scope="col">${_("Time")}</th><th scope="col">${_("Tag")}</th><th scope="col" class="n">${_("Before")}</th><th scope="col" class="n">${_("Written")}</th><th scope="col" class="n">${_("Read back")}</th><th scope="col">${_("Result")}</th><th scope="col">${_("Who and why")}</th></tr></thead>
      <tbody>${this.written.map((row) => html`<tr><td class="num">${isoDay(row.asked_at)} ${clockSeconds(row.asked_at)}</td><td class="mono">${row.tag ?? row.call}</td><td class="n">${shown(row.before?.value)}</td><td class="n"><b>${shown(row.value)}</b></td><td class="n">${shown(row.after?.value ?? row.after?.results)}</td>
        <td><span class="q w-${row.outcome ?? "open"}">${icon(outcomeIcon(row.outcome))}${outcomeWord(row.outcome)}</span>${row.code ? html`<br><span class="muted">${row.detail ?? ""} <span class="mono">(${row.code})</span></span>` : nothing}</td><td>${row.person ?? "–"}${row.job_order ? ` · ${row.job_order}` : ""}<br><span class="muted">${row.reason}</span></td></tr>`)}</tbody></table></div>`;
  }
}

function limitText(rule) {
  if (rule.values) return rule.values.map(shown).join(", ");
  if (rule.length) return _("text of at most {n} characters", { n: rule.length });
  return `${rule.min} – ${rule.max}`;
}

function roleWord(role) {
  return { operator: _("Operator"), supervisor: _("Supervisor"), quality: _("Quality manager"), maintenance: _("Maintenance"), manager: _("Manager"), integrator: _("Integrator"), administrator: _("Administrator") }[role] ?? role;
}
