// Moving production between jobs: all made in a time, or an amount. No total changes.
import { get } from "../lib/api.js";
import { count } from "../lib/format.js";
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { keypad, pressed } from "../lib/keypad.js";
import { outcomeOf } from "../lib/outcome.js";
import { problemText } from "../lib/problem-text.js";
import { clock, duration, now } from "../lib/time.js";
import { foot, head } from "./parts.js";

const MINUTE_MS = 60000;
const ANSWER_MS = 4000;
const STARTED = new Set(["running", "paused", "completed"]);
const NONE = "";

export class MoveDialog {
  constructor(host) {
    const end = Math.floor(now() / MINUTE_MS) * MINUTE_MS;
    Object.assign(this, { host, jobs: [], from: null, to: null, byTime: true, start: end - 60 * MINUTE_MS, end, field: "good", form: { good: 0, scrap: 0 }, mistake: "", busy: false });
    get(`/api/v1/job-orders?work_unit=${encodeURIComponent(host.unit.code)}`).then(
      (answer) => { this.jobs = (answer.items ?? []).filter((job) => STARTED.has(job.state)); host.update(); },
      () => { this.mistake = _("The server does not answer."); host.update(); },
    );
  }

  template() {
    const { host } = this;
    return html`<div class="dlg d3">${head(_("Move production"), nameOf(host.unit.name, host.unit.code), () => host.closeDialog())}
      <div class="cols c1 mv"><div class="left">
          <div class="fields" role="group" aria-label=${_("What is moved")}>${this.mode(true, _("From a time on"))}${this.mode(false, _("An amount"))}</div>
          ${this.byTime ? this.times() : this.amounts()}
          ${this.mistake ? html`<p class="offer changed" role="alert">${icon("info")}<span>${this.mistake}</span></p>` : nothing}</div>
        <div class="two-lists">${this.list(_("From job"), "from", true)}${this.list(_("To job"), "to", false)}</div></div>
      ${foot(_("The total stays the same; only the job changes. It can be taken back."), this.label(), this.ready(), () => this.submit())}</div>`;
  }

  mode(byTime, label) {
    return html`<button type="button" class="rt" aria-pressed=${this.byTime === byTime ? "true" : "false"} @click=${() => { this.byTime = byTime; this.host.update(); }}><span><b>${label}</b></span></button>`;
  }

  times() {
    const edge = (name, label) => {
      const step = (minutes) => html`<button type="button" class="btn tap" aria-label=${`${label} ${minutes < 0 ? "−" : "+"}${Math.abs(minutes)}`} @click=${() => this.moveEdge(name, minutes)}>${minutes < 0 ? "−" : "+"}${Math.abs(minutes)}</button>`;
      return html`<div class="mvedge"><span class="lb">${label}</span><b class="num">${clock(this[name])}</b><div class="edge">${[-60, -5, -1, 1, 5, 60].map(step)}</div></div>`;
    };
    return html`${edge("start", _("From"))}${edge("end", _("To"))}<p class="hint num">${duration(this.end - this.start)}</p>`;
  }

  moveEdge(name, minutes) {
    this[name] = Math.min(now(), this[name] + minutes * MINUTE_MS);
    this.host.update();
  }

  amounts() {
    const display = (field, label) => html`<button type="button" class="disp" aria-pressed=${this.field === field ? "true" : "false"}
      @click=${() => { this.field = field; this.host.update(); }}><span class="lb">${label}</span><output class="num">${count(this.form[field])}</output></button>`;
    return html`<div class="fields" role="group" aria-label=${_("Amount")}>${display("good", _("Good"))}${display("scrap", _("Scrap"))}</div>
      ${keypad((name) => { this.form[this.field] = pressed(this.form[this.field], name); this.host.update(); })}`;
  }

  list(label, name, withNone) {
    const tile = (value, title, note) => html`<button type="button" class="rt" aria-pressed=${this[name] === value ? "true" : "false"}
      @click=${() => { this[name] = value; this.mistake = ""; this.host.update(); }}><span><b class="num">${title}</b><small>${note}</small></span>${icon("check", "ck")}</button>`;
    return html`<div class="list"><h3>${label}</h3><div class="rts scroll">
      ${withNone ? tile(NONE, _("No job"), _("pieces made without a job")) : nothing}
      ${this.jobs.map((job) => tile(job.job_order, job.job_order, `${nameOf(job.item_name, job.item)} · ${_("good {n}", { n: count(job.good) })}`))}</div></div>`;
  }

  ready() {
    const { from, to, form } = this;
    if (this.busy || from === null || to === null || from === to) return false;
    return this.byTime ? this.start < this.end : form.good > 0 || form.scrap > 0;
  }

  label() {
    if (this.busy) return _("Saving");
    if (!this.ready()) return _("Choose both jobs");
    return _("Move to {job}", { job: this.to });
  }

  async submit() {
    const { host, from, to, form } = this;
    const iso = (ms) => new Date(ms).toISOString();
    const what = this.byTime ? { from: iso(this.start), to: iso(this.end) } : { good: form.good, scrap: form.scrap };
    const body = { from_job: from === NONE ? null : from, to_job: to, ...what, note: null };
    const entry = await host.send(`/api/v1/work-units/${host.unit.code}/moves`, body, { label: this.label() });
    if (!entry.id) return;
    this.busy = true;
    host.update();
    const { problem } = await outcomeOf(host.outbox, entry.id, ANSWER_MS);
    this.busy = false;
    if (!problem) return host.closeDialog();
    await host.outbox.discard(entry.id);
    host.toast = null;
    this.mistake = problemText(problem);
    host.update();
  }
}
