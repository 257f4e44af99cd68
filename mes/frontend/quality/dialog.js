// Entering a check: each value with its range and its last values; out of range is never silent.
import { foot, head } from "../dialogs/parts.js";
import { keepDraft, keptDraft } from "../lib/draft.js";
import { _, counted, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { runChart } from "./run-chart.js";
import { isGiven, typedNumber, verdictOf } from "./values.js";
import { FOLLOW_UPS, dueText, followUpWord, occasionWord, rangeText } from "./words.js";

export class CheckDialog {
  previous = null;
  busy = false;
  /** Whether the values are fixed and is asked what was done. */
  asks = false;

  constructor(host, follower, plan, check, form = null) {
    Object.assign(this, { host, follower, plan, check });
    this.form = form ?? keptDraft(this.#draft) ?? { values: {}, followUp: null, note: "", call: false };
    this.at = Math.max(0, plan.characteristics.findIndex((one) => !isGiven(one, this.form.values[one.key])));
  }

  get #draft() {
    return `check:${this.host.unit.code}:${this.plan.plan}:${this.plan.version}`;
  }

  get active() {
    return this.plan.characteristics[this.at];
  }

  get failed() {
    return this.plan.characteristics.filter((one) => verdictOf(one, this.form.values[one.key]) === "fail");
  }

  get missing() {
    const { values } = this.form;
    return this.plan.characteristics.filter((one) => (one.required || values[one.key]) && !isGiven(one, values[one.key]));
  }

  template() {
    const { plan, check } = this;
    keepDraft(this.#draft, Object.keys(this.form.values).length ? this.form : null);
    const subtitle = [nameOf(this.host.unit.name), check.job_order, occasionWord(this.occasion)].filter(Boolean).join(" · ");
    return html`<div class="dlg d3 qc-dlg">${head(nameOf(plan.name, plan.plan), subtitle, () => this.host.closeDialog(), _("Close"), this.others())}
      ${this.asks ? this.question() : html`<div class="cols qc-cols"><ul class="qc-list scroll">${plan.characteristics.map((one, i) => this.row(one, i))}</ul>
        <div class="qc-entry">${this.entry(this.active)}</div></div>`}
      ${foot(this.note(), this.label(), this.ready(), () => this.submit())}</div>`;
  }

  /** Why it is made: a check that is not due yet is an extra one. */
  get occasion() {
    return this.check.state === "ahead" ? "extra" : this.check.occasion;
  }

  others() {
    const checks = this.follower.checks.filter((one) => one.plan !== this.plan.plan && this.follower.planOf(one.plan, one.version));
    return checks.length ? html`<div class="qc-others">${checks.map((one) => html`<button type="button" class="btn tap" @click=${() => this.follower.open(one)}>${nameOf(one.name, one.plan)}<small class="num">${dueText(one)}</small></button>`)}</div>` : nothing;
  }

  row(one, i) {
    const value = this.form.values[one.key];
    return html`<li><button type="button" class="rt" aria-pressed=${i === this.at ? "true" : "false"} @click=${() => this.choose(i)}>
      <span><b>${nameOf(one.name)}</b><small class="num">${one.kind === "number" ? rangeText(one) : one.required ? _("required") : _("if there is something")}</small></span>
      <span class="qc-val num">${this.shown(one, value)}${mark(verdictOf(one, value))}</span></button></li>`;
  }

  shown(one, value) {
    if (!value) return "–";
    if (one.kind === "pass_fail") return value === "pass" ? _("Pass") : _("Fail");
    return one.kind === "number" ? `${value} ${one.unit}` : value;
  }

  entry(one) {
    const value = this.form.values[one.key] ?? "";
    if (one.kind === "pass_fail") {
      return html`<h3>${nameOf(one.name)}</h3><div class="rts r2">${this.pass("pass", "check", _("Pass"))}${this.pass("fail", "reject", _("Fail"))}</div>`;
    }
    if (one.kind === "text") {
      return html`<label class="field"><span>${nameOf(one.name)}</span><textarea class="in tap" rows="3" maxlength="500" .value=${value} @input=${(event) => this.set(event.target.value)}></textarea></label>`;
    }
    const verdict = verdictOf(one, value);
    return html`<div class="qc-now"><div><span class="lb">${nameOf(one.name)}</span><output class="num">${value || "–"} <small>${one.unit}</small></output></div>
        <div class="qc-range"><span class="num">${rangeText(one)}</span>${verdict ? html`<b class="qc-${verdict}">${mark(verdict)}${verdict === "pass" ? _("In range") : _("Out of range")}</b>` : nothing}</div></div>
      ${runChart(one, this.plan.recent?.[one.key] ?? [], verdict ? value : null)}${this.keys()}`;
  }

  keys() {
    const key = (name, face, label = nothing, look = "") => html`<button type="button" class="key ${look}" aria-label=${label} @click=${() => this.set(typedNumber(this.form.values[this.active.key] ?? "", name))}>${face}</button>`;
    const digits = (from) => [0, 1, 2].map((n) => key(String(from + n), String(from + n)));
    return html`<div class="qc-pad" role="group" aria-label=${_("Keypad")}>${digits(1)}${key("back", icon("back"), _("Delete one digit"))}
      ${digits(4)}${key("clear", _("Clear"), nothing, "sm")}${digits(7)}${key("sign", "±", _("Change sign"))}
      ${key(".", ".", _("Decimal point"))}${key("0", "0")}
      <button type="button" class="key next" ?disabled=${this.at + 1 >= this.plan.characteristics.length} @click=${() => this.choose(this.at + 1)}>${_("Next")}</button></div>`;
  }

  pass(value, symbol, label) {
    return html`<button type="button" class="rt" aria-pressed=${this.form.values[this.active.key] === value ? "true" : "false"} @click=${() => { this.set(value); if (this.at + 1 < this.plan.characteristics.length) this.choose(this.at + 1); }}>${icon(symbol)}<span><b>${label}</b></span>${icon("check", "ck")}</button>`;
  }

  question() {
    const { form } = this;
    return html`<div class="qc-ask scroll"><p class="offer changed" role="alert">${icon("info")}<span><b>${_("Out of range")}</b>: ${this.failed.map((one) => `${nameOf(one.name)} ${this.shown(one, form.values[one.key])}`).join(", ")}</span>
        <button type="button" class="btn tap" @click=${() => this.correct()}>${icon("undo")}<span>${_("Correct the measurement")}</span></button></p>
      <h3>${_("The value is right. What was done?")}</h3>
      <div class="rts r3">${FOLLOW_UPS.map((one) => html`<button type="button" class="rt" aria-pressed=${form.followUp === one ? "true" : "false"} @click=${() => this.change({ followUp: one })}><span><b>${followUpWord(one)}</b></span>${icon("check", "ck")}</button>`)}</div>
      <label class="field"><span>${form.followUp === "other" ? _("What was done (needed)") : _("Note")}</span><input class="in tap" maxlength="500" .value=${form.note} @input=${(event) => this.change({ note: event.target.value })}></label>
      <button type="button" class="rt" aria-pressed=${form.call ? "true" : "false"} @click=${() => this.change({ call: !form.call })}>${icon("shield")}<span><b>${_("Call quality, too")}</b></span>${icon("check", "ck")}</button></div>`;
  }

  correct() {
    this.asks = false;
    this.choose(this.plan.characteristics.indexOf(this.failed[0]));
  }

  choose(i) {
    this.at = i;
    this.host.update();
  }

  set(value) {
    this.form.values = { ...this.form.values, [this.active.key]: value };
    this.host.update();
  }

  change(changes) {
    Object.assign(this.form, changes);
    this.host.update();
  }

  note() {
    return this.asks ? _("The next check is due at once.") : _("Undo for 10 s after saving, later in recent entries.");
  }

  ready() {
    const { followUp, note } = this.form;
    if (this.busy || this.missing.length || !Object.values(this.form.values).some(Boolean)) return false;
    return !this.asks || (Boolean(followUp) && (followUp !== "other" || Boolean(note.trim())));
  }

  label() {
    if (this.missing.length) return counted(this.missing.length, _("1 value is missing"), _("{n} values are missing", { n: this.missing.length }));
    if (!this.failed.length) return _("Save: all in range");
    if (!this.asks) return _("Out of range: go on");
    return this.form.followUp ? _("Save: {what}", { what: followUpWord(this.form.followUp) }) : _("Choose what was done");
  }

  async submit() {
    if (this.failed.length && !this.asks) {
      this.asks = true;
      return this.host.update();
    }
    this.busy = true;
    await this.#save();
    this.busy = false;
    return this.host.update();
  }

  async #save() {
    const { host, plan, check, form, failed } = this;
    const values = plan.characteristics.filter((one) => isGiven(one, form.values[one.key])).map((one) => ({ key: one.key, value: form.values[one.key].replace(/\.$/, "") }));
    const bad = failed.length > 0;
    const body = {
      plan: plan.plan,
      version: plan.version,
      occasion: this.occasion,
      values,
      job_order: check.job_order ?? null,
      follow_up: bad ? form.followUp : null,
      note: (bad && form.note.trim()) || null,
      call_quality: bad && form.call,
    };
    const label = `${nameOf(plan.name, plan.plan)} · ${bad ? _("Out of range") : _("In range")}`;
    const { recent, ...kept } = plan; // a refused entry is mended without its run
    const entry = await host.send(`/api/v1/work-units/${host.unit.code}/quality-checks`, body, {
      label,
      form: { kind: "check", plan: kept, check, form: { ...form } },
      undo: (id) => this.follower.void(id, label),
    });
    if (!entry.id) return; // the tablet is full: the form stays
    if (this.previous) await host.outbox.discard(this.previous);
    keepDraft(this.#draft, null);
    if (host.dialog === this) host.closeDialog();
  }
}

function mark(verdict) {
  if (!verdict) return nothing;
  return verdict === "pass" ? icon("check", "ok") : icon("info", "bad");
}
